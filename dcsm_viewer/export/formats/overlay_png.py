"""The source image with its labels painted over it, to look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcsm_viewer.core.types import Result
from dcsm_viewer.export.export_format import Format
from dcsm_viewer.export.report import Finding, Report, finding, unreadable
from dcsm_viewer.export.result_checks import segmentation_of
from dcsm_viewer.io.atomic import atomic_write
from dcsm_viewer.render.paint import blend, paint_labels

OPACITY = 0.6  # the window's default; an overlay shows, it does not measure


def write(result: Result, path: Path) -> None:
    """Write an RGB PNG: background as in the image, classes covered by their VOC colour at OPACITY."""
    picture = Image.fromarray(_painted(result))
    with atomic_write(path) as stream:
        picture.save(stream, format="PNG")


def verify(path: Path, result: Result) -> Report:
    """Check that `path` holds the image of `result` and the colours of its labels."""
    return Report.of(_findings(path, result))


def _findings(path: Path, result: Result) -> Iterator[Finding]:
    try:
        with Image.open(path) as picture:
            mode, rgb = picture.mode, np.array(picture)
    except (OSError, SyntaxError, ValueError) as error:
        yield unreadable(path, error)
        return
    yield finding(mode == "RGB", good="It is an RGB PNG.", bad=f"It is a PNG of mode {mode}, not RGB.")
    source = result.request.image.rgb
    if rgb.shape != source.shape:
        yield Finding(ok=False, sentence=f"It has shape {rgb.shape}; the image has {source.shape}.")
        return
    background = segmentation_of(result).labels == 0
    changed = int((rgb != source).any(axis=2)[background].sum())
    yield finding(
        changed == 0,
        good="The background is the image's, bit for bit.",
        bad=f"{changed} background pixels differ from the image.",
    )
    off = int(np.abs(rgb.astype(np.int16) - _painted(result)).max(initial=0))
    yield finding(off == 0, good="The classes have their colours.", bad=f"Colours are off by up to {off} levels.")


def _painted(result: Result) -> NDArray[np.uint8]:
    return blend(result.request.image.rgb, paint_labels(segmentation_of(result).labels), OPACITY)


FORMATS = (
    Format("png", "Overlay to look at (PNG)", "{stem}.overlay.png", write, verify, from_labels=True, position=30),
)
