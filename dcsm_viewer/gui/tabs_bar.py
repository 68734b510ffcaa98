"""One thin line above the panes, a tab for each open image; not there while there is only one."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QTabBar, QWidget
from typing_extensions import override

from dcsm_viewer.gui.plain_text import as_control, as_tip
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.tabs_state import title_of
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.tabs import Tabs


class TabsBar(QTabBar):
    """Click shows, the cross or the middle button closes, a drag puts in another place."""

    def __init__(self, store: Store, tabs: Tabs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._tabs = tabs
        self.setAccessibleName("Open images")
        self.setDocumentMode(True)
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setTabsClosable(True)
        self.setMovable(True)
        self.setElideMode(Qt.TextElideMode.ElideMiddle)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.currentChanged.connect(tabs.show)
        self.tabCloseRequested.connect(tabs.close)
        self.tabMoved.connect(self._on_move)
        store.watch(self._on_state_changed, "tabs", "tab", "image", "reading")
        self._show(store.state)

    @override
    def minimumSizeHint(self) -> QSize:
        # Many tabs scroll; they never make the window wider.
        return QSize(100, super().minimumSizeHint().height())

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.MiddleButton:
            index = self.tabAt(event.position().toPoint())
            if index >= 0:
                self._tabs.close(index)
            return
        super().mouseReleaseEvent(event)

    def _on_move(self, start: int, end: int) -> None:
        # The bar has moved the tab already; the state follows it.
        self._tabs.move(start, end)

    def _on_state_changed(self, before: ViewState, after: ViewState) -> None:
        # A tab whose file could not be read again was chosen in vain.
        in_vain = before.reading is not None and after.reading is None and self.currentIndex() != after.tab
        if before.tabs is not after.tabs or before.tab != after.tab or before.image is not after.image or in_vain:
            self._show(after)

    def _show(self, state: ViewState) -> None:
        count = max(1, len(state.tabs))
        with QSignalBlocker(self):
            while self.count() > count:
                self.removeTab(self.count() - 1)
            while self.count() < count:
                self.addTab("")
            for index in range(count):
                name = title_of(state, index) if state.tabs else ""
                text = as_control(name)
                path = state.tabs[index].path if state.tabs and index != state.tab else None
                if index == state.tab and state.image is not None:
                    path = state.image.path
                if self.tabText(index) != text:
                    self.setTabText(index, text)
                self.setTabToolTip(index, as_tip(path or name))
            self.setCurrentIndex(state.tab)
        self.setVisible(count > 1)
