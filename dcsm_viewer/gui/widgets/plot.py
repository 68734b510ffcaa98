"""One interactive plot: curves, bars and lines to drag, by mouse and by keys, in the theme's colours.

pyqtgraph is imported when a plot is first shown, not before: it costs the window's start a third of a second.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPalette, QShowEvent
from PySide6.QtWidgets import QFileDialog, QMenu, QSizePolicy, QVBoxLayout, QWidget
from typing_extensions import override

from dcsm_viewer.core.types import UserError
from dcsm_viewer.gui.canvas.pane_drawing import draw_frame
from dcsm_viewer.gui.widgets.plot_values import Chart, Line

if TYPE_CHECKING:
    from dcsm_viewer.gui.widgets.plot_canvas import Canvas

FORMATS = ("PNG", "SVG", "CSV")
_FAST = 10
_LEAST_LINES = 9
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_OTHERS = {Qt.Key.Key_Down: -1, Qt.Key.Key_Up: 1}
_ZOOMS = {Qt.Key.Key_Plus: 0.8, Qt.Key.Key_Equal: 0.8, Qt.Key.Key_Minus: 1.25}


class Plot(QWidget):
    """Shows a Chart.

    Signals:
    moved: a line is to stand at x (its key, x within the axis, a multiple of its step). The owner answers with
        another chart; the plot keeps no place of its own.
    let_go: the hand has let go of the line.
    written, failed: a file was written, or why it was not, in one sentence.
    """

    moved = Signal(str, float)
    let_go = Signal()
    written = Signal(str)
    failed = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._chart: Chart | None = None
        self._active = ""
        self._canvas: Canvas | None = None
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(2, 2, 2, 2)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._describe()

    @property
    def chart(self) -> Chart | None:
        return self._chart

    @property
    def active(self) -> str:
        """The key of the line that the arrow keys move, "" where none can be moved."""
        return self._active

    @property
    def canvas(self) -> Canvas:
        """The pyqtgraph widget, made (and pyqtgraph loaded) when first asked for."""
        if self._canvas is None:
            from dcsm_viewer.gui.widgets.plot_canvas import Canvas

            self._canvas = Canvas(self)
            self._canvas.repaint_in(self._palette())
            self._canvas.dragged.connect(self._take_drag)
            self._canvas.clicked.connect(self._on_click)
            self._canvas.let_go.connect(self.let_go)
            self._box.addWidget(self._canvas)
            self._draw()
        return self._canvas

    def show_chart(self, chart: Chart | None, *, active: str | None = None) -> None:
        """Shows other values; None shows nothing. active: the line that the keys move from now on."""
        keys = [] if chart is None else [line.key for line in chart.movable]
        chosen = self._active if active is None else active
        if chosen not in keys:
            chosen = keys[0] if keys else ""
        if chart == self._chart and chosen == self._active:
            return
        self._chart, self._active = chart, chosen
        self._describe()
        if self._canvas is not None:
            self._draw()
        elif self.isVisible() and chart is not None:
            _ = self.canvas

    def choose_line(self, key: str) -> None:
        """The arrow keys move this line from now on."""
        self.show_chart(self._chart, active=key)

    def position_of(self, x: float, y: float | None = None) -> QPointF:
        """Where a place of the chart stands on this widget, logical px; y: the middle of its axis if None."""
        assert self._chart is not None, "there is a chart"
        middle = self._chart.y.low + self._chart.y.span / 2
        inside = self.canvas.pixel_of(x, middle if y is None else y)
        return QPointF(self.canvas.mapTo(self, inside.toPoint()))

    def export(self, path: Path) -> None:
        """Writes the plot in the format that the ending names; the file appears whole or not at all.

        Raises UserError for another ending, a plot without values and a place that cannot be written.
        """
        from dcsm_viewer.gui.widgets.plot_files import write_plot

        if self._chart is None:
            raise UserError("The plot shows nothing yet; export it when its curves are there.")
        write_plot(self._chart, self.canvas.size(), self.font(), path)

    def menu(self) -> QMenu:
        """The context menu: the whole view, and a file of each format."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("View all", self.view_all)
        menu.addSeparator()
        for kind in FORMATS:
            menu.addAction(f"Export plot as {kind}...", partial(self._ask_file, kind))
        for action in menu.actions():
            action.setEnabled(self._chart is not None)
        return menu

    def view_all(self) -> None:
        """Shows both axes whole again, after zooming or panning."""
        self.canvas.view_all()

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(200, _LEAST_LINES * self.fontMetrics().height())

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._chart is not None:
            _ = self.canvas

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        kinds = (QEvent.Type.PaletteChange, QEvent.Type.EnabledChange, QEvent.Type.FontChange)
        if self._canvas is not None and event.type() in kinds:
            self._canvas.repaint_in(self._palette())

    @override
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu().popup(event.globalPos() if not event.globalPos().isNull() else self.mapToGlobal(QPoint(8, 8)))

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        line = self._active_line()
        if self._chart is None:
            super().keyPressEvent(event)
        elif line is not None and key in _STEPS:
            fast = _FAST if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            self._tell(line, line.x + _STEPS[key] * fast * line.step)
            self.let_go.emit()
        elif line is not None and key in {Qt.Key.Key_Home, Qt.Key.Key_End}:
            self._tell(line, self._chart.x.low if key == Qt.Key.Key_Home else self._chart.x.high)
            self.let_go.emit()
        elif len(self._chart.movable) > 1 and key in _OTHERS:
            keys = [one.key for one in self._chart.movable]
            self.choose_line(keys[min(max(keys.index(self._active) + _OTHERS[key], 0), len(keys) - 1)])
        elif key in _ZOOMS:
            self.canvas.zoom(_ZOOMS[key])
        elif key == Qt.Key.Key_0:
            self.view_all()
        else:
            super().keyPressEvent(event)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            draw_frame(painter, self.rect(), self.palette())
            painter.end()

    def _palette(self) -> QPalette:
        """Returns the widget's colours, the greyed ones while it is disabled."""
        palette = QPalette(self.palette())
        if not self.isEnabled():
            for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Link, QPalette.ColorRole.Highlight):
                palette.setColor(role, palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.WindowText))
        return palette

    def _draw(self) -> None:
        assert self._canvas is not None, "made before anything is drawn"
        self._canvas.setVisible(self._chart is not None)
        if self._chart is not None:
            self._canvas.show_chart(self._chart, self._active)

    def _active_line(self) -> Line | None:
        lines = () if self._chart is None else self._chart.movable
        return next((line for line in lines if line.key == self._active), None)

    def _take_drag(self, key: str, x: float) -> None:
        if self._chart is not None:
            if key != self._active:
                self.choose_line(key)
            self._tell(next(line for line in self._chart.movable if line.key == key), x)
            # The line stands where the owner has it, not between two steps.
            self._draw()

    def _on_click(self, x: float) -> None:
        line = self._active_line()
        if self._chart is not None and self._chart.click_moves and line is not None and self.isEnabled():
            self._tell(line, x)
            self.let_go.emit()

    def _tell(self, line: Line, x: float) -> None:
        assert self._chart is not None, "a line is on a chart"
        low, high = self._chart.x.low, self._chart.x.high
        at = min(max(round(x / line.step) * line.step, low), high)
        if at != line.x:
            self.moved.emit(line.key, at)

    def _describe(self) -> None:
        """What is drawn, for those who do not see it."""
        chart = self._chart
        self.setAccessibleName(self._name if chart is None else chart.name)
        if chart is None:
            self.setAccessibleDescription("No values yet.")
            return
        names = ", ".join([one.name for one in chart.series] + [bar.words for bar in chart.bars])
        line = self._active_line()
        parts = [f"{chart.y.title} over {chart.x.title}: {names}." if chart.x.title else f"{names}."]
        if line is not None:
            others = " Up and down choose another line." if len(chart.movable) > 1 else ""
            parts.append(f"Arrow keys, Home and End move {line.name}.{others}")
        self.setAccessibleDescription(" ".join(parts))

    def _ask_file(self, kind: str) -> None:
        ending = kind.lower()
        path, _kind = QFileDialog.getSaveFileName(
            self, f"Export plot as {kind}", f"plot.{ending}", f"{kind} (*.{ending})"
        )
        if not path:
            return
        chosen = Path(path)
        if chosen.suffix.lower() != f".{ending}":
            chosen = chosen.with_name(f"{chosen.name}.{ending}")
        try:
            self.export(chosen)
        except UserError as error:
            self.failed.emit(str(error))
        else:
            self.written.emit(f"The plot was written to {chosen}.")
