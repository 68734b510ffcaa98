"""Three panes of threshold tuning: the seed with its ignore band, the hard labels, and the truth or the maps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QVBoxLayout, QWidget
from typing_extensions import override

from dcsm_viewer.core.label_values import IGNORE_INDEX
from dcsm_viewer.core.types import SourceImage
from dcsm_viewer.gui.canvas.legend import Legend, entries
from dcsm_viewer.gui.canvas.linked_views import LinkedView
from dcsm_viewer.gui.canvas.pane import MapPane
from dcsm_viewer.gui.canvas.pane_content import Content
from dcsm_viewer.gui.canvas.pane_layout import PaneLayout
from dcsm_viewer.gui.canvas.result_access import completeness_mark, shown_image, why_no_class, why_no_result
from dcsm_viewer.gui.canvas.sampling import LabelLayer, MapLayer
from dcsm_viewer.gui.canvas.value_ranges import ColourRange
from dcsm_viewer.gui.canvas.viewport import Viewport
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.tools.thresholds.thresholds_rules import Peaks, Thresholds, hard_labels, seed_labels

_WHOLE = ColourRange(0.0, 1.0, "0..1", 1.0)


class ThresholdsView(LinkedView):
    """Seed | labels at eval | ground truth, or the largest class map while there is none; `beside` is the fourth."""

    def __init__(self, viewport: Viewport, beside: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(viewport, parent)
        self._peaks: Peaks | None = None
        self._mask: NDArray[np.uint16] | None = None
        self._thresholds = Thresholds()
        self.seed, self.hard, self.third = (self.add_pane(bar=bar) for bar in (False, False, True))
        self.board = PaneLayout(self.panes(), self, beside)
        self.legend = Legend(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.board, 1)
        layout.addWidget(self.legend)

    @override
    def panes(self) -> list[MapPane]:
        return [self.seed, self.hard, self.third]

    def show_peaks(self, peaks: Peaks | None, mask: NDArray[np.uint16] | None) -> None:
        """Other maps, or another mask (H, W) of labels."""
        self._peaks, self._mask = peaks, mask
        self.show_contents(self.shown)

    def show_thresholds(self, thresholds: Thresholds) -> None:
        """Other thresholds for the same maps, as often as a hand moves."""
        before, self._thresholds = self._thresholds, thresholds
        image, peaks = self._drawn()
        if image is None or peaks is None:
            return
        if (before.bg, before.fg) != (thresholds.bg, thresholds.fg):
            self._show_seed(image, peaks)
        if before.eval != thresholds.eval:
            self._show_hard(image, peaks)

    @override
    def show_contents(self, state: ViewState) -> None:
        self.board.show_shape(self.viewport.image_shape)
        image, peaks = self._drawn()
        if image is not None and peaks is not None:
            self._show_seed(image, peaks)
            self._show_hard(image, peaks)
            self._show_third(image, peaks)
            return
        why = self._why_nothing(state) if image is not None else ""
        for pane, title in zip(self.panes(), ("seed", "labels at eval", "largest class map"), strict=True):
            pane.show_content(Content(title, image=image, grey=True, waiting=why))
        self.legend.show_entries(())

    def _drawn(self) -> tuple[SourceImage | None, Peaks | None]:
        """The image on show, and its peaks if they are its."""
        image = shown_image(self.shown)
        peaks = self._peaks
        if image is None or peaks is None or peaks.digest != image.digest or not peaks.labels:
            return image, None
        return image, peaks

    def _why_nothing(self, state: ViewState) -> str:
        result = state.result
        if result is None:
            return why_no_result(state)
        if not result.detected_ids:
            return f"{why_no_class(result)} There is no map to threshold."
        return "The maps follow."

    def _show_seed(self, image: SourceImage, peaks: Peaks) -> None:
        labels = seed_labels(peaks, self._thresholds)
        names = _names(peaks, unsure=True)
        found = entries(labels, names)
        share = next((entry.share for entry in found if entry.label == peaks.unsure), 0.0)
        title = f"seed, bg {self._thresholds.bg:.2f}, fg {self._thresholds.fg:.2f}"
        mark = f"{100 * share:.1f} % ignored (255)"
        self.seed.show_content(Content(title, image=image, layer=LabelLayer(labels, names), grey=True, mark=mark))
        self.legend.show_entries(found)

    def _show_hard(self, image: SourceImage, peaks: Peaks) -> None:
        labels = hard_labels(peaks, self._thresholds.eval)
        layer = LabelLayer(labels, _names(peaks, unsure=False))
        title = f"labels at eval {self._thresholds.eval:.2f}"
        result = self.shown.result
        mark = "" if result is None else completeness_mark(result)
        self.hard.show_content(Content(title, image=image, layer=layer, grey=True, mark=mark))

    def _show_third(self, image: SourceImage, peaks: Peaks) -> None:
        mask = self._mask
        if mask is None or mask.shape != image.shape:
            self.third.show_content(
                Content("largest class map", image=image, layer=MapLayer(peaks.largest, _WHOLE), grey=True)
            )
            return
        found = {int(label) for label in np.flatnonzero(np.bincount(mask.ravel()))}
        names = {label: _word(peaks, label) for label in sorted(found | {0})}
        self.third.show_content(
            Content("ground truth", image=image, layer=LabelLayer(mask, names), grey=True, mark="uses ground truth")
        )


def _names(peaks: Peaks, *, unsure: bool) -> dict[int, str]:
    names = {0: "background", **{label: peaks.names[label] for label in peaks.labels}}
    return {**names, peaks.unsure: "ignore (255)"} if unsure else names


def _word(peaks: Peaks, label: int) -> str:
    if label == 0:
        return "background"
    return peaks.names.get(label, "unknown" if label == IGNORE_INDEX else str(label))
