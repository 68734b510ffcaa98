"""IRN's training labels: classes and background where two CRFs are sure of them, 255 elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcsm_viewer.core.label_values import IGNORE_INDEX
from dcsm_viewer.core.types import Result, UserError
from dcsm_viewer.export.export_format import Format
from dcsm_viewer.export.report import Finding, Report, finding, unreadable
from dcsm_viewer.export.result_checks import index_meanings
from dcsm_viewer.export.seed_rules import IRN_SURE_BACKGROUND, IRN_SURE_CLASS, seeds_of
from dcsm_viewer.io.atomic import atomic_write


def write(result: Result, path: Path) -> None:
    """Write a grey PNG without palette: IRN's reader would turn a palette into colours.

    0 background, class id + 1, 255 where the passes disagree (cam_to_ir_label.py). Raises UserError for a vocabulary
    that does not fit a byte, as IRN knows no other meaning of a label.
    """
    with atomic_write(path) as stream:
        Image.fromarray(confident_labels(result)).save(stream, format="PNG")


def verify(path: Path, result: Result) -> Report:
    """Read `path` as IRN's training does and compare it with what the CRFs gave."""
    return Report.of(_findings(path, result))


def confident_labels(result: Result) -> NDArray[np.uint8]:
    """Merge both passes into labels (H, W): classes of the strict pass, background where both see it, else 255."""
    if len(result.model.class_names) >= IGNORE_INDEX:
        raise UserError(f"IRN's labels are bytes, and {result.model.name} has {len(result.model.class_names)} classes.")
    numbers = np.array([0, *(class_id + 1 for class_id in result.detected_ids)], dtype=np.uint8)
    sure = numbers[seeds_of(result, IRN_SURE_CLASS).argmax(axis=0)]
    generous = numbers[seeds_of(result, IRN_SURE_BACKGROUND).argmax(axis=0)]
    labels = np.where(sure == 0, np.uint8(IGNORE_INDEX), sure)
    labels[(sure == 0) & (generous == 0)] = 0
    return labels


def _findings(path: Path, result: Result) -> Iterator[Finding]:
    try:
        with Image.open(path) as picture:
            picture.load()
            mode, index = picture.mode, np.array(picture)
    except (OSError, SyntaxError, ValueError) as error:
        yield unreadable(path, error)
        return
    yield finding(mode == "L", good="It is a grey PNG of 8 bits.", bad=f"It is a PNG of mode {mode}, not grey.")
    expected = confident_labels(result)
    if index.shape != expected.shape:
        yield Finding(ok=False, sentence=f"It has shape {index.shape}; the image has {expected.shape}.")
        return
    wrong = int((index != expected).sum())
    yield finding(wrong == 0, good="Every pixel has its label.", bad=f"{wrong} pixels have another label.")
    allowed = {0, IGNORE_INDEX} | (index_meanings(result).keys() if result.detected_ids else set())
    strange = sorted(set(np.unique(index).tolist()) - allowed)
    yield finding(
        not strange,
        good=f"Only 0, 255 and detected classes occur; {(index == IGNORE_INDEX).mean():.1%} are 255.",
        bad=f"Labels {strange} are no detected class.",
    )


FORMATS = (
    Format(
        "irn-labels",
        "Training labels for IRN (PNG)",
        "irn-labels/{stem}.png",
        write,
        verify,
        position=60,
        rules=(IRN_SURE_CLASS, IRN_SURE_BACKGROUND),
    ),
)
