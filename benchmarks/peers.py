"""Guided raw maps of VGG-16 by us and by others, in turns in one run: conv3_1 to conv5_3, one size, K classes.

Ours: one forward, all classes back in one batch, the maximum over channels kept. Captum: GuidedBackprop's attribution
at the input, class by class; it offers no guided gradient of an inner layer, so hooks on the inputs of conv3_1 to
conv5_3 take the same maxima on the way, at the cost of the maxima alone. Autograd: guided ReLUs in plain torch, one
forward, one `torch.autograd.grad` a class that stops at conv3_1. grad-cam: its guided backpropagation at the input.
Weights need no gradients anywhere. Says how far the maps are apart, too.

    python -m benchmarks.peers --rounds 5 --threads 2
    python -m benchmarks.peers --rounds 3 --threads 1 --side 500 --classes 5 --precision bfloat16
"""

from __future__ import annotations

import argparse
import json
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec

os.environ.setdefault("GOMP_SPINCOUNT", "5000")  # as the engine does, and like there before torch is loaded

import torch
from torch import Tensor, nn

from benchmarks.made_vgg16 import made_tensors
from benchmarks.rounds import gflop_of, in_turns, machine, matrix_product
from dcsm_viewer.engine.networks.input_spec import CAFFE
from dcsm_viewer.engine.networks.vgg16 import CONVOLUTIONS, DENSE, LAYERS, POOLED, Vgg16

Maps = dict[str, Tensor]


class Modules(nn.Module):
    """The same network of torch's own modules, as Captum and grad-cam want it: (N, 3, h, w) to (N, C), summed."""

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        super().__init__()
        self.layers = nn.Sequential()
        for name in (*CONVOLUTIONS, *DENSE):
            weight = tensors[f"{name}.weight"]
            padding = 1 if name in CONVOLUTIONS else 0
            layer = nn.Conv2d(weight.shape[1], weight.shape[0], weight.shape[2], padding=padding)
            layer.weight, layer.bias = nn.Parameter(weight), nn.Parameter(tensors[f"{name}.bias"])
            self.layers.add_module(name, layer)
            if name != "fc8":
                self.layers.add_module(f"{name}_relu", nn.ReLU())
            if name in POOLED:
                self.layers.add_module(f"{name}_pool", nn.MaxPool2d(2, ceil_mode=True))
        self.requires_grad_(requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        summed: Tensor = self.layers(x).sum((2, 3))
        return summed


@contextmanager
def inputs_watched(network: Modules, hear: Callable[[str, Tensor], None]) -> Iterator[None]:
    """Inside, `hear(layer, input)` is told the input of each of LAYERS in every forward."""
    handles = [
        network.layers.get_submodule(name).register_forward_pre_hook(partial(_tell, hear, name)) for name in LAYERS
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _tell(hear: Callable[[str, Tensor], None], name: str, _: nn.Module, arguments: tuple[Tensor, ...]) -> None:
    hear(name, arguments[0])


def largest(gradient: Tensor) -> Tensor:
    return torch.maximum(gradient.amax(1), -gradient.amin(1))[0].float()


def ours(network: Vgg16, picture: Tensor, classes: int) -> list[Maps]:
    with torch.inference_mode():
        state = network.forward(picture)
        grad_outputs = torch.zeros(classes, *state.logits.shape[1:], dtype=picture.dtype)
        grad_outputs[range(classes), range(classes)] = 1
        maps: list[Maps] = [{} for _ in range(classes)]
        for name, gradient in network.backward(state, grad_outputs, LAYERS, "guided"):
            for row in range(classes):
                maps[row][name] = largest(gradient[row : row + 1])
        return maps


def by_captum(network: Modules, picture: Tensor, classes: int) -> list[Maps]:
    from captum.attr import GuidedBackprop  # type: ignore[import-untyped] # it ships no types

    found = []
    for target in range(classes):
        maps: Maps = {}

        def hear(name: str, x: Tensor, maps: Maps = maps) -> None:
            if x.requires_grad:
                x.register_hook(lambda gradient: maps.__setitem__(name, largest(gradient)))  # type: ignore[no-untyped-call] # torch's

        with inputs_watched(network, hear), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns that it overwrites gradients, on every call
            GuidedBackprop(network).attribute(picture.clone().requires_grad_(), target=target)
        found.append(maps)
    return found


class Guided(torch.autograd.Function):
    """A ReLU that passes back only what is positive."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors  # type: ignore[attr-defined] # torch's stubs leave it out
        gate: Tensor = x > 0
        return gradient.clamp(min=0) * gate


def by_autograd(network: Modules, picture: Tensor, classes: int) -> list[Maps]:
    inputs: Maps = {}
    x = picture
    for name, layer in network.layers.named_children():
        if name in LAYERS:
            if not inputs:
                x = x.detach().requires_grad_()
            inputs[name] = x
        x = Guided.apply(x) if isinstance(layer, nn.ReLU) else layer(x)
    logits = x.sum((2, 3))[0]
    found = []
    for target in range(classes):
        gradients = torch.autograd.grad(logits[target], list(inputs.values()), retain_graph=target + 1 < classes)
        found.append({name: largest(gradient) for name, gradient in zip(inputs, gradients, strict=True)})
    return found


def by_grad_cam(network: Modules, picture: Tensor, classes: int) -> object:
    from pytorch_grad_cam import GuidedBackpropReLUModel  # type: ignore[attr-defined] # it hides its names

    guided = GuidedBackpropReLUModel(model=network, device=torch.device("cpu"))
    return [guided(picture, target_category=target) for target in range(classes)]


def agreement(found: list[Maps], expected: list[Maps]) -> float:
    """The share of values within a thousandth of their map's largest one; rounding moves a few gates."""
    near = [
        (maps[name] - others[name]).abs() <= 1e-3 * others[name].abs().max()
        for maps, others in zip(found, expected, strict=True)
        for name in LAYERS
    ]
    return float(torch.cat([each.flatten() for each in near]).float().mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--side", type=int, default=500)
    parser.add_argument("--classes", type=int, default=5)
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    dtype = torch.bfloat16 if arguments.precision == "bfloat16" else torch.float32
    tensors = made_tensors(arguments.classes)
    network, modules = Vgg16.of(tensors, CAFFE).to(torch.device("cpu"), dtype), Modules(tensors)
    generator = torch.Generator().manual_seed(1)
    picture = torch.randn(1, 3, arguments.side, arguments.side, generator=generator) * 50
    product, product_gflop = matrix_product(dtype)
    mine = partial(ours, network, picture.to(dtype), arguments.classes)
    works: dict[str, Callable[[], object]] = {
        "ours": mine,
        "autograd, one forward": partial(by_autograd, modules, picture, arguments.classes),
        "Captum, class by class": partial(by_captum, modules, picture, arguments.classes),
        "matrix product": product,
    }
    if find_spec("pytorch_grad_cam") is not None and find_spec("cv2") is not None:
        works["grad-cam, class by class"] = partial(by_grad_cam, modules, picture, arguments.classes)
    common = {
        **machine(arguments.threads),
        "side": arguments.side,
        "classes": arguments.classes,
        "precision": arguments.precision,
        "rounds": arguments.rounds,
        "gflop": gflop_of(mine),
        "agreement_with_captum": agreement(mine(), by_captum(modules, picture, arguments.classes)),
    }
    rows = in_turns(works, arguments.rounds)
    best = product_gflop / rows["matrix product"]["processor_ms"]
    common["share_of_limit"] = common["gflop"] / rows["ours"]["processor_ms"] / best
    for name, row in rows.items():
        row |= {
            "work": name,
            "times_ours": row["median_ms"] / rows["ours"]["median_ms"],
            "times_ours_processor": row["processor_ms"] / rows["ours"]["processor_ms"],
        }
        print(json.dumps({**common, **row}))
    print(
        f"\n{common['gflop']:.0f} GFLOP are ours, {common['share_of_limit']:.0%} of the limit; "
        f"{common['agreement_with_captum']:.2%} of the values are Captum's within 1e-3 of a map's largest; "
        "peers compute in float32"
    )
    columns = ("median_ms", "q1_ms", "q3_ms", "processor_ms", "times_ours", "times_ours_processor")
    print(f"{'work':26}" + "".join(f"{column:>22}" for column in columns))
    for name, row in rows.items():
        print(f"{name:26}" + "".join(f"{row[column]:22.2f}" for column in columns))


if __name__ == "__main__":
    main()
