"""Everything known of one pixel, for the status line."""

from __future__ import annotations

from dataclasses import dataclass

from dcsm_viewer.core.types import Result
from dcsm_viewer.gui.canvas.result_access import class_name, distinct_map, raw_map, shown_image
from dcsm_viewer.gui.canvas.value_ranges import short
from dcsm_viewer.gui.canvas.visible_region import value_at
from dcsm_viewer.gui.state.view_state import ViewState


@dataclass(frozen=True, slots=True)
class Readings:
    """One pixel of the image on show. rgb 0..255; raw and distinct of the shown class, [0, 1]; q of the label, [0, 1].

    None where there is nothing to read. label is the final one, label_before the one before the CRF.
    """

    row: int
    col: int
    rgb: tuple[int, int, int] | None = None
    class_name: str | None = None
    raw: float | None = None
    distinct: float | None = None
    label: str | None = None
    label_before: str | None = None
    q: float | None = None

    @property
    def sentence(self) -> str:
        """The status line: `(212, 87)  image 143 98 61 · dog raw 0.41 · label dog · q 0.9`; "" off the image."""
        if self.rgb is None:
            return ""
        parts = ["image " + " ".join(str(level) for level in self.rgb)]
        if self.raw is not None:
            parts.append(f"{self.class_name} raw {short(self.raw)}")
        if self.distinct is not None:
            parts.append(f"distinct {short(self.distinct)}")
        if self.label is not None:
            was = "" if self.label_before == self.label else f" (before CRF {self.label_before})"
            parts.append(f"label {self.label}{was}")
        if self.q is not None:
            parts.append(f"q {short(self.q)}")
        return f"({self.row}, {self.col})  " + " · ".join(parts)


def readings(state: ViewState, row: float, col: float) -> Readings:
    """What is known at an image position, px, pixel i covers [i, i + 1); empty beside the image."""
    image, result, class_id = shown_image(state), state.result, state.shown_class
    if image is None or not (0 <= row < image.shape[0] and 0 <= col < image.shape[1]):
        return Readings(int(row // 1), int(col // 1))
    red, green, blue = (int(level) for level in image.rgb[int(row), int(col)])
    here = Readings(int(row), int(col), (red, green, blue))
    if result is None:
        return here
    raw = distinct = name = None
    if class_id is not None:
        name = class_name(result, class_id)
        raw_values, distinct_values = raw_map(result, class_id), distinct_map(result, class_id)
        raw = None if raw_values is None else value_at(raw_values, image.shape, row, col)
        distinct = None if distinct_values is None else value_at(distinct_values, image.shape, row, col)
    label, before, q = _label_at(result, row, col)
    return Readings(here.row, here.col, here.rgb, name, raw, distinct, label, before, q)


def _label_at(result: Result, row: float, col: float) -> tuple[str | None, str | None, float | None]:
    segmentation, shape = result.segmentation, result.request.image.shape
    if segmentation is None:
        return None, None, None
    label = int(value_at(segmentation.labels, shape, row, col) or 0)
    before = int(value_at(segmentation.labels_before_crf, shape, row, col) or 0)
    q = None
    labels = (0, *(class_id + 1 for class_id in result.detected_ids))
    if segmentation.q is not None and label in labels:
        q = value_at(segmentation.q[labels.index(label)], shape, row, col)
    return _name(result, label), _name(result, before), q


def _name(result: Result, label: int) -> str:
    return "background" if label == 0 else class_name(result, label - 1)
