"""A chart drawn with pyqtgraph. Importing this module loads pyqtgraph: `Plot` does when it first shows a chart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QHelpEvent, QPalette, QPen, QResizeEvent
from PySide6.QtWidgets import QToolTip, QWidget
from typing_extensions import override

from dcsm_viewer.gui.canvas.pane_drawing import muted
from dcsm_viewer.gui.plain_text import as_tip
from dcsm_viewer.gui.widgets.plot_values import Axis, Bar, Chart, Colour, Dash, LegendEntry, Line, Series

# exitCleanup would walk over all Python objects at exit and move graphics items about; the window deletes its own.
pg.setConfigOptions(antialias=True, exitCleanup=False)

_DASHES: dict[Dash, Qt.PenStyle] = {
    "solid": Qt.PenStyle.SolidLine,
    "dashed": Qt.PenStyle.DashLine,
    "dotted": Qt.PenStyle.DotLine,
    "dash-dot": Qt.PenStyle.DashDotLine,
}
_X_MARGIN, _Y_MARGIN = 0.02, 0.01
"""Share of the axis beyond its ends, so that a line at an end can be seen and grabbed and the last tick is drawn."""
_LEGEND_ROW = 4
_DOT_PX = 6
_SIDE_PX = 16
_LOW_LINES = 20


class _Axis(pg.AxisItem):
    """Ticks of whole numbers or in percent where asked, and for the right axis the left one's range in its unit."""

    # pyqtgraph's own __init__ calls setRange, which reads these.
    about = Axis("", 0.0, 1.0)
    left: Axis | None = None

    @override
    def setRange(self, mn: float, mx: float) -> None:
        if self.left is not None:
            mn, mx = (right_of(value, self.left, self.about) for value in (mn, mx))
        super().setRange(mn, mx)

    @override
    def boundingRect(self) -> QRectF:
        # A number at the end of an axis reaches beyond it; with a grid pyqtgraph leaves such numbers out.
        return super().boundingRect().adjusted(-_SIDE_PX, -_SIDE_PX, _SIDE_PX, _SIDE_PX)

    @override
    def tickSpacing(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, float]]:
        levels: list[tuple[float, float]] = super().tickSpacing(minVal, maxVal, size)
        if self.about.ticks != "integer":
            return levels
        return [level for level in levels if level[0] >= 1 and level[0] == round(level[0])] or [(1.0, 0.0)]

    @override
    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if self.about.ticks == "percent":
            return [f"{100 * value:g} %" for value in np.round(values, 9)]
        words: list[str] = super().tickStrings(values, scale, spacing)
        return [word.replace("-", "−") for word in words]


class _Sample(pg.ItemSample):
    """A sample that a click does not change: pyqtgraph's hides the curve until the next chart brings it back."""

    @override
    def mouseClickEvent(self, event: pg.MouseClickEvent) -> None:
        event.ignore()


class Canvas(pg.PlotWidget):
    """Signals:
    dragged: a movable line is dragged to x (its key, x); let_go: it has been let go of.
    clicked: the mouse was pressed and released at this x, beside every line.
    """

    dragged = Signal(str, float)
    let_go = Signal()
    clicked = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        axes = {side: _Axis(side) for side in ("left", "bottom", "right")}
        super().__init__(parent, axisItems=axes, enableMenu=False)
        self._axes = axes
        self._chart: Chart | None = None
        self._active = ""
        self._lines: dict[str, pg.InfiniteLine] = {}
        self._curves: dict[str, pg.PlotDataItem] = {}
        self._region: pg.LinearRegionItem | None = None
        self._is_setting = False
        self.legend = pg.LegendItem(pen=None, brush=None, horSpacing=12, verSpacing=-4, sampleType=_Sample)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # The host's menu: pyqtgraph's own offers transforms and averages that mean nothing here.
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setFrameShape(self.Shape.NoFrame)
        item = self.plotItem
        item.hideButtons()
        # With a size of its own LegendItem leaves its place to the layout instead of going to the upper left corner.
        self.legend.size = (0, 0)
        self.legend.layout.setContentsMargins(0, 0, 0, 0)
        item.layout.addItem(self.legend, _LEGEND_ROW, 0, 1, 3, Qt.AlignmentFlag.AlignCenter)
        item.layout.setContentsMargins(2, 8, _SIDE_PX, 2)
        self.scene().sigMouseClicked.connect(self._on_click)

    def show_chart(self, chart: Chart, active: str) -> None:
        """Draws what changed: lines and region are moved, curves and bars are made anew only where they differ."""
        before, self._chart, self._active = self._chart, chart, active
        if before is None or _still(before) != _still(chart):
            self._rebuild(chart, is_other=before is None or (before.x, before.y) != (chart.x, chart.y))
        self._place(chart)

    def view_all(self) -> None:
        """Shows both axes whole."""
        if self._chart is not None:
            (x0, x1), (y0, y1) = _whole(self._chart.x, _X_MARGIN), _whole(self._chart.y, _Y_MARGIN)
            self.plotItem.vb.setRange(xRange=(x0, x1), yRange=(y0, y1), padding=0)

    def zoom(self, factor: float) -> None:
        """Shows `factor` times as much of both axes about the middle."""
        self.plotItem.vb.scaleBy((factor, factor))

    def repaint_in(self, palette: QPalette, *, ground: QColor | None = None) -> None:
        """Takes the colours of a palette; `ground` replaces its window colour."""
        self.setPalette(palette)
        self.setBackground(ground or palette.color(QPalette.ColorRole.Window))
        if self._chart is not None:
            self._rebuild(self._chart, is_other=False)
            self._place(self._chart)

    def pixel_of(self, x: float, y: float) -> QPointF:
        """Where a place of the chart (x, y in data units) stands on this widget, logical px."""
        return QPointF(self.mapFromScene(self.plotItem.vb.mapViewToScene(QPointF(x, y))))

    def line_value(self, key: str) -> float:
        """Where a line is drawn, which is where the last chart has it."""
        return float(self._lines[key].value())

    @override
    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]  # pyqtgraph calls its own with None
        if event is not None and self._chart is not None:
            self._arrange()

    @override
    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and self._chart is not None:
            view = self.plotItem.vb
            at = self.mapToScene(event.pos())
            inside = view.sceneBoundingRect().contains(at)
            words = self._chart.words_at(view.mapSceneToView(at).x()) if inside else ""
            QToolTip.showText(event.globalPos(), as_tip(words), self)
            return True
        return bool(super().viewportEvent(event))

    def _rebuild(self, chart: Chart, *, is_other: bool) -> None:
        item, view = self.plotItem, self.plotItem.vb
        item.clear()
        self._lines, self._curves, self._region = {}, {}, None
        self._show_axes(chart)
        if is_other:
            (x0, x1), (y0, y1) = _whole(chart.x, _X_MARGIN), _whole(chart.y, _Y_MARGIN)
            view.setLimits(xMin=x0, xMax=x1, yMin=y0, yMax=y1)
            self.view_all()
        if chart.region is not None:
            shade = QColor(muted(self.palette()))
            shade.setAlpha(45)
            self._region = pg.LinearRegionItem(chart.region, movable=False, brush=shade, pen=pg.mkPen(None))
            self._region.setZValue(-10)
            item.addItem(self._region, ignoreBounds=True)
        self._add_bars(chart.bars)
        for one in chart.series:
            self._add_series(one, chart)
        for line in chart.lines:
            self._add_line(line, chart)
        self._fill_legend(chart)

    def _show_axes(self, chart: Chart) -> None:
        text, frame = self._colour("text"), self._colour("muted")
        for side, about in (("bottom", chart.x), ("left", chart.y), ("right", chart.right)):
            axis = self._axes[side]
            axis.setVisible(about is not None)
            if about is None:
                continue
            axis.about, axis.left = about, chart.y if side == "right" else None
            axis.setStyle(
                tickFont=self.font(),
                tickLength=-4,
                maxTickLevel=1,
                textFillLimits=[(0, 0.9 if about.named else 0.5)],
                hideOverlappingLabels=False,
            )
            axis.setPen(pg.mkPen(frame, width=1))
            axis.setTextPen(text)
            axis.enableAutoSIPrefix(enable=False)
            axis.setLabel(_as_html(about.title) or None, color=text.name())
            axis.label.setFont(self.font())
            if about.named:
                levels = sorted({level for _, _, level in about.named})
                axis.setTicks([[(at, word) for at, word, own in about.named if own == level] for level in levels])
            else:
                axis.setTicks(None)
            if about.named:
                # A word and a second line below it.
                axis.setHeight(2 * self.fontMetrics().height() + 8)
            axis.linkToView(self.plotItem.vb)
        faint = 40
        self.plotItem.showGrid(x=False, y=True, alpha=faint / 255)
        self._axes["right"].setGrid(grid=False)

    def _add_bars(self, bars: tuple[Bar, ...]) -> None:
        if not bars:
            return
        text = self._colour("text")
        brushes = []
        for bar in bars:
            shade = QColor(self._colour(bar.colour))
            shade.setAlpha(255 if bar.strong else 150)
            brushes.append(QBrush(shade) if bar.end >= bar.start else QBrush(Qt.BrushStyle.NoBrush))
        self.plotItem.addItem(
            pg.BarGraphItem(
                x=[bar.x for bar in bars],
                width=[bar.width for bar in bars],
                y0=[min(bar.start, bar.end) for bar in bars],
                y1=[max(bar.start, bar.end) for bar in bars],
                brushes=brushes,
                pens=[pg.mkPen(text, width=1) for _ in bars],
            )
        )
        zero = pg.InfiniteLine(0.0, angle=0, pen=pg.mkPen(self._colour("muted"), width=1))
        self.plotItem.addItem(zero, ignoreBounds=True)

    def _add_series(self, one: Series, chart: Chart) -> None:
        y = np.asarray(one.y, np.float64)
        if one.right and chart.right is not None:
            # One view with two units: both axes zoom and pan together.
            y = chart.y.low + (y - chart.right.low) / chart.right.span * chart.y.span
        pen = self._pen(one.colour, one.dash, one.width)
        dots = {}
        if one.dots != "none":
            ground = self.backgroundBrush().color()
            dots = {
                "symbol": "o",
                "symbolSize": _DOT_PX,
                "symbolPen": pg.mkPen(pen.color(), width=1),
                "symbolBrush": pen.color() if one.dots == "filled" else ground,
            }
        curve = pg.PlotDataItem(np.asarray(one.x, np.float64), y, pen=pen, connect="finite", **dots)
        self.plotItem.addItem(curve)
        self._curves[one.name] = curve

    def _add_line(self, line: Line, chart: Chart) -> None:
        fill = self.backgroundBrush().color()
        fill.setAlpha(170)
        index = chart.lines.index(line)
        item = pg.InfiniteLine(
            line.x,
            angle=90,
            movable=line.is_movable,
            bounds=(chart.x.low, chart.x.high),
            pen=self._line_pen(line),
            hoverPen=pg.mkPen(self._colour(line.colour), width=3),
            label=_as_format(line.name),
            # One below the other, so that the names of lines on one place can be read.
            labelOpts={
                "position": 0.95 - 0.1 * (index % 6),
                "color": self._colour(line.colour if line.colour != "highlight" else "text"),
                "fill": fill,
                "anchors": [(0.0, 0.5), (1.0, 0.5)],
            },
        )
        if line.is_movable:
            item.setCursor(Qt.CursorShape.SizeHorCursor)
            item.sigDragged.connect(lambda moved, key=line.key: self.dragged.emit(key, float(moved.value())))
            item.sigPositionChangeFinished.connect(self._finish)
        self._lines[line.key] = item
        self.plotItem.addItem(item, ignoreBounds=True)

    def _place(self, chart: Chart) -> None:
        """Moves the lines and the region to where the chart has them, and thickens the line that the keys move."""
        self._is_setting = True
        for line in chart.lines:
            item = self._lines[line.key]
            item.setValue(line.x)
            item.setPen(self._line_pen(line))
            item.label.setFormat(_as_format(line.name))
        if self._region is not None and chart.region is not None:
            self._region.setRegion(chart.region)
        self._is_setting = False

    def _finish(self) -> None:
        if not self._is_setting:
            self.let_go.emit()

    def _on_click(self, event: pg.MouseClickEvent) -> None:
        view = self.plotItem.vb
        at = event.scenePos()
        if event.button() == Qt.MouseButton.LeftButton and view.sceneBoundingRect().contains(at):
            self.clicked.emit(float(view.mapSceneToView(at).x()))

    def _fill_legend(self, chart: Chart) -> None:
        self.legend.clear()
        self.legend.setLabelTextColor(self._colour("text"))
        self.legend.setLabelTextSize(f"{max(6, self.font().pointSize())}pt")
        entries = chart.legend_entries()
        self.legend.setVisible(bool(entries))
        for entry in entries:
            sample = self._curves.get(entry.name) or pg.PlotDataItem(pen=self._legend_pen(entry))
            self.legend.addItem(sample, _as_html(entry.name))
        self._arrange()

    def _arrange(self) -> None:
        """The legend in as many columns as there is room for; in a low plot the axes' titles above, not beside it."""
        chart = self._chart
        if chart is None:
            return
        is_low = self.height() < _LOW_LINES * self.fontMetrics().height()
        for side, about in (("left", chart.y), ("right", chart.right)):
            self._axes[side].showLabel(show=about is not None and bool(about.title) and not is_low)
        above = chart.y.title if chart.right is None else f"{chart.y.title} (right: {chart.right.title})"
        size = f"{max(6, self.font().pointSize())}pt"
        self.plotItem.setTitle(
            _as_html(above) if is_low else None, size=size, color=self._colour("text"), justify="left"
        )
        for columns in range(len(chart.legend_entries()), 0, -1):
            self.legend.setColumnCount(columns)
            needed = self.legend.effectiveSizeHint(Qt.SizeHint.MinimumSize).width()
            if needed <= self.width() - 2 * _SIDE_PX:
                break

    def _legend_pen(self, entry: LegendEntry) -> QPen:
        return self._pen(entry.colour, entry.dash, entry.width)

    def _line_pen(self, line: Line) -> QPen:
        return self._pen(line.colour, line.dash, 2.5 if line.key == self._active and line.is_movable else 1.2)

    def _pen(self, colour: Colour, dash: Dash, width: float) -> QPen:
        pen: QPen = pg.mkPen(self._colour(colour), width=width, style=_DASHES[dash])
        return pen

    def _colour(self, colour: Colour) -> QColor:
        palette = self.palette()
        match colour:
            case "text":
                return palette.color(QPalette.ColorRole.WindowText)
            case "muted":
                return muted(palette)
            case "accent":
                return palette.color(QPalette.ColorRole.Link)
            case "highlight":
                return palette.color(QPalette.ColorRole.Highlight)
            case _:
                return _readable(QColor(*colour), palette.color(QPalette.ColorRole.Window))


def right_of(value: float, left: Axis, right: Axis) -> float:
    """What a height on the left axis is on the right one."""
    return right.low + (value - left.low) / left.span * right.span


def _whole(axis: Axis, margin: float) -> tuple[float, float]:
    padding = margin * axis.span
    return axis.low - padding, axis.low + axis.span + padding


def _still(chart: Chart) -> Chart:
    """The chart without what only moves."""
    lines = tuple(replace(line, x=0.0, name="") for line in chart.lines)
    return replace(chart, name="", lines=lines, region=None if chart.region is None else (0.0, 0.0))


def _as_html(words: str) -> str:
    """For labels of axes and of the legend, which read HTML."""
    return words.replace("&", "&amp;").replace("<", "&lt;")


def _as_format(words: str) -> str:
    """For labels of lines, which are given to str.format."""
    return words.replace("{", "{{").replace("}", "}}")


def _readable(colour: QColor, ground: QColor) -> QColor:
    """The colour, lighter or darker where it would sink into the ground."""
    if abs(colour.lightness() - ground.lightness()) >= 60:
        return colour
    return colour.lighter(220) if ground.lightness() < 128 else colour.darker(160)
