"""The pictures of the pixel inspector, the subtraction matrix and threshold tuning, from the real program.

python -m benchmarks.screenshots_a                 # all of them
python -m benchmarks.screenshots_a --only pixel-ledger
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from PIL import Image

from benchmarks.screenshots import Shared, save
from benchmarks.screenshots_c import FOLDER, Condition, Shot, edited, settled, take
from dcsm_viewer.export.formats import voc_png
from dcsm_viewer.gui.app import AppComponents
from dcsm_viewer.gui.tools.matrix.matrix_tool import MatrixTool
from dcsm_viewer.gui.tools.pixel.pixel_tool import PixelTool
from dcsm_viewer.gui.tools.thresholds.thresholds_tool import ThresholdsTool

EYE = (330, 260)
"""A pixel on the dog's chest in the first sample."""


def ledger(parts: AppComponents) -> Iterator[Condition]:
    yield settled(parts)
    parts.window.menus.actions["tools.ledger"].trigger()
    tool = parts.window.findChild(PixelTool)
    assert isinstance(tool, PixelTool)
    tool.choose_pixel(*EYE)
    yield lambda: tool.shown is not None and tool.shown.crf is not None


def matrix(kind: int, candidates: int, parts: AppComponents) -> Iterator[Condition]:
    edited(parts, "method.min_candidates", candidates)
    yield settled(parts)
    parts.window.menus.actions["tools.matrix"].trigger()
    tool = parts.window.findChild(MatrixTool)
    assert isinstance(tool, MatrixTool)
    tool.kind.setCurrentIndex(kind)
    yield lambda: tool.matrix is not None and not tool.matrix.is_preview


def thresholds(parts: AppComponents, *, mask: bool) -> Iterator[Condition]:
    yield settled(parts)
    parts.window.menus.actions["tools.thresholds"].trigger()
    tool = parts.window.findChild(ThresholdsTool)
    assert isinstance(tool, ThresholdsTool)
    yield lambda: tool.measured is not None
    if mask:
        # The labels after the CRF stand in for a mask that somebody drew.
        result = parts.store.state.result
        assert result is not None
        assert result.segmentation is not None
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "mask.png"
            voc_png.write(result, path)
            tool.load_mask(path)
            yield lambda: tool.measured is not None and tool.measured.mask is not None


SHOTS: tuple[Shot, ...] = (
    Shot("pixel-ledger", ledger),
    Shot("pixel-ledger-dark", ledger, theme="dark", size=(1024, 700)),
    Shot("subtraction-matrix", partial(matrix, 0, 4)),
    Shot("subtraction-matrix-left", partial(matrix, 1, 4), theme="dark", size=(1024, 700)),
    Shot("subtraction-matrix-10", partial(matrix, 0, 10)),
    Shot("threshold-desk", partial(thresholds, mask=False)),
    Shot("threshold-desk-mask", partial(thresholds, mask=True), theme="dark", size=(1024, 700)),
)


def make(only: str | None) -> None:
    engine = Shared()
    with tempfile.TemporaryDirectory() as folder:
        for shot in SHOTS:
            if only in {None, shot.name}:
                path = Path(folder) / f"{shot.name}.png"
                take(shot, engine, path)
                save(Image.open(path), FOLDER / f"{shot.name}.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", choices=[shot.name for shot in SHOTS])
    make(parser.parse_args().only)
