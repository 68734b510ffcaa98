"""The main window: puts panes, panels, menus and docks together; what they do is theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMainWindow, QVBoxLayout, QWidget
from typing_extensions import override

from dcsm_viewer.gui.canvas.viewport import Viewport
from dcsm_viewer.gui.commands.action_handlers import handlers
from dcsm_viewer.gui.commands.command_palette import CommandPalette
from dcsm_viewer.gui.commands.confirm_dialog import is_confirmed, with_ending
from dcsm_viewer.gui.commands.menus import Menus
from dcsm_viewer.gui.commands.shortcut_editor import ShortcutEditor
from dcsm_viewer.gui.commands.shortcut_list_dialog import ShortcutListDialog
from dcsm_viewer.gui.commands.shortcuts import Shortcuts
from dcsm_viewer.gui.docks import Docks
from dcsm_viewer.gui.files.clipboard_images import pasted_image
from dcsm_viewer.gui.files.export_controller import ExportController
from dcsm_viewer.gui.files.fetch_dialog import FetchDialog
from dcsm_viewer.gui.files.image_loader import ImageLoader, paths_of
from dcsm_viewer.gui.files.import_dialog import WEIGHTS_FILTER, ImportDialog
from dcsm_viewer.gui.files.model_importer import ModelImporter
from dcsm_viewer.gui.files.sessions.session_bar import SessionBar
from dcsm_viewer.gui.files.sessions.session_controller import SessionController
from dcsm_viewer.gui.files.sessions.session_file import ENDING
from dcsm_viewer.gui.files.sessions.session_recovery import SessionRecovery
from dcsm_viewer.gui.files.user_settings import UserSettings
from dcsm_viewer.gui.link.controller import Controller
from dcsm_viewer.gui.panels.candidates_panel import CandidatesPanel
from dcsm_viewer.gui.panels.classes_panel import ClassesPanel
from dcsm_viewer.gui.panels.crf_panel import CrfPanel
from dcsm_viewer.gui.panels.engine_bar import EngineBar, models
from dcsm_viewer.gui.panels.export_panel import ExportPanel
from dcsm_viewer.gui.panels.folder_panel import FolderPanel
from dcsm_viewer.gui.panels.headline import HeadlineBar
from dcsm_viewer.gui.panels.maps_panel import MapsPanel
from dcsm_viewer.gui.panels.method_panel import MethodPanel
from dcsm_viewer.gui.panels.status_bar import StatusPanel
from dcsm_viewer.gui.panels.view_bar import ViewBar
from dcsm_viewer.gui.plain_text import as_title, make_plain
from dcsm_viewer.gui.state.settings_edits import with_model
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.tabs import Tabs
from dcsm_viewer.gui.tabs_bar import TabsBar
from dcsm_viewer.gui.theme import Theme, Themes
from dcsm_viewer.gui.tools.tool_context import PixelClicks, ToolContext
from dcsm_viewer.gui.tools.tool_host import ToolHost
from dcsm_viewer.gui.tools.tutorials.tutorial_targets import tutorial_targets
from dcsm_viewer.gui.view_stack import ViewStack
from dcsm_viewer.io.image_decoder import SUFFIXES

_VIEWS = ("view.compare", "view.grid", "view.overlay", "view.labels")
_SESSIONS = f"Sessions (*{ENDING});;All files (*)"
_IMAGES = f"Images ({' '.join(f'*{suffix}' for suffix in sorted(SUFFIXES))});;All files (*)"


class Window(QMainWindow):
    """Shows the store's state and forwards requests; it computes nothing and reads no file."""

    def __init__(
        self,
        store: Store,
        controller: Controller,
        image_loader: ImageLoader,
        export_controller: ExportController,
        model_importer: ModelImporter,
        user_settings: UserSettings,
        themes: Themes,
    ) -> None:
        super().__init__()
        self._store = store
        self._image_loader = image_loader
        self._user_settings = user_settings
        self._themes = themes
        self._viewport = Viewport(self)
        self._keys: ShortcutListDialog | None = None
        self._shortcuts_window: ShortcutEditor | None = None
        self._import = ImportDialog(model_importer, self)
        self._fetch = FetchDialog(model_importer, self)
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.folder = FolderPanel(store, self)
        self.classes = ClassesPanel(store, self)
        self.export = ExportPanel(store, export_controller, user_settings, self)
        self.sessions = SessionController(store, controller, self)
        self.session_bar = SessionBar(self)
        self.tabs = Tabs(store, image_loader, controller, self)
        acts = handlers(store, controller, image_loader, self._viewport, self.classes, self.export, self.tabs, self)
        self.menus = Menus(self, acts)
        self.shortcuts = Shortcuts(self.menus.actions, user_settings, self)
        self.engine_bar = EngineBar(store, self)
        self.tabs_bar = TabsBar(store, self.tabs, self)
        self.headline = HeadlineBar(store, self)
        self.view_bar = ViewBar(store, [self.menus.actions[name] for name in _VIEWS], self)
        self.stack = ViewStack(store, self._viewport, self)
        pixels = PixelClicks(self)
        self.stack.pixel_clicked.connect(pixels.clicked)
        context = ToolContext(
            store, self._viewport, controller, user_settings, pixels, image_loader, self._tutorial_targets()
        )
        self.tools = ToolHost(self, self.stack, context)
        self.status = StatusPanel(store, self)
        self._palette = CommandPalette(self.menus.actions, self)
        self._lay_out()
        self.docks = Docks(
            self,
            user_settings,
            folder=self.folder,
            classes=self.classes,
            sections=(
                ("Candidates", CandidatesPanel(store, self)),
                ("Method", MethodPanel(store, self)),
                ("Maps", MapsPanel(store, self)),
                ("CRF", CrfPanel(store, self)),
                ("Export", self.export),
            ),
        )
        self._offer_docks()
        self._connect()
        make_plain(self)
        self._on_state_changed(store.state, store.state)
        self.menus.show_recent(user_settings.recent)

    def _tutorial_targets(self) -> Mapping[str, Callable[[], QWidget]]:
        def page(name: str) -> QWidget:
            return self.tools.page(name)  # made after the tools' context

        return tutorial_targets(self, self.stack, self.classes, self.view_bar, page)

    def restore_layout(self) -> None:
        """Docks and folds as the user left them; call it when the window has its size."""
        self.docks.restore()

    def ask_for_image(self) -> None:
        paths, _kind = QFileDialog.getOpenFileNames(self, "Open image", self._last_folder(), _IMAGES)
        self._image_loader.open_paths(paths)

    def ask_for_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Open folder", self._last_folder())
        self._image_loader.open_paths([folder] if folder else [])

    def ask_for_weights(self) -> None:
        path, _kind = QFileDialog.getOpenFileName(self, "Open weights file", self._last_folder(), WEIGHTS_FILTER)
        if path:
            self.choose_model(path)

    def ask_for_session(self) -> None:
        path, _kind = QFileDialog.getOpenFileName(self, "Open session", self._last_folder(), _SESSIONS)
        if path:
            self.sessions.open(Path(path))

    def ask_where_to_save(self) -> None:
        """The session goes to the file chosen; the one of last time is suggested."""
        known = self.sessions.path or Path(self._last_folder()) / f"session{ENDING}"
        path, _kind = QFileDialog.getSaveFileName(self, "Save session", str(known), _SESSIONS)
        if path and not path.endswith(".json"):
            path = with_ending(self, path, ENDING)
        if path:
            self.sessions.save(Path(path))

    def offer_recovery(self, recovery: SessionRecovery) -> None:
        """Lets the line above the panes offer what `recovery` finds."""

        def restore() -> None:
            if recovery.orphan is not None:
                self.sessions.open(recovery.orphan, recovery.discard)

        recovery.offered.connect(self.session_bar.offer)
        self.session_bar.restore_wanted.connect(restore)
        self.session_bar.discard_wanted.connect(recovery.discard)

    def show_import(self) -> None:
        self._import.show()
        self._import.raise_()

    def show_fetch(self) -> None:
        self._fetch.show()
        self._fetch.raise_()

    def ask_for_export_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Choose export folder", self._last_folder())
        if folder:
            self.export.show_folder(folder)

    def paste(self) -> None:
        """Files copied in a file browser open as if dropped; copied pixels become an image without a file."""
        # Qt's own stubs do not say so, but an empty clipboard may have nothing at all.
        mime: QMimeData | None = QGuiApplication.clipboard().mimeData()
        if mime is None:
            mime = QMimeData()
        paths = paths_of(mime.urls())
        image = None if paths else pasted_image(mime)
        if image is not None:
            self._image_loader.show_pasted(image)
        elif paths:
            self._image_loader.open_paths(paths)
        else:
            self._store.change(message="There is no picture on the clipboard to paste.")

    def choose_model(self, name: str) -> None:
        self._store.edit(with_model(self._store.state.settings, name))

    def choose_theme(self, theme: Theme) -> None:
        self._themes.choose(theme)
        self._user_settings.keep("window/theme", theme)
        self.menus.check("theme", f"theme.{theme}")

    def show_actual_size(self) -> None:
        self._viewport.actual_size(self.devicePixelRatioF())

    def reset_layout(self) -> None:
        self.docks.reset()

    def show_tool(self, name: str) -> None:
        self.tools.show(name)

    def copy_view(self) -> None:
        """The panes of the view as a figure on the clipboard."""
        from dcsm_viewer.gui.tools.figure.figure_tool import FigureTool

        tool = self.tools.page("figure")
        assert isinstance(tool, FigureTool)
        tool.copy_view(self._store.state.view)

    def show_palette(self) -> None:
        self._palette.open_over(self)

    def show_keys(self) -> None:
        if self._keys is None:
            self._keys = ShortcutListDialog(self.shortcuts, self)
        self._keys.show()
        self._keys.raise_()

    def change_keys(self) -> None:
        if self._shortcuts_window is None:
            self._shortcuts_window = ShortcutEditor(self.shortcuts, self)
        self._shortcuts_window.show()
        self._shortcuts_window.raise_()

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if paths_of(event.mimeData().urls()):
            event.acceptProposedAction()

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        paths = paths_of(event.mimeData().urls())
        if len(paths) == 1 and paths[0].endswith(ENDING):
            self.sessions.open(Path(paths[0]))
        else:
            self._image_loader.open_paths(paths)

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        broken_off = self.tools.under_way()
        if broken_off and not is_confirmed(self, "Close the window?", "\n\n".join(broken_off)):
            event.ignore()
            return
        self.docks.keep()
        self._user_settings.keep("window/geometry", self.saveGeometry())
        super().closeEvent(event)

    def _lay_out(self) -> None:
        centre = QWidget(self)
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        if self.menuBar().isNativeMenuBar():
            # The menu bar of macOS has no corner.
            column.addWidget(self.engine_bar, 0, Qt.AlignmentFlag.AlignRight)
        else:
            self.menuBar().setCornerWidget(self.engine_bar)
        column.addWidget(self.session_bar)
        column.addWidget(self.tabs_bar)
        column.addWidget(self.view_bar)
        column.addWidget(self.headline)
        column.addWidget(self.stack, 1)
        self.setCentralWidget(centre)
        bar = self.statusBar()
        bar.setSizeGripEnabled(False)
        bar.addWidget(self.status, 1)

    def _offer_docks(self) -> None:
        menu = self.menus.menu("View").addMenu("Panels")
        for dock in self.docks.all:
            menu.addAction(dock.toggleViewAction())

    def _connect(self) -> None:
        self.menus.recent_wanted.connect(self._open_recent)
        self.menus.model_wanted.connect(self.choose_model)
        self.engine_bar.weights_wanted.connect(self.ask_for_weights)
        self.export.browse_wanted.connect(self.ask_for_export_folder)
        self.folder.index_wanted.connect(self._image_loader.open_at)
        self.folder.step_wanted.connect(self._image_loader.step)
        self.headline.top1_wanted.connect(self._action("class.top1").trigger)
        self.headline.dismissed.connect(self._clear_failure)
        self.stack.empty.open_wanted.connect(self.ask_for_image)
        self.stack.empty.sample_wanted.connect(self._image_loader.open_sample)
        self.stack.read.connect(self.status.show_readings)
        self._image_loader.opened.connect(self._note_opened)
        self._store.watch(self._on_state_changed, "image", "view", "settings", "engine", "tabs", "pending_serial")

    def _on_state_changed(self, before: ViewState, after: ViewState) -> None:
        if before is after or before.image is not after.image:
            self.setWindowTitle(as_title(f"{after.image.name} - DCSM viewer") if after.image else "DCSM viewer")
        if before is after or before.view != after.view:
            self.menus.check(
                "view", f"view.{after.view}" if f"view.{after.view}" in self.menus.actions else f"tools.{after.view}"
            )
        if before is after or (before.settings, before.engine) != (after.settings, after.engine):
            self._show_settings(after)
        has_image = after.image is not None
        for name in ("tab.previous", "tab.next"):
            self._action(name).setEnabled(len(after.tabs) > 1)
        for name in ("tab.close", "tab.double", "view.fit", "view.hundred_percent", "engine.again"):
            self._action(name).setEnabled(has_image)
        self._action("engine.cancel").setEnabled(after.pending_serial is not None)

    def _show_settings(self, state: ViewState) -> None:
        settings = state.settings
        self._action("edit.undo").setEnabled(self._store.can_undo)
        self._action("edit.redo").setEnabled(self._store.can_redo)
        self._action("edit.blink").setEnabled(self._store.can_undo or self._store.can_redo)
        for group, name in (
            ("vocabulary", f"model.{settings.vocabulary}"),
            ("device", f"device.{settings.device}"),
            ("precision", f"precision.{settings.precision}"),
        ):
            self.menus.check(group, name)
        self.menus.show_models(models(state), settings.model)

    def _clear_failure(self) -> None:
        self._store.change(failure=None)

    def _open_recent(self, path: str) -> None:
        self._image_loader.open_paths([path])

    def _note_opened(self, path: str) -> None:
        self._user_settings.opened(path)
        self.menus.show_recent(self._user_settings.recent)

    def _last_folder(self) -> str:
        image = self._store.state.image
        if image is not None and image.path is not None:
            return str(Path(image.path).parent)
        return str(Path.home())

    def _action(self, name: str) -> QAction:
        return self.menus.actions[name]
