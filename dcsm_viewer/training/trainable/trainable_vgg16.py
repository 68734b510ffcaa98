"""The fully convolutional VGG-16 with weights that can be trained; its state_dict has the engine's names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dcsm_viewer.engine.networks.vgg16 import CONVOLUTIONS, DENSE, POOLED
from dcsm_viewer.training.class_mapping import Groups, log_odds

DROPOUT = 0.5


class TrainableVgg16(nn.Module):
    """Logits (N, C, h, w) on the grid of fc6, as engine.models.Vgg16 gives; widths follow from the tensors.

    While training, fc6 and fc7 are thinned out by dropout, as in the network of Simonyan and Zisserman.
    """

    def __init__(self, tensors: Mapping[str, Tensor], *, ceil_mode: bool = True) -> None:
        super().__init__()
        self.ceil_mode = ceil_mode
        for name in (*CONVOLUTIONS, *DENSE):
            outputs, inputs, kernel, _ = tensors[f"{name}.weight"].shape
            self.add_module(name, nn.Conv2d(inputs, outputs, kernel, padding=1 if name in CONVOLUTIONS else 0))
        self.load_state_dict(dict(tensors))
        self.frozen_blocks = 0
        self._groups: Groups | None = None

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor], *, ceil_mode: bool = True) -> TrainableVgg16:
        """The network of tensors that engine.weights has checked."""
        return cls(tensors, ceil_mode=ceil_mode)

    def tensors(self) -> dict[str, Tensor]:
        """What a weights file holds: float32 copies on the CPU."""
        return {name: tensor.detach().float().cpu().clone() for name, tensor in self.state_dict().items()}

    def freeze(self, blocks: int) -> None:
        """From now on the first `blocks` (of 13) convolutions are not trained."""
        self.frozen_blocks = blocks
        for name in CONVOLUTIONS[:blocks]:
            self.get_submodule(name).requires_grad_(False)  # noqa: FBT003 - torch takes it by place

    def groups(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """(body, classifier): what is trained, to be given learning rates of their own."""
        classifier = list(self.get_submodule("fc8").parameters())
        ids = {id(parameter) for parameter in classifier}
        head = [one for one in classifier if one.requires_grad]
        body = [one for one in self.parameters() if one.requires_grad and id(one) not in ids]
        return body, head

    def forward(self, x: Tensor) -> Tensor:
        return self.classify(self.upper(self.lower(x)))

    def lower(self, x: Tensor) -> Tensor:
        """What the frozen convolutions give, which never changes while training; the input where none is frozen."""
        with torch.no_grad():
            return self._convolved(x, CONVOLUTIONS[: self.frozen_blocks])

    def upper(self, x: Tensor) -> Tensor:
        """(N, width of fc7, h, w), what fc8 looks at, from what `lower` gave."""
        x = self._convolved(x, CONVOLUTIONS[self.frozen_blocks :])
        for name in ("fc6", "fc7"):
            x = F.dropout(F.relu(self.get_submodule(name)(x)), DROPOUT, self.training)
        return x

    def _convolved(self, x: Tensor, names: Sequence[str]) -> Tensor:
        for name in names:
            x = F.relu(self.get_submodule(name)(x))
            if name in POOLED:
                x = F.max_pool2d(x, 2, ceil_mode=self.ceil_mode)
        return x

    def classify(self, features: Tensor) -> Tensor:
        logits: Tensor = self.get_submodule("fc8")(features)
        return logits if self._groups is None else log_odds(logits, self._groups)

    def use_output_groups(self, groups: Groups) -> None:
        """From now on a class is a group of outputs, its logit their log-odds; the classifier is not trained."""
        self._groups = groups
        self.get_submodule("fc8").requires_grad_(False)  # noqa: FBT003 - as above
