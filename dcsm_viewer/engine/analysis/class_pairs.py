"""Compare every candidate with every other, by the engine's own `accumulate`: before and after the subtraction."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcsm_viewer.core.settings import MethodSettings
from dcsm_viewer.engine.analysis.partial_answer import PartialAnswer
from dcsm_viewer.engine.analysis.treat_all_as_detected import resolved_method, treat_all_as_detected
from dcsm_viewer.engine.arrays import to_array
from dcsm_viewer.engine.map_pipeline import MapPipeline
from dcsm_viewer.engine.stages.class_selection import Detection
from dcsm_viewer.engine.stages.interpolation import AxisSamples
from dcsm_viewer.engine.stages.network_passes import Checkpoint
from dcsm_viewer.engine.stages.pass_outputs import PassOutputs
from dcsm_viewer.engine.stages.preprocess import Placement
from dcsm_viewer.engine.stages.subtraction.accumulate import accumulate
from dcsm_viewer.engine.stages.subtraction.class_maps import Subtracted, chosen_maps, subtract
from dcsm_viewer.engine.stages.subtraction.pairs import Comparisons, against_nothing
from dcsm_viewer.engine.stages.subtraction.preview import SIDES_PX
from dcsm_viewer.engine.stages.subtraction.sampling_grid import SamplingGrid
from dcsm_viewer.queries.matrix_query import ClassMatrix, MatrixQuestion, Similarity

COARSE_PX = 125  # samples a side of the canvas in the first answer


def answer(question: MatrixQuestion, stage: MapPipeline) -> Iterator[ClassMatrix | PartialAnswer[ClassMatrix]]:
    """Yield the matrix with a sample every few pixels first, then as fine as memory allows."""
    outputs = stage.outputs()
    ids = outputs.detection.candidate_ids
    if not ids:
        nothing = torch.zeros(0, 0, 1, 1)
        yield ClassMatrix((), to_array(nothing), 1, {}, Similarity(None, 0), Similarity(None, 0))
        return
    _, placement = stage.passes.canvas()
    method, detection = resolved_method(stage), treat_all_as_detected(outputs.detection)
    alike = _maps_of_all(stage, outputs, detection, method, placement)
    fine = step_for(len(ids), (placement.height, placement.width), question.max_bytes)
    coarse = max(fine, math.ceil(placement.canvas_px / SIDES_PX[0]))
    for step in sorted({coarse, fine}, reverse=True):
        left = stage.passes.stopwatch.intermediate(
            "subtraction",
            ("matrix", *stage.subtraction_key(outputs), step),
            partial(pairwise_contributions, outputs, method, placement, step, stage.passes.checkpoint),
        )
        matrix = ClassMatrix(ids, to_array(left), step, *alike, is_preview=step != fine)
        yield PartialAnswer(matrix) if step != fine else matrix


def step_for(count: int, shape: tuple[int, int], max_bytes: int) -> int:
    """Choose the step between samples: the least with which all maps of the matrix fit into memory.

    Parameters
    ----------
    count
        Rows and columns of the matrix.
    shape
        (H, W) of the image on the canvas, px.
    max_bytes
        Of count x count float32 maps.

    Returns
    -------
    int
        Canvas pixels from sample to sample.
    """
    step = 1
    while count**2 * math.ceil(shape[0] / step) * math.ceil(shape[1] / step) * 4 > max_bytes:
        step += 1
    return step


def pairwise_contributions(
    outputs: PassOutputs, method: MethodSettings, placement: Placement, step: int, checkpoint: Checkpoint
) -> Tensor:
    """Compute what each class gets against each other class, mean over the scales and layers that count.

    Parameters
    ----------
    outputs
        Raw maps of all scales.
    method
        The constants of the subtraction.
    placement
        Where the image lies on the canvas.
    step
        Canvas pixels from sample to sample.
    checkpoint
        Called between scales; may raise to stop.

    Returns
    -------
    Tensor
        (K, K, h, w): the row against the column, on the diagonal against nothing.
    """
    detection = treat_all_as_detected(outputs.detection)
    ids = detection.candidate_ids
    count, grid = len(ids), _samples(placement, method, step)
    comparisons, alone = all_pairs(count, method), against_nothing(count)
    total = torch.zeros(count, count, *grid.shape)
    terms = torch.zeros(count)
    for scale, layers in chosen_maps(outputs.candidate_maps, method).items():
        checkpoint("subtraction", f"matrix, {scale} px")
        maps = list(layers.values())
        sums = accumulate(maps, comparisons, method, grid).sums.view(count, count, *grid.shape).to(total)
        raw = accumulate(maps, alone, method, grid).sums.to(total)
        if method.min_candidates == 0:
            sums += raw[:, None]
        else:
            sums[range(count), range(count)] = raw
        for row, class_id in enumerate(ids):
            if not method.skip_undetected_scales or class_id in detection.detected_at.get(scale, frozenset()):
                total[row] += sums[row]
                terms[row] += len(layers)
    return total.div_(terms.clamp(min=1)[:, None, None, None])


def _samples(placement: Placement, method: MethodSettings, step: int) -> SamplingGrid:
    """The image's rectangle, a sample every `step` px or so; each with the value of the surface there."""
    side = placement.canvas_px
    rows, cols = (
        AxisSamples.stretch(start, length, math.ceil(length / step), side)
        for start, length in ((placement.top, placement.height), (placement.left, placement.width))
    )
    return SamplingGrid(rows, cols, AxisSamples.whole(side), method.upsampling, exact=True)


def all_pairs(count: int, method: MethodSettings) -> Comparisons:
    """Pair each of `count` maps with each other; the target of row i and column j is i * count + j.

    With N = 0 none are compared.
    """
    outputs: list[tuple[int, int, int, int]] = []
    for row in range(count if method.min_candidates else 0):
        for column in range(count):
            mirrored = method.negative_mode != "keep"
            if row == column or (mirrored and column < row):
                continue
            outputs.append((row, column, row * count + column, column * count + row if mirrored else -1))
    first, second, positive_target, negative_target = zip(*outputs, strict=True) if outputs else ((), (), (), ())
    return Comparisons(first, second, positive_target, negative_target, count**2)


def _maps_of_all(
    stage: MapPipeline, outputs: PassOutputs, detection: Detection, method: MethodSettings, placement: Placement
) -> tuple[Mapping[int, NDArray[np.float32]], Similarity, Similarity]:
    """Distinct maps of those that were not detected, and how alike the maps of all are before and after."""

    def make() -> tuple[Subtracted, Similarity, Similarity]:
        stage.passes.checkpoint("subtraction", "matrix, class maps")
        subtracted = subtract(outputs.candidate_maps, detection, method, placement)
        return subtracted, similarity(subtracted.raw_class_maps), similarity(subtracted.class_maps)

    key = ("matrix, class maps", *stage.subtraction_key(outputs))
    subtracted, before, after = stage.passes.stopwatch.intermediate("subtraction", key, make)
    missing = [class_id for class_id in detection.candidate_ids if class_id not in outputs.detection.detected_ids]
    rows = detection.candidate_ids
    return {each: to_array(subtracted.class_maps[rows.index(each)]) for each in missing}, before, after


def similarity(maps: Tensor) -> Similarity:
    """Mean Pearson correlation of two different maps of (K, h, w), over their pixels."""
    values = maps.detach().cpu().double().flatten(1)
    centred = values - values.mean(1, keepdim=True)
    lengths = centred.norm(dim=1)
    # A map that is the same everywhere but for rounding has no shape to compare.
    shaped = centred[lengths > 1e-9 * values.shape[1] ** 0.5]
    unit = shaped / shaped.norm(dim=1, keepdim=True)
    row, column = torch.triu_indices(len(unit), len(unit), offset=1)
    if not len(row):
        return Similarity(None, 0)
    return Similarity(float((unit @ unit.T)[row, column].mean()), len(row))
