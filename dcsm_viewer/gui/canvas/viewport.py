"""Where everybody looks and points: one centre, one zoom and one cursor shared by all panes of all views."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from dcsm_viewer.gui.canvas.visible_region import VisibleRegion

CLOSEST_PX = 1 / 64
"""Closest zoom: an image pixel 64 screen pixels wide; closer shows nothing more."""


@dataclass(frozen=True, slots=True)
class ViewTransform:
    """Centre in image px (pixel i covers [i, i + 1)) and image px per logical screen px; None fits each pane."""

    row: float
    col: float
    px_per_screen_px: float | None = None


class Viewport(QObject):
    """One state for all panes, so that no pane follows another and nothing can run away.

    Signals:
        moved: centre or zoom changed.
        cursor_moved: the shared cursor is elsewhere or gone.
    """

    moved = Signal()
    cursor_moved = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._image_shape = (1, 1)
        self._transform = ViewTransform(0.5, 0.5)
        self._cursor: tuple[float, float] | None = None

    @property
    def transform(self) -> ViewTransform:
        return self._transform

    @property
    def cursor(self) -> tuple[float, float] | None:
        """(row, col) in image px, None without a cursor."""
        return self._cursor

    @property
    def image_shape(self) -> tuple[int, int]:
        return self._image_shape

    def show_shape(self, image_shape: tuple[int, int]) -> None:
        """Fits, if the image (H, W) has another shape than the last; the same shape keeps the view, to compare."""
        if image_shape == self._image_shape:
            return
        self._image_shape = image_shape
        self._transform = self._whole()
        self._cursor = None
        self.moved.emit()
        self.cursor_moved.emit()

    def fit(self) -> None:
        """Every pane shows the whole image, as large as it can."""
        self._go(self._whole())

    def actual_size(self, device_pixel_ratio: float = 1.0) -> None:
        """100 %: one image pixel on one pixel of the screen's device, at the same centre."""
        self._go(ViewTransform(self._transform.row, self._transform.col, device_pixel_ratio))

    def zoom(self, factor: float, *, at: tuple[float, float], now: float, fitted: float) -> None:
        """Closer by `factor` (> 1) while the position `at` stays where it is on the screen.

        now: image px per screen px in the pane under the hand. fitted: the same when the image fits that pane;
        going out further than that fits.
        """
        wanted = max(now / factor, CLOSEST_PX)
        if wanted >= fitted:
            self.fit()
            return
        ratio = wanted / now
        row, col = at
        self._go(
            ViewTransform(row + (self._transform.row - row) * ratio, col + (self._transform.col - col) * ratio, wanted)
        )

    def pan(self, down: float, across: float) -> None:
        """Centre moved by image px; nothing while the whole image is on show."""
        if self._transform.px_per_screen_px is not None:
            self._go(
                ViewTransform(
                    self._transform.row + down, self._transform.col + across, self._transform.px_per_screen_px
                )
            )

    def point(self, row: float, col: float) -> None:
        """Cursor set to an image position for all panes."""
        if self._cursor != (row, col):
            self._cursor = (row, col)
            self.cursor_moved.emit()

    def leave(self) -> None:
        """Remove the shared cursor."""
        if self._cursor is not None:
            self._cursor = None
            self.cursor_moved.emit()

    def px_per_screen_px(self, size: tuple[float, float], image_shape: tuple[int, int]) -> float:
        """Image px per logical screen px in a pane of `size` (height, width) in logical px."""
        return self._transform.px_per_screen_px or self.fitted(size, image_shape)

    @staticmethod
    def fitted(size: tuple[float, float], image_shape: tuple[int, int]) -> float:
        """Image px per logical screen px at which the whole image just fits a pane of `size` (height, width)."""
        return max(image_shape[0] / max(size[0], 1.0), image_shape[1] / max(size[1], 1.0))

    def field(
        self, size: tuple[float, float], image_shape: tuple[int, int], device_pixel_ratio: float
    ) -> VisibleRegion:
        """What a pane of `size` (height, width) in logical px sees of the image."""
        scale = self.px_per_screen_px(size, image_shape)
        height, width = size
        return VisibleRegion(
            image_shape=image_shape,
            top=self._transform.row - scale * height / 2,
            left=self._transform.col - scale * width / 2,
            step=scale / device_pixel_ratio,
            shape=(round(height * device_pixel_ratio), round(width * device_pixel_ratio)),
        )

    def _whole(self) -> ViewTransform:
        return ViewTransform(self._image_shape[0] / 2, self._image_shape[1] / 2)

    def _go(self, transform: ViewTransform) -> None:
        # The centre stays on the image, so that no drag can lose the picture.
        row = min(max(transform.row, 0.0), float(self._image_shape[0]))
        col = min(max(transform.col, 0.0), float(self._image_shape[1]))
        transform = ViewTransform(row, col, transform.px_per_screen_px)
        if transform != self._transform:
            self._transform = transform
            self.moved.emit()
