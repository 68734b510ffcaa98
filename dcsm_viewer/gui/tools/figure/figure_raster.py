"""The picture of one panel at the resolution of its data: what the exact raster inside a figure is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import SourceImage
from dcsm_viewer.gui.canvas.sampling import MapLayer
from dcsm_viewer.gui.canvas.scaled_image import luma
from dcsm_viewer.gui.tools.figure.figure_panels import Panel
from dcsm_viewer.render.colormaps import lookup_table
from dcsm_viewer.render.paint import blend, paint_labels, paint_map

Raster = NDArray[np.uint8]


def raster(panel: Panel) -> Raster:
    """RGB uint8: (h, w, 3) of a map that hides the photograph, at the map's own resolution; else (H, W, 3)."""
    content, layer = panel.content, panel.content.layer
    image = content.image
    assert image is not None, "a panel has an image"
    if layer is None:
        return _grey(image) if content.grey else image.rgb
    if isinstance(layer, MapLayer):
        painted = paint_map(layer.values, lookup_table(panel.colormap), layer.colours.low, layer.colours.high)
        if panel.opacity >= 1 and bool((painted[..., 3] == 255).all()):
            return painted[..., :3]
        return blend(_grey(image), nearest(painted, image.shape), panel.opacity)
    return blend(_grey(image), nearest(paint_labels(layer.labels), image.shape), panel.opacity)


def nearest(values: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Array (H, W, ...) of `values` (h, w, ...) stretched over `shape` (H, W), every pixel one of theirs."""
    if values.shape[:2] == shape:
        return values
    rows, cols = (
        np.minimum(((np.arange(wide) + 0.5) * there / wide).astype(np.intp), there - 1)
        for wide, there in zip(shape, values.shape[:2], strict=True)
    )
    stretched: NDArray[np.uint8] = values.take(rows, axis=0).take(cols, axis=1)
    return stretched


def _grey(image: SourceImage) -> Raster:
    return np.repeat(luma(image.rgb)[..., None], 3, axis=2)
