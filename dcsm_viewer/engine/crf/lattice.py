"""The permutohedral lattice (Adams et al. 2010) as a filter that is built once and then applied many times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from dcsm_viewer.engine.crf.grouping import Members, grouped, indices_of, members
from dcsm_viewer.engine.crf.simplex import RANK_BITS, EnclosingSimplices, Grid, enclosing_simplices

Normalisation = Literal["none", "before", "after", "symmetric"]

# Values sliced at a time: bounds what the sum over two kernels needs beside its result.
_SLICE_VALUES = 1 << 23


@dataclass(frozen=True, slots=True)
class Lattice:
    """A Gaussian filter over N features with M lattice points, normalised as `normalisation` says.

    corners (N, d+1) int32: the lattice points around each feature; slice_weights (N, d+1) their weights when
    values are read back. splat: the same relation seen from the lattice points, one empty group at the end, so that
    row M is 0 and stands for every neighbour that does not exist. neighbours: per direction the rows (3 (M+1),)
    (self, ahead, behind).
    """

    corners: Tensor = field(repr=False)
    slice_weights: Tensor = field(repr=False)
    splat: Members = field(repr=False)
    neighbours: tuple[Tensor, ...] = field(repr=False)
    blur_weights: Tensor = field(repr=False)
    blur_offsets: Tensor = field(repr=False)
    normalisation: Normalisation

    @property
    def features(self) -> int:
        """The number of features (pixels), N."""
        return self.corners.shape[0]

    @property
    def points(self) -> int:
        """The number of occupied lattice points, M."""
        return self.splat.offsets.shape[0] - 2

    @property
    def dimension(self) -> int:
        """The dimension d of the features."""
        return self.corners.shape[1] - 1

    @property
    def device(self) -> torch.device:
        """The device that the lattice lies on."""
        return self.corners.device

    @property
    def scale(self) -> float:
        """What makes d+1 blurs by (1/2, 1, 1/2) one Gaussian of unit height, as in Adams et al.'s code."""
        return 1.0 / (1.0 + 2.0**-self.dimension)

    @property
    def size_bytes(self) -> int:
        """What keeping this lattice costs."""
        parts = (
            self.corners,
            self.slice_weights,
            self.splat.index,
            self.splat.offsets,
            self.splat.weight,
            *self.neighbours,
            self.blur_weights,
            self.blur_offsets,
        )
        return sum(part.numel() * part.element_size() for part in parts)

    def blurred(self, values: Tensor) -> Tensor:
        """Splat values (N, L) onto the lattice points, (M+1, L), and blur them along each direction."""
        points = weighted_sums(values, self.splat.index, self.splat.offsets, self.splat.weight)
        for rows in self.neighbours:
            points = weighted_sums(points, rows, self.blur_offsets, self.blur_weights)
        return points.mul_(self.scale)

    def sliced(self, points: Tensor, rows: slice) -> Tensor:
        """Read the features `rows` back (n, L) from lattice points (M+1, L)."""
        corners = self.corners[rows]
        width = corners.shape[1]
        offsets = torch.arange(0, corners.numel() + 1, width, dtype=torch.int32, device=corners.device)
        return weighted_sums(points, corners.reshape(-1), offsets, self.slice_weights[rows].reshape(-1))

    def filtered(self, values: Tensor) -> Tensor:
        """Filter values (N, L): splat, blur and slice."""
        return sum_of_slices([(self, self.blurred(values))], self.features)


def weighted_sums(values: Tensor, index: Tensor, offsets: Tensor, weights: Tensor) -> Tensor:
    """Sum weighted rows by group: row g sums weights[e] * values[index[e]] over offsets[g] <= e < offsets[g+1].

    Parameters
    ----------
    values
        (N, L).
    index
        Rows of `values`, by entry e.
    offsets
        (G + 1,), ascending.
    weights
        By entry e.

    Returns
    -------
    Tensor
        (G, L).
    """
    try:
        return F.embedding_bag(index, values, offsets, mode="sum", per_sample_weights=weights, include_last_offset=True)
    except NotImplementedError:
        if values.device.type == "cpu":
            raise
    # An older torch has no such kernel for mps. On the CPU, as adding by index has no fixed order there.
    return weighted_sums(values.cpu(), index.cpu(), offsets.cpu(), weights.cpu()).to(values.device)


def sum_of_slices(parts: Sequence[tuple[Lattice, Tensor]], features: int, *, scratch: Tensor | None = None) -> Tensor:
    """Sum what several lattices read back from their points, block by block.

    Parameters
    ----------
    parts
        Lattices with their points (M+1, L).
    features
        N, how many features each has.
    scratch
        (N, L), used up; without one, new memory is taken.

    Returns
    -------
    Tensor
        (N, L), which may or may not lie in `scratch`.
    """
    labels = parts[0][1].shape[1]
    block = max(1, _SLICE_VALUES // labels)
    if features <= block:
        return _sum_of_rows(parts, slice(0, features))
    total = parts[0][1].new_empty(features, labels) if scratch is None else scratch
    for start in range(0, features, block):
        rows = slice(start, start + block)
        total[rows] = _sum_of_rows(parts, rows)
    return total


def _sum_of_rows(parts: Sequence[tuple[Lattice, Tensor]], rows: slice) -> Tensor:
    (first, points), *others = parts
    total = first.sliced(points, rows)
    for lattice, more_points in others:
        total += lattice.sliced(more_points, rows)
    return total


@torch.no_grad()
def build_lattice(features: Tensor, normalisation: Normalisation = "symmetric") -> Lattice:
    """Build the lattice around features (d, N), float32, in units of the kernel's standard deviations; d is at most 7.

    Same lattice points, neighbours and order of blurring as Krahenbuehl's code, so the same answer up to rounding.
    Raises UserError if the features are too far apart for their points to be numbered.
    """
    if features.device.type == "mps":
        # Numbering the points needs float64, which that device lacks; it is done once per image.
        return moved(build_lattice(features.cpu(), normalisation), features.device)
    count = features.shape[1]
    # pydensecrf handles four features at a time and fills the last four up with zeros. Their lattice points carry
    # nothing, but values blur through them: without them dark images of odd size would come out differently.
    if count % 4:
        features = torch.cat((features, features.new_zeros(features.shape[0], 1)), 1)
    enclosing = enclosing_simplices(features)
    weights = enclosing.weights[:count]  # ours alone: the normalisation is multiplied into it below
    corners, points = _numbered_corners(enclosing)
    corners = corners[:count]
    neighbours = _neighbours(points, enclosing.grid)
    size = points.shape[0]
    device = features.device
    unnormalised = Lattice(
        corners=corners,
        slice_weights=weights,
        splat=members(corners, weights, size + 1),
        neighbours=neighbours,
        blur_weights=torch.tensor((1.0, 0.5, 0.5), device=device).repeat(size + 1),
        blur_offsets=torch.arange(0, 3 * size + 4, 3, dtype=torch.int32, device=device),
        normalisation="none",
    )
    return _normalised(unnormalised, normalisation)


def _numbered_corners(enclosing: EnclosingSimplices) -> tuple[Tensor, Tensor]:
    """The lattice points around each feature, (N, d+1) int32 into the ascending point codes (M,) int64.

    Features are grouped by simplex first: neighbouring pixels share most, and only the distinct ones are taken apart.
    A point's code is the grid code of (its coordinates - remainder) / (d+1), times d+1, plus the remainder.
    """
    grid, dimension = enclosing.grid, enclosing.grid.dimension
    count = dimension + 1
    simplices = grouped(enclosing.codes, enclosing.code_bits)
    shape = (count, simplices.values.shape[0])
    device = simplices.values.device

    # value_at[k] is what one step of the coordinate of rank k is worth; coordinate 0 is worth nothing in the code.
    value_at = torch.zeros(shape, dtype=torch.int64, device=device)
    codes = simplices.values
    rank_left = torch.full(shape[1:], dimension * count // 2, dtype=torch.int64, device=device)
    for j in range(dimension):
        rank = codes >> (RANK_BITS * j) & ((1 << RANK_BITS) - 1)
        rank_left -= rank
        value_at.scatter_(0, rank[None], grid.strides[j])
    value_at.scatter_(0, rank_left[None], grid.strides[dimension])

    # From remainder to remainder every coordinate goes up by 1, and the one of the next lowest rank down by d+1.
    corner = torch.empty(shape, dtype=torch.int64, device=device)
    torch.mul(codes >> (RANK_BITS * dimension), count, out=corner[0])
    for remainder in range(1, count):
        torch.sub(corner[remainder - 1] + 1, value_at[count - remainder], alpha=count, out=corner[remainder])

    points = grouped(corner.t().reshape(-1), grid.total_bits + RANK_BITS)
    of_simplex = points.group_of.view(-1, count)
    return of_simplex.index_select(0, simplices.group_of), points.values


def _neighbours(points: Tensor, grid: Grid) -> tuple[Tensor, ...]:
    """Per direction j the rows (self, ahead, behind) of each point, flat (3 (M+1),) int32; M where there is none.

    Ahead is one down in every coordinate but j, where it is d up.
    """
    size, count = points.shape[0], grid.dimension + 1
    device = points.device
    at_zero = points % count == 0
    everywhere = sum(grid.strides)
    wanted = torch.empty(count, size, dtype=torch.int64, device=device)
    for j in range(count):
        # Remainder 0 turns into remainder d, so every coordinate's whole part steps down.
        unnormalised = count * grid.strides[j] - 1
        torch.add(points, torch.where(at_zero, unnormalised + count * (1 - everywhere), unnormalised), out=wanted[j])
    ahead = indices_of(points, wanted.view(-1), grid.total_bits + RANK_BITS).view(count, size)
    own = torch.arange(size + 1, dtype=torch.int32, device=device)
    result = []
    for j in range(count):
        rows = torch.full((size + 1, 3), size, dtype=torch.int32, device=device)
        rows[:, 0] = own
        rows[:size, 1] = ahead[j]
        # The point ahead of a point has that one behind it. Points with none ahead write to row M, set right below.
        rows[ahead[j].long(), 2] = own[:size]
        rows[size] = size
        result.append(rows.view(-1))
    return tuple(result)


def _normalised(unnormalised: Lattice, normalisation: Normalisation) -> Lattice:
    """The lattice with the normalisation folded into its weights, in place."""
    if normalisation == "none":
        return unnormalised
    # Float64 as in pydensecrf: 1e-20 beside a sum near 1 is nothing in float32, and neither is it meant to be.
    sums = unnormalised.filtered(torch.ones(unnormalised.features, 1, device=unnormalised.device)).double().add_(1e-20)
    factor = (sums.rsqrt_() if normalisation == "symmetric" else sums.reciprocal_()).float()
    if normalisation in {"symmetric", "before"}:
        unnormalised.splat.weight.mul_(factor.view(-1).index_select(0, unnormalised.splat.index))
    if normalisation in {"symmetric", "after"}:
        unnormalised.slice_weights.mul_(factor)
    return replace(unnormalised, normalisation=normalisation)


def moved(lattice: Lattice, device: torch.device) -> Lattice:
    """Copy a lattice to another device."""
    splat = lattice.splat
    return replace(
        lattice,
        corners=lattice.corners.to(device),
        slice_weights=lattice.slice_weights.to(device),
        splat=Members(splat.index.to(device), splat.offsets.to(device), splat.weight.to(device)),
        neighbours=tuple(rows.to(device) for rows in lattice.neighbours),
        blur_weights=lattice.blur_weights.to(device),
        blur_offsets=lattice.blur_offsets.to(device),
    )
