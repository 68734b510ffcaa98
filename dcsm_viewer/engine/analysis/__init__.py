"""What the engine answers to the tools of the window, one file a tool.

Long answers come in parts, and keep their pieces by `stage.passes.watch`: an answer that had to give way to a request
is begun again and should find them there. `stage.passes.checkpoint` before each expensive piece makes it give way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from dcsm_viewer.engine.analysis import canvas_image as strip
from dcsm_viewer.engine.analysis import class_pairs as matrix
from dcsm_viewer.engine.analysis import faithfulness_curves as faithfulness
from dcsm_viewer.engine.analysis import gradient_rules as microscope
from dcsm_viewer.engine.analysis import pixel_contributions as ledger
from dcsm_viewer.engine.analysis import weight_randomization as sanity
from dcsm_viewer.engine.map_pipeline import MapStage
from dcsm_viewer.queries.canvas_query import CanvasQuestion
from dcsm_viewer.queries.faithfulness_query import FaithfulnessQuestion
from dcsm_viewer.queries.gradient_query import MicroscopeQuestion
from dcsm_viewer.queries.matrix_query import MatrixQuestion
from dcsm_viewer.queries.pixel_query import LedgerQuestion
from dcsm_viewer.queries.randomization_query import SanityQuestion

Answerer = Callable[[Any, MapStage], Iterator[object]]

_ANSWERERS: dict[type, Answerer] = {
    CanvasQuestion: strip.answer,
    FaithfulnessQuestion: faithfulness.answer,
    LedgerQuestion: ledger.answer,
    MatrixQuestion: matrix.answer,
    MicroscopeQuestion: microscope.answer,
    SanityQuestion: sanity.answer,
}


def answers(question: object, stage: MapStage) -> Iterator[object]:
    """What is known of the question, better each time: a `Part` for now, the whole answer last."""
    return _ANSWERERS[type(question)](question, stage)
