"""The window on a model and its pictures, from a script or a notebook."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QThread
from PySide6.QtWidgets import QApplication

from dcsm_viewer.api.explanation import Explanation
from dcsm_viewer.api.image_input import source_image
from dcsm_viewer.api.model import Model
from dcsm_viewer.core.types import SourceImage, UserError
from dcsm_viewer.gui.app import OpenWindow, open_window
from dcsm_viewer.worker.engine_thread import EngineLike, Listener

_OPEN: list[WindowHandle] = []  # a window stays though its handle is dropped


class WindowHandle:
    """An open window. `result` is what it shows, `screenshot` its picture; `close` ends it."""

    def __init__(self, opened: OpenWindow) -> None:
        self._opened, self._is_open = opened, True
        _OPEN.append(self)
        opened.app.lastWindowClosed.connect(self._finish)

    @property
    def is_open(self) -> bool:
        """Return whether the window is on the screen."""
        return self._is_open

    @property
    def result(self) -> Explanation | None:
        """Return what the window shows, once it has settled; None before."""
        result = self._opened.parts.store.state.result
        return Explanation(result) if result is not None and result.completeness == "settled" else None

    def screenshot(self, path: str | os.PathLike[str]) -> Path:
        """Save the window as it is now. Raises UserError where it is closed or the file cannot be written."""
        if not self._is_open:
            raise UserError("The window is closed; show the model again for a picture of it.")
        target = Path(path)
        if not self._opened.parts.window.grab().save(str(target)):
            raise UserError(f"{target} cannot be written; choose a name that ends in .png in a folder that is there.")
        return target

    def close(self) -> None:
        """Close the window; its result stays readable."""
        if self._is_open:
            self._opened.parts.window.close()
            self._finish()

    def _finish(self) -> None:
        if self._is_open:
            self._is_open = False
            _OPEN.remove(self)
            self._opened.app.lastWindowClosed.disconnect(self._finish)
            self._opened.finish()


def show(model: Model, images: object = None, *, block: bool | None = None) -> WindowHandle:
    """Open the window with a model, on an image or several.

    Parameters
    ----------
    model
        From `load_model` or `wrap`.
    images
        A path, a folder, a list of paths, or one image as `explain` takes it; None for an empty window.
    block
        Wait until the window is closed. None: wait, except under an event loop of Qt's that runs already, as IPython's
        after `%gui qt`.

    Returns
    -------
    WindowHandle

    Raises
    ------
    UserError
        Where there is no screen, and for what is no image.
    """
    if not isinstance(model, Model):
        raise UserError(f"show takes a model of load_model or wrap, not a {type(model).__name__}.")
    paths, pixels = _paths(images)
    with model.lock:
        model.refresh()
        opened = open_window(paths, settings=model.settings, make_engine=_engine_of(model))
    handle = WindowHandle(opened)
    if pixels is not None:
        opened.parts.image_loader.show_pasted(pixels)
    if block if block is not None else not _has_running_loop():
        opened.app.exec()
        handle.close()
    return handle


def _paths(images: object) -> tuple[tuple[str, ...], SourceImage | None]:
    """(paths, an image without a path)."""
    if images is None:
        return (), None
    if isinstance(images, str | os.PathLike):
        return (os.fspath(images),), None
    if isinstance(images, Iterable) and not hasattr(images, "shape") and not hasattr(images, "size"):
        listed = list(images)
        if not all(isinstance(each, str | os.PathLike) for each in listed):
            raise UserError("show takes one image, or a list of paths; save arrays to files to see several.")
        return tuple(os.fspath(each) for each in listed), None
    return (), source_image(images)


def _engine_of(model: Model) -> Callable[[Listener], EngineLike]:
    def make(report: Listener) -> EngineLike:
        engine = model.for_window()
        report(engine.ready())
        return engine

    return make


def _has_running_loop() -> bool:
    """Whether Qt's events are looked after already: inside a program of Qt's, or by IPython's input hook."""
    if QApplication.instance() is not None and QThread.currentThread().loopLevel() > 0:
        return True
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return str(getattr(shell, "active_eventloop", None) or "").startswith("qt")
