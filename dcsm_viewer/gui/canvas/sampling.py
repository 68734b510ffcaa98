"""Maps and labels at the resolution of the screen, as indices into 256 colours: nearest value, never a blend of two."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from dcsm_viewer.core.types import ScalarT
from dcsm_viewer.gui.canvas.value_ranges import ColourRange
from dcsm_viewer.gui.canvas.visible_region import VisibleRegion


@dataclass(frozen=True, slots=True)
class MapLayer:
    """A map (h, w) over the whole image, and the range its colours span."""

    values: NDArray[np.float32] = field(repr=False, compare=False)
    colours: ColourRange


@dataclass(frozen=True, slots=True)
class LabelLayer:
    """Labels (H, W), class id + 1, 0 background. `names` holds a name for every label that occurs."""

    labels: NDArray[np.uint16] | NDArray[np.uint8 | np.uint16] = field(repr=False, compare=False)
    names: dict[int, str]


Layer = MapLayer | LabelLayer


@dataclass(frozen=True, slots=True)
class SampledLayer:
    """What of a layer is in sight: `places` uint8 (h, w) in the colour table, from device pixel (down, across) on.

    lost: True where the map is not a number, None where it always is one.
    """

    down: int
    across: int
    color_indices: NDArray[np.uint8] = field(repr=False, compare=False)
    lost: NDArray[np.bool_] | None = field(default=None, repr=False, compare=False)


def sample_layer(layer: Layer, view: VisibleRegion) -> SampledLayer:
    """The layer as the pane sees it, without colours: these follow by `painted`, and may change 60 times a second."""
    if isinstance(layer, MapLayer):
        down, across, seen = _sampled(layer.values, view)
        lost = np.isnan(seen)
        any_lost = bool(lost.any())
        return SampledLayer(down, across, places_of(seen, layer.colours), lost if any_lost else None)
    down, across, found = _sampled(layer.labels, view)
    index_of_label = np.zeros(max(layer.names, default=0) + 1, dtype=np.uint8)
    for index, label in enumerate(sorted(layer.names)):
        index_of_label[label] = min(index, 255)
    return SampledLayer(down, across, index_of_label.take(found))


def painted(patch: SampledLayer, table: NDArray[np.uint8]) -> QImage:
    """The patch in the colours of `table`, RGBA uint8 (256, 4); transparent where there is no number."""
    h, w = patch.color_indices.shape
    if patch.lost is None:
        image = QImage(patch.color_indices.data, w, h, w, QImage.Format.Format_Indexed8)
        image.setColorTable(argb(table))
        return image
    rgba = table[patch.color_indices]
    rgba[patch.lost] = 0
    # The copy owns its pixels; the array of this function is gone when it is drawn.
    return QImage(rgba.data, w, h, 4 * w, QImage.Format.Format_RGBA8888).copy()


def argb(table: NDArray[np.uint8]) -> list[int]:
    """RGBA uint8 (n, 4) as Qt's list of 0xAARRGGBB."""
    red, green, blue, alpha = table.astype(np.uint32).T
    packed: list[int] = (alpha << 24 | red << 16 | green << 8 | blue).tolist()
    return packed


def _sampled(values: NDArray[ScalarT], view: VisibleRegion) -> tuple[int, int, NDArray[ScalarT]]:
    down, rows = view.rows_of(values.shape[0])
    across, cols = view.cols_of(values.shape[1])
    return down, across, np.ascontiguousarray(values.take(rows, axis=0).take(cols, axis=1))


def places_of(values: NDArray[np.float32], colours: ColourRange) -> NDArray[np.uint8]:
    """Rows of a colour table uint8 (h, w) for values (h, w); the first row where there is no number."""
    # 256 bins of equal width, the last one closed: as imaging.paint_map, so that screen and file show the same.
    if colours.high <= colours.low:
        return np.where(values > colours.low, np.uint8(255), np.uint8(0))
    with np.errstate(over="ignore"):
        color_indices = (values - np.float32(colours.low)) * np.float32(256 / (colours.high - colours.low))
    np.clip(color_indices, 0, 255, out=color_indices)
    if np.isnan(color_indices.max(initial=0.0)):
        color_indices[np.isnan(color_indices)] = 0
    return color_indices.astype(np.uint8)
