"""The tools that have been opened: docks under the panes, or pages in place of them."""

from __future__ import annotations

from importlib import import_module

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow

from dcsm_viewer.gui.canvas.linked_views import LinkedView
from dcsm_viewer.gui.plain_text import make_plain
from dcsm_viewer.gui.tool_registry import TOOLS, ToolSpec
from dcsm_viewer.gui.tools.tool_context import Tool, ToolContext
from dcsm_viewer.gui.view_stack import ViewStack

_SHARE = 0.4  # of the window's height, for the first dock below


class ToolHost(QObject):
    """Makes a tool when it is first asked for, and shows it from then on."""

    def __init__(self, window: QMainWindow, stack: ViewStack, context: ToolContext) -> None:
        super().__init__(window)
        self._window = window
        self._stack = stack
        self.context = context
        self._specs = {spec.name: spec for spec in TOOLS}
        self.docks: dict[str, QDockWidget] = {}
        self._pages: dict[str, Tool] = {}
        self._made: list[Tool] = []
        stack.wanted.connect(self._make_page)
        stack.stand_alone(name for name, spec in self._specs.items() if not spec.needs_image)

    def show(self, name: str) -> None:
        """Brings the tool to the front; one below that is at the front already is closed again."""
        spec = self._specs[name]
        if spec.area == "centre":
            self.context.store.change(view=name)
            return
        dock = self.docks.get(name)
        if dock is None:
            self._make_dock(spec)
        elif dock.isVisible() and not dock.visibleRegion().isEmpty():
            dock.hide()
        else:
            dock.show()
            dock.raise_()

    def page(self, name: str) -> Tool:
        """The tool of the centre with this name, made if it is not there yet; what is on show stays."""
        if name not in self._pages:
            self._make_page(name)
        return self._pages[name]

    def under_way(self) -> tuple[str, ...]:
        """What closing the window would break off, a sentence each."""
        return tuple(sentence for tool in self._made if (sentence := tool.under_way()))

    def stop(self) -> None:
        """Ends what the tools have under way."""
        for tool in self._made:
            tool.stop()

    def _make(self, spec: ToolSpec) -> Tool:
        module, _, name = spec.target.partition(":")
        tool: Tool = getattr(import_module(module), name)(self.context)
        make_plain(tool)
        self._made.append(tool)
        return tool

    def _make_page(self, name: str) -> None:
        page = self._make(self._specs[name])
        for view in page.findChildren(LinkedView):  # type: ignore[type-abstract]  # a filter, never made
            self._stack.hear(view)
        self._pages[name] = page
        self._stack.add_page(name, page)

    def _make_dock(self, spec: ToolSpec) -> None:
        dock = QDockWidget(spec.title, self._window)
        dock.setObjectName(f"dock.{spec.name}")
        dock.setWidget(self._make(spec))
        shown = [other for other in self.docks.values() if other.isVisible() and not other.isFloating()]
        self._window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
        if shown:
            self._window.tabifyDockWidget(shown[-1], dock)
        self.docks[spec.name] = dock
        dock.show()
        dock.raise_()
        if not shown:
            height = round(self._window.height() * _SHARE)
            self._window.resizeDocks([dock], [height], Qt.Orientation.Vertical)
