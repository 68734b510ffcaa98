"""The engine's second half on a small random VGG-16, for tests that ask it questions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from dcsm_viewer.core.settings import ClassChoice, CrfSettings, MethodSettings, Settings
from dcsm_viewer.core.types import Request, SourceImage
from dcsm_viewer.engine.cache import Cache
from dcsm_viewer.engine.map_pipeline import MapPipeline
from dcsm_viewer.engine.model_cache import Model, model_of
from dcsm_viewer.engine.networks.input_spec import CAFFE
from dcsm_viewer.engine.runtime.device import Compute, choose
from dcsm_viewer.engine.stages.network_passes import Checkpoint, NetworkPasses
from dcsm_viewer.engine.stopwatch import Stopwatch
from dcsm_viewer.engine.weights.weights_file import WeightsFile
from tests.networks import random_vgg_tensors
from tests.reference.network import Array

CPU = choose("cpu", "float32")
NAMES = tuple("abcde")
CANVAS_PX = 200
SCALES = (200, 208)


def vgg_tensors(seed: int = 3) -> dict[str, Array]:
    """Float64 tensors that float32 holds exactly, so that engine and reference get the very same."""
    tensors = random_vgg_tensors(seed, len(NAMES), widths=(2, 3, 4, 4, 5), dense=8)
    tensors["conv1_1.weight"] = tensors["conv1_1.weight"] / 60
    return {name: np.asarray(value, np.float32).astype(np.float64) for name, value in tensors.items()}


def vgg(tensors: Mapping[str, Array] | None = None, compute: Compute = CPU) -> Model:
    weights = {name: torch.tensor(value, dtype=torch.float32) for name, value in (tensors or vgg_tensors()).items()}
    return model_of("small", WeightsFile("vgg16", weights, NAMES, CAFFE, True, "made", "a test"), "voc", compute)


def picture(height: int = 150, width: int = 200, seed: int = 0) -> SourceImage:
    rng = np.random.default_rng(seed)
    return SourceImage.of(rng.integers(0, 256, (height, width, 3), dtype=np.uint8), name="noise")


def request(image: SourceImage | None = None, **changes: object) -> Request:
    """Class 1 and 3 count as found, whatever they score."""
    method = MethodSettings(canvas_px=CANVAS_PX, scales=SCALES, **changes)  # type: ignore[arg-type]  # fields by name
    settings = Settings(
        method=method,
        crf=CrfSettings(enabled=False),
        choice=ClassChoice(image_labels=(1, 3)),
        device="cpu",
        precision="float32",
    )
    return Request(0, picture() if image is None else image, settings, focus=3)


def stage(
    asked: Request,
    model: Model | None = None,
    checkpoint: Checkpoint = lambda _stage, _text: None,
    compute: Compute = CPU,
) -> MapPipeline:
    made = vgg() if model is None else model
    stopwatch, forward_cache = Stopwatch(Cache(10**8)), Cache(10**8)
    return MapPipeline(NetworkPasses(asked, made, compute, stopwatch, forward_cache, checkpoint, all_layers=True))
