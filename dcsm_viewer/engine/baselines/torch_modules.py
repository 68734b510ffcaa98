"""Our networks as torch.nn modules that a package of baselines can put its hooks into.

The module gives one logit a class of the vocabulary, and offers the layer whose maps Grad-CAM is made of.
"""

from __future__ import annotations

import copy
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dcsm_viewer.engine.model_cache import Model
from dcsm_viewer.engine.networks.class_head import ClassHead, SigmoidClasses, SoftmaxGroups
from dcsm_viewer.engine.networks.efficientnet_lite import Convolution, EfficientNetLite
from dcsm_viewer.engine.networks.module_pass import logits_of, out_of_place
from dcsm_viewer.engine.networks.torch_network import TorchNetwork
from dcsm_viewer.engine.networks.vgg16 import CONVOLUTIONS, POOLED, Vgg16

# No group of classes without members is near any other.
_NO_MEMBERS = -1e4


CamModule: TypeAlias = "VggModule | LiteModule | WrappedModule"


def cam_layer(model: Model) -> str:
    """Return the layer Grad-CAM is read at: the last with positions, behind its ReLU; a module's last default one."""
    if isinstance(model.network, Vgg16):
        return "relu5_3"
    return model.network.layer_names[-1] if isinstance(model.network, TorchNetwork) else "head"


def to_torch_module(model: Model) -> CamModule:
    """Make the model's network a module in float32 on its device.

    The weights of the networks written by hand are shared where they are float32 already. A module of the user's is
    copied: the package clears and collects gradients of weights.
    """
    network = model.network
    if isinstance(network, Vgg16):
        return VggModule(network, model.class_head)
    if isinstance(network, TorchNetwork):
        return WrappedModule(network, model.class_head)
    assert isinstance(network, EfficientNetLite), "every architecture has a module here"
    return LiteModule(network, model.class_head)


def class_logits(class_head: ClassHead, logits: Tensor) -> Tensor:
    """Reduce logits (1, C, h, w) to (1, classes), the logit of each class of the vocabulary.

    A multi-label network scores by its largest position, as DCSM's does; a single-label one was trained on the average.
    A group of outputs has the log-sum-exp of its members at each position.
    """
    if isinstance(class_head, SigmoidClasses):
        return logits.amax((2, 3))
    if isinstance(class_head, SoftmaxGroups):
        return torch.stack(
            [
                logits[:, list(ids)].logsumexp(1).mean((1, 2)) if ids else logits.new_full((1,), _NO_MEMBERS)
                for ids in class_head.members
            ],
            dim=1,
        )
    return logits.mean((2, 3))


class VggModule(nn.Module):
    """VGG-16; `features` is the ReLU behind conv5_3."""

    def __init__(self, network: Vgg16, class_head: ClassHead) -> None:
        super().__init__()
        self._readout = class_head
        self._ceil_mode = network.ceil_mode
        self._weights = nn.ParameterDict(
            {name.replace(".", "_"): _frozen(tensor) for name, tensor in network.tensors.items()}
        )
        self.features = nn.ReLU()

    def forward(self, network_input: Tensor) -> Tensor:
        # The weights are frozen: the graph that the hooks need starts at the input.
        """Compute logits (1, classes) of a network input (1, 3, h, w)."""
        x = network_input.detach().requires_grad_()
        for name in CONVOLUTIONS:
            x = self._convolved(x, name, padding=1)
            x = self.features(x) if name == CONVOLUTIONS[-1] else x.relu()
            if name in POOLED:
                x = F.max_pool2d(x, 2, ceil_mode=self._ceil_mode)
        x = self._convolved(self._convolved(x, "fc6").relu(), "fc7").relu()
        return class_logits(self._readout, self._convolved(x, "fc8"))

    def _convolved(self, x: Tensor, name: str, padding: int = 0) -> Tensor:
        return F.conv2d(x, self._weights[f"{name}_weight"], self._weights[f"{name}_bias"], padding=padding)


class LiteModule(nn.Module):
    """EfficientNet-Lite0; `features` is the ReLU6 behind its last convolution."""

    def __init__(self, network: EfficientNetLite, class_head: ClassHead) -> None:
        super().__init__()
        self._readout = class_head
        self._stem, self._head = _Convolved(network.stem), _Convolved(network.head)
        self._classify = _Convolved(network.classify)
        self._blocks = nn.ModuleList(
            nn.ModuleList(_Convolved(part) for part in (block.expand, block.depthwise, block.project) if part)
            for block in network.blocks
        )
        self._skips = tuple(block.skip for block in network.blocks)
        self.features = nn.ReLU6()

    def forward(self, network_input: Tensor) -> Tensor:
        """Compute logits (1, classes) of a network input (1, 3, h, w)."""
        x = F.relu6(self._stem(network_input.detach().requires_grad_()))
        for block, skip in zip(self._blocks, self._skips, strict=True):
            before = x
            *inner, project = block.children()
            for convolved in inner:
                x = F.relu6(convolved(x))
            x = project(x) + before if skip else project(x)
        return class_logits(self._readout, self._classify(self.features(self._head(x))))


class WrappedModule(nn.Module):
    """A copy of a module of the user's; `features` is the submodule of its last default layer."""

    def __init__(self, network: TorchNetwork, class_head: ClassHead) -> None:
        super().__init__()
        self._network, self._class_head = network, class_head
        self._copy = copy.deepcopy(network.module).float().eval().requires_grad_(requires_grad=False)
        self._layer = network.layer_names[-1]
        self._shape = (1, 1)
        self.features = self._copy.get_submodule(self._layer.partition(":")[0])

    def forward(self, network_input: Tensor) -> Tensor:
        """Return the logit of each class, (1, classes), with a graph from the fitted input on."""
        self._shape = (network_input.shape[2], network_input.shape[3])
        pixels = self._network.fitted(network_input.detach()).requires_grad_()
        # Without in-place ReLUs, which would overwrite what the package has noted.
        with out_of_place():
            output = logits_of(self._copy(pixels))
        return class_logits(self._class_head, output if output.ndim == 4 else output[:, :, None, None])

    def on_grid(self, values: Tensor) -> Tensor:
        """Return what the package has of the layer, activations or gradients, as (1, channels, h, w)."""
        return self._network.on_grid(self._layer, values, self._shape)


class _Convolved(nn.Module):
    """One convolution of EfficientNet-Lite0 with its SAME padding."""

    def __init__(self, convolution: Convolution) -> None:
        super().__init__()
        device = convolution.weight.device
        self._convolution = convolution.to(device, torch.float32)
        # The packages look for the device of the first parameter.
        self.weight = _frozen(self._convolution.weight)

    def forward(self, x: Tensor) -> Tensor:
        return self._convolution.forward(x)


def _frozen(tensor: Tensor) -> nn.Parameter:
    return nn.Parameter(tensor.float(), requires_grad=False)
