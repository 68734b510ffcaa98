"""Deletion and insertion curves of one class by its raw and its distinct class map (Petsiuk et al. 2018)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcsm_viewer.engine.analysis.weight_randomization import detection_for_class
from dcsm_viewer.engine.arrays import to_array
from dcsm_viewer.engine.map_pipeline import MapPipeline
from dcsm_viewer.engine.networks.input_spec import InputSpec
from dcsm_viewer.engine.stages.network_passes import NetworkPasses
from dcsm_viewer.engine.stages.pass_outputs import run_passes
from dcsm_viewer.engine.stages.preprocess import network_input, positions_on_image
from dcsm_viewer.engine.stages.subtraction.class_maps import subtract
from dcsm_viewer.queries.faithfulness_query import (
    CURVES,
    RANKINGS,
    CurveName,
    Faithfulness,
    FaithfulnessCurve,
    FaithfulnessQuestion,
    RankedBy,
)

BLUR = 5 / 224  # RISE blurs its 224 px images with a standard deviation of 5 px
TIE_BREAK_SEED = 0

Maps = Mapping[RankedBy, NDArray[np.float32]]


def answer(question: FaithfulnessQuestion, stage: MapPipeline) -> Iterator[Faithfulness]:
    """Yield all four curves, one point longer each time. One image at a time, at the scale nearest the canvas."""
    request = replace(stage.passes.request, focus=question.class_id)
    passes = replace(stage.passes, request=request)
    method = passes.method
    scale = min(method.scales, key=lambda px: (abs(px - method.canvas_px), px))
    pictures = _Pictures.of(passes)
    rankings = {by: Ranking.of(values) for by, values in _class_maps(passes, question.class_id).items()}
    scores: dict[tuple[CurveName, RankedBy], list[float]] = {(curve, by): [] for curve in CURVES for by in RANKINGS}
    for step in range(question.steps + 1):
        for (curve, by), so_far in scores.items():
            ranking = rankings[by]
            count = round(ranking.order.size * step / question.steps)
            # At either end no ranking matters, and both maps share the score.
            digest = ranking.digest if 0 < step < question.steps else ""
            key = ("faithfulness", passes.forward_key, scale, curve, digest, count)
            make = partial(_scores, passes, scale, pictures, curve, ranking.order[:count])
            so_far.append(float(passes.stopwatch.intermediate("classify", key, make)[question.class_id]))
        yield Faithfulness(
            question,
            scale,
            pictures.blur_px,
            pictures.grey,
            {name: _curve(so_far, question.steps, rankings[name[1]].ranked) for name, so_far in scores.items()},
        )


@dataclass(frozen=True, slots=True)
class Ranking:
    """Flat indices of the pixels of a map, the largest value first, ties broken randomly (with a fixed seed)."""

    order: NDArray[np.intp] = field(repr=False)
    ranked: float
    digest: str

    @classmethod
    def of(cls, values: NDArray[np.float32]) -> Ranking:
        """Rank the pixels of a map (H, W) by falling value."""
        flat = np.nan_to_num(values.ravel(), nan=0.0, posinf=0.0, neginf=0.0)
        lots = np.random.default_rng(TIE_BREAK_SEED).permutation(flat.size)
        order = np.lexsort((lots, -flat))
        _, counts = np.unique(flat, return_counts=True)
        ranked = float((counts == 1).sum()) / flat.size
        return cls(order, ranked, hashlib.sha256(order.tobytes()).hexdigest())


@dataclass(frozen=True, slots=True)
class _Pictures:
    """The canvas (3, S, S), float64 RGB in grey levels, and what pixels of the image are replaced by or come out of."""

    canvas: Tensor
    blurred: Tensor
    grey: tuple[float, float, float]
    blur_px: float
    image: tuple[slice, slice]

    @classmethod
    def of(cls, passes: NetworkPasses) -> _Pictures:
        # Imported when it is needed: the window's start must not wait for it.
        from scipy import ndimage

        canvas, placement = passes.canvas()
        rows = slice(placement.top, placement.top + placement.height)
        cols = slice(placement.left, placement.left + placement.width)
        blur_px = BLUR * placement.canvas_px
        blurred = canvas.clone()
        # The image alone, so that no black creeps in from the canvas around it.
        planes = canvas[:, rows, cols].numpy()
        blurred[:, rows, cols] = torch.from_numpy(
            ndimage.gaussian_filter(planes, (0, blur_px, blur_px), mode="reflect")
        )
        return cls(canvas, blurred, grey_of(passes.model.network.convention), blur_px, (rows, cols))

    def changed(self, curve: CurveName, chosen: NDArray[np.intp]) -> Tensor:
        """deletion: the chosen pixels (flat indices of the image on the canvas) grey; insertion: they alone sharp."""
        whole = (self.canvas if curve == "deletion" else self.blurred).clone()
        image = whole[:, self.image[0], self.image[1]]
        at = torch.from_numpy(np.stack(np.unravel_index(chosen, image.shape[1:])))
        if curve == "deletion":
            image[:, at[0], at[1]] = torch.tensor(self.grey, dtype=whole.dtype)[:, None]
        else:
            image[:, at[0], at[1]] = self.canvas[:, self.image[0], self.image[1]][:, at[0], at[1]]
        return whole


def grey_of(convention: InputSpec) -> tuple[float, float, float]:
    """RGB, 0..255, that the network sees as 0."""
    red, green, blue = convention.mean if convention.order == "rgb" else convention.mean[::-1]
    return red, green, blue


def _scores(
    passes: NetworkPasses, scale: int, pictures: _Pictures, curve: CurveName, chosen: NDArray[np.intp]
) -> NDArray[np.float32]:
    passes.checkpoint("classify", f"{curve} of {len(chosen)} px")
    network, class_head = passes.model.network, passes.model.class_head
    pixels = network_input(pictures.changed(curve, chosen), scale, network.convention)
    logits = network.forward(pixels.to(passes.compute.device, passes.compute.dtype)).logits
    on_image = positions_on_image(passes.canvas()[1], (logits.shape[2], logits.shape[3]))
    scores: NDArray[np.float32] = class_head.scores(logits, on_image.to(logits.device)).float().cpu().numpy()
    return scores


def _class_maps(passes: NetworkPasses, class_id: int) -> Maps:
    """Raw and distinct class map (h, w) of the class on the canvas, cropped to the image."""
    found = run_passes(passes, passes.method.scales)
    detection = detection_for_class(found, class_id)
    rows = [found.shown_ids.index(candidate) for candidate in detection.candidate_ids]
    raw = {key: maps[rows] for key, maps in found.raw.items()}
    _, placement = passes.canvas()
    placement = replace(placement, image_shape=(placement.height, placement.width))
    subtracted = subtract(raw, detection, replace(passes.method, layers=passes.layers), placement)
    row = detection.candidate_ids.index(class_id)
    return {"raw": to_array(subtracted.raw_class_maps[row]), "distinct": to_array(subtracted.class_maps[0])}


def _curve(scores: list[float], steps: int, ranked: float) -> FaithfulnessCurve:
    shares = tuple(step / steps for step in range(len(scores)))
    area = float(np.trapezoid(scores, shares)) if len(scores) == steps + 1 else None
    return FaithfulnessCurve(shares, tuple(scores), ranked, area)
