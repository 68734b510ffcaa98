"""The line above the panes: which image, how far its maps are or, in the same place, what went wrong."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from dcsm_viewer.gui.panels.headline_words import Headline, headline
from dcsm_viewer.gui.plain_text import as_tip
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import ViewState


class HeadlineBar(QWidget):
    """Two lines high whether all is well or not, so that the panes below never move.

    Signals:
        top1_wanted: nothing is above the threshold and the user wants the best class.
        dismissed: the failure was read.
    """

    top1_wanted = Signal()
    dismissed = Signal()

    def __init__(self, store: Store, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sign = QLabel(self)
        self._words = QLabel(self)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._top1 = QToolButton(self)
        self._top1.setText("Use top-1")
        self._top1.setToolTip("Take the best class although it is below the threshold.")
        self._dismiss = QToolButton(self)
        self._dismiss.setText("Dismiss")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 0)
        row.addWidget(self._sign)
        row.addWidget(self._words, 1)
        row.addWidget(self._top1)
        row.addWidget(self._dismiss)
        self.setFixedHeight(2 * self.fontMetrics().lineSpacing() + 8)
        self._top1.clicked.connect(self.top1_wanted)
        self._dismiss.clicked.connect(self.dismissed)
        store.watch(
            self._on_state_changed,
            "engine",
            "failure",
            "image",
            "message",
            "pending_serial",
            "reading",
            "result",
            "settings",
        )
        self._shown: Headline | None = None
        self.show_state(store.state)

    @property
    def words(self) -> str:
        return self._words.text()

    def show_state(self, state: ViewState) -> None:
        now = headline(state)
        if now == self._shown:
            return
        self._shown = now
        self._sign.setText("▲" if now.is_failure else "")
        self._sign.setVisible(now.is_failure)
        self._sign.setForegroundRole(QPalette.ColorRole.BrightText)
        # A failure may need both lines; elsewhere each line is a thing of its own, cut off rather than pushed down.
        self._words.setWordWrap(now.is_failure)
        self._words.setText(now.text)
        self._words.setToolTip(as_tip(now.text))
        self._top1.setVisible(now.offers_top1)
        self._dismiss.setVisible(now.is_failure)
        self.setBackgroundRole(QPalette.ColorRole.AlternateBase if now.is_failure else QPalette.ColorRole.Window)
        self.setAutoFillBackground(now.is_failure)
        self.setAccessibleName(now.text)

    def _on_state_changed(self, _before: ViewState, after: ViewState) -> None:
        self.show_state(after)
