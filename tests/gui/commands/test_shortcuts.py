"""Keys of one's own: conflicts said, kept over a restart, on the page of keys; and words that can be translated."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PySide6.QtCore import QCoreApplication, QSettings, Qt, QTranslator
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QKeySequenceEdit,
    QLineEdit,
    QTabBar,
    QWidget,
)
from typing_extensions import override

from dcsm_viewer.gui.commands.action_specs import ACTIONS, MENUS
from dcsm_viewer.gui.commands.shortcut_editor import ShortcutEditor
from dcsm_viewer.gui.commands.shortcut_list_dialog import ShortcutListDialog
from dcsm_viewer.gui.commands.shortcuts import Shortcuts
from dcsm_viewer.gui.commands.translations import catalogue, translated
from dcsm_viewer.gui.files.user_settings import UserSettings
from dcsm_viewer.gui.tool_registry import TOOLS
from tests.e2e.conftest import Desk
from tests.gui.hands import click, press, the

pytestmark = [pytest.mark.qt_log_ignore("This plugin does not support"), pytest.mark.usefixtures("qapp")]


def shortcuts(user_settings: UserSettings | None = None) -> tuple[Shortcuts, dict[str, QAction]]:
    actions = {spec.name: QAction(spec.text) for spec in ACTIONS}
    return Shortcuts(actions, user_settings or UserSettings()), actions


def test_that_every_action_begins_with_the_key_of_the_table() -> None:
    keys, actions = shortcuts()
    assert {name: action.shortcut().toString() for name, action in actions.items()} == keys.keys
    assert keys.keys["view.fit"] == "Ctrl+F"


def test_that_a_key_that_is_taken_is_said_and_then_taken_over() -> None:
    keys, actions = shortcuts()
    assert keys.why_not("view.fit", "ctrl+z") == "Ctrl+Z belongs to 'Undo' now."
    assert keys.why_not("edit.undo", "Ctrl+Z") == ""
    keys.bind("view.fit", "Ctrl+Z")
    assert (keys.keys["view.fit"], keys.keys["edit.undo"]) == ("Ctrl+Z", "")
    assert actions["edit.undo"].shortcut().isEmpty()
    assert actions["view.fit"].toolTip().endswith("(Ctrl+Z)")


def test_that_keys_the_panes_and_dialogs_need_cannot_be_given_away() -> None:
    keys, _ = shortcuts()
    for reserved in ("Space", "Tab", "Left", "Return"):
        assert "another key" in keys.why_not("view.fit", reserved)
        keys.bind("view.fit", reserved)
    assert keys.keys["view.fit"] == "Ctrl+F"


def test_that_chosen_keys_are_there_after_a_restart_and_gone_after_a_reset(tmp_path: Path) -> None:
    file = str(tmp_path / "settings.ini")

    def restart() -> tuple[Shortcuts, QSettings]:
        settings = QSettings(file, QSettings.Format.IniFormat)
        return shortcuts(UserSettings(settings))[0], settings

    keys, settings = restart()
    keys.bind("view.fit", "Ctrl+Z")
    settings.sync()
    keys, settings = restart()
    assert (keys.keys["view.fit"], keys.keys["edit.undo"]) == ("Ctrl+Z", "")
    keys.reset("edit.undo")
    assert (keys.keys["view.fit"], keys.keys["edit.undo"]) == ("", "Ctrl+Z")
    keys.reset()
    settings.sync()
    assert restart()[0].keys == {spec.name: spec.key for spec in ACTIONS}
    assert [key for key in settings.allKeys() if key.startswith("keys/")] == []


def test_that_the_page_of_keys_and_the_palette_show_the_keys_that_hold(desk: Desk) -> None:
    desk.do("help.keys")
    page = the(desk.window, ShortcutListDialog).page
    desk.window.shortcuts.bind("view.grid", "Ctrl+Alt+Shift+F12")
    assert "Ctrl+Alt+Shift+F12" in page.toPlainText()
    assert "F6" not in page.toPlainText()
    desk.do("tools.palette")
    desk.window._palette.search.setText("grid")
    assert "Ctrl+Alt+Shift+F12" in desk.window._palette.list.item(0).text()
    desk.window._palette.close()


def test_that_a_new_key_works_in_the_window_and_the_old_one_no_longer(desk: Desk, photos: Path) -> None:
    desk.open(photos / "a.png")
    desk.settle()
    desk.do("help.change_keys")
    window = the(desk.window, ShortcutEditor)
    window.choose("view.grid")
    window.key.setKeySequence("F8")
    assert window.words.text() == "F8 belongs to 'Labels' now."
    assert window.assign.text() == "Reassign"
    click(window.assign)
    window.close()
    press(desk.window, Qt.Key.Key_F8)
    assert desk.state.view == "grid"
    desk.do("view.compare")
    press(desk.window, Qt.Key.Key_F6)
    assert desk.state.view == "compare"


def test_that_the_catalogue_holds_every_word_of_the_table_and_a_translation_is_shown(desk: Desk) -> None:
    texts = [*MENUS, *(part for spec in ACTIONS for part in (spec.text, spec.help, spec.submenu))]
    sources = [source.text for source in ET.fromstring(catalogue(texts)).iter("source")]
    assert sources == [*dict.fromkeys(text for text in texts if text)]

    class Shouting(QTranslator):
        @override
        def translate(self, context: object, text: object, comment: object = None, n: int = -1) -> str:
            return str(text).upper() if context == "actions" else ""

        @override
        def isEmpty(self) -> bool:
            return False

    loud = Shouting()
    QCoreApplication.installTranslator(loud)
    try:
        assert translated("Undo") == "UNDO"
    finally:
        QCoreApplication.removeTranslator(loud)
    assert translated("Undo") == "Undo"
    assert desk.action("edit.undo").text() == "Undo"


_KINDS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QKeySequenceEdit,
    QTabBar,
)


def _text_of(widget: QWidget) -> str:
    """What a screen reader says of it: its name, else what is written on it."""
    if isinstance(widget, QTabBar) and widget.count():
        return widget.accessibleName() or widget.tabText(0)
    return widget.accessibleName() or str(getattr(widget, "text", str)())


def _lineage(widget: QWidget) -> str:
    """The classes around it, the nearest first, up to the first of this program."""
    names, parent = [], widget.parent()
    while parent is not None:
        names.append(type(parent).__name__)
        if type(parent).__module__.startswith("dcsm_viewer"):
            break
        parent = parent.parent()
    return " in ".join(names)


def _is_part(widget: QWidget) -> bool:
    """Made by Qt inside another control, which speaks for it."""
    parent = widget.parent()
    inside = isinstance(parent, QAbstractSpinBox | QComboBox | QLineEdit | QKeySequenceEdit | QTabBar)
    name = widget.objectName()
    return (
        inside
        or name.startswith(("qt_", "_q_"))
        or type(widget).__name__ in {"QScrollBar", "QHeaderView"}
        or (
            # The list that drops from a combo box.
            type(parent).__name__ == "QFrame" and isinstance(parent.parent(), QComboBox)  # type: ignore[union-attr]  # a frame
        )
    )


def _nameless(window: QWidget) -> set[str]:
    return {
        f"{type(widget).__name__} in {_lineage(widget)}"
        for widget in window.findChildren(QWidget)
        if isinstance(widget, _KINDS) and widget.isVisible() and not _is_part(widget) and not _text_of(widget)
    }


def test_that_every_control_of_the_window_and_its_tools_has_a_name(desk: Desk, photos: Path) -> None:
    desk.open(photos / "a.png")
    desk.settle()
    nameless = _nameless(desk.window)
    for view in desk.window.stack.views:
        desk.do(f"view.{view}")
        nameless |= _nameless(desk.window)
    for spec in TOOLS:
        desk.do(f"tools.{spec.name}")
        nameless |= _nameless(desk.window)
    for name in ("help.change_keys", "help.keys", "tools.palette", "model.import_weights"):
        desk.do(name)
        nameless |= _nameless(desk.window)
    desk.window._palette.close()
    assert nameless == set()
