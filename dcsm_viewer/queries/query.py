"""A query of a tool and its answer, over closed lists of what can be asked and answered; what the engine reports."""

from __future__ import annotations

from dataclasses import dataclass, field

from dcsm_viewer.core.types import EngineReady, Failure, ModelCard, Progress, Request, Result
from dcsm_viewer.queries.batch_query import BatchQuestion
from dcsm_viewer.queries.canvas_query import CanvasImage, CanvasQuestion
from dcsm_viewer.queries.faithfulness_query import Faithfulness, FaithfulnessQuestion
from dcsm_viewer.queries.gradient_query import GradientAnswer, GradientQuestion
from dcsm_viewer.queries.matrix_query import ClassMatrix, MatrixQuestion
from dcsm_viewer.queries.pixel_query import PixelContributions, PixelQuestion
from dcsm_viewer.queries.randomization_query import RandomizationQuestion, RandomizationSeries

# Questions about the stages of a request, and what answers them.
StageQuestion = (
    CanvasQuestion | FaithfulnessQuestion | GradientQuestion | MatrixQuestion | PixelQuestion | RandomizationQuestion
)
StageAnswer = CanvasImage | Faithfulness | GradientAnswer | ClassMatrix | PixelContributions | RandomizationSeries

Question = StageQuestion | BatchQuestion
AnswerValue = StageAnswer | ModelCard | Result


@dataclass(frozen=True, slots=True)
class Query:
    """A question of a tool about the stages of `request`.

    Of each type of question only the newest query is answered, and only while no request waits. Serials grow.
    """

    serial: int
    request: Request
    question: Question


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a query as far as it is known; the last one says so. `failure`: a sentence why there is none."""

    query: Query
    value: AnswerValue | None = field(default=None, repr=False, compare=False)
    is_last: bool = True
    failure: str | None = None


Report = EngineReady | Progress | Result | Failure | Answer
