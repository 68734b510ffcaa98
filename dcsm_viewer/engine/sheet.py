"""Where on the canvas layer maps are sampled: the image's rectangle for the result, all of it for the maxima."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from dcsm_viewer.engine.preprocess import Placement
from dcsm_viewer.engine.resample import Convention, Line, corner_samples, matrix, sample_rows, touched
from dcsm_viewer.values import MethodSettings

# Elements worked on at a time: with their tanh they stay in the second-level caches of two cores.
_BAND_ELEMENTS = 250_000
_BAND_ELEMENTS_GPU = 64_000_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """Sample positions on the canvas. `exact` is False for a quick look with fewer samples than pixels."""

    rows: Line
    cols: Line
    whole: Line
    upsampling: Convention
    exact: bool

    @classmethod
    def of(cls, placement: Placement, method: MethodSettings, side_px: int | None = None) -> Sheet:
        """One sample a pixel of the image's rectangle; with `side_px` as many as if the canvas had that side."""
        side = placement.canvas_px
        share = 1.0 if side_px is None else min(1.0, side_px / side)
        rows, cols = (
            Line.stretch(start, length, max(1, round(length * share)), side)
            for start, length in ((placement.top, placement.height), (placement.left, placement.width))
        )
        return cls(rows, cols, Line.whole(side), method.upsampling, share == 1.0)

    @property
    def shape(self) -> tuple[int, int]:
        """(h, w) of the image's rectangle, samples."""
        return self.rows.count, self.cols.count

    @property
    def canvas(self) -> Sheet:
        """The same sheet with the whole canvas as its rectangle."""
        return Sheet(self.whole, self.whole, self.whole, self.upsampling, self.exact)

    def enlarged(self, maps: Tensor) -> Tensor:
        """Maps (..., n, m) sampled over the rectangle: (..., h, w)."""
        return matrix(self.rows, maps.shape[-2], self.upsampling, maps.dtype, maps.device) @ self._across(maps)

    def bands(self, maps: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """The rectangle a band of rows at a time: which rows, and maps (P, n, m) sampled there, (P, rows * w)."""
        height, width = self.shape
        across = self._across(maps)
        down = matrix(self.rows, maps.shape[-2], self.upsampling, maps.dtype, maps.device)
        count = maps.shape[0]
        elements = _BAND_ELEMENTS if maps.device.type == "cpu" else _BAND_ELEMENTS_GPU
        step = max(1, elements // max(1, count * width))
        for start in range(0, height, step):
            stop = min(height, start + step)
            low, high = touched(self.rows, maps.shape[-2], self.upsampling, start, stop)
            weights = down[start:stop, low:high].expand(count, stop - start, high - low)
            yield slice(start, stop), weights.bmm(across[:, low:high]).flatten(1)

    def highest(self, maps: Tensor) -> Tensor:
        """(P, samples) of maps (P, n, m) among which is the maximum over the canvas of each of them.

        It is also the place to look for the maximum of sums of convex functions of the maps. For a quick look the
        maps' own values, which bound what the canvas shows.
        """
        if not self.exact:
            return maps.flatten(1)
        rows, cols = (corner_samples(self.whole, length, self.upsampling, maps.device) for length in maps.shape[-2:])
        across = matrix(self.whole, maps.shape[-1], self.upsampling, maps.dtype, maps.device)[cols]
        return sample_rows(maps @ across.T, self.whole, self.upsampling, rows).flatten(1)

    def _across(self, maps: Tensor) -> Tensor:
        return maps @ matrix(self.cols, maps.shape[-1], self.upsampling, maps.dtype, maps.device).T
