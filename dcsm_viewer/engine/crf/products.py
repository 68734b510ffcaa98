"""Lattice filters as sparse matrix products: for a few labels on the CPU twice as fast as sums over index lists."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor

from dcsm_viewer.engine.crf.lattice import Lattice


def _products_work() -> bool:
    """Whether this torch can multiply CSR matrices with int32 indices into a given result; it needs MKL."""
    # Made once, while the module is imported by one thread: from then on torch does not warn about CSR again.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
        twice = _matrix(torch.tensor([0, 1], dtype=torch.int32), torch.zeros(1, dtype=torch.int32), torch.ones(1), 1)
    result = torch.zeros(1, 4)
    try:
        torch.addmm(result, twice, torch.ones(1, 4), out=result)
    except RuntimeError:
        return False
    return True


def _matrix(offsets: Tensor, index: Tensor, weights: Tensor, columns: int) -> Tensor:
    """Row g holds weights[e] in column index[e] for offsets[g] <= e < offsets[g+1]; shares its parts' memory."""
    shape = (offsets.shape[0] - 1, columns)
    return torch.sparse_csr_tensor(offsets, index, weights, shape, check_invariants=False)


CSR_SUPPORTED = _products_work()


def csr_width(labels: int, device: torch.device) -> int | None:
    """Choose how many columns values of so many labels have for `CsrLatticeFilter`; None where sums are as fast.

    Rows of 4 or 8 floats fill whole vector registers: 4 columns take less time than 2 or 3 do.
    """
    if device.type != "cpu" or not CSR_SUPPORTED:
        return None
    return {2: 4, 3: 4, 4: 4, 7: 8, 8: 8}.get(labels)


class CsrLatticeFilter:
    """A lattice's splat, blur and slice as CSR products, with the lattice points' values kept from call to call.

    Each row of a product is one sum made by one thread in the order of the index list, so threads do not matter.
    """

    def __init__(self, lattice: Lattice, width: int) -> None:
        """For values of `width` columns, on a CPU lattice; costs no copy of the lattice."""
        rows, pixels = lattice.points + 1, lattice.features
        splat = lattice.splat
        corners = lattice.corners.shape[1]
        starts = torch.arange(0, lattice.corners.numel() + 1, corners, dtype=torch.int32)
        self._splat = _matrix(splat.offsets, splat.index, splat.weight, pixels)
        self._blurs = [_matrix(lattice.blur_offsets, to, lattice.blur_weights, rows) for to in lattice.neighbours]
        self._slice = _matrix(starts, lattice.corners.reshape(-1), lattice.slice_weights.reshape(-1), rows)
        self._scale = lattice.scale
        self._points, self._other = torch.empty(rows, width), torch.empty(rows, width)

    def blurred(self, values: Tensor) -> Tensor:
        """Blur as `Lattice.blurred`, for values (N, width); the result is overwritten by the next call."""
        torch.mm(self._splat, values, out=self._points)
        for blur in self._blurs:
            torch.mm(blur, self._points, out=self._other)
            self._points, self._other = self._other, self._points
        return self._points.mul_(self._scale)

    def slice_onto(self, base: Tensor, points: Tensor, *, beta: float, out: Tensor) -> None:
        """Write beta * base + what pixels read back from the lattice points.

        Parameters
        ----------
        base
            (N, width).
        points
            (M+1, width).
        beta
            Factor of `base`.
        out
            (N, width); may be `base`.
        """
        torch.addmm(base, self._slice, points, beta=beta, out=out)
