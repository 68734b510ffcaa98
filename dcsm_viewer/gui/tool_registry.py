"""All tools as data: words, key, place, and the class that makes each. The Tools menu follows from this table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Place = Literal["centre", "below"]


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """One tool. It takes the place of the panes (centre) or a dock under them (below).

    `name` is also its ViewState.view where it takes the centre. `target` is "module:class", imported when
    the tool is first opened.
    needs_image: False for a tool of the centre that is shown while no image is open, too.
    """

    name: str
    title: str
    key: str
    help: str
    place: Place
    target: str
    needs_image: bool = True


TOOLS: tuple[ToolSpec, ...] = (
    ToolSpec(
        "compare_ab",
        "Compare two results",
        "Ctrl+B",
        "Sets two kept results, or one and the result on show, against each other.",
        "centre",
        "dcsm_viewer.gui.tools.compare_ab.compare_ab_tool:CompareABTool",
    ),
    ToolSpec(
        "figure",
        "Figure",
        "Ctrl+G",
        "Sets panes as a figure for a paper: PNG, SVG or PDF, or a copy.",
        "centre",
        "dcsm_viewer.gui.tools.figure.figure_tool:FigureTool",
    ),
    ToolSpec(
        "history",
        "History",
        "Ctrl+H",
        "Lists every step of the settings, to go back to any, and what was kept.",
        "below",
        "dcsm_viewer.gui.tools.history.history_tool:HistoryTool",
    ),
    ToolSpec(
        "pipeline",
        "Pipeline",
        "Ctrl+K",
        "Shows the six stages: time, pieces, memory, what is stale, and what each gave.",
        "below",
        "dcsm_viewer.gui.tools.pipeline.pipeline_tool:PipelineTool",
    ),
    ToolSpec(
        "folder_run",
        "Run over a folder",
        "Ctrl+E",
        "Makes masks of a whole folder with the settings of the window.",
        "below",
        "dcsm_viewer.gui.tools.batch_export.batch_export_tool:BatchExportTool",
    ),
    ToolSpec(
        "ledger",
        "Pixel ledger",
        "Ctrl+I",
        "The whole account of a clicked pixel, from the gradients to its label.",
        "below",
        "dcsm_viewer.gui.tools.pixel.pixel_tool:PixelTool",
    ),
    ToolSpec(
        "sanity",
        "Sanity bench",
        "Ctrl+Shift+R",
        "Draws the weights anew from the top down and shows whether the maps notice.",
        "centre",
        "dcsm_viewer.gui.tools.randomization.randomization_tool:RandomizationTool",
    ),
    ToolSpec(
        "faithfulness",
        "Faithfulness",
        "Ctrl+Shift+F",
        "Deletes and inserts pixels in a map's order and reads the score; pointing game with a mask.",
        "centre",
        "dcsm_viewer.gui.tools.faithfulness.faithfulness_tool:FaithfulnessTool",
    ),
    ToolSpec(
        "microscope",
        "Backprop microscope",
        "Ctrl+Shift+M",
        "Steps the derivative back layer by layer under three rules, down to one unit's gate.",
        "centre",
        "dcsm_viewer.gui.tools.gradient.gradient_tool:GradientTool",
    ),
    ToolSpec(
        "matrix",
        "Subtraction matrix",
        "F9",
        "Every candidate class held against every other: what each took from each.",
        "centre",
        "dcsm_viewer.gui.tools.matrix.matrix_tool:MatrixTool",
    ),
    ToolSpec(
        "triage",
        "Triage of masks",
        "Ctrl+T",
        "Looks through an export folder, the most doubtful masks first: accept, reject, touch up.",
        "centre",
        "dcsm_viewer.gui.tools.review.review_tool:ReviewTool",
        needs_image=False,
    ),
    ToolSpec(
        "thresholds",
        "Threshold desk",
        "F10",
        "Three thresholds with the unsure band painted live, their curves, and a suggestion.",
        "centre",
        "dcsm_viewer.gui.tools.thresholds.thresholds_tool:ThresholdsTool",
    ),
    ToolSpec(
        "lessons",
        "Lessons",
        "Shift+F1",
        "Five short tours over the real window, with questions to predict and reveal.",
        "below",
        "dcsm_viewer.gui.tools.tutorials.tutorials_tool:TutorialsTool",
    ),
)
