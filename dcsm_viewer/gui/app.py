"""The program with a window: made, shown at once, filled while the engine loads, taken apart when it closes."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import platformdirs
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import UserError
from dcsm_viewer.gui.files.export_controller import ExportController
from dcsm_viewer.gui.files.image_loader import ImageLoader
from dcsm_viewer.gui.files.model_importer import ModelImporter
from dcsm_viewer.gui.files.sessions.session_recovery import SessionRecovery
from dcsm_viewer.gui.files.user_settings import UserSettings
from dcsm_viewer.gui.link.controller import Controller
from dcsm_viewer.gui.link.gui_gc import GuiThreadGc
from dcsm_viewer.gui.main_window import Window
from dcsm_viewer.gui.screen_probe import Screen, ScreenProbe
from dcsm_viewer.gui.screenshot import Screenshot
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import Paint, ViewName, ViewState
from dcsm_viewer.gui.theme import Theme, Themes
from dcsm_viewer.gui.widgets.number_locale import settle_default
from dcsm_viewer.worker.engine_thread import EngineLike, Listener, create_engine

log = logging.getLogger(__name__)

_MakeEngine = Callable[[Listener], EngineLike]
_STOP_S = 10.0
_FIRST_SIZE = (1280, 800)


@dataclass(frozen=True, slots=True)
class AppComponents:
    """Everything that runs while the window is open."""

    store: Store
    controller: Controller
    image_loader: ImageLoader
    export_controller: ExportController
    model_importer: ModelImporter
    window: Window
    gui_gc: GuiThreadGc
    recovery: SessionRecovery | None = None

    def stop(self) -> bool:
        """Whether every thread has ended: files under way are finished, the engine gets a few seconds."""
        self.window.tools.stop()
        self.window.sessions.stop()
        if self.recovery is not None:
            self.recovery.stop()
        self.image_loader.stop()
        self.export_controller.stop()
        self.model_importer.stop()
        ended = self.controller.stop(_STOP_S)
        self.gui_gc.stop()
        return ended


def build(
    state: ViewState, make_engine: _MakeEngine, themes: Themes, user_settings: UserSettings, rescue: Path | None = None
) -> AppComponents:
    """All parts joined; nothing is on the screen and no engine runs yet.

    rescue: the folder where sessions are saved that a crash must not lose, None for nowhere.
    """
    settle_default()
    store = Store(state)
    controller = Controller(store, make_engine)
    image_loader, export_controller, model_importer = ImageLoader(store), ExportController(store), ModelImporter(store)
    window = Window(store, controller, image_loader, export_controller, model_importer, user_settings, themes)
    gui_gc = GuiThreadGc(window)
    controller.loaded.connect(gui_gc.settle)
    recovery = None
    if rescue is not None:
        recovery = SessionRecovery(store, rescue, window)
        window.offer_recovery(recovery)
    return AppComponents(store, controller, image_loader, export_controller, model_importer, window, gui_gc, recovery)


def run_window(
    paths: Sequence[str] = (),
    *,
    screenshot: Path | None = None,
    settings: Settings | None = None,
    make_engine: _MakeEngine | None = None,
    size: tuple[int, int] | None = None,
    theme: Theme | None = None,
    view: ViewName = "compare",
    paint: Paint | None = None,
    screen: Screen | None = None,
) -> int:
    """Exit code: 0, or 1 when a screenshot shows a failure.

    size: (width, height) of the window, px. theme None: as remembered. screen None: not probed yet. With `screenshot`
    nothing remembered is used, so that the same command makes the same picture.
    Raises UserError when there is no screen to show a window on.
    """
    opened = open_window(
        paths,
        screenshot=screenshot,
        settings=settings,
        make_engine=make_engine,
        size=size,
        theme=theme,
        view=view,
        paint=paint,
        screen=screen,
    )
    try:
        opened.app.exec()
    finally:
        opened.finish()
    return 0 if opened.taken is None else opened.taken.exit_code


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A window on the screen with all that runs for it; `finish` takes it apart."""

    app: QApplication
    parts: AppComponents
    themes: Themes
    taken: Screenshot | None
    earlier_hook: Callable[[type[BaseException], BaseException, TracebackType | None], object]

    def finish(self) -> None:
        """Write what waits and end the threads; the window is closed by then."""
        sys.excepthook = self.earlier_hook
        self.themes.stop()
        if not self.parts.stop():
            log.warning("the engine did not end within %g s", _STOP_S)


def open_window(
    paths: Sequence[str] = (),
    *,
    screenshot: Path | None = None,
    settings: Settings | None = None,
    make_engine: _MakeEngine | None = None,
    size: tuple[int, int] | None = None,
    theme: Theme | None = None,
    view: ViewName = "compare",
    paint: Paint | None = None,
    screen: Screen | None = None,
) -> OpenWindow:
    """Put a window on the screen, as `run_window` does, and return at once; an event loop of Qt's has to run.

    Raises UserError when there is no screen to show a window on.
    """
    _check_screen(screen or ScreenProbe().found(), needs_one=screenshot is None)
    app = _application()
    themes = Themes(app)
    user_settings = UserSettings.for_current_user() if screenshot is None else UserSettings()
    state = ViewState(
        settings=settings or Settings(), view=view, paint=paint or Paint(), failure=user_settings.complaint
    )
    rescue = platformdirs.user_state_path("dcsm-viewer") / "recovery" if screenshot is None else None
    parts = build(state, make_engine or create_engine, themes, user_settings, rescue)
    window = parts.window
    themes.choose(theme or _theme(user_settings.text("window/theme")))
    window.menus.check("theme", f"theme.{themes.theme}")
    window.resize(*(size or _FIRST_SIZE))
    if size is None:
        window.restoreGeometry(user_settings.blob("window/geometry"))
    window.restore_layout()
    taken = None if screenshot is None else Screenshot(parts.store, window, screenshot, waits=bool(paths))
    opened = OpenWindow(app, parts, themes, taken, sys.excepthook)
    sys.excepthook = _sentence_hook(parts.store)
    try:
        window.show()
        # The window comes first; loading the engine begins when it has been painted.
        QTimer.singleShot(0, parts.controller.start)
        if parts.recovery is not None:
            QTimer.singleShot(0, parts.recovery.find_orphan)
        parts.image_loader.open_paths(paths)
    except BaseException:
        opened.finish()
        raise
    return opened


def _application() -> QApplication:
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("dcsm-viewer")
    app.setApplicationDisplayName("DCSM viewer")
    return app


def _check_screen(screen: Screen, *, needs_one: bool) -> None:
    """Qt ends the process where there is no screen; here that is a sentence, or no screen is needed at all."""
    if not screen.error:
        return
    if needs_one or not screen.offscreen:
        raise UserError(f"{screen.error} Without a screen, use dcsm-viewer export, or --screenshot.")
    os.environ["QT_QPA_PLATFORM"] = "offscreen"


def _theme(text: str) -> Theme:
    return text if text in {"system", "light", "dark"} else "system"  # type: ignore[return-value]  # checked here


def _sentence_hook(
    store: Store,
) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        log.error("unexpected error in the window", exc_info=(kind, error, trace))
        store.change(failure=f"The window met an unexpected {kind.__name__}: {error}. The log has the details.")

    return show
