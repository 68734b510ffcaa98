"""What the engine answers to the tools of the window, one file a tool.

Long answers come in parts, and keep their pieces by `stage.passes.watch`: an answer that had to give way to a request
is begun again and should find them there. `stage.passes.checkpoint` before each expensive piece makes it give way.
"""

from __future__ import annotations

from collections.abc import Iterator

from dcsm_viewer.engine.analysis import (
    canvas_image,
    class_pairs,
    faithfulness_curves,
    gradient_rules,
    pixel_contributions,
    weight_randomization,
)
from dcsm_viewer.engine.analysis.partial_answer import PartialAnswer
from dcsm_viewer.engine.map_pipeline import MapPipeline
from dcsm_viewer.queries.canvas_query import CanvasQuestion
from dcsm_viewer.queries.faithfulness_query import FaithfulnessQuestion
from dcsm_viewer.queries.gradient_query import GradientQuestion
from dcsm_viewer.queries.matrix_query import MatrixQuestion
from dcsm_viewer.queries.pixel_query import PixelQuestion
from dcsm_viewer.queries.query import StageAnswer, StageQuestion
from dcsm_viewer.queries.randomization_query import RandomizationQuestion


def answer_question(question: StageQuestion, stage: MapPipeline) -> Iterator[StageAnswer | PartialAnswer[StageAnswer]]:
    """Answer a question, better each time: yield a `PartialAnswer` for now, the whole answer last."""
    match question:
        case CanvasQuestion():
            return canvas_image.answer(question, stage)
        case FaithfulnessQuestion():
            return faithfulness_curves.answer(question, stage)
        case PixelQuestion():
            return pixel_contributions.answer(question, stage)
        case MatrixQuestion():
            return class_pairs.answer(question, stage)
        case GradientQuestion():
            return gradient_rules.answer(question, stage)
        case RandomizationQuestion():
            return weight_randomization.answer(question, stage)
