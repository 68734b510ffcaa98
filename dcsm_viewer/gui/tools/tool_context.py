"""What a tool may use of the window, and what every tool has in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from dcsm_viewer.core.types import Request
from dcsm_viewer.gui.canvas.viewport import Viewport
from dcsm_viewer.gui.files.image_loader import ImageLoader
from dcsm_viewer.gui.files.user_settings import UserSettings
from dcsm_viewer.gui.link.controller import Controller
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import SHOWN_MAPS, StateField, ViewState
from dcsm_viewer.gui.widgets.plot import Plot
from dcsm_viewer.queries.query import Answer, Question

AnyT = TypeVar("AnyT")


class PixelClicks(QObject):
    """`clicked(row, col)`: this pixel of the image was clicked in any pane of the window."""

    clicked = Signal(int, int)


@dataclass(frozen=True, slots=True)
class ToolContext:
    """The store to read and change, the viewport all panes share, clicked pixels, engine, files,
    and the widgets of the window by the names that tutorials point at them with.
    """

    store: Store
    viewport: Viewport
    controller: Controller
    user_settings: UserSettings
    pixels: PixelClicks
    image_loader: ImageLoader
    targets: Mapping[str, Callable[[], QWidget]] = field(default_factory=dict)


class Tool(QWidget):
    """A tool is shown every state while it is seen, catches up when it is opened, and asks nothing while it is hidden.

    `question`: the type of question it asks the engine, if any; its queries are cancelled when it is hidden.
    `watched`: the fields of ViewState that it shows.
    """

    question: type[Question] | None = None
    watched: tuple[StateField, ...] = SHOWN_MAPS

    def __init__(self, context: ToolContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self._query_serial = 0
        context.store.watch(self._on_state_changed, *self.watched)
        context.controller.answered.connect(self._take)

    @abstractmethod
    def show_state(self, state: ViewState) -> None:
        """Show the state; called when a watched field changes while the tool is seen, and when it comes to be seen."""

    def show_answer(self, answer: Answer) -> None:
        """An answer to the newest question of this tool."""

    def under_way(self) -> str:
        """What closing the window would break off, in a sentence; "" for nothing."""
        return ""

    def stop(self) -> None:
        """The window closes: ends the tool's threads, its files whole; nothing for a tool without any."""

    def hear_plot(self, plot: Plot) -> None:
        """What came of writing the plot to a file is said below the panes, a failure above them."""
        plot.written.connect(self._say)
        plot.failed.connect(self._say_failure)

    def submit_query(self, request: Request, question: Question) -> None:
        """Asks the engine; the answer to an older question is never shown."""
        self._query_serial = self.context.controller.submit_query(request, question)

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.show_state(self.context.store.state)

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self.question is not None:
            self.context.controller.cancel_queries(self.question)

    def _on_state_changed(self, _before: ViewState, after: ViewState) -> None:
        if self.isVisible():
            self.show_state(after)

    def _take(self, answer: Answer) -> None:
        if self.isVisible() and answer.query.serial == self._query_serial:
            self.show_answer(answer)

    def _say(self, sentence: str) -> None:
        self.context.store.change(message=sentence)

    def _say_failure(self, sentence: str) -> None:
        self.context.store.change(failure=sentence)
