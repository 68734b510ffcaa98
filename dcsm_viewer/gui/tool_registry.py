"""All tools as data: words, key, place, and the class that makes each. The Tools menu follows from this table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ToolArea = Literal["centre", "below"]


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
    area: ToolArea
    target: str
    needs_image: bool = True


TOOLS: tuple[ToolSpec, ...] = (
    ToolSpec(
        "compare_ab",
        "Compare two results",
        "Ctrl+B",
        "Compares two snapshots, or one and the displayed result.",
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
        "Lists every change of the settings, to return to any, and the snapshots.",
        "below",
        "dcsm_viewer.gui.tools.history.history_tool:HistoryTool",
    ),
    ToolSpec(
        "pipeline",
        "Pipeline",
        "Ctrl+K",
        "Shows the six stages: time, cached parts, memory, what is out of date, and each output.",
        "below",
        "dcsm_viewer.gui.tools.pipeline.pipeline_tool:PipelineTool",
    ),
    ToolSpec(
        "folder_run",
        "Batch export",
        "Ctrl+E",
        "Exports masks of a whole folder with the settings of the window.",
        "below",
        "dcsm_viewer.gui.tools.batch_export.batch_export_tool:BatchExportTool",
    ),
    ToolSpec(
        "ledger",
        "Pixel inspector",
        "Ctrl+I",
        "All values of a clicked pixel, from the gradients to its label.",
        "below",
        "dcsm_viewer.gui.tools.pixel.pixel_tool:PixelTool",
    ),
    ToolSpec(
        "sanity",
        "Weight randomization test",
        "Ctrl+Shift+R",
        "Randomizes the weights from the top layer down and shows how much the maps change.",
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
        "Gradient inspector",
        "Ctrl+Shift+M",
        "Shows the gradient layer by layer under three ReLU rules, down to a single unit.",
        "centre",
        "dcsm_viewer.gui.tools.gradient.gradient_tool:GradientTool",
    ),
    ToolSpec(
        "matrix",
        "Subtraction matrix",
        "F9",
        "Every candidate class against every other: what was subtracted.",
        "centre",
        "dcsm_viewer.gui.tools.matrix.matrix_tool:MatrixTool",
    ),
    ToolSpec(
        "triage",
        "Review masks",
        "Ctrl+T",
        "Goes through an export folder, the most doubtful masks first: accept, reject, edit.",
        "centre",
        "dcsm_viewer.gui.tools.review.review_tool:ReviewTool",
        needs_image=False,
    ),
    ToolSpec(
        "thresholds",
        "Threshold tuning",
        "F10",
        "Three thresholds with the ignored band (255) updated live, curves, and a suggestion.",
        "centre",
        "dcsm_viewer.gui.tools.thresholds.thresholds_tool:ThresholdsTool",
    ),
    ToolSpec(
        "lessons",
        "Tutorials",
        "Shift+F1",
        "Five short tutorials in the window, with questions to answer.",
        "below",
        "dcsm_viewer.gui.tools.tutorials.tutorials_tool:TutorialsTool",
    ),
)
