"""The menu bar out of the table of actions, plus the two menus whose entries come and go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMainWindow, QMenu

from dcsm_viewer.gui.commands.action_specs import ACTIONS, MENUS, ActionSpec, Menu
from dcsm_viewer.gui.commands.translations import translated
from dcsm_viewer.gui.plain_text import as_control, as_tip


class Menus(QObject):
    """Signals: `recent_wanted(path)` and `model_wanted(name)`, from the menus of recent files and of models.

    The actions get their keys from `Shortcuts`.
    """

    recent_wanted = Signal(str)
    model_wanted = Signal(str)

    def __init__(self, window: QMainWindow, handlers: Mapping[str, Callable[[], object]]) -> None:
        super().__init__(window)
        self.actions: dict[str, QAction] = {}
        self._groups: dict[str, QActionGroup] = {}
        bar = window.menuBar()
        self._menus = {name: bar.addMenu(translated(name)) for name in MENUS}
        self._submenus: dict[str, QMenu] = {}
        for spec in ACTIONS:
            self._add(spec, handlers[spec.name], window)
        self._recent = self._put_first("File", "Open recent", after="file.sample")
        self._models = self._put_first("Model", "Network", after="")
        for menu, wanted in ((self._recent, self.recent_wanted), (self._models, self.model_wanted)):
            _on_trigger(menu, wanted)

    def menu(self, name: Menu) -> QMenu:
        return self._menus[name]

    def show_recent(self, paths: Sequence[str]) -> None:
        self._recent.clear()
        for path in paths:
            action = self._recent.addAction(as_control(Path(path).name))
            action.setData(path)
            action.setToolTip(as_tip(path))
        self._recent.setEnabled(bool(paths))

    def show_models(self, models: Sequence[tuple[str, str]], chosen: str) -> None:
        """`models` are (name, title)."""
        if [(action.data(), action.text()) for action in self._models.actions()] == [
            (name, as_control(title)) for name, title in models
        ]:
            for action in self._models.actions():
                action.setChecked(action.data() == chosen)
            return
        self._models.clear()
        for name, title in models:
            action = self._models.addAction(as_control(title))
            action.setData(name)
            action.setCheckable(True)
            action.setChecked(name == chosen)

    def check(self, group: str, name: str) -> None:
        """The one of a group that holds; none where `name` is not of the table."""
        for action in self._groups[group].actions():
            action.setChecked(action.objectName() == name)

    def _add(self, spec: ActionSpec, handler: Callable[[], object], window: QMainWindow) -> None:
        action = QAction(translated(spec.text), window)
        action.setObjectName(spec.name)
        action.setCheckable(bool(spec.group))
        action.triggered.connect(_without_arguments(handler))
        if spec.group:
            group = self._groups.setdefault(spec.group, QActionGroup(window))
            group.addAction(action)
        if spec.starts_section:
            self._menus[spec.menu].addSeparator()
        self._menu_of(spec).addAction(action)
        self.actions[spec.name] = action

    def _menu_of(self, spec: ActionSpec) -> QMenu:
        menu = self._menus[spec.menu]
        if not spec.submenu:
            return menu
        if spec.submenu not in self._submenus:
            self._submenus[spec.submenu] = menu.addMenu(translated(spec.submenu))
        return self._submenus[spec.submenu]

    def _put_first(self, menu: Menu, title: str, *, after: str) -> QMenu:
        """A submenu below the action named `after`, at the top where that is ""."""
        home = self._menus[menu]
        submenu = QMenu(title, home)
        submenu.setToolTipsVisible(True)
        there = home.actions()
        index = there.index(self.actions[after]) + 1 if after else 0
        home.insertMenu(there[index], submenu)
        return submenu


def _without_arguments(handler: Callable[[], object]) -> Callable[[], None]:
    """Qt hands a `checked` to handlers with parameters; the handlers take none."""

    def handle() -> None:
        handler()

    return handle


def _on_trigger(menu: QMenu, wanted: object) -> None:
    def tell(action: QAction) -> None:
        wanted.emit(action.data())  # type: ignore[attr-defined]  # a bound Signal, which has no public type

    menu.triggered.connect(tell)
