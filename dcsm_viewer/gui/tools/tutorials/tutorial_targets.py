"""The widgets of the window that lessons point at, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, get_args

from PySide6.QtWidgets import QMainWindow, QWidget

from dcsm_viewer.gui.panels.method_choices import MethodChoice
from dcsm_viewer.gui.view_stack import ViewStack
from dcsm_viewer.gui.views.compare_view import CompareView
from dcsm_viewer.gui.views.labels_view import LabelsView
from dcsm_viewer.gui.widgets.slider_row import SliderRow

TargetName = Literal[
    "classes", "photograph", "raw", "distinct", "grid", "view bar", "backward", "N", "alpha", "microscope",
    "labels before", "labels after", "CRF steps", "CRF weight",
]  # fmt: skip


def tutorial_targets(
    window: QMainWindow,
    stack: ViewStack,
    classes: QWidget,
    view_bar: QWidget,
    tool_page: Callable[[str], QWidget],
) -> Mapping[str, Callable[[], QWidget]]:
    """Return a function for each TargetName that finds its widget when it is called.

    Parameters
    ----------
    window
        Searched for the sliders and boxes by their object names.
    stack
        The views.
    classes, view_bar
        The class panel and the controls above the panes.
    tool_page
        Gives the tool of the centre with a name, made if it is not there yet.
    """

    def compare() -> CompareView:
        view = stack.views["compare"]
        assert isinstance(view, CompareView)
        return view

    def labels() -> LabelsView:
        view = stack.views["labels"]
        assert isinstance(view, LabelsView)
        return view

    def named(kind: type[QWidget], name: str) -> QWidget:
        widget = window.findChild(kind, name)
        assert isinstance(widget, kind), f"the window has no {name}"
        return widget

    def gradient_view() -> QWidget:
        from dcsm_viewer.gui.tools.gradient.gradient_tool import GradientTool

        page = tool_page("microscope")
        assert isinstance(page, GradientTool)
        return page.view

    targets: dict[str, Callable[[], QWidget]] = {
        "classes": lambda: classes,
        "photograph": lambda: compare().overlay,
        "raw": lambda: compare().raw,
        "distinct": lambda: compare().distinct,
        "grid": lambda: stack.views["grid"],
        "view bar": lambda: view_bar,
        "backward": lambda: named(MethodChoice, "method.attribution"),
        "N": lambda: named(SliderRow, "method.min_candidates"),
        "alpha": lambda: named(SliderRow, "method.alpha"),
        "microscope": gradient_view,
        "labels before": lambda: labels().before,
        "labels after": lambda: labels().after,
        "CRF steps": lambda: labels().lab,
        "CRF weight": lambda: named(SliderRow, "crf.bilateral_compat"),
    }
    assert set(targets) == set(get_args(TargetName)), "a target without a widget"
    return targets
