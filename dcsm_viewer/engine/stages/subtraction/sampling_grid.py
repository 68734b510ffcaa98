"""Where on the canvas layer maps are sampled: the image's rectangle for the result, all of it for the maxima."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from dcsm_viewer.core.settings import MethodSettings
from dcsm_viewer.engine.stages.interpolation import (
    AxisSamples,
    Convention,
    interpolation_matrix,
    maximum_candidates,
    support_range,
)
from dcsm_viewer.engine.stages.preprocess import Placement

# Elements worked on at a time: with their tanh they stay in the second-level caches of two cores.
_BAND_ELEMENTS = 250_000
_BAND_ELEMENTS_GPU = 64_000_000


@dataclass(frozen=True, slots=True)
class SamplingGrid:
    """Sample positions on the canvas. `exact` is False for a preview with fewer samples than pixels."""

    rows: AxisSamples
    cols: AxisSamples
    whole: AxisSamples
    upsampling: Convention
    exact: bool

    @classmethod
    def of(cls, placement: Placement, method: MethodSettings, side_px: int | None = None) -> SamplingGrid:
        """Place one sample on each pixel of the image's rectangle.

        Parameters
        ----------
        placement
            Where the image lies on the canvas.
        method
            Its upsampling and subtract_at are read.
        side_px
            As many samples as if the canvas had this side; None for its own.

        Returns
        -------
        SamplingGrid
            Of the rectangle.
        """
        side = placement.canvas_px
        share = 1.0 if side_px is None else min(1.0, side_px / side)
        rows, cols = (
            AxisSamples.stretch(start, length, max(1, round(length * share)), side)
            for start, length in ((placement.top, placement.height), (placement.left, placement.width))
        )
        return cls(rows, cols, AxisSamples.whole(side), method.upsampling, share == 1.0)

    @property
    def shape(self) -> tuple[int, int]:
        """(h, w) of the rectangle, samples."""
        return self.rows.count, self.cols.count

    @property
    def canvas(self) -> SamplingGrid:
        """The same grid with the whole canvas as its rectangle; a preview stays as it is."""
        return replace(self, rows=self.whole, cols=self.whole) if self.exact else self

    def enlarged(self, maps: Tensor) -> Tensor:
        """Maps (..., n, m) sampled over the rectangle: (..., h, w)."""
        return self._weights(self.rows, maps.shape[-2], maps) @ self._across(maps)

    def bands(self, maps: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """Yield the rectangle a band of rows at a time: which rows, and maps (P, n, m) sampled there, (P, rows * w).

        The values are the reader's to overwrite, and gone when the next band comes.
        """
        across = self._across(maps)
        count, length, width = across.shape
        down = self._weights(self.rows, length, maps)
        elements = _BAND_ELEMENTS if maps.device.type == "cpu" else _BAND_ELEMENTS_GPU
        step = min(self.rows.count, max(1, elements // (count * width)))
        buffer = across.new_empty(count * step * width)
        for start in range(0, self.rows.count, step):
            stop = min(self.rows.count, start + step)
            low, high = support_range(self.rows, length, self.upsampling, start, stop)
            weights = down[start:stop, low:high].expand(count, stop - start, high - low)
            values = buffer[: count * (stop - start) * width].view(count, stop - start, width)
            torch.bmm(weights, across[:, low:high], out=values)
            yield slice(start, stop), values.flatten(1)

    def highest(self, maps: Tensor) -> Tensor:
        """Return (..., samples) of maps (..., n, m), the maximum over the canvas of each map among them.

        So is the maximum of sums of convex functions of the maps. A preview takes the maps' own values, which bound
        what the canvas shows. May be a view.
        """
        if not self.exact:
            return maps.flatten(-2)
        return maximum_candidates(maps, self.whole, self.upsampling).flatten(-2)

    def _across(self, maps: Tensor) -> Tensor:
        return maps @ self._weights(self.cols, maps.shape[-1], maps).T

    def _weights(self, axis_samples: AxisSamples, n: int, like: Tensor) -> Tensor:
        return interpolation_matrix(axis_samples, n, self.upsampling, like.dtype, like.device)


@dataclass(frozen=True, slots=True)
class PresampledGrid:
    """A grid for maps that have been sampled on one before: they are as large as the grid, `shape` (h, w).

    Maxima are those of the samples: for quick looks.
    """

    shape: tuple[int, int]

    @property
    def canvas(self) -> PresampledGrid:
        """The grid of the whole canvas."""
        return self

    def enlarged(self, maps: Tensor) -> Tensor:
        """Return the maps as they are."""
        return maps

    def bands(self, maps: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """Yield the maps as one band, as `SamplingGrid.bands`."""
        count, height, width = maps.shape
        elements = _BAND_ELEMENTS if maps.device.type == "cpu" else _BAND_ELEMENTS_GPU
        step = min(height, max(1, elements // (count * width)))
        for start in range(0, height, step):
            rows = slice(start, min(height, start + step))
            yield rows, maps[:, rows].flatten(1).clone()

    def highest(self, maps: Tensor) -> Tensor:
        """Return the maps' own values (..., samples)."""
        return maps.flatten(-2)
