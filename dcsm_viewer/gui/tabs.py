"""Several images open at once: switching, closing and doubling tabs; nothing is computed again that is still there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject

from dcsm_viewer.core.types import SourceImage
from dcsm_viewer.gui.files.image_loader import ImageLoader
from dcsm_viewer.gui.link.controller import Controller
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.tabs_state import closed, duplicated, heir_of, moved, shown


class Tabs(QObject):
    """What the tab bar and its keys do to the store; an image that had to be let go is read again on the way."""

    def __init__(
        self, store: Store, image_loader: ImageLoader, controller: Controller, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._image_loader = image_loader
        self._controller = controller

    def show(self, index: int) -> None:
        state = self._store.state
        if index == state.tab or not 0 <= index < len(state.tabs):
            return
        self._with_image(index, partial(self._put, index))

    def step(self, by: int) -> None:
        """The next tab, after the last the first; or the one before."""
        count = len(self._store.state.tabs)
        if count > 1:
            self.show((self._store.state.tab + by) % count)

    def close(self, index: int | None = None) -> None:
        """The tab at `place`, None for the one on show."""
        state = self._store.state
        index = state.tab if index is None else index
        if state.image is None or not 0 <= index < max(1, len(state.tabs)):
            return
        heir = heir_of(state, index)
        if heir is None:
            if len(state.tabs) < 2:
                self._controller.cancel()
            self._store.end_merge()
            self._store.change(**closed(state, index))
        else:
            self._with_image(heir, partial(self._close, index))

    def duplicate(self) -> None:
        """The image on show once more, in a tab of its own."""
        if self._store.state.image is not None:
            self._store.change(**duplicated(self._store.state))

    def move(self, start: int, end: int) -> None:
        self._store.change(**moved(self._store.state, start, end))

    def _with_image(self, index: int, then: Callable[[SourceImage | None], None]) -> None:
        tab = self._store.state.tabs[index]
        if tab.image is None and tab.path is not None:
            self._image_loader.fetch(tab.path, then)
        else:
            then(None)

    def _put(self, index: int, image: SourceImage | None) -> None:
        self._store.end_merge()
        self._store.change(**shown(self._store.state, index, image))

    def _close(self, index: int, image: SourceImage | None) -> None:
        self._store.end_merge()
        self._store.change(**closed(self._store.state, index, image))
