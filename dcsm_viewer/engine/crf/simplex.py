"""Which simplex of the permutohedral lattice encloses a feature, and where in it the feature lies."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dcsm_viewer.core.types import UserError

RANK_BITS = 3  # a rank is at most d, and d is at most 7
# Features that share memory traffic: large enough to hide the cost of calling torch, small enough for the cache.
_BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class Grid:
    """The packing of coordinates into one integer: coordinate j (1..d) minus `lows[j-1]` in `bits[j-1]` bits, d lowest.

    A lattice point has d+1 coordinates that sum to a known number, so coordinate 0 is left out.
    """

    lows: tuple[int, ...]
    bits: tuple[int, ...]

    @property
    def dimension(self) -> int:
        """The number of coordinates that are numbered."""
        return len(self.lows)

    @property
    def total_bits(self) -> int:
        """The number of bits of a code."""
        return sum(self.bits)

    @property
    def strides(self) -> tuple[int, ...]:
        """What one unit of coordinate 0..d is worth; 0 for coordinate 0."""
        below = [sum(self.bits[j:]) for j in range(1, self.dimension + 1)]
        return (0, *(1 << shift for shift in below))


@dataclass(frozen=True, slots=True)
class EnclosingSimplices:
    """Per feature n: `codes` (N,) int64 names its simplex, equal for equal simplices; `weights` (N, d+1).

    weights[n, k] is the barycentric weight of the vertex of remainder k (Adams et al. 2010, section 3.2).
    `codes` holds the grid code of the simplex's remainder-0 point above d ranks of RANK_BITS each.
    """

    codes: Tensor
    weights: Tensor
    grid: Grid

    @property
    def code_bits(self) -> int:
        """The number of bits of a code."""
        return self.grid.total_bits + RANK_BITS * self.grid.dimension


def scale_factors(dimension: int) -> tuple[float, ...]:
    """Return the diagonal part of the elevation E (Adams et al. 2010, p. 5) for unit standard deviation, as float32.

    Rounded where pydensecrf rounds: a vertex that exists there and not here would change the blur.
    """
    deviation = float(np.float32(math.sqrt(2.0 / 3.0) * (dimension + 1)))
    return tuple(float(np.float32(deviation / math.sqrt((i + 2) * (i + 1)))) for i in range(dimension))


def enclosing_simplices(features: Tensor) -> EnclosingSimplices:
    """Find the simplex around each of the features (d, N), float32, and the barycentric weights in it.

    Raises UserError if the features span more lattice points than 63 bits can number.
    """
    dimension, count = features.shape
    grid = _grid_around(features)
    if grid.total_bits > 52 or grid.total_bits + RANK_BITS * dimension > 63:
        raise UserError("The CRF's widths are too small for an image of this size; raise the smallest of them.")
    device = features.device
    codes = torch.empty(count, dtype=torch.int64, device=device)
    weights = torch.empty(count, dimension + 1, device=device)
    block = min(_BLOCK, count) if device.type == "cpu" else count
    workspace = _Workspace.of(dimension, block, device)
    for start in range(0, count, block):
        part = slice(start, start + block)
        _enclose(features[:, part], grid, workspace, codes[part], weights[part])
    return EnclosingSimplices(codes, weights, grid)


def _grid_around(features: Tensor) -> Grid:
    """A grid wide enough for every vertex around the features and the vertices' neighbours."""
    dimension = features.shape[0]
    scales = scale_factors(dimension)
    low = [value * scale for value, scale in zip(features.amin(1).tolist(), scales, strict=True)]
    high = [value * scale for value, scale in zip(features.amax(1).tolist(), scales, strict=True)]
    lows, bits = [], []
    for j in range(1, dimension + 1):
        lowest = math.floor((sum(low[j:]) - j * high[j - 1]) / (dimension + 1)) - 4
        highest = math.ceil((sum(high[j:]) - j * low[j - 1]) / (dimension + 1)) + 4
        lows.append(lowest)
        bits.append((highest - lowest).bit_length())
    return Grid(tuple(lows), tuple(bits))


@dataclass(frozen=True, slots=True)
class _Workspace:
    """What one block needs, kept from block to block: fresh memory costs as much as the arithmetic done in it."""

    offset: Tensor
    nearest: Tensor
    scratch: Tensor
    wide: Tensor
    rank: Tensor

    @classmethod
    def of(cls, dimension: int, block: int, device: torch.device) -> _Workspace:
        shape = (dimension + 1, block)
        offset, nearest, scratch = (torch.empty(shape, device=device) for _ in range(3))
        wide = torch.empty(shape, dtype=torch.float64, device=device)
        return cls(offset, nearest, scratch, wide, torch.empty(shape, dtype=torch.int8, device=device))


def _enclose(features: Tensor, grid: Grid, workspace: _Workspace, codes: Tensor, weights: Tensor) -> None:
    """Fills `codes` and `weights` for one block of features (d, n)."""
    dimension, count = features.shape
    corners = dimension + 1
    device = features.device
    offset, nearest, scratch = (part[:, :count] for part in (workspace.offset, workspace.nearest, workspace.scratch))
    wide, rank = workspace.wide[:, :count], workspace.rank[:, :count]

    # y = E p: each coordinate is the sum of those after it, less j times itself. Sums run from the last coordinate
    # and products are rounded before they are subtracted, as pydensecrf's SSE code does.
    scaled = torch.mul(features, torch.tensor(scale_factors(dimension), device=device)[:, None], out=scratch[1:])
    offset[dimension] = 0.0
    for j in range(dimension, 0, -1):
        torch.add(offset[j], scaled[j - 1], out=offset[j - 1])
    scaled *= torch.arange(1, corners, dtype=torch.float32, device=device)[:, None]
    offset[1:] -= scaled

    # The nearest remainder-0 point, coordinate by coordinate; what is left decides the order of the coordinates.
    down = float(np.float32(1.0 / corners))
    torch.mul(offset, down, out=nearest).round_()
    surplus = nearest.sum(0).to(torch.int8)
    offset -= torch.mul(nearest, corners, out=scratch)
    rank[:] = torch.arange(corners, dtype=torch.int8, device=device)[:, None]
    for apart in range(1, corners):
        smaller = _smaller(offset[:-apart], offset[apart:])
        rank[:-apart] += smaller
        rank[apart:] -= smaller

    # Rounding each coordinate alone may leave the plane where coordinates sum to 0; the ranks say who steps back.
    rank += surplus
    back = _smaller(rank, rank.new_zeros(1)).sub_(_smaller(rank.new_full((1,), dimension), rank))
    rank += back * corners
    scratch.copy_(back)
    nearest += scratch
    offset -= scratch.mul_(corners)

    # Exact: float64 holds these integers, and no setting lets a float64 product be rounded further.
    grid_code = torch.mv(wide.copy_(nearest).t(), torch.tensor(grid.strides, dtype=torch.float64, device=device))
    rank_values = [float(1 << (RANK_BITS * i)) for i in range(dimension)] + [0.0]
    rank_code = torch.mv(wide.copy_(rank).t(), torch.tensor(rank_values, dtype=torch.float64, device=device))
    origin = sum(low * stride for low, stride in zip(grid.lows, grid.strides[1:], strict=True))
    torch.sub(grid_code.to(torch.int64), origin, out=codes)
    codes <<= RANK_BITS * dimension
    codes |= rank_code.to(torch.int64)

    # Sorted, the steps between neighbours are the weights of remainder 1..d, and what is missing to 1 is that of 0.
    ordered = _ascending(offset)
    for k in range(1, corners):
        torch.sub(ordered[k], ordered[k - 1], out=scratch[k])
    torch.sub(ordered[0], ordered[-1], out=scratch[0])
    scratch *= down
    scratch[0] += 1.0
    if device.type == "cpu":
        # numpy transposes in half the time.
        np.copyto(weights.numpy(), scratch.numpy().T)
    else:
        weights.copy_(scratch.t())


def _smaller(one: Tensor, other: Tensor) -> Tensor:
    """Where `one` is less than `other`, as int8; on the CPU by numpy, several times as fast at it."""
    if one.device.type == "cpu":
        return torch.from_numpy(np.less(one.numpy(), other.numpy()).view(np.int8))
    return torch.lt(one, other).view(torch.int8)


def _ascending(rows: Tensor) -> list[Tensor]:
    """Each column of (k, n) sorted, smallest first, as k rows; k is at most 8. `rows` is used up.

    Odd-even transposition. The smaller values go to a spare row, which trades places with the one it came from.
    """
    ordered = list(rows)
    spare = torch.empty_like(ordered[0])
    for turn in range(len(ordered)):
        for upper in range(turn % 2, len(ordered) - 1, 2):
            torch.minimum(ordered[upper], ordered[upper + 1], out=spare)
            torch.maximum(ordered[upper], ordered[upper + 1], out=ordered[upper + 1])
            ordered[upper], spare = spare, ordered[upper]
    return ordered
