"""The table of actions: no key twice, a page of the documentation made from it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from PySide6.QtGui import QKeySequence

from dcsm_viewer.gui.commands.action_specs import ACTIONS, MENUS, shortcuts_page
from dcsm_viewer.gui.commands.command_palette import matching
from dcsm_viewer.gui.commands.shortcut_list_dialog import keys_page

PAGE = Path(__file__).parents[3] / "docs" / "shortcuts.md"


def test_that_no_name_is_used_twice() -> None:
    counts = Counter(spec.name for spec in ACTIONS)
    assert [name for name, count in counts.items() if count > 1] == []


def test_that_no_key_is_used_twice() -> None:
    counts = Counter(QKeySequence.fromString(spec.key).toString() for spec in ACTIONS if spec.key)
    assert [key for key, count in counts.items() if count > 1] == []


def test_that_every_key_is_one_qt_knows() -> None:
    bad = [spec.name for spec in ACTIONS if spec.key and QKeySequence.fromString(spec.key).toString() != spec.key]
    assert bad == []


def test_that_no_menu_has_the_same_words_twice() -> None:
    counts = Counter((spec.menu, spec.submenu, spec.text) for spec in ACTIONS)
    assert [words for words, count in counts.items() if count > 1] == []


def test_that_every_menu_has_an_action_and_every_action_a_sentence() -> None:
    assert {spec.menu for spec in ACTIONS} == set(MENUS)
    assert [spec.name for spec in ACTIONS if not spec.help.endswith(".")] == []


def test_that_the_page_of_shortcuts_is_the_table() -> None:
    # Write the page anew by printing dcsm_viewer.gui.commands.action_specs.shortcuts_page().
    assert PAGE.read_text(encoding="utf-8") == shortcuts_page()


def test_that_the_keys_window_lists_every_key() -> None:
    page = keys_page()
    assert [spec.key for spec in ACTIONS if spec.key and f"<code>{spec.key}</code>" not in page] == []


def test_that_the_palette_finds_by_name_before_it_finds_by_help() -> None:
    found = [spec.name for spec in matching("fit")]
    assert found[0] == "view.fit"
    assert [spec.name for spec in matching("DESKTOP")] == ["theme.system"]
    assert matching("no such words at all") == ()
