"""Pictures on their way in: files and folders become a list, one place of the list becomes the source image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, QUrl, Signal

import dcsm_viewer
from dcsm_viewer.core.types import SourceImage, UserError
from dcsm_viewer.gui.link.background_tasks import BackgroundTasks
from dcsm_viewer.gui.state.settings_edits import for_another_image
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.tabs_state import FolderPosition, folder_position, index_of, shown, with_new_tab
from dcsm_viewer.gui.state.view_state import StateFields
from dcsm_viewer.io.datasets.image_names import ByName
from dcsm_viewer.io.images import each_once, list_images, read_image

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ImageList:
    """The images to leaf through, and which of them to show first. is_lone: a single file was asked for."""

    folder: tuple[str, ...]
    index: int
    is_lone: bool = False


class ImageLoader(QObject):
    """Reads away from the window's thread; only the image asked for last is shown, a bad one leaves the old one.

    `opened(path)` says that an image is on show.
    """

    opened = Signal(str)

    def __init__(self, store: Store, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._tasks = BackgroundTasks("reader", self)
        self._under_way: Future[None] | None = None
        self._serial = 0

    def open_paths(self, paths: Sequence[str]) -> None:
        """One file opens with its neighbours in the list; several files make the list; folders bring their images."""
        if paths:
            self._send(partial(collect_images, tuple(paths)), self._leaf_through, self._refuse_all)

    def open_at(self, index: int) -> None:
        folder = self._store.state.folder
        if 0 <= index < len(folder):
            self._store.change(folder_index=index)
            self._read(folder[index])

    def fetch(self, path: str, then: Callable[[SourceImage], None]) -> None:
        """Reads one image and hands it over instead of putting it on show; a bad one is refused as always."""
        self._store.change(reading=path)
        self._send(partial(read_image, path), then, partial(self._refuse, path))

    def step(self, by: int) -> None:
        """The next image, or the one before; nothing past either end."""
        index = self._store.state.folder_index
        self.open_at(0 if index is None else index + by)

    def open_sample(self) -> None:
        samples = sample_paths()
        if not samples:
            self._refuse_all("The sample photographs are not installed; open a photograph of your own.")
            return
        self.open_paths(samples)

    def show_pasted(self, image: SourceImage) -> None:
        """Pixels without a file; the list stays as it is."""
        self._serial += 1
        self._put_beside(image, folder_position(self._store.state))

    def stop(self) -> None:
        self._tasks.stop()

    def _leaf_through(self, found: ImageList) -> None:
        left = folder_position(self._store.state)
        path = found.folder[found.index]
        if found.is_lone and left.folder:
            # A single file that turns out to be no image must not cost the list that is there.
            self._store.change(reading=path)
            work = partial(self._show_lone, found, left)
            self._send(partial(read_image, path), work, partial(self._refuse, path))
            return
        self._store.change(folder=found.folder, unreadable=frozenset(), folder_index=found.index, reading=path)
        self._send(partial(read_image, path), partial(self._show_beside, path, left), partial(self._refuse, path))

    def _show_lone(self, found: ImageList, left: FolderPosition, image: SourceImage) -> None:
        self._store.change(folder=found.folder, unreadable=frozenset(), folder_index=found.index)
        self._show_beside(found.folder[found.index], left, image)

    def _show_beside(self, path: str, left: FolderPosition, image: SourceImage) -> None:
        self._put_beside(image, left)
        self.opened.emit(path)

    def _put_beside(self, image: SourceImage, left: FolderPosition) -> None:
        """In a tab of its own: the one that holds it already, or a new one; the first image needs no second."""
        state = self._store.state
        there = index_of(state, image)
        if state.image is None or state.image.digest == image.digest:
            self._put_on_show(image)
        elif there is not None and there != state.tab:
            back = replace(state, folder=left.folder, folder_index=left.index, unreadable=left.unreadable)
            news: StateFields = {
                **shown(back, there, image),
                "folder": state.folder,
                "folder_index": state.folder_index,
                "unreadable": state.unreadable,
            }
            self._store.end_merge()
            self._store.change(**news)
        else:
            self._put_on_show(image, with_new_tab(state, left))

    def _read(self, path: str) -> None:
        self._store.change(reading=path)
        self._send(partial(read_image, path), partial(self._show, path), partial(self._refuse, path))

    def _show(self, path: str, image: SourceImage) -> None:
        self._put_on_show(image)
        self.opened.emit(path)

    def _put_on_show(self, image: SourceImage, tabs: StateFields | None = None) -> None:
        """Show this image; `tabs` are fields of the state that say in which tab, None for the displayed one."""
        state = self._store.state
        if state.image is None or state.image.digest == image.digest:
            self._store.change(image=image, reading=None, failure=None)
        else:
            self._store.end_merge()
            settings = for_another_image(state.settings)
            # The new photograph is there at once, without the maps of the old one.
            news: StateFields = {
                **(tabs or {}),
                "image": image,
                "settings": settings,
                "focus": None,
                "result": None,
                "progress": None,
                "reading": None,
                "failure": None,
                "message": None,
            }
            self._store.change(**news)

    def _refuse(self, path: str, sentence: str) -> None:
        unreadable = self._store.state.unreadable | {path}
        self._store.change(reading=None, failure=sentence, unreadable=unreadable)

    def _refuse_all(self, sentence: str) -> None:
        self._store.change(reading=None, failure=sentence)

    def _send(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[str], None]) -> None:
        """Do this, and ignore what was under way: the newest request counts."""
        self._serial += 1
        if self._under_way is not None:
            self._under_way.cancel()
        self._under_way = self._tasks.send(
            work, partial(self._if_newest, self._serial, done), partial(self._if_newest, self._serial, failed)
        )

    def _if_newest(self, serial: int, then: Callable[[T], None], answer: T) -> None:
        if serial == self._serial:
            then(answer)


def collect_images(paths: Sequence[str]) -> ImageList:
    """The images that files and folders bring, each once, in the order given; a lone file brings its neighbours.

    Raises UserError where there is nothing to open.
    """
    if len(paths) == 1 and not Path(paths[0]).is_dir():
        return _with_neighbours(paths[0])
    found = each_once(
        image
        for path in paths
        for image in (list_images(path) if Path(path).is_dir() else (str(Path(path).absolute()),))
    )
    if not found:
        raise UserError(f"There is no image in {', '.join(paths)}; choose a folder with photographs.")
    return ImageList(found, 0)


def _with_neighbours(path: str) -> ImageList:
    wanted = str(Path(path).absolute())
    try:
        folder = list_images(str(Path(wanted).parent))
    except UserError:
        # The folder may be unreadable, or gone, where the file itself still says what is wrong with it.
        folder = ()
    index = ByName((name, index) for index, name in enumerate(folder)).one(wanted)
    if index is None or (folder[index] != wanted and not _is_same(folder[index], wanted)):
        return ImageList((wanted,), 0, is_lone=True)
    return ImageList(folder, index, is_lone=True)


def _is_same(path: str, other: str) -> bool:
    """Whether the system takes both, written differently, for one file."""
    try:
        return Path(path).samefile(other)
    except (OSError, ValueError):
        return False


def paths_of(urls: Sequence[QUrl]) -> tuple[str, ...]:
    """Local files and folders among what was dropped; "file:///C:/a b.png" becomes "C:/a b.png" on Windows."""
    return tuple(path for url in urls if (path := url.toLocalFile()))


def sample_paths() -> tuple[str, ...]:
    """The photographs that come with the program, the one with a dog and a bicycle first."""
    folder = Path(dcsm_viewer.__file__).parent.parent / "resources" / "samples"
    found = sorted(folder.glob("*.jpg"), key=lambda path: (path.stem != "dog-bicycle", path.name))
    return tuple(str(path) for path in found)
