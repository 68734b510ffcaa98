"""The widgets of the window that lessons point at, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TypeVar

from PySide6.QtWidgets import QWidget

from dcsm_viewer.gui.panels.method_choices import MethodChoice
from dcsm_viewer.gui.views.compare_view import CompareView
from dcsm_viewer.gui.views.labels_view import LabelsView
from dcsm_viewer.gui.widgets.slider_row import SliderRow

if TYPE_CHECKING:
    from dcsm_viewer.gui.main_window import Window

TargetName = Literal[
    "classes", "photograph", "raw", "distinct", "grid", "view bar", "backward", "N", "alpha", "microscope",
    "labels before", "labels after", "CRF steps", "CRF weight",
]  # fmt: skip

W = TypeVar("W", bound=QWidget)


def target(window: Window, name: TargetName) -> QWidget:
    """The widget of this name; a tool is made if it is not there yet."""
    return _TARGETS[name](window)


def _compare(window: Window) -> CompareView:
    view = window.stack.views["compare"]
    assert isinstance(view, CompareView)
    return view


def _labels(window: Window) -> LabelsView:
    view = window.stack.views["labels"]
    assert isinstance(view, LabelsView)
    return view


def _named(window: Window, kind: type[W], name: str) -> W:
    found = window.findChild(kind, name)
    assert isinstance(found, kind), f"the window has no {name}"
    return found


def _classes(window: Window) -> QWidget:
    return window.classes


def _grid(window: Window) -> QWidget:
    return window.stack.views["grid"]


def _view_bar(window: Window) -> QWidget:
    return window.view_bar


def _microscope(window: Window) -> QWidget:
    from dcsm_viewer.gui.tools.gradient.gradient_tool import MicroscopeTool

    page = window.tools.page("microscope")
    assert isinstance(page, MicroscopeTool)
    return page.view


_TARGETS: dict[TargetName, Callable[[Window], QWidget]] = {
    "classes": _classes,
    "photograph": lambda window: _compare(window).overlay,
    "raw": lambda window: _compare(window).raw,
    "distinct": lambda window: _compare(window).distinct,
    "grid": _grid,
    "view bar": _view_bar,
    "backward": lambda window: _named(window, MethodChoice, "method.backward"),
    "N": lambda window: _named(window, SliderRow, "method.candidates"),
    "alpha": lambda window: _named(window, SliderRow, "method.alpha"),
    "microscope": _microscope,
    "labels before": lambda window: _labels(window).before,
    "labels after": lambda window: _labels(window).after,
    "CRF steps": lambda window: _labels(window).lab,
    "CRF weight": lambda window: _named(window, SliderRow, "crf.bilateral_compat"),
}
