"""The session file: which images, settings, classes, kept results and steps of the history; no pixels, no maps."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from dcsm_viewer.core.settings import ClassChoice, Settings
from dcsm_viewer.core.types import SourceImage, UserError
from dcsm_viewer.gui.state.snapshots import Comparison, Snapshot
from dcsm_viewer.gui.state.store import History
from dcsm_viewer.gui.state.view_state import Paint, ViewState
from dcsm_viewer.io.relative_path import way_to
from dcsm_viewer.io.versioned_json import JsonFile

SCHEMA = 2
ENDING = ".dcsm.json"


@dataclass(frozen=True, slots=True)
class SavedImage:
    """A source image: `path` leads from the session's folder to its file, with "/", None for pasted pixels."""

    name: str
    path: str | None
    pixels_sha256: str | None


@dataclass(frozen=True, slots=True)
class SavedTab:
    """An open image and what was said of its classes; focus is the class id on display."""

    image: SavedImage
    choice: ClassChoice = field(default_factory=ClassChoice)
    focus: int | None = None


@dataclass(frozen=True, slots=True)
class SavedSnapshot:
    """A kept result by its settings and image; its maps can be computed again."""

    name: str
    settings: Settings
    focus: int | None
    image: SavedImage


@dataclass(frozen=True, slots=True)
class SavedStep:
    """A state of the settings, and the digest of the image they were chosen for."""

    settings: Settings
    pixels_sha256: str | None


@dataclass(frozen=True, slots=True)
class Session:
    """Everything of the window that no engine can compute. weights: digest of each network's weights by its name.

    tab, here: the place of the open image and of the step of the history that hold; settings are those of here.
    """

    schema: int
    settings: Settings
    tabs: tuple[SavedTab, ...]
    tab: int
    view: str
    paint: Paint
    comparison: Comparison
    snapshots: tuple[SavedSnapshot, ...]
    history: tuple[SavedStep, ...]
    here: int
    weights: dict[str, str]


def session_of(state: ViewState, history: History, folder: Path) -> Session:
    """The session for a file in `folder`."""
    shown = state.image
    tabs = []
    for index, tab in enumerate(state.tabs or (None,)):
        if tab is not None and index != state.tab:
            digest = None if tab.image is None else tab.image.digest
            tabs.append(SavedTab(_saved(tab.name, tab.path, digest, folder), tab.choice, tab.focus))
        elif shown is not None:
            image = _saved(shown.name, shown.path, shown.digest, folder)
            tabs.append(SavedTab(image, state.settings.choice, state.focus))
    models = () if state.engine is None else state.engine.models
    weights = {model.name: model.weights_digest for model in models if model.name == state.settings.model}
    if state.result is not None:
        weights[state.result.model.name] = state.result.model.weights_digest
    return Session(
        schema=SCHEMA,
        settings=state.settings,
        tabs=tuple(tabs),
        tab=state.tab,
        view=state.view,
        paint=state.paint,
        comparison=state.comparison,
        snapshots=tuple(_saved_snapshot(snapshot, folder) for snapshot in state.snapshots),
        history=tuple(SavedStep(step.settings, step.digest) for step in history.steps),
        here=history.here,
        weights=weights,
    )


def write_session(session: Session, path: Path) -> Path:
    """JSON at `path`, whole or not at all. Raises UserError where it cannot be written."""
    return _FILE.write(session, path)


def read_session(path: Path) -> Session:
    """Raises UserError for a file that is missing, no session, damaged, or of another version of the program."""
    session = _FILE.read(path)
    if not (0 <= session.tab < max(1, len(session.tabs)) and 0 <= session.here < max(1, len(session.history))):
        raise UserError(f"{path} names a tab or a step that it does not hold; {_FILE.mend}.")
    return session


_FILE = JsonFile(
    Session,
    kind="session",
    schema=SCHEMA,
    keys=frozenset({"tabs", "history"}),
    choose=f"a file ending in {ENDING}",
    mend="open an older copy of it",
)


def image_path(image: SavedImage, session_path: Path) -> str | None:
    """Where the image's file should be, None for pasted pixels."""
    if image.path is None:
        return None
    way = session_path.absolute().parent / image.path
    # Taking ".." off the text leads to the file only where no link lies between.
    plain, real = os.path.normpath(way), os.path.realpath(way)
    return plain if os.path.realpath(plain) == real else real


def changed_pixels(image: SavedImage, found: SourceImage) -> str:
    """A sentence where the file holds other pixels than when the session was saved, else ""."""
    if image.pixels_sha256 in {None, found.digest}:
        return ""
    return f"{image.name} has other pixels than when the session was saved, so its maps will differ."


def _saved(name: str, path: str | None, digest: str | None, folder: Path) -> SavedImage:
    """A name that is not UTF-8 cannot stand in the file: it is told by its bytes, and its image counts as pasted."""
    way = None if path is None else way_to(path, folder)
    return SavedImage(_plain(name), way if way is None or way == _plain(way) else None, digest)


def _plain(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


def _saved_snapshot(snapshot: Snapshot, folder: Path) -> SavedSnapshot:
    path = None if snapshot.result is None else snapshot.result.request.image.path
    image = _saved(snapshot.image_name, path, snapshot.digest, folder)
    return SavedSnapshot(snapshot.name, snapshot.settings, snapshot.focus, image)
