"""Results with labels that are awkward to write: single pixels, nothing at all, a thousand classes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dcsm_viewer.core.types import Result, Segmentation, SourceImage
from dcsm_viewer.export import FORMATS
from dcsm_viewer.export.format_registry import rules_of
from tests.results import make_image, make_model_card, make_result

CORNERS = [(0, 0), (0, -1), (-1, 0), (-1, -1)]
DOG, BICYCLE = 11, 1


def small_result(*, crf: bool = True, detected: int = 2) -> Result:
    made = make_result(make_image(24, 37), crf=crf, detected=detected, scales=(64, 96), layers=("blocks.2", "blocks.4"))
    return with_made_seeds(made)


def with_made_seeds(result: Result) -> Result:
    """`result` with seeds for every format, as if each consumer's CRF were nine tenths sure of the result's labels."""
    assert result.segmentation is not None
    numbers = np.array([0, *(class_id + 1 for class_id in result.detected_ids)])
    sure = result.segmentation.labels == numbers[:, None, None]
    share = np.where(sure, 0.9, 0.1 / max(1, len(numbers) - 1)) if len(numbers) > 1 else np.ones(sure.shape)
    return replace(result, seeds=dict.fromkeys(rules_of(tuple(FORMATS)), share.astype(np.float32)))


def with_labels(result: Result, labels: np.ndarray) -> Result:
    """`result` with `labels` (H, W) as its final labels."""
    old = result.segmentation
    assert old is not None
    new = Segmentation(labels.astype(np.uint16), labels.astype(np.uint16), old.unary, old.q, old.energy, old.changed)
    return with_made_seeds(replace(result, segmentation=new))


def one_pixel_result(row: int, col: int, class_id: int = DOG) -> Result:
    """A dog of one pixel at (row, col) of an image of 24 x 37."""
    result = small_result()
    labels = np.zeros(result.request.image.shape, dtype=np.uint16)
    labels[row, col] = class_id + 1
    return with_labels(result, labels)


def thousand_class_result() -> Result:
    """Classes 5 and 900 of 1000, one pixel each in the first row."""
    result = small_result()
    labels = np.zeros(result.request.image.shape, dtype=np.uint16)
    labels[0, 0], labels[0, 1] = 6, 901
    names = [f"class {number}" for number in range(1000)]
    scores = np.zeros((len(result.scales), 1000), dtype=np.float32)
    scores[:, (5, 900)] = 0.9
    return with_labels(
        replace(
            result,
            model=make_model_card(result.layers, names),
            scores=scores,
            detected_ids=(5, 900),
            candidate_ids=(5, 900, 7, 8),
        ),
        labels,
    )


def of_image(result: Result, image: SourceImage) -> Result:
    """`result` as if it had been computed from `image`, which has the same size."""
    return replace(result, request=replace(result.request, image=image))
