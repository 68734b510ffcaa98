"""One image under many settings, at little more than the price of one: what settings share is made once."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core import parameters
from dcsm_viewer.core.scores import image_scores
from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import ModelCard, Request, SourceImage, Stage
from dcsm_viewer.engine.arrays import to_array
from dcsm_viewer.engine.cache import Cache
from dcsm_viewer.engine.engine import CACHE_BYTES, FORWARD_CACHE_BYTES, LABELS_ALONE
from dcsm_viewer.engine.map_pipeline import MapPipeline
from dcsm_viewer.engine.model_cache import Model, ModelCache
from dcsm_viewer.engine.runtime.device import Compute, choose
from dcsm_viewer.engine.runtime.mkl_warm_up import warm_up_mkl
from dcsm_viewer.engine.stages.network_passes import NetworkPasses
from dcsm_viewer.engine.stopwatch import Stopwatch


@dataclass(frozen=True, slots=True)
class LabelResult:
    """scores: float32 (C,), the image's. class_maps: (T, H, W) in [0, 1] of `detected_ids`; labels: (H, W), id + 1.

    Two with equal maps_key have the same class maps.
    """

    scores: NDArray[np.float32] = field(repr=False, compare=False)
    candidate_ids: tuple[int, ...]
    detected_ids: tuple[int, ...]
    maps_key: Hashable
    class_maps: NDArray[np.float32] = field(repr=False, compare=False)
    labels: NDArray[np.uint16] = field(repr=False, compare=False)


class LabelEvaluator:
    """The engine for an evaluation: labels alone, no maps for the eye, and nothing made twice for one image.

    Its labels are those of `Engine.settle`, pixel by pixel (tested). Ask for all settings of one image in a row, the
    largest N first: then the classes go back through the network together.
    """

    def __init__(self, model_cache: ModelCache | None = None) -> None:
        warm_up_mkl()
        self._model_cache = model_cache or ModelCache()
        self._cached = Cache(CACHE_BYTES)
        self._forward_cache = Cache(FORWARD_CACHE_BYTES)

    def card(self, settings: Settings) -> ModelCard:
        """The card of the model these settings name, which is loaded for it."""
        return self._model(settings, choose(settings.device, settings.precision)).card

    def device_name(self, settings: Settings) -> str:
        return choose(settings.device, settings.precision).device_name

    def label(self, image: SourceImage, settings: Settings) -> LabelResult:
        """Raises UserError with a sentence for settings that cannot be used."""
        parameters.check(settings)
        # Images are evaluated once, in order.
        self._cached.clear_for_image(image.digest)
        self._forward_cache.clear_for_image(image.digest)
        compute = choose(settings.device, settings.precision)
        model, stopwatch = self._model(settings, compute), Stopwatch(self._cached)
        passes = NetworkPasses(
            Request(0, image, settings), model, compute, stopwatch, self._forward_cache, _go_on, all_layers=False
        )
        stage = MapPipeline(passes, LABELS_ALONE)
        outputs = stage.outputs()
        subtracted = stage.subtracted(outputs)
        return LabelResult(
            scores=image_scores(outputs.scores, settings.method),
            candidate_ids=outputs.detection.candidate_ids,
            detected_ids=outputs.detection.detected_ids,
            maps_key=stage.subtraction_key(outputs),
            class_maps=to_array(subtracted.class_maps),
            labels=stage.segmenter(outputs, subtracted).exact().labels,
        )

    def _model(self, settings: Settings, compute: Compute) -> Model:
        return self._model_cache.get(settings.model, settings.vocabulary, compute)


def _go_on(_stage: Stage, _text: str) -> None:
    """Somebody waits for every figure, so nothing is abandoned."""
