"""All tools: words, key, place, and how each is made. The actions of the Tools menu follow from this table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from dcsm_viewer.gui.tools.tool_context import Tool, Workbench

Place = Literal["centre", "below"]


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """One tool. It takes the place of the panes (centre) or a dock under them (below).

    `name` is also its ViewState.view where it takes the centre. `make` imports the tool only when it is called.
    needs_image: False for a tool of the centre that is shown while no image is open, too.
    """

    name: str
    title: str
    key: str
    help: str
    place: Place
    make: Callable[[Workbench], Tool]
    needs_image: bool = True


def _compare_ab(bench: Workbench) -> Tool:
    from dcsm_viewer.gui.tools.compare_ab.compare_ab_tool import CompareTool

    return CompareTool(bench)


def _figure(bench: Workbench) -> Tool:
    from dcsm_viewer.gui.tools.figure.figure_tool import FigureTool

    return FigureTool(bench)


def _pipeline(bench: Workbench) -> Tool:
    from dcsm_viewer.gui.tools.pipeline.pipeline_tool import PipelineTool

    return PipelineTool(bench)


def _history(bench: Workbench) -> Tool:
    from dcsm_viewer.gui.tools.history.history_tool import HistoryTool

    return HistoryTool(bench)


def _folder_run(bench: Workbench) -> Tool:
    from dcsm_viewer.gui.tools.batch_export.batch_export_tool import FolderRunTool

    return FolderRunTool(bench)


def _ledger(bench: Workbench) -> Tool:
    from dcsm_viewer.gui.tools.pixel.pixel_tool import LedgerTool

    return LedgerTool(bench)


def _lessons(bench: Workbench) -> Tool:
    from dcsm_viewer.gui.tools.tutorials.tutorials_tool import LessonsTool

    return LessonsTool(bench)


def _sanity(bench: Workbench) -> Tool:
    from dcsm_viewer.gui.tools.randomization.randomization_tool import SanityTool

    return SanityTool(bench)


def _faithfulness(bench: Workbench) -> Tool:
    from dcsm_viewer.gui.tools.faithfulness.faithfulness_tool import FaithfulnessTool

    return FaithfulnessTool(bench)


def _microscope(bench: Workbench) -> Tool:
    from dcsm_viewer.gui.tools.gradient.gradient_tool import MicroscopeTool

    return MicroscopeTool(bench)


def _matrix(bench: Workbench) -> Tool:
    from dcsm_viewer.gui.tools.matrix.matrix_tool import MatrixTool

    return MatrixTool(bench)


def _triage(bench: Workbench) -> Tool:
    from dcsm_viewer.gui.tools.review.review_tool import TriageTool

    return TriageTool(bench)


def _thresholds(bench: Workbench) -> Tool:
    from dcsm_viewer.gui.tools.thresholds.thresholds_tool import ThresholdsTool

    return ThresholdsTool(bench)


TOOLS: tuple[ToolSpec, ...] = (
    ToolSpec(
        "compare_ab", "Compare two results", "Ctrl+B",
        "Sets two kept results, or one and the result on show, against each other.", "centre", _compare_ab,
    ),
    ToolSpec(
        "figure", "Figure", "Ctrl+G",
        "Sets panes as a figure for a paper: PNG, SVG or PDF, or a copy.", "centre", _figure,
    ),
    ToolSpec(
        "history", "History", "Ctrl+H",
        "Lists every step of the settings, to go back to any, and what was kept.", "below", _history,
    ),
    ToolSpec(
        "pipeline", "Pipeline", "Ctrl+K",
        "Shows the six stages: time, pieces, memory, what is stale, and what each gave.", "below", _pipeline,
    ),
    ToolSpec(
        "folder_run", "Run over a folder", "Ctrl+E",
        "Makes masks of a whole folder with the settings of the window.", "below", _folder_run,
    ),
    ToolSpec(
        "ledger", "Pixel ledger", "Ctrl+I",
        "The whole account of a clicked pixel, from the gradients to its label.", "below", _ledger,
    ),
    ToolSpec(
        "sanity", "Sanity bench", "Ctrl+Shift+R",
        "Draws the weights anew from the top down and shows whether the maps notice.", "centre", _sanity,
    ),
    ToolSpec(
        "faithfulness", "Faithfulness", "Ctrl+Shift+F",
        "Deletes and inserts pixels in a map's order and reads the score; pointing game with a mask.", "centre",
        _faithfulness,
    ),
    ToolSpec(
        "microscope", "Backprop microscope", "Ctrl+Shift+M",
        "Steps the derivative back layer by layer under three rules, down to one unit's gate.", "centre", _microscope,
    ),
    ToolSpec(
        "matrix", "Subtraction matrix", "F9",
        "Every candidate class held against every other: what each took from each.", "centre", _matrix,
    ),
    ToolSpec(
        "triage", "Triage of masks", "Ctrl+T",
        "Looks through an export folder, the most doubtful masks first: accept, reject, touch up.", "centre", _triage,
        needs_image=False,
    ),
    ToolSpec(
        "thresholds", "Threshold desk", "F10",
        "Three thresholds with the unsure band painted live, their curves, and a suggestion.", "centre", _thresholds,
    ),
    ToolSpec(
        "lessons", "Lessons", "Shift+F1",
        "Five short tours over the real window, with questions to predict and reveal.", "below", _lessons,
    ),
)  # fmt: skip
