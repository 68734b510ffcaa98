"""What is on the screen goes to disk: never computed again, written away from the window's thread."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from dcsm_viewer.core.types import Result, UserError
from dcsm_viewer.gui.canvas.result_access import is_current
from dcsm_viewer.gui.files.export_stem import free_stem
from dcsm_viewer.gui.link.background_tasks import BackgroundTasks
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.io.atomic import ensure_folder


class ExportController(QObject):
    """Writes the settled result on show; what came of it is the store's `message` or `failure`."""

    def __init__(self, store: Store, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._tasks = BackgroundTasks("writer", self)

    def export(self, folder: str, formats: Sequence[str], *, stages: bool) -> None:
        try:
            result = exportable(self._store.state)
            if not formats:
                raise UserError("Nothing to export: tick at least one format in the Export panel.")
        except UserError as error:
            self._store.change(failure=str(error))
            return
        self._store.change(message=f"Exporting to {folder}...", failure=None)
        self._tasks.send(
            partial(_write, result, folder, tuple(formats), stages=stages), self._say_done, self._say_failed
        )

    def stop(self) -> None:
        self._tasks.stop()

    def _say_done(self, written: tuple[tuple[Path, ...], tuple[str, ...]]) -> None:
        files, refused = written
        names = ", ".join(path.name for path in files)
        sentences = (f"{len(files)} files written to {files[0].parent}: {names}.", *refused)
        self._store.change(message=" ".join(sentences))

    def _say_failed(self, sentence: str) -> None:
        self._store.change(failure=sentence, message=None)


def exportable(state: ViewState) -> Result:
    """The result on show, if it is the last word on this image and these settings.

    Raises UserError with what to wait for or do.
    """
    if state.image is None:
        raise UserError("Nothing to export: open an image first.")
    result = state.result
    if state.pending_serial is not None:
        raise UserError("Not exported: the maps are still being computed; export again when they are settled.")
    if result is None or result.completeness != "settled" or not is_current(state, result):
        raise UserError("Not exported: the displayed maps are not those of these settings; choose Recompute first.")
    return result


def default_folder(state: ViewState) -> str:
    """A folder beside the image, so that masks and photographs stay together; the home folder without an image."""
    return str(_home_of(state) / "dcsm-export")


def export_folder(typed: str, state: ViewState) -> str:
    """The folder that is meant: `default_folder` for nothing typed, `~` the home folder, all else beside the image.

    A window has no folder that it was started in as far as its user knows, so a relative path is not taken from there.
    """
    return str(_home_of(state) / Path(typed.strip()).expanduser()) if typed.strip() else default_folder(state)


def _home_of(state: ViewState) -> Path:
    path = None if state.image is None else state.image.path
    return Path.home() if path is None else Path(path).parent


def _write(
    result: Result, folder: str, formats: tuple[str, ...], *, stages: bool
) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """The files written, and a sentence on each format that cannot tell the model's classes apart."""
    # 0.1 s that the window's start need not wait for.
    from dcsm_viewer.export import export_result
    from dcsm_viewer.export.format_checks import refused_formats
    from dcsm_viewer.worker.pseudo_labels import with_seeds

    refused = refused_formats(result.model.class_names, formats)
    formats = tuple(name for name in formats if name not in refused)
    if not formats:
        raise UserError(" ".join(refused.values()))
    where = Path(folder)
    ensure_folder(where)
    stem = free_stem(where, result.request.image, formats)
    return export_result(with_seeds(result, formats), where, stem, formats, stages=stages), tuple(refused.values())
