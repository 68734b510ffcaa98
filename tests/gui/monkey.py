"""A hand that does anything at all to the window, the same for the same seed."""

from __future__ import annotations

import gc
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QMenu, QMenuBar, QSlider, QToolButton, QWidget

from dcsm_viewer.gui.app import AppComponents
from dcsm_viewer.gui.commands.action_specs import ACTIONS
from dcsm_viewer.gui.widgets.slider_row import SliderRow
from dcsm_viewer.queries.query import Answer, Query, Report
from tests.gui.engines import InstantEngine

# What leaves the window, loads networks, reads large photographs or works through folders with an engine of its own.
LEFT_ALONE = {
    "file.quit", "file.sample", "model.import_weights", "model.fetch_vgg16", "model.open_weights",
    "tools.folder_run", "tools.triage", "tools.lessons",
}  # fmt: skip
_TOOLS_LEFT_ALONE = ("BatchExportTool", "ReviewTool", "TutorialsTool")
_KEYS = (
    *(Qt.Key(code) for code in range(Qt.Key.Key_0, Qt.Key.Key_9 + 1)),
    *(Qt.Key(code) for code in range(Qt.Key.Key_A, Qt.Key.Key_Z + 1)),
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
    Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Tab, Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Space,
    Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_BracketLeft, Qt.Key.Key_BracketRight, Qt.Key.Key_Delete,
    Qt.Key.Key_Backspace, Qt.Key.Key_Period,
)  # fmt: skip
_MODIFIERS = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
_SIZES = ((1024, 700), (1280, 800), (1500, 900))


class MonkeyEngine(InstantEngine):
    """Answers every request at once, and has nothing to say to questions it was taught no answer to."""

    def answer(self, query: Query, still_wanted: Callable[[], bool], report: Callable[[Report], None]) -> bool:
        if type(query.question) in self.known:
            return super().answer(query, still_wanted, report)
        report(Answer(query, failure="Nothing is known of that here."))
        return True


class Monkey:
    """Does one thing after the other; `did` counts what, `last` are the newest, for whoever looks for a cause."""

    def __init__(self, parts: AppComponents, paths: list[Path], seed: int) -> None:
        self._parts = parts
        self._paths = [str(path) for path in paths]
        self._random = random.Random(seed)
        self.did: Counter[str] = Counter()
        self.last: list[str] = []
        self._hands: tuple[tuple[Callable[[], str], int], ...] = (
            (self._trigger, 30),
            (self._click, 25),
            (self._key, 20),
            (self._drag, 8),
            (self._wheel, 5),
            (self._slide, 8),
            (self._choose, 8),
            (self._open, 2),
            (self._resize, 1),
        )

    def act(self) -> None:
        hands, weights = zip(*self._hands, strict=True)
        hand = self._random.choices(hands, weights)[0]
        what = hand()
        self.did[hand.__name__.strip("_")] += 1
        self.last = [*self.last[-19:], f"{hand.__name__.strip('_')} {what}"]
        popup = QApplication.activePopupWidget()
        if popup is not None:
            popup.close()
        QApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    def _trigger(self) -> str:
        names = [spec.name for spec in ACTIONS if spec.name not in LEFT_ALONE]
        name = self._random.choice(names)
        action = self._parts.window.menus.actions[name]
        if action.isEnabled():
            action.trigger()
        return name

    def _click(self) -> str:
        widget, at = self._somewhere()
        button = self._random.choice([Qt.MouseButton.LeftButton] * 9 + [Qt.MouseButton.MiddleButton])
        if self._random.random() < 0.15:
            QTest.mouseDClick(widget, button, pos=at)
        else:
            QTest.mouseClick(widget, button, pos=at)
        return _name(widget)

    def _key(self) -> str:
        focused: QWidget | None = self._parts.window.focusWidget()
        widget = self._parts.window if focused is None else focused
        if not self._may_touch(widget):
            return "nothing"
        key, modifier = self._random.choice(_KEYS), self._random.choice(_MODIFIERS)
        QTest.keyClick(widget, key, modifier)
        return f"{key.name} in {_name(widget)}"

    def _drag(self) -> str:
        widget, start = self._somewhere()
        QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=start)
        for _ in range(self._random.randint(1, 4)):
            _move(widget, self._point_in(widget))
        QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=self._point_in(widget))
        return _name(widget)

    def _wheel(self) -> str:
        widget, at = self._somewhere()
        position, notches = QPointF(at), self._random.choice([-2, -1, 1, 2])
        event = QWheelEvent(
            position, widget.mapToGlobal(position), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(widget, event)
        return _name(widget)

    def _slide(self) -> str:
        rows = self._parts.window.findChildren(SliderRow)
        row = self._random.choice(rows)
        slider = row.findChild(QSlider)
        assert slider is not None
        for _ in range(self._random.randint(1, 3)):
            slider.setValue(self._random.randint(slider.minimum(), slider.maximum()))
        return row.objectName()

    def _choose(self) -> str:
        boxes = [box for box in self._parts.window.findChildren(QComboBox) if self._may_touch(box) and box.count()]
        if not boxes:
            return "nothing"
        box = self._random.choice(boxes)
        box.setCurrentIndex(self._random.randrange(box.count()))
        box.activated.emit(box.currentIndex())
        return _name(box)

    def _open(self) -> str:
        path = self._random.choice(self._paths)
        self._parts.image_loader.open_paths([path])
        return path

    def _resize(self) -> str:
        size = self._random.choice(_SIZES)
        self._parts.window.resize(*size)
        return str(size)

    def _somewhere(self) -> tuple[QWidget, QPoint]:
        found = [widget for widget in self._parts.window.findChildren(QWidget) if self._may_touch(widget)]
        widget = self._random.choice(found) if found else self._parts.window
        return widget, self._point_in(widget)

    def _point_in(self, widget: QWidget) -> QPoint:
        return QPoint(self._random.randrange(max(1, widget.width())), self._random.randrange(max(1, widget.height())))

    def _may_touch(self, widget: QWidget) -> bool:
        window = self._parts.window
        if not (widget.isVisible() and widget.isEnabled()) or widget.window() is not window:
            return False
        # A menu that opens waits for its user in a loop of its own.
        if isinstance(widget, QMenu | QMenuBar) or (isinstance(widget, QToolButton) and widget.menu() is not None):
            return False
        parent: object = widget
        while isinstance(parent, QWidget):
            if type(parent).__name__ in _TOOLS_LEFT_ALONE:
                return False
            parent = parent.parent()
        return True


def used_bytes() -> int | None:
    """Memory of this process after a collection, None where the system does not say; without what was copied last."""
    QGuiApplication.clipboard().clear()
    gc.collect()
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * 4096 if statm.exists() else None


def _move(widget: QWidget, position: QPoint) -> None:
    at = position.toPointF()
    event = QMouseEvent(
        QEvent.Type.MouseMove, at, widget.mapToGlobal(at), Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def _name(widget: QWidget) -> str:
    return f"{type(widget).__name__} {widget.accessibleName() or widget.objectName()}".strip()
