"""Any network against the hand-written path, and against plain autograd: time and memory of a pass and of a class.

    python -m benchmarks.torch_network [--rounds 5]

Ratios come from runs side by side, one after the other, medians over the rounds.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
import torchvision  # type: ignore[import-untyped]  # ships no type information
from torch import Tensor, nn

from dcsm_viewer.engine.baselines.torch_modules import LiteModule
from dcsm_viewer.engine.networks.class_head import SoftmaxClasses
from dcsm_viewer.engine.networks.efficientnet_lite import EfficientNetLite
from dcsm_viewer.engine.networks.input_spec import TORCHVISION
from dcsm_viewer.engine.networks.network import Network
from dcsm_viewer.engine.networks.torch_network import TorchNetwork, wrap_module
from dcsm_viewer.engine.weights import library
from tests.unit.engine.networks.test_by_hand_and_wrapped import Lite

SIDE = 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    pixels = torch.randn(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    weights = library.load("lite0-voc")
    by_hand = EfficientNetLite.of(weights.tensors, weights.convention)
    names = tuple(f"class {index}" for index in range(by_hand.classes))
    module: LiteModule = Lite(by_hand, SoftmaxClasses(names))
    wrapped = wrap_module(module, weights.convention)
    last = {f"block{index}": wrapped_name(wrapped, index) for index in (4, 7, 10, 14, 15)}
    compare("Lite0, wrapped against by hand", work(wrapped, pixels, list(last.values())),
            work(by_hand, pixels, list(by_hand.layer_names)), rounds)  # fmt: skip
    torch.manual_seed(0)
    resnet: nn.Module = torchvision.models.resnet50(num_classes=20).eval()
    network = wrap_module(resnet, TORCHVISION)
    compare("ResNet-50, wrapped (guided) against plain autograd to its input",
            work(network, pixels, list(network.layer_names)), plain(resnet, pixels), rounds)  # fmt: skip
    held = network.forward(pixels).masks.held_bytes
    print(f"ResNet-50 at {SIDE} px: the graph of a pass holds {held / 2**20:.0f} MiB")


def wrapped_name(network: TorchNetwork, block: int) -> str:
    return [name for name in network.gradient_layers if name.startswith(f"_blocks.{block}.")][-1]


def work(network: Network[Any], pixels: Tensor, layers: list[str]) -> Callable[[], tuple[float, float]]:
    """Seconds of a forward pass and of one class's guided backward pass."""

    def run() -> tuple[float, float]:
        start = time.perf_counter()
        state = network.forward(pixels)
        middle = time.perf_counter()
        grad_outputs = torch.zeros_like(state.logits)
        grad_outputs[:, 3] = 1
        for _ in network.backward(state, grad_outputs, layers, "guided"):
            pass
        return middle - start, time.perf_counter() - middle

    return run


def plain(module: nn.Module, pixels: Tensor) -> Callable[[], tuple[float, float]]:
    for parameter in module.parameters():
        parameter.requires_grad = False

    def run() -> tuple[float, float]:
        start = time.perf_counter()
        x = pixels.clone().requires_grad_()
        logits = module(x)
        middle = time.perf_counter()
        torch.autograd.grad(logits[0, 3], x)
        return middle - start, time.perf_counter() - middle

    return run


def compare(
    title: str, first: Callable[[], tuple[float, float]], second: Callable[[], tuple[float, float]], rounds: int
) -> None:
    first(), second()
    pairs = [(first(), second()) for _ in range(rounds)]
    print(title)
    for part, name in enumerate(("forward", "backward, one class")):
        ratios = [one[part] / other[part] for one, other in pairs]
        ours, theirs = (statistics.median(each[which][part] for each in pairs) for which in (0, 1))
        print(
            f"  {name}: {1000 * ours:.0f} ms against {1000 * theirs:.0f} ms, ratio {statistics.median(ratios):.2f} "
            f"({min(ratios):.2f} to {max(ratios):.2f})"
        )


if __name__ == "__main__":
    main()
