"""The canvas of the stage preprocess, as the passes made it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dcsm_viewer.core.types import read_only
from dcsm_viewer.engine.arrays import to_array
from dcsm_viewer.engine.map_pipeline import MapPipeline
from dcsm_viewer.queries.canvas_query import CanvasImage, CanvasQuestion


def answer(_question: CanvasQuestion, stage: MapPipeline) -> Iterator[CanvasImage]:
    """Yield the canvas image, made again if it was dropped."""
    canvas, placement = stage.passes.canvas()
    levels = np.rint(to_array(canvas)).clip(0, 255).astype(np.uint8)
    rgb = read_only(np.moveaxis(levels, 0, -1).copy())
    yield CanvasImage(rgb, placement.top, placement.left, placement.height, placement.width)
