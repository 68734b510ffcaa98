"""What the clicked pixel is tied to: both kernels of the CRF around it, as heat, rings and words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dcsm_viewer.core.settings import CrfSettings
from dcsm_viewer.core.types import SourceImage
from dcsm_viewer.gui.canvas.sampling import MapLayer
from dcsm_viewer.gui.canvas.value_ranges import ColourRange, short
from dcsm_viewer.render.kernel_footprint import (
    FOOTPRINT_THRESHOLD,
    KernelFootprint,
    appearance_footprint,
    smoothness_footprint,
)

KernelName = Literal["appearance", "smoothness"]
INVITATION = (
    "Click a pixel: the photograph then shows what the CRF ties it to. 1 is the pixel itself; "
    f"above {FOOTPRINT_THRESHOLD:g} counts as tied."
)


@dataclass(frozen=True, slots=True)
class Ring:
    """A circle on the image; row, col: its centre in px, pixel i covers [i, i + 1). dashed sets one from another."""

    row: float
    col: float
    radius_px: float
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class PixelFootprints:
    """Both footprints of one pixel under the CRF settings as they stand, and which of them is on show."""

    appearance: KernelFootprint
    smoothness: KernelFootprint
    crf: CrfSettings
    shown: KernelName

    @property
    def layer(self) -> MapLayer:
        """The weights of the kernel on show, always coloured from 0 to 1."""
        footprint = self.appearance if self.shown == "appearance" else self.smoothness
        return MapLayer(footprint.weights, ColourRange(0.0, 1.0, "weight 0..1", 1.0))

    @property
    def rings(self) -> tuple[Ring, ...]:
        """How far each kernel can reach: smoothness solid; appearance, for equal colours, dashed."""
        row, col = self.smoothness.row + 0.5, self.smoothness.col + 0.5
        return (
            Ring(row, col, self.smoothness.limit_px),
            Ring(row, col, self.appearance.limit_px, dashed=True),
        )

    @property
    def sentence(self) -> str:
        where = f"Pixel ({self.smoothness.row}, {self.smoothness.col}), tied above {FOOTPRINT_THRESHOLD:g}."
        return f"{where}\nAppearance (dashed ring): {self._appearance}.\nSmoothness (solid ring): {self._smoothness}."

    @property
    def _appearance(self) -> str:
        found = self.appearance
        words = f"{short(100 * found.share)} % of the image, up to {found.reach_px:.0f} of {found.limit_px:.0f} px away"
        return words + _strength(self.crf.bilateral_compat)

    @property
    def _smoothness(self) -> str:
        found = self.smoothness
        words = f"{short(100 * found.share)} % of the image, within {found.limit_px:.1f} px"
        return words + _strength(self.crf.gaussian_compat)


def _strength(compat: float) -> str:
    return f", weight {compat:g}" if compat else ", but switched off (weight 0)"


def pixel_footprints(
    image: SourceImage, pixel: tuple[int, int], crf: CrfSettings, shown: KernelName
) -> PixelFootprints:
    """Both footprints of pixel (row, col), by the formulas; no request."""
    row, col = pixel
    return PixelFootprints(
        appearance_footprint(image.rgb, row, col, crf.bilateral_sxy, crf.bilateral_srgb),
        smoothness_footprint(image.shape, row, col, crf.gaussian_sxy),
        crf,
        shown,
    )
