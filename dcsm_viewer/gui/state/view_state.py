"""What the window shows, as one frozen value; views are functions of it, undo is a list of its settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypedDict

from dcsm_viewer.core.settings import ClassChoice, Settings
from dcsm_viewer.core.types import EngineReady, Progress, Result, SourceImage
from dcsm_viewer.gui.state.snapshots import Comparison, Snapshot

ViewName = Literal["compare", "grid", "overlay", "labels"]
RangeMode = Literal["own", "shared", "absolute"]
MapKind = Literal["both", "raw", "distinct"]


@dataclass(frozen=True, slots=True)
class Paint:
    """What only changes the paint. opacity in [0, 1]. `colormap` is a name known to the package cmap.

    own: each pane from 0 to its own maximum. shared: all panes of one kind from 0 to their common maximum.
    absolute: 0 to 1 for class maps, 0 to the largest possible value for distinct maps, raw maps as shared.
    """

    opacity: float = 0.6
    colormap: str = "inferno"
    range_mode: RangeMode = "own"
    kind: MapKind = "both"
    overlay_of: Literal["class", "labels"] = "class"
    overlay_on: bool = True


@dataclass(frozen=True, slots=True)
class Tab:
    """One opened image. Of the one on show only the serial counts: everything else is in the state itself.

    serial: grows with every visit, so that the longest unvisited is known. image, result: None where they had to be
    let go; `path` then says what to read again. choice holds for this network and vocabulary.
    """

    serial: int
    name: str = ""
    path: str | None = None
    image: SourceImage | None = None
    result: Result | None = None
    choice: ClassChoice = ClassChoice()  # noqa: RUF009  # frozen, like everything in it
    classes_of: tuple[str, str] = ("", "")
    focus: int | None = None
    folder: tuple[str, ...] = ()
    folder_index: int | None = None
    unreadable: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ViewState:
    """The whole window. `view` is a ViewName or the name of a tool that takes the centre. `focus` is the class
    id on display, None for the best detected one. `image` may be newer than `result` (which then is shown
    dimmed). `failure` is the sentence in the bar above the panes, None when all is well. `folder` lists the
    paths of the folder panel, `folder_index` the open one. `snapshots` are results kept to compare, oldest first.
    `tabs`: the open images, empty until there are two, `tab` the index of the displayed one.
    """

    image: SourceImage | None = None
    settings: Settings = field(default_factory=Settings)
    paint: Paint = field(default_factory=Paint)
    view: str = "compare"
    focus: int | None = None
    engine: EngineReady | None = None
    result: Result | None = None
    progress: Progress | None = None
    failure: str | None = None
    folder: tuple[str, ...] = ()
    folder_index: int | None = None
    reading: str | None = None
    unreadable: frozenset[str] = frozenset()
    pending_serial: int | None = None
    message: str | None = None
    snapshots: tuple[Snapshot, ...] = ()
    comparison: Comparison = field(default_factory=Comparison)
    tabs: tuple[Tab, ...] = ()
    tab: int = 0

    @property
    def shown_class(self) -> int | None:
        """Class id whose maps are on display: the focus of the result, None without a result."""
        if self.result is None or self.result.focus is None:
            return None
        return self.result.focus.class_id


class StateFields(TypedDict, total=False):
    """Some fields of ViewState, for `Store.change`; a test holds it equal to them."""

    image: SourceImage | None
    settings: Settings
    paint: Paint
    view: str
    focus: int | None
    engine: EngineReady | None
    result: Result | None
    progress: Progress | None
    failure: str | None
    folder: tuple[str, ...]
    folder_index: int | None
    reading: str | None
    unreadable: frozenset[str]
    pending_serial: int | None
    message: str | None
    snapshots: tuple[Snapshot, ...]
    comparison: Comparison
    tabs: tuple[Tab, ...]
    tab: int


StateField = Literal[
    "image",
    "settings",
    "paint",
    "view",
    "focus",
    "engine",
    "result",
    "progress",
    "failure",
    "folder",
    "folder_index",
    "reading",
    "unreadable",
    "pending_serial",
    "message",
    "snapshots",
    "comparison",
    "tabs",
    "tab",
]
"""The name of a field of ViewState."""

SHOWN_MAPS: tuple[StateField, ...] = (
    "image", "settings", "focus", "result", "engine", "failure", "progress", "paint", "tab",
)  # fmt: skip
"""What panes with maps show: the result and its paint, or why there is none."""
