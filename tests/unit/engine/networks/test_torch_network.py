"""Any module as a network: the rule of every ReLU however it is called, layers, head, and nothing of it changed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dcsm_viewer.core.settings import BackwardMode
from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.input_spec import TORCHVISION
from dcsm_viewer.engine.networks.network import INPUT
from dcsm_viewer.engine.networks.torch_network import TorchNetwork, wrap_module
from tests.reference.networks import convolution, relu_backward, transposed_convolution

EPS64 = torch.finfo(torch.float64).eps
MODES: tuple[BackwardMode, ...] = ("guided", "gradient", "deconvnet")
RELUS: dict[str, Callable[[Tensor], Tensor]] = {
    "nn.ReLU": nn.ReLU(),
    "nn.ReLU in place": nn.ReLU(inplace=True),
    "F.relu": F.relu,
    "F.relu in place": lambda x: F.relu(x, inplace=True),
    "torch.relu": torch.relu,
    "torch.relu_": torch.relu_,
    "x.relu()": lambda x: x.relu(),
    "x.relu_()": lambda x: x.relu_(),
    "x.clamp(min=0)": lambda x: x.clamp(min=0),
    "x.clamp_(0)": lambda x: x.clamp_(0),
    "torch.clamp_min": lambda x: torch.clamp_min(x, 0.0),
    "nn.Threshold": nn.Threshold(0, 0),
}
RELU6S: dict[str, Callable[[Tensor], Tensor]] = {
    "nn.ReLU6": nn.ReLU6(),
    "nn.ReLU6 in place": nn.ReLU6(inplace=True),
    "F.relu6": F.relu6,
    "nn.Hardtanh(0, 6)": nn.Hardtanh(0.0, 6.0),
    "x.clamp(0, 6)": lambda x: x.clamp(0, 6),
}


class Small(nn.Module):
    """Two convolutions with one activation between and behind, used twice; a linear head behind a mean."""

    def __init__(self, activation: Callable[[Tensor], Tensor], classes: int = 3) -> None:
        super().__init__()
        random = torch.Generator().manual_seed(5)
        self.first = nn.Conv2d(3, 6, 3, 2, 1)
        self.norm = nn.BatchNorm2d(6)
        self.second = nn.Conv2d(6, 8, 3, 2, 1)
        self.head = nn.Linear(8, classes)
        self.dropout = nn.Dropout(0.5)
        self.activation = activation
        for parameter in self.parameters():
            parameter.data = torch.randn(parameter.shape, generator=random) * 0.5
        self.norm.weight.data.fill_(1)
        self.norm.bias.data.fill_(0)

    def forward(self, x: Tensor) -> Any:
        x = self.activation(self.norm(self.first(x)))
        x = self.activation(self.second(x))
        return self.head(self.dropout(F.adaptive_avg_pool2d(x, 1).flatten(1)))


def pixels(rows: int = 14, columns: int = 18) -> Tensor:
    return torch.randn(1, 3, rows, columns, generator=torch.Generator().manual_seed(1)) * 2


def one_class(network: TorchNetwork, x: Tensor, class_id: int, mode: BackwardMode) -> dict[str, Tensor]:
    state = network.forward(x)
    grad_outputs = torch.zeros_like(state.logits)
    grad_outputs[:, class_id] = 1 / state.logits[0, 0].numel()  # the derivative of the mean over positions
    layers = network.gradient_layers
    return {name: gradient.clone() for name, gradient in network.backward(state, grad_outputs, layers, mode)}


def literal(module: Small, x: Tensor, class_id: int, mode: str, top: float) -> dict[str, Tensor]:
    """The derivatives of a logit of `Small`, float64 numpy, by tests.reference.networks."""
    tensors = {name: tensor.double().numpy() for name, tensor in module.state_dict().items()}
    scale = 1 / (tensors["norm.running_var"] + module.norm.eps) ** 0.5
    first_in = x[0].double().numpy()
    first = convolution(first_in, tensors["first.weight"], tensors["first.bias"], 2, 1, 1)
    normed = (first - tensors["norm.running_mean"][:, None, None]) * scale[:, None, None]
    second_in = normed.clip(0, top)
    second = convolution(second_in, tensors["second.weight"], tensors["second.bias"], 2, 1, 1)
    positions = second.shape[1] * second.shape[2]
    g = (tensors["head.weight"][class_id][:, None, None] / positions + 0 * second).astype(float)
    at_second = relu_backward(g, (second > 0) & (second < top), mode)
    at_relu = transposed_convolution(at_second, tensors["second.weight"], 2, 1, second_in.shape[1:])
    at_norm = relu_backward(at_relu, (normed > 0) & (normed < top), mode)
    at_first = at_norm * scale[:, None, None]
    at_input = transposed_convolution(at_first, tensors["first.weight"], 2, 1, first_in.shape[1:])
    found = {"second": at_second, "norm": at_norm, "first": at_first, INPUT: at_input}
    return {name: torch.from_numpy(values)[None] for name, values in found.items()}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", [*RELUS, *RELU6S])
def test_that_every_way_to_call_a_relu_follows_the_rule(name: str, mode: BackwardMode) -> None:
    module = Small((RELUS | RELU6S)[name]).double()
    network = wrap_module(module, TORCHVISION)
    x = pixels().double()
    found = one_class(network, x, 1, mode)
    expected = literal(module, x, 1, mode, 6.0 if name in RELU6S else 1e300)
    for layer, gradient in expected.items():
        scale = float(gradient.abs().max())
        assert scale > 0
        torch.testing.assert_close(found[layer], gradient, rtol=0, atol=1000 * EPS64 * scale)


def test_that_the_head_is_read_at_every_position_and_its_mean_is_the_output() -> None:
    module = Small(F.relu)
    network = wrap_module(module, TORCHVISION)
    state = network.forward(pixels(30, 44))
    assert network.head_is_map
    assert state.logits.shape == (1, 3, 8, 11)
    with torch.no_grad():
        expected = module.eval()(pixels(30, 44))
    torch.testing.assert_close(state.logits.mean((2, 3)), expected, rtol=1e-5, atol=1e-5)


def test_that_a_head_with_something_between_mean_and_classes_is_not_read_at_every_position() -> None:
    class Deeper(Small):
        def forward(self, x: Tensor) -> Any:
            x = F.relu(self.second(F.relu(self.first(x))))
            return self.head(torch.tanh(x.mean((2, 3))))

    network = wrap_module(Deeper(F.relu), TORCHVISION)
    assert not network.head_is_map
    assert network.forward(pixels()).logits.shape == (1, 3, 1, 1)
    assert any("not the same at every position" in note for note in network.notes)


def snapshot(module: nn.Module) -> tuple[Any, ...]:
    return (
        {name: tensor.clone() for name, tensor in module.state_dict().items()},
        {
            name: (id(parameter), parameter.requires_grad, parameter.grad)
            for name, parameter in module.named_parameters()
        },
        {name: each.training for name, each in module.named_modules()},
        {name: (dict(each._forward_hooks), dict(each._backward_hooks)) for name, each in module.named_modules()},
    )


def assert_same(before: tuple[Any, ...], after: tuple[Any, ...]) -> None:
    assert before[0].keys() == after[0].keys()
    for name, tensor in before[0].items():
        assert torch.equal(tensor, after[0][name]), name
    assert before[1:] == after[1:]


def test_that_nothing_of_the_module_changes() -> None:
    module = Small(nn.ReLU(inplace=True))
    module.train()
    module.norm.eval()  # as somebody fine-tunes with frozen statistics
    module.first.weight.requires_grad = False
    before = snapshot(module)
    torch.manual_seed(0)
    expected = module(pixels())
    network = wrap_module(module, TORCHVISION)
    for mode in MODES:
        one_class(network, pixels(), 0, mode)
    assert_same(before, snapshot(module))
    torch.manual_seed(0)
    assert torch.equal(expected, module(pixels()))


def test_that_nothing_of_the_module_changes_where_its_forward_raises() -> None:
    class Broken(Small):
        raises = False

        def forward(self, x: Tensor) -> Any:
            result = super().forward(x)
            if self.raises:
                raise ValueError("the batch is empty")
            return result

    module = Broken(F.relu)
    module.train()
    network = wrap_module(module, TORCHVISION)
    before = snapshot(module)
    module.raises = True
    with pytest.raises(UserError, match=r"raises ValueError for an image of 14 x 18 px: the batch is empty\. Give"):
        network.forward(pixels())
    assert_same(before, snapshot(module))


def test_that_an_addition_in_place_behind_a_layer_does_not_change_its_gradient() -> None:
    class Residual(Small):
        def forward(self, x: Tensor) -> Any:
            x = F.relu(self.first(x))
            y = self.norm(x)
            y += x
            y *= 2
            return self.head(F.relu(self.second(y)).mean((2, 3)))

    class OutOfPlace(Small):
        def forward(self, x: Tensor) -> Any:
            x = F.relu(self.first(x))
            return self.head(F.relu(self.second((self.norm(x) + x) * 2)).mean((2, 3)))

    x = pixels().double()
    found, expected = (
        one_class(wrap_module(kind(F.relu).double(), TORCHVISION), x, 2, "guided") for kind in (Residual, OutOfPlace)
    )
    torch.testing.assert_close(found["norm"], expected["norm"])
    torch.testing.assert_close(found["first"], expected["first"])


def test_that_a_module_used_twice_has_a_layer_for_each_use() -> None:
    network = wrap_module(Small(nn.ReLU()), TORCHVISION)
    assert {"activation", "activation:2"} <= set(network.gradient_layers)
    found = one_class(network, pixels(), 0, "guided")
    assert found["activation"].shape[1] == 6
    assert found["activation:2"].shape[1] == 8


def test_that_activations_without_a_rule_refuse_it_by_name() -> None:
    class Mixed(Small):
        def forward(self, x: Tensor) -> Any:
            x = F.silu(self.first(x))
            return self.head(F.relu(self.second(x)).mean((2, 3)))

    network = wrap_module(Mixed(F.relu), TORCHVISION)
    assert network.undefined_methods["guided"] == (
        "Guided back-propagation is not defined here: 1 of 2 activations is SiLU; take gradient or Grad-CAM."
    )
    with pytest.raises(UserError, match="1 of 2 activations is SiLU"):
        one_class(network, pixels(), 0, "guided")
    assert one_class(network, pixels(), 0, "gradient")["second"].abs().max() > 0


def test_that_a_sigmoid_that_scales_channels_is_a_gate_and_leaves_guided_defined() -> None:
    class Squeezed(Small):
        def forward(self, x: Tensor) -> Any:
            x = F.relu(self.first(x))
            x = x * torch.sigmoid(F.adaptive_avg_pool2d(x, 1))
            return self.head(F.relu(self.second(x)).mean((2, 3)))

    network = wrap_module(Squeezed(F.relu), TORCHVISION)
    assert not network.undefined_methods
    assert network.notes == (
        "1 sigmoid scales whole channels; gradients pass them plainly, also where they are guided.",
    )


class Wrong(nn.Module):
    """Gives what it is told to."""

    def __init__(self, gives: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.layer, self.gives = nn.Conv2d(3, 4, 3, 2), gives

    def forward(self, x: Tensor) -> Any:
        return self.gives(self.layer(x))


@pytest.mark.parametrize(
    ("gives", "sentence"),
    [
        (lambda x: {"features": x}, r"a dictionary without 'logits' \(it has features\)"),
        (lambda x: x.mean(), r"gives \(\) for one image, not one row of logits"),
        (lambda _: "text", "gives a str and no logits"),
        (lambda x: x.mean((2, 3)) * float("nan"), "outputs are not finite"),
        (lambda _: torch.ones(1, 4), "does not depend on its input"),
        (lambda x: x.view(2, 3), "raises RuntimeError for an image of 224 x 320 px"),
    ],
)
def test_that_a_module_that_is_no_classifier_gets_one_sentence(gives: Callable[[Tensor], Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        wrap_module(Wrong(gives), TORCHVISION)


@pytest.mark.parametrize(
    "gives",
    [
        lambda x: {"logits": x.mean((2, 3)), "aux": None},
        lambda x: (x.mean((2, 3)), x),
        lambda x: type("Output", (), {"logits": x.mean((2, 3))})(),
    ],
    ids=["dictionary", "tuple", "object"],
)
def test_that_logits_are_found_in_what_a_network_gives(gives: Callable[[Tensor], Any]) -> None:
    assert wrap_module(Wrong(gives), TORCHVISION).classes == 4


def test_that_a_network_without_a_grid_is_refused() -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 8), nn.ReLU(), nn.Linear(8, 3))
    with pytest.raises(UserError, match="no layer whose output lies on a grid"):
        wrap_module(module, TORCHVISION)


def test_that_a_network_of_a_fixed_size_is_given_that_size() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 16 * 16, 3))
    network = wrap_module(module, TORCHVISION)
    assert network.input_size == 32
    gradients = one_class(network, pixels(50, 50), 0, "guided")
    assert gradients["0"].shape == (1, 4, 16, 16)
    assert "32 x 32 px only" in network.notes[0]


def test_that_wrappers_are_taken_off() -> None:
    module = Small(F.relu)
    assert wrap_module(nn.DataParallel(module), TORCHVISION).module is module


def test_that_another_precision_is_a_copy_and_the_module_stays() -> None:
    module = Small(F.relu)
    network = wrap_module(module, TORCHVISION)
    same, doubled = (network.to(torch.device("cpu"), dtype) for dtype in (torch.float32, torch.float64))
    assert same is network
    assert isinstance(doubled, TorchNetwork)
    assert module.first.weight.dtype == torch.float32
    assert one_class(doubled, pixels().double(), 0, "guided")["first"].dtype == torch.float64


def test_that_chosen_layers_must_be_there() -> None:
    module = Small(F.relu)
    assert wrap_module(module, TORCHVISION, layer_names=["second", "first"]).layer_names == ("first", "second")
    with pytest.raises(UserError, match="no layer third on a grid; its layers are first, norm, second"):
        wrap_module(module, TORCHVISION, layer_names=["third"])


def test_that_a_class_has_the_same_bytes_whatever_went_back_before() -> None:
    network = wrap_module(Small(F.relu), TORCHVISION)
    state = network.forward(pixels())
    grad_outputs = torch.zeros(3, *state.logits.shape[1:])
    for class_id in range(3):
        grad_outputs[class_id, class_id] = 1
    alone = dict(network.backward(state, grad_outputs[1:2], network.gradient_layers, "guided"))
    list(network.backward(state, grad_outputs[2:], ["second"], "gradient"))
    together = dict(network.backward(state, grad_outputs, network.gradient_layers, "guided"))
    for name, gradient in alone.items():
        assert torch.equal(gradient[0], together[name][1])


def test_that_a_copy_of_the_module_elsewhere_is_not_touched_by_a_pass() -> None:
    module = Small(nn.ReLU(inplace=True))
    twin = copy.deepcopy(module)
    one_class(wrap_module(module, TORCHVISION), pixels(), 0, "guided")
    assert_same(snapshot(twin)[:1], snapshot(module)[:1])
