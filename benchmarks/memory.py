"""The most memory a run ever has, and whether many runs need more than a few.

`vgg16`: one image through a VGG-16 of full widths and random weights at 600 px, 20 classes together. `growth`: images
of one size through EfficientNet-Lite0 in one process; the resident memory after the last against that after the
warm-up, when all caches are full.

    python -m benchmarks.memory vgg16
    python -m benchmarks.memory growth --images 200
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.made_vgg16 import made_tensors
from dcsm_viewer.core.settings import Settings, Vocabulary
from dcsm_viewer.core.types import Request, SourceImage
from dcsm_viewer.engine.engine import Engine
from dcsm_viewer.engine.model_cache import Model, ModelCache, model_of
from dcsm_viewer.engine.networks.input_spec import CAFFE
from dcsm_viewer.engine.runtime.device import Compute
from dcsm_viewer.engine.weights.weights_file import WeightsFile

CLASSES = 20
WARM_UP = 0.25  # of the images


class MadeVgg16(ModelCache):
    """A shelf on which there is one VGG-16 with random weights."""

    def __init__(self) -> None:
        super().__init__()
        self._made: Model | None = None

    def get(self, name: str, vocabulary: Vocabulary, compute: Compute) -> Model:
        if self._made is None:
            names = tuple(f"class {index}" for index in range(CLASSES))
            weights = WeightsFile("vgg16", made_tensors(CLASSES), names, CAFFE, ceil_mode=True, digest="", source="")
            self._made = model_of(name, weights, vocabulary, compute)
        return self._made


def made_image(seed: int, rows: int, columns: int) -> SourceImage:
    """Soft noise: blocks of 16 px of one colour each."""
    blocks = np.random.default_rng(seed).integers(0, 256, (-(-rows // 16), -(-columns // 16), 3), dtype=np.uint8)
    return SourceImage.of(blocks.repeat(16, 0).repeat(16, 1)[:rows, :columns], name=f"made-{seed}.png")


def resident_mib() -> float:
    """Resident memory now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


def peak_mib() -> float:
    """The most resident memory there has been."""
    line = next(line for line in Path("/proc/self/status").read_text("ascii").splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def vgg16() -> None:
    settings = Settings(device="cpu")
    method = replace(settings.method, scales=(600,))
    choice = replace(settings.choice, image_labels=tuple(range(CLASSES)))
    settings = replace(settings, method=method, choice=choice)
    result = Engine(MadeVgg16()).settle(Request(0, made_image(0, 375, 500), settings))
    row = {"case": "vgg16, 600 px", "classes": len(result.candidate_ids), "peak_mib": peak_mib()}
    print(json.dumps(row))
    print(f"peak of {row['classes']} classes at 600 px: {row['peak_mib']:.0f} MiB")


def growth(images: int) -> None:
    settings = Settings(device="cpu")
    method = replace(settings.method, scales=(160, 224), canvas_px=224)
    settings = replace(settings, method=method, crf=replace(settings.crf, iterations=2))
    engine, resident = Engine(), []
    for seed in range(images):
        engine.settle(Request(seed, made_image(seed, 168, 224), settings))
        resident.append(resident_mib())
    warm = resident[int(WARM_UP * images)]
    row = {
        "case": "growth",
        "images": images,
        "warm_mib": warm,
        "last_mib": resident[-1],
        "growth": resident[-1] / warm - 1,
        "peak_mib": peak_mib(),
        "every_tenth_mib": [round(each) for each in resident[::10]],
    }
    print(json.dumps(row))
    print(f"{images} images: {warm:.0f} MiB after the warm-up, {resident[-1]:.0f} after the last, {row['growth']:+.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=("vgg16", "growth"))
    parser.add_argument("--images", type=int, default=200)
    arguments = parser.parse_args()
    if not sys.platform.startswith("linux"):
        raise SystemExit("Memory is read from /proc, which only Linux has.")
    if arguments.case == "vgg16":
        vgg16()
    else:
        growth(arguments.images)


if __name__ == "__main__":
    main()
