"""The canvas the strip shows is the one the passes made, and the memory it names is that of the artefacts."""

from __future__ import annotations

import numpy as np
import torch

from dcsm_viewer.engine.analysis.canvas_image import answer
from dcsm_viewer.engine.cache import Cache
from dcsm_viewer.engine.stopwatch import Stopwatch
from dcsm_viewer.queries.canvas_query import CanvasQuestion
from tests.unit.engine.analysis.stages import request, stage


def test_that_the_image_lies_on_the_canvas_pixel_by_pixel_where_the_answer_says() -> None:
    made = stage(request())
    (canvas,) = answer(CanvasQuestion(), made)
    rgb = made.passes.request.image.rgb
    assert rgb.shape[:2] == (canvas.height, canvas.width), "a small image is not enlarged"
    inside = canvas.rgb[canvas.top : canvas.top + canvas.height, canvas.left : canvas.left + canvas.width]
    np.testing.assert_array_equal(inside, rgb)
    assert canvas.rgb.astype(int).sum() == rgb.astype(int).sum(), "around it is black"


def test_that_a_stage_s_memory_is_that_of_its_pieces_each_counted_once() -> None:
    stopwatch = Stopwatch(Cache(1 << 20))
    for key, size in ((1, 10), (2, 20), (1, 10)):
        stopwatch.get("saliency", (key,), lambda size=size: torch.zeros(size))  # type: ignore[misc]  # bound at once
    times = {time.stage: time for time in stopwatch.times()}
    assert times["saliency"].cached_bytes == (10 + 20) * 4
    assert (times["saliency"].made, times["saliency"].reused) == (2, 1)
    assert times["classify"].cached_bytes == 0
