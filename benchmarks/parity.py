"""How far the engine is from a literal float64 transcription of the method, whose max-pools know no ties.

    python -m benchmarks.parity [--photographs 3]

A random small VGG-16, a photograph, preset `paper` at its published size. Of the raw maps: which share of their
values differs by more than a thousandth of the largest of their map, and by how much at worst; of the class maps the
worst difference. In float32 a value differs where rounding turns a ReLU or chooses another of two nearly equal values
of a pool. docs/method.md, section 8, has the figures. Takes some minutes.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from dcsm_viewer.core.method_presets import PRESETS
from dcsm_viewer.core.settings import PrecisionOption, Settings
from dcsm_viewer.core.types import Request, SourceImage
from dcsm_viewer.engine.cache import Cache
from dcsm_viewer.engine.map_pipeline import MapPipeline
from dcsm_viewer.engine.model_cache import model_of
from dcsm_viewer.engine.networks.input_spec import CAFFE
from dcsm_viewer.engine.runtime.device import choose
from dcsm_viewer.engine.stages.network_passes import NetworkPasses
from dcsm_viewer.engine.stages.pass_outputs import PassOutputs, run_passes
from dcsm_viewer.engine.stopwatch import Stopwatch
from dcsm_viewer.engine.weights.weights_file import WeightsFile
from dcsm_viewer.io.images import read_image
from tests.networks import random_vgg_tensors
from tests.reference.network import Array, Pixels, ReferenceResult
from tests.reference.networks import vgg16_derivatives, vgg16_logits
from tests.reference.paper import reference_paper
from tests.samples import SAMPLES

CLASSES = 5
NOTICED = 1e-3
PRECISIONS: tuple[PrecisionOption, ...] = ("float32", "float64")
Maps = dict[tuple[int, int, str], Array]  # by scale, class, layer


@dataclass
class Literal:
    """The transcription's network, which keeps the raw maps it made by the side of its input."""

    tensors: dict[str, Array]
    raw: Maps = field(default_factory=dict)

    def scores(self, pixels: Array) -> Array:
        logits, _, _ = vgg16_logits(self.tensors, pixels, ceil=True)
        return np.asarray(1 / (1 + np.exp(-logits.max((1, 2)))))

    def gradients(self, pixels: Array, class_id: int) -> dict[str, Array]:
        side = pixels.shape[1]
        # fc6 takes 7x7 positions of pool5.
        positions = -(-side // 32) - 6
        seed = np.zeros((CLASSES, positions, positions))
        seed[class_id] = 1
        derivatives = vgg16_derivatives(self.tensors, pixels, seed, "guided", ceil=True)
        layers = {name: w for name, w in derivatives.items() if name.startswith("conv") and name >= "conv3_1"}
        self.raw |= {(side, class_id, name): np.abs(w).max(0) for name, w in layers.items()}
        return layers


@dataclass
class Case:
    """One network and one photograph."""

    tensors: dict[str, Array]
    image: SourceImage
    literal: Literal

    @cached_property
    def expected(self) -> ReferenceResult:
        pixels = Pixels(CAFFE.order, CAFFE.mean, CAFFE.std)
        return reference_paper(self.image.rgb, self.literal, pixels=pixels)

    def stage(self, precision: PrecisionOption) -> MapPipeline:
        compute = choose("cpu", precision)
        weights = {name: torch.tensor(value, dtype=torch.float32) for name, value in self.tensors.items()}
        names = tuple(f"class {index}" for index in range(CLASSES))
        file = WeightsFile("vgg16", weights, names, CAFFE, ceil_mode=True, digest="made", source="Made.")
        request = Request(0, self.image, Settings(method=PRESETS["paper"], device="cpu", precision=precision))
        watch = Stopwatch(Cache(10**9))
        model = model_of("made", file, "voc", compute)
        return MapPipeline(
            NetworkPasses(request, model, compute, watch, Cache(10**9), lambda *_: None, all_layers=False)
        )


def case(seed: int, path: Path) -> Case:
    """Weights that float32 holds exactly, so that both sides have the very same."""
    tensors = random_vgg_tensors(seed, CLASSES)
    tensors["conv1_1.weight"] = tensors["conv1_1.weight"] / 60
    exact = {name: np.asarray(value, np.float32).astype(np.float64) for name, value in tensors.items()}
    return Case(exact, read_image(str(path)), Literal(exact))


def differences(found: PassOutputs, expected: Maps) -> Array:
    """Of every value of every raw map, of the largest value of its map."""
    all_of_them = []
    for (scale, layer), maps in found.raw.items():
        for class_id, ours in zip(found.detection.candidate_ids, maps.double().numpy(), strict=False):
            theirs = expected[scale, class_id, layer]
            all_of_them.append((np.abs(ours - theirs) / theirs.max()).ravel())
    return np.concatenate(all_of_them)


def compare(made: Case) -> None:
    expected = made.expected
    for precision in PRECISIONS:
        stage = made.stage(precision)
        found = run_passes(stage.passes, stage.method.scales)
        assert list(found.detection.candidate_ids) == expected.candidate_ids
        assert list(found.detection.detected_ids) == expected.detected_ids
        raw = differences(found, made.literal.raw)
        class_maps = stage.subtracted(found).class_maps.double().numpy()
        worst = np.abs(class_maps - expected.class_maps).max(initial=0)
        share = float((raw > NOTICED).mean())
        print(f"{made.image.name:24}{precision:10}{share:12.3%}{raw.max():12.1e}{worst:12.1e}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photographs", type=int, default=3)
    print(f"{'photograph':24}{'precision':10}{f'> {NOTICED:g}':>12}{'worst raw':>12}{'worst map':>12}")
    with torch.inference_mode():
        for seed, path in enumerate(sorted(SAMPLES.glob("*.jpg"))[: parser.parse_args().photographs]):
            compare(case(seed, path))


if __name__ == "__main__":
    main()
