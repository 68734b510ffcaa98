"""A file, a class and a model called <b>a&b... are shown by that name everywhere, never as HTML or with a key mark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QModelIndex
from PySide6.QtGui import QAction, Qt, QTextDocument
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QLabel, QMessageBox, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from dcsm_viewer.core.types import EngineReady, Request, UserError
from dcsm_viewer.gui.commands.confirm_dialog import is_confirmed
from dcsm_viewer.gui.plain_text import as_control, as_tip, as_title
from dcsm_viewer.gui.state.save_snapshot import save_snapshot
from dcsm_viewer.gui.tool_registry import TOOLS
from dcsm_viewer.queries.query import Answer, Query, Report
from dcsm_viewer.worker.engine_thread import Listener, StillWanted
from tests.e2e.conftest import Desk, _desk, photograph
from tests.gui.engines import InstantEngine, answer
from tests.results import VOC_NAMES, make_model_card

ODD = "<b>a&b"
NAMES = tuple(f"{ODD}</b> {name}" for name in VOC_NAMES)
CARD = replace(make_model_card(names=NAMES), title=f"{ODD}</b> network")


class OddEngine(InstantEngine):
    """A network whose own name and classes look like HTML; it answers no question of a tool, and says so."""

    def make(self, report: Listener) -> InstantEngine:
        report(EngineReady("cpu", "float32", f"{ODD} device", (CARD,)))
        return self

    def run(self, request: Request, still_wanted: StillWanted, report: Callable[[Report], None]) -> None:
        assert still_wanted("segmentation") in {True, False}
        if "broken" in request.image.name:
            raise UserError(f"{request.image.name} cannot be done.")
        report(replace(answer(request), model=CARD))

    def answer(self, query: Query, _still_wanted: Callable[[], bool], report: Callable[[Report], None]) -> bool:
        report(Answer(query, failure=f"{ODD} cannot be asked."))
        return True


@pytest.fixture
def odd_desk(qtbot: QtBot) -> Iterator[Desk]:
    yield from _desk(OddEngine(), qtbot)


def _shown(html: str) -> str:
    document = QTextDocument()
    document.setHtml(html)
    return document.toPlainText()


def _tips(widget: QWidget) -> Iterator[str]:
    yield widget.toolTip()
    if isinstance(widget, QTabBar):
        yield from (widget.tabToolTip(index) for index in range(widget.count()))
    if isinstance(widget, QAbstractItemView) and widget.model() is not None:
        yield from _tips_of(widget.model(), QModelIndex())


def _tips_of(model: QAbstractItemModel, parent: QModelIndex) -> Iterator[str]:
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount(parent)
    for row in range(model.rowCount(parent)):
        for column in range(columns):
            index = model.index(row, column, parent)
            yield str(index.data(Qt.ItemDataRole.ToolTipRole) or "")
            if column == 0:
                yield from _tips_of(model, index)


def _controls(widget: QWidget) -> Iterator[str]:
    if isinstance(widget, QAbstractButton):
        yield widget.text()
    if isinstance(widget, QTabBar):
        yield from (widget.tabText(index) for index in range(widget.count()))


def _mistakes(window: QWidget, seen: dict[str, int]) -> Iterator[str]:
    """What would be shown as something else than it says; `seen` counts what shows the odd name."""
    for widget in (window, *window.findChildren(QWidget)):
        if isinstance(widget, QLabel):
            rich = widget.textFormat() == Qt.TextFormat.RichText
            text = _shown(widget.text()) if rich else widget.text()
            seen["label"] += ODD in text
            if widget.textFormat() == Qt.TextFormat.AutoText or (rich and "a&b" in text and ODD not in text):
                yield f"label {widget.text()!r}"
        for tip in _tips(widget):
            text = _shown(tip) if Qt.mightBeRichText(tip) else tip
            seen["tip"] += ODD in text
            if "a&b" in text and ODD not in text:
                yield f"tool tip {tip!r} of {widget!r}"
        for text in _controls(widget):
            seen["control"] += "a&&b" in text
            if "a&b" in text:
                yield f"control {text!r}"
    for action in window.findChildren(QAction):
        seen["action"] += "a&&b" in action.text()
        if "a&b" in action.text():
            yield f"action {action.text()!r}"


def _shows(desk: Desk, name: str) -> bool:
    return desk.state.image is not None and desk.state.image.name == name


def test_that_the_whole_window_shows_names_as_they_are(odd_desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / f"{ODD} folder"
    folder.mkdir()
    for seed, name in enumerate((f"{ODD}.png", f"{ODD}2.png")):
        odd_desk.open(photograph(folder / name, seed))
        odd_desk.wait(partial(_shows, odd_desk, name))
        odd_desk.settle()
    assert len(odd_desk.state.tabs) == 2
    save_snapshot(odd_desk.parts.store)
    seen = {"label": 0, "tip": 0, "control": 0, "action": 0}
    mistakes = set(_mistakes(odd_desk.window, seen))
    for view in ("compare", "grid", "overlay", "labels"):
        odd_desk.parts.store.change(view=view)
        mistakes |= set(_mistakes(odd_desk.window, seen))
    for spec in TOOLS:
        odd_desk.window.tools.show(spec.name)
        odd_desk.settle()
        mistakes |= set(_mistakes(odd_desk.window, seen))
    odd_desk.window.view_bar._offer_kept()
    odd_desk.window.menus.show_recent([str(folder / f"{ODD}.png")])
    mistakes |= set(_mistakes(odd_desk.window, seen))
    assert not mistakes
    assert all(seen.values()), f"the odd name was not to be seen: {seen}"


def test_that_a_failure_names_the_file_as_it_is(odd_desk: Desk, tmp_path: Path) -> None:
    odd_desk.open(photograph(tmp_path / f"{ODD} broken.png"))
    odd_desk.wait(lambda: odd_desk.state.failure is not None)
    seen = {"label": 0, "tip": 0, "control": 0, "action": 0}
    assert not set(_mistakes(odd_desk.window, seen))
    assert seen["label"]


def test_that_a_question_shows_names_as_they_are(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    formats: list[Qt.TextFormat] = []

    def answered(box: QMessageBox) -> int:
        formats.extend(label.textFormat() for label in box.findChildren(QLabel) if ODD in label.text())
        return QMessageBox.StandardButton.No

    monkeypatch.setattr(QMessageBox, "exec", answered)
    assert not is_confirmed(parent, f"Close {ODD}?", f"{ODD} is lost.")
    assert formats == [Qt.TextFormat.PlainText] * 2


@pytest.mark.parametrize("text", ["dog.jpg", f"{ODD}</b>.jpg", "a < b", f"{ODD}\n<i>two", "<!-- -->", "&amp; <br>"])
def test_that_a_tool_tip_says_the_text_itself(text: str) -> None:
    tip = as_tip(text)
    assert (_shown(tip) if Qt.mightBeRichText(tip) else tip) == text


def test_that_marks_of_keys_and_of_unsaved_documents_are_doubled() -> None:
    assert as_control("a&b & c") == "a&&b && c"
    assert as_title("a[*]b.jpg") == "a[*][*]b.jpg"
