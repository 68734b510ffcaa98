"""Labels to paint on, the photograph, and the map of the class in hand, at a viewport of their own."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from dcsm_viewer.gui.canvas.legend import Legend, entries
from dcsm_viewer.gui.canvas.pane import MapPane
from dcsm_viewer.gui.canvas.pane_content import Content
from dcsm_viewer.gui.canvas.pane_layout import PaneLayout
from dcsm_viewer.gui.canvas.sampling import LabelLayer, MapLayer
from dcsm_viewer.gui.canvas.scaled_image import ScaledImageCache
from dcsm_viewer.gui.canvas.value_ranges import ColourRange, short
from dcsm_viewer.gui.canvas.viewport import Viewport
from dcsm_viewer.gui.state.view_state import Paint
from dcsm_viewer.gui.tools.review.loaded_mask import LoadedMask
from dcsm_viewer.gui.tools.review.review_pane import Hand, PaintPane
from dcsm_viewer.gui.tools.review.review_parameters import BRUSH
from dcsm_viewer.review.brush import brush_stroke
from dcsm_viewer.review.exported_result import Labels
from dcsm_viewer.review.label_canvas import LabelCanvas
from dcsm_viewer.review.label_masks import thresholded

_NO_FOLDER = "Open an export folder above to look through its masks."
_READING = "The mask is being read."
_LEAST_PX = 160


class ReviewPanes(QWidget):
    """Shows one mask and its canvas. `edited` follows every finished stroke, undo and redo."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.viewport = Viewport(self)
        scaled_images = ScaledImageCache()
        self.painted = PaintPane(self.viewport, scaled_images, parent=self)
        self.photograph = MapPane(self.viewport, scaled_images, bar=False, parent=self)
        self.map = MapPane(self.viewport, scaled_images, parent=self)
        self.legend = Legend(self)
        self._board = PaneLayout([self.painted, self.photograph, self.map], self)
        self._board.setMinimumHeight(_LEAST_PX)  # with a dock below it there is little room
        self._sheet: LoadedMask | None = None
        self.canvas: LabelCanvas | None = None
        self._names: dict[int, str] = {}
        self._label = 0
        self._brush_px = round(BRUSH.default)
        self.threshold: float | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._board, 1)
        column.addWidget(self.legend)
        for pane in (self.photograph, self.painted, self.map):
            pane.opened.connect(self.viewport.fit)
        self.painted.stroke_began.connect(self._begin)
        self.painted.stroked.connect(self._paint)
        self.painted.stroke_ended.connect(self.end_stroke)
        self.show_mask(None, has_folder=False)

    def show_mask(self, loaded_mask: LoadedMask | None, *, has_folder: bool = True) -> None:
        """Another mask; None while there is none or it is being read."""
        self._sheet = loaded_mask
        self.threshold = None
        if loaded_mask is None:
            self.canvas = None
            waiting = _READING if has_folder else _NO_FOLDER
            for pane, title in ((self.photograph, "photograph"), (self.painted, "labels"), (self.map, "class map")):
                pane.show_content(Content(title, waiting=waiting))
            self.legend.show_entries(())
            return
        self.canvas = LabelCanvas(loaded_mask.labels)
        self._names = loaded_mask.names
        self.viewport.show_shape(loaded_mask.image.shape)
        self._board.show_shape(loaded_mask.image.shape)
        self.photograph.show_content(Content(loaded_mask.image.name, image=loaded_mask.image, mark=loaded_mask.note))
        self._show_labels()
        self.show_map()

    def show_paint(self, paint: Paint) -> None:
        for pane in (self.photograph, self.painted, self.map):
            pane.show_paint(paint.colormap, paint.opacity)

    def take(self, hand: Hand, label: int, brush_px: int) -> None:
        """What the hand holds, and the label it paints with."""
        before, self._label, self._brush_px = self._label, label, brush_px
        self.painted.take(hand, brush_px)
        if label != before:
            self.show_map()

    def undo(self) -> None:
        if self.canvas is not None and self.canvas.undo():
            self._finish()

    def redo(self) -> None:
        if self.canvas is not None and self.canvas.redo():
            self._finish()

    def rethreshold(self, threshold: float) -> None:
        """Labels from the maps at this threshold, at once; one undo step until the hand lets go."""
        loaded_mask, canvas = self._sheet, self.canvas
        if loaded_mask is None or canvas is None:
            return
        if not canvas.is_in_stroke:
            canvas.begin()
        exported = loaded_mask.exported
        canvas.replace(thresholded(exported.class_maps, exported.detected_ids, threshold, exported.labels))
        self.threshold = threshold
        self._show_labels()

    def restore(self) -> None:
        """The exported labels again."""
        if self._sheet is not None and self.canvas is not None:
            self.canvas.begin()
            self.canvas.replace(self._sheet.exported.labels)
            self.threshold = None
            self.end_stroke()

    def end_stroke(self) -> None:
        """The hand let go."""
        if self.canvas is not None and self.canvas.end():
            self._finish()

    def _begin(self) -> None:
        if self.canvas is not None:
            self.canvas.begin()

    def _paint(self, row: int, col: int, next_row: int, next_col: int) -> None:
        if self.canvas is None:
            return
        label = 0 if self.painted.hand == "eraser" else self._label
        shape = (self.canvas.labels.shape[0], self.canvas.labels.shape[1])
        self.canvas.paint(brush_stroke(shape, (row, col), (next_row, next_col), self._brush_px), label)
        self._show_labels()

    def _finish(self) -> None:
        self._show_labels()
        self.edited.emit()

    def _show_labels(self) -> None:
        loaded_mask, canvas = self._sheet, self.canvas
        assert loaded_mask is not None, "a mask is selected"
        assert canvas is not None, "a mask is selected"
        labels: Labels = canvas.labels
        # A layer of its own each time: panes know what to paint anew by identity.
        layer = LabelLayer(labels, self._names)
        changed = float((labels != loaded_mask.exported.labels).mean())
        mark = f"{100 * changed:.1f} % not as exported" if changed else "as exported"
        title = "labels" if self.threshold is None else f"labels, maps above {self.threshold:.2f}"
        self.painted.show_content(
            Content(title, image=loaded_mask.image, layer=layer, grey=True, mark=mark, rings=self.painted.content.rings)
        )
        listed = self._listed(loaded_mask)
        found = entries(labels, self._names)
        self.legend.show_entries(tuple(entry for entry in found if entry.share or entry.label in listed))

    @staticmethod
    def _listed(loaded_mask: LoadedMask) -> set[int]:
        return {0, *(class_id + 1 for class_id in loaded_mask.exported.detected_ids)}

    def show_map(self) -> None:
        """The map of the class in hand, or of the first detected one."""
        loaded_mask = self._sheet
        if loaded_mask is None:
            return
        detected = loaded_mask.exported.detected_ids
        if not detected:
            self.map.show_content(
                Content("class map", image=loaded_mask.image, grey=True, waiting="No class was detected.")
            )
            return
        index = detected.index(self._label - 1) if self._label - 1 in detected else 0
        values = loaded_mask.exported.class_maps[index]
        top = float(values.max(initial=0.0))
        self.map.show_content(
            Content(
                loaded_mask.exported.class_names[detected[index]],
                class_id=detected[index],
                image=loaded_mask.image,
                layer=MapLayer(values, ColourRange(0.0, 1.0, f"absolute 0..1, own max {short(top)}", top)),
                grey=True,
            )
        )
