"""The image itself as PNG, for data sets whose readers want it beside its labels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from dcsm_viewer.core.types import Result
from dcsm_viewer.export.report import Finding, Report, finding, unreadable
from dcsm_viewer.io.atomic import atomic_write


def write_image(result: Result, path: Path) -> None:
    """Write the pixels that were labelled, upright RGB, as PNG at `path`."""
    with atomic_write(path) as stream:
        Image.fromarray(result.request.image.rgb).save(stream, format="PNG")


def verify_image(path: Path, result: Result) -> Report:
    """Check that the pixels in `path` are those that were labelled."""
    return Report.of(_findings(path, result))


def _findings(path: Path, result: Result) -> Iterator[Finding]:
    try:
        with Image.open(path) as picture:
            pixels = np.array(picture)
    except (OSError, ValueError, SyntaxError) as error:
        yield unreadable(path, error)
        return
    same = np.array_equal(pixels, result.request.image.rgb)
    yield finding(same, good="It has the image's pixels.", bad="Its pixels are not the image's.")
