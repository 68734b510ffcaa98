"""Labels as the palette PNG that segmentation trainers read (VOC's SegmentationClass)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcsm_viewer.core.types import Result
from dcsm_viewer.export.export_format import Format
from dcsm_viewer.export.report import Finding, Report, finding, unreadable
from dcsm_viewer.export.result_checks import index_meanings, indexed_labels
from dcsm_viewer.io.atomic import atomic_write
from dcsm_viewer.render.palette import voc_palette


def write(result: Result, path: Path) -> None:
    """Write a PNG of mode P: pixel = label index, 0 background, VOC's 256 colours (255 'ignore')."""
    write_indices(indexed_labels(result), path)


def write_indices(indices: NDArray[np.uint8], path: Path) -> None:
    """Write the same PNG of label indices (H, W), wherever they come from."""
    picture = Image.fromarray(indices)
    picture.putpalette(voc_palette().tobytes())
    with atomic_write(path) as stream:
        picture.save(stream, format="PNG")


def verify(path: Path, result: Result) -> Report:
    """Read `path` as a VOC trainer does and compare it with the labels of `result`."""
    return Report.of(_findings(path, result))


def _findings(path: Path, result: Result) -> Iterator[Finding]:
    try:
        with Image.open(path) as picture:
            picture.load()
            mode, colours = picture.mode, picture.getpalette() or []
            index = np.array(picture)
    except (OSError, SyntaxError, ValueError) as error:
        yield unreadable(path, error)
        return
    yield finding(mode == "P", good="It is a palette PNG.", bad=f"It is a PNG of mode {mode}, not a palette PNG.")
    yield finding(
        colours == voc_palette().ravel().tolist(),
        good="Its colours are VOC's 256.",
        bad="Its colours are not VOC's.",
    )
    expected = indexed_labels(result)
    if index.shape != expected.shape:
        yield Finding(ok=False, sentence=f"It has shape {index.shape}; the image has {expected.shape}.")
        return
    wrong = int((index != expected).sum())
    yield finding(wrong == 0, good="Every pixel has its label.", bad=f"{wrong} pixels have another label.")
    strange = sorted(set(np.unique(index).tolist()) - {0, *index_meanings(result)})
    yield finding(
        not strange,
        good="Only the background and detected classes occur.",
        bad=f"Labels {strange} are no detected class.",
    )


FORMATS = (
    Format("voc", "Labels as palette PNG (VOC)", "{stem}.png", write, verify, from_labels=True, position=10),
    Format(
        "voc-layout",
        "Labels in VOC's folders (PNG)",
        "SegmentationClass/{stem}.png",
        write,
        verify,
        from_labels=True,
        position=40,
    ),
)
