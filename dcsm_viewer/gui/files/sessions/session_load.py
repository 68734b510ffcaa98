"""A session on its way in: its images read again, what is missing or changed put into sentences."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from dcsm_viewer.core.types import EngineReady, SourceImage, UserError
from dcsm_viewer.gui.files.image_loader import ImageList, collect_images
from dcsm_viewer.gui.files.sessions.session_file import SavedTab, Session, changed_pixels, image_path, read_session
from dcsm_viewer.gui.state.snapshots import Snapshot
from dcsm_viewer.gui.state.store import History, HistoryEntry
from dcsm_viewer.gui.state.tabs_state import MAX_WITH_MAPS
from dcsm_viewer.gui.state.view_state import StateFields, Tab
from dcsm_viewer.io.images import read_image


@dataclass(frozen=True, slots=True)
class SessionImage:
    """An image of a session that is still there. image: None where it is read when its tab is shown."""

    saved: SavedTab
    path: str
    image: SourceImage | None
    leaf: ImageList


@dataclass(frozen=True, slots=True)
class LoadedSession:
    """A session, those of its images that are there (the one on show by its place), and sentences on the others."""

    session: Session
    found: tuple[SessionImage, ...]
    shown: int
    sentences: tuple[str, ...]


def load_session(path: Path) -> LoadedSession:
    """Reads the file and its images. Raises UserError where the file itself cannot be used."""
    session = read_session(path)
    found: list[SessionImage] = []
    sentences: list[str] = []
    shown = 0
    for index, tab in enumerate(session.tabs):
        if index == session.tab:
            shown = len(found)
        try:
            found.append(_found(tab, path, at_once=index == session.tab or len(found) < MAX_WITH_MAPS))
        except UserError as error:
            sentences.append(str(error))
            continue
        image = found[-1].image
        changed = "" if image is None else changed_pixels(tab.image, image)
        if changed:
            sentences.append(changed)
    return LoadedSession(session, tuple(found), min(shown, max(0, len(found) - 1)), tuple(sentences))


def fields_of(loaded: LoadedSession, views: frozenset[str]) -> StateFields:
    """StateFields of ViewState by name. `views` are the names of pages there are; another becomes Compare."""
    session, found = loaded.session, loaded.found
    classes_of = (session.settings.model, session.settings.vocabulary)
    tabs = tuple(
        Tab(
            serial=index,
            name=Path(one.path).name,
            path=one.path,
            image=one.image,
            choice=one.saved.choice,
            classes_of=classes_of,
            focus=one.saved.focus,
            folder=one.leaf.folder,
            folder_index=one.leaf.index,
        )
        for index, one in enumerate(found)
    )
    here = tabs[loaded.shown] if tabs else Tab(0)
    return {
        "image": here.image,
        "settings": replace(session.settings, choice=here.choice if tabs else session.settings.choice),
        "focus": here.focus,
        "result": None,
        "progress": None,
        "pending_serial": None,
        "reading": None,
        "failure": None,
        "folder": here.folder,
        "folder_index": here.folder_index,
        "unreadable": frozenset(),
        "tabs": tabs if len(tabs) > 1 else (),
        "tab": loaded.shown if len(tabs) > 1 else 0,
        "view": session.view if session.view in views else "compare",
        "paint": session.paint,
        "comparison": session.comparison,
        "snapshots": tuple(
            Snapshot(kept.name, kept.settings, kept.focus, kept.image.pixels_sha256 or "", kept.image.name)
            for kept in session.snapshots
        ),
    }


def history_of(session: Session) -> History:
    steps = tuple(HistoryEntry(step.settings, step.pixels_sha256) for step in session.history)
    return History(steps, session.here) if steps else History((HistoryEntry(session.settings, None),), 0)


def changed_weights(session: Session, engine: EngineReady) -> str:
    """A sentence where the session's network has other weights now or is not there, else ""."""
    name = session.settings.model
    there = {model.name: model.weights_digest for model in engine.models}
    wanted = session.weights.get(name)
    if wanted is None or there.get(name, wanted) == wanted:
        return ""
    return f"The weights of {name} are others than when the session was saved, so all maps will differ."


def _found(tab: SavedTab, session_path: Path, *, at_once: bool) -> SessionImage:
    path = image_path(tab.image, session_path)
    if path is None:
        raise UserError(f"{tab.image.name} was pasted and has no file, so it cannot come back; paste it again.")
    if not Path(path).is_file():
        raise UserError(f"{tab.image.name} is not at {path} any more; open it from where it is now.")
    return SessionImage(tab, path, read_image(path) if at_once else None, collect_images((path,)))
