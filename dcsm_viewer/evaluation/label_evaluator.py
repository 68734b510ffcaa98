"""One image under many settings, at little more than the price of one: what settings share is made once."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core import parameters as limits
from dcsm_viewer.core.scores import image_scores
from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import ModelCard, Request, SourceImage, Stage
from dcsm_viewer.engine.arrays import to_array
from dcsm_viewer.engine.cache import Cache
from dcsm_viewer.engine.engine import KEPT_BYTES, LABELS_ALONE, TRACES_BYTES
from dcsm_viewer.engine.map_pipeline import MapStage
from dcsm_viewer.engine.model_cache import Model, Shelf
from dcsm_viewer.engine.runtime.device import Compute, choose
from dcsm_viewer.engine.runtime.mkl_warm_up import make_first_calls
from dcsm_viewer.engine.stages.network_passes import Passes
from dcsm_viewer.engine.stopwatch import Stopwatch


@dataclass(frozen=True, slots=True)
class Labelled:
    """scores: float32 (C,), the image's. class_maps: (T, H, W) in [0, 1] of `detected_ids`; labels: (H, W), id + 1.

    Two with equal maps_key have the same class maps.
    """

    scores: NDArray[np.float32] = field(repr=False, compare=False)
    candidate_ids: tuple[int, ...]
    detected_ids: tuple[int, ...]
    maps_key: Hashable
    class_maps: NDArray[np.float32] = field(repr=False, compare=False)
    labels: NDArray[np.uint16] = field(repr=False, compare=False)


class Bench:
    """The engine for an evaluation: labels alone, no maps for the eye, and nothing made twice for one image.

    Its labels are those of `Engine.settle`, pixel by pixel (tested). Ask for all settings of one image in a row, the
    largest N first: then the classes go back through the network together.
    """

    def __init__(self, shelf: Shelf | None = None) -> None:
        make_first_calls()
        self._shelf = shelf or Shelf()
        self._kept = Cache(KEPT_BYTES)
        self._traces = Cache(TRACES_BYTES)

    def card(self, settings: Settings) -> ModelCard:
        """The card of the model these settings name, which is loaded for it."""
        return self._model(settings, choose(settings.device, settings.precision)).card

    def device_name(self, settings: Settings) -> str:
        return choose(settings.device, settings.precision).device_name

    def label(self, image: SourceImage, settings: Settings) -> Labelled:
        """Raises UserError with a sentence for settings that cannot be used."""
        limits.check(settings)
        # Nobody turns back to an earlier image.
        self._kept.belong_to(image.digest)
        self._traces.belong_to(image.digest)
        compute = choose(settings.device, settings.precision)
        model, watch = self._model(settings, compute), Stopwatch(self._kept)
        passes = Passes(Request(0, image, settings), model, compute, watch, self._traces, _go_on, all_layers=False)
        stage = MapStage(passes, LABELS_ALONE)
        found = stage.found()
        subtracted = stage.subtracted(found)
        return Labelled(
            scores=image_scores(found.scores, settings.method),
            candidate_ids=found.detection.candidate_ids,
            detected_ids=found.detection.detected_ids,
            maps_key=stage.subtraction_key(found),
            class_maps=to_array(subtracted.class_maps),
            labels=stage.segmenter(found, subtracted).exact().labels,
        )

    def _model(self, settings: Settings, compute: Compute) -> Model:
        return self._shelf.get(settings.model, settings.vocabulary, compute)


def _go_on(_stage: Stage, _text: str) -> None:
    """Somebody waits for every figure, so nothing is abandoned."""
