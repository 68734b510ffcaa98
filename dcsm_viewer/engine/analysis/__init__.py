"""What the engine answers to the tools of the window, one file a tool.

Long answers come in parts, and keep their pieces by `stage.passes.watch`: an answer that had to give way to a request
is begun again and should find them there. `stage.passes.checkpoint` before each expensive piece makes it give way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from dcsm_viewer.engine.analysis import (
    canvas_image,
    class_pairs,
    faithfulness_curves,
    gradient_rules,
    pixel_contributions,
    weight_randomization,
)
from dcsm_viewer.engine.map_pipeline import MapPipeline
from dcsm_viewer.queries.canvas_query import CanvasQuestion
from dcsm_viewer.queries.faithfulness_query import FaithfulnessQuestion
from dcsm_viewer.queries.gradient_query import GradientQuestion
from dcsm_viewer.queries.matrix_query import MatrixQuestion
from dcsm_viewer.queries.pixel_query import PixelQuestion
from dcsm_viewer.queries.randomization_query import RandomizationQuestion

Answerer = Callable[[Any, MapPipeline], Iterator[object]]

_ANSWERERS: dict[type, Answerer] = {
    CanvasQuestion: canvas_image.answer,
    FaithfulnessQuestion: faithfulness_curves.answer,
    PixelQuestion: pixel_contributions.answer,
    MatrixQuestion: class_pairs.answer,
    GradientQuestion: gradient_rules.answer,
    RandomizationQuestion: weight_randomization.answer,
}


def answer_question(question: object, stage: MapPipeline) -> Iterator[object]:
    """Answer a question, better each time: yield a `PartialAnswer` for now, the whole answer last."""
    return _ANSWERERS[type(question)](question, stage)
