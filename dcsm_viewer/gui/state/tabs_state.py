"""What is kept of an image while another is on show, and how tabs come, go and change: pure functions of the state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dcsm_viewer.core.settings import ClassChoice, Settings
from dcsm_viewer.core.types import Result, SourceImage
from dcsm_viewer.gui.state.snapshots import result_bytes
from dcsm_viewer.gui.state.view_state import StateFields, Tab, ViewState

MAX_WITH_MAPS = 12
MAX_RESULT_BYTES = 1 << 30
"""So many tabs keep pixels and maps while they are away, and no more bytes of maps than this."""


@dataclass(frozen=True, slots=True)
class FolderPosition:
    """Folder and place of the image on show before a new one was opened beside it."""

    folder: tuple[str, ...]
    index: int | None
    unreadable: frozenset[str]


def folder_position(state: ViewState) -> FolderPosition:
    return FolderPosition(state.folder, state.folder_index, state.unreadable)


def saved_tab(state: ViewState, left: FolderPosition | None = None) -> Tab:
    """The image on show as it is kept while it is away."""
    left = left or folder_position(state)
    image = state.image
    settled = state.result if state.result is not None and state.result.completeness == "settled" else None
    return Tab(
        serial=_newest(state),
        name="" if image is None else image.name,
        path=None if image is None else image.path,
        image=image,
        result=settled,
        choice=state.settings.choice,
        classes_of=(state.settings.model, state.settings.vocabulary),
        focus=state.focus,
        folder=left.folder,
        folder_index=left.index,
        unreadable=left.unreadable,
    )


def with_new_tab(state: ViewState, left: FolderPosition) -> StateFields:
    """A new tab behind the one on show, for an image that is put on show by the caller."""
    tabs = _with_parked(state, left)
    tabs = (*tabs[: state.tab + 1], Tab(_newest(state) + 1), *tabs[state.tab + 1 :])
    return {"tabs": _within_bounds(tabs), "tab": state.tab + 1}


def duplicated(state: ViewState) -> StateFields:
    """The image on show in a second tab, which is the one on show from now on."""
    return with_new_tab(state, folder_position(state))


def shown(state: ViewState, index: int, image: SourceImage | None = None) -> StateFields:
    """The tab at `index` instead of the one on show; `image` where it had to be read again."""
    tabs = _within_bounds(_visited(_with_parked(state), index))
    return {"tabs": tabs, "tab": index, **_resumed(state, tabs[index], image)}


def closed(state: ViewState, index: int, image: SourceImage | None = None) -> StateFields:
    """Without the tab at `index`; where it was the one on show its neighbour is, and nothing after the last."""
    tabs = _with_parked(state)
    rest = (*tabs[:index], *tabs[index + 1 :])
    if index != state.tab:
        return {"tabs": rest, "tab": state.tab - (index < state.tab)}
    if not rest:
        nothing: StateFields = {"image": None, "result": None, "focus": None, "folder": (), "folder_index": None}
        return {**nothing, "unreadable": frozenset(), "progress": None, "failure": None, "tabs": (), "tab": 0}
    heir = min(index, len(rest) - 1)
    return {"tabs": _visited(rest, heir), "tab": heir, **_resumed(state, rest[heir], image)}


def heir_of(state: ViewState, index: int) -> int | None:
    """Which tab comes on show, by its place now, when the one at `place` is closed; None where none has to."""
    if index != state.tab or len(state.tabs) < 2:
        return None
    return index + 1 if index + 1 < len(state.tabs) else index - 1


def moved(state: ViewState, start: int, end: int) -> StateFields:
    """The tab at `start` moved to the index `end`; the one on show stays on show."""
    order = [*range(len(state.tabs))]
    order.insert(end, order.pop(start))
    return {"tabs": tuple(state.tabs[index] for index in order), "tab": order.index(state.tab)}


def index_of(state: ViewState, image: SourceImage) -> int | None:
    """The tab that holds this image already."""
    for index, tab in enumerate(state.tabs):
        mine = state.image if index == state.tab else tab.image
        name = tab.path if mine is None else mine.path
        if (mine is not None and mine.digest == image.digest and name == image.path) or (
            mine is None and name is not None and name == image.path
        ):
            return index
    return None


def title_of(state: ViewState, index: int) -> str:
    if index == state.tab:
        return state.image.name if state.image is not None else ""
    return state.tabs[index].name


def _with_parked(state: ViewState, left: FolderPosition | None = None) -> tuple[Tab, ...]:
    tabs = state.tabs or (Tab(0),)
    here = saved_tab(state, left)
    return tuple(here if index == state.tab else tab for index, tab in enumerate(tabs))


def _resumed(state: ViewState, tab: Tab, image: SourceImage | None) -> StateFields:
    settings = state.settings
    same_classes = tab.classes_of == (settings.model, settings.vocabulary)
    choice = tab.choice if same_classes else ClassChoice(top1_if_none=settings.choice.top1_if_none)
    return {
        "image": tab.image or image,
        "settings": replace(settings, choice=choice),
        "focus": tab.focus if same_classes else None,
        "result": tab.result if _fits(tab.result, settings) else None,
        "folder": tab.folder,
        "folder_index": tab.folder_index,
        "unreadable": tab.unreadable,
        "reading": None,
        "progress": None,
        "failure": None,
        "message": None,
    }


def _fits(result: Result | None, settings: Settings) -> bool:
    """Whether its class ids and layers are those of now; older constants only make it stale."""
    if result is None:
        return False
    theirs = result.request.settings
    return (theirs.model, theirs.vocabulary) == (settings.model, settings.vocabulary)


def _visited(tabs: tuple[Tab, ...], index: int) -> tuple[Tab, ...]:
    newest = max(tab.serial for tab in tabs) + 1
    return tuple(replace(tab, serial=newest) if here == index else tab for here, tab in enumerate(tabs))


def _newest(state: ViewState) -> int:
    return max((tab.serial for tab in state.tabs), default=0) + 1


def _within_bounds(tabs: Sequence[Tab]) -> tuple[Tab, ...]:
    """Those visited last as they are; others without maps, and without pixels where a file has them."""
    held: list[Result] = []
    bounded: dict[int, Tab] = {}
    order = sorted(range(len(tabs)), key=lambda index: -tabs[index].serial)
    for rank, index in enumerate(order):
        tab = tabs[index]
        if rank >= MAX_WITH_MAPS and tab.path is not None:
            tab = replace(tab, image=None, result=None)
        elif tab.result is not None and held and result_bytes([*held, tab.result]) > MAX_RESULT_BYTES:
            tab = replace(tab, result=None)
        if tab.result is not None:
            held.append(tab.result)
        bounded[index] = tab
    return tuple(bounded[index] for index in range(len(tabs)))
