"""Equal integers brought together: the sorts behind the lattice, on the CPU by way of numpy's faster ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy import sparse
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Groups:
    """Distinct codes and where each code went.

    `values` (G,) int64 are the distinct codes, ascending; `group_of` (N,) int32 is where each code went.
    """

    values: Tensor
    group_of: Tensor


def grouped(codes: Tensor, code_bits: int) -> Groups:
    """Find the distinct values of codes (N,), int64, each in [0, 2**code_bits), and the index of each code among them.

    `codes` is used up: memory that was never touched before costs as much as the arithmetic in it.
    """
    if codes.device.type == "cpu":
        return _grouped_by_numpy(codes.numpy(), code_bits)
    values, group_of = torch.unique(codes, return_inverse=True)
    return Groups(values, group_of.to(torch.int32))


def _grouped_by_numpy(codes: np.ndarray[tuple[int], np.dtype[np.int64]], code_bits: int) -> Groups:
    count = codes.size
    index_bits = (count - 1).bit_length()
    if code_bits + index_bits <= 63:
        # Code above index in one integer: sorting plain values takes a third of the time of sorting indices.
        keys = codes
        keys <<= index_bits
        keys |= np.arange(count)
        keys.sort()
        order = keys & ((1 << index_bits) - 1)
        keys >>= index_bits
    else:
        order = np.argsort(codes, kind="stable")
        keys = codes[order]
    new = np.empty(count, np.bool_)
    new[:1] = True
    np.not_equal(keys[1:], keys[:-1], out=new[1:])
    rising = np.cumsum(new, dtype=np.int32)
    rising -= 1
    group_of = np.empty(count, np.int32)
    group_of[order] = rising
    return Groups(torch.from_numpy(keys[new]), torch.from_numpy(group_of))


# Codes below this many bits are looked up in a table of all of them, 16 MiB at most, instead of by bisection.
_TABLE_BITS = 22


def indices_of(values: Tensor, wanted: Tensor, code_bits: int) -> Tensor:
    """Find codes among ascending distinct ones.

    Parameters
    ----------
    values
        (G,), ascending.
    wanted
        (K,) codes.
    code_bits
        All codes lie in [0, 2**code_bits).

    Returns
    -------
    Tensor
        int32 (K,), G for those that are not there.
    """
    missing = values.shape[0]
    if code_bits <= _TABLE_BITS:
        table = torch.full((1 << code_bits,), missing, dtype=torch.int32, device=values.device)
        table[values] = torch.arange(missing, dtype=torch.int32, device=values.device)
        return table.index_select(0, wanted)
    found = torch.searchsorted(values, wanted, out_int32=True).clamp_(max=missing - 1)
    return torch.where(values.index_select(0, found) == wanted, found, missing)


@dataclass(frozen=True, slots=True)
class Members:
    """The members of each of G groups: group g has entries offsets[g]..offsets[g+1] of `index` and `weight`.

    `offsets` is (G+1,), `index` and `weight` (E,); int32, int32, float32.
    """

    index: Tensor
    offsets: Tensor
    weight: Tensor


def members(group_of: Tensor, weights: Tensor, groups: int) -> Members:
    """Collect rows and weights by group, rows ascending in each.

    Parameters
    ----------
    group_of
        int32 (N, K).
    weights
        (N, K).
    groups
        How many there are.

    Returns
    -------
    Members
        The entries of each group.
    """
    rows, width = group_of.shape
    if group_of.device.type == "cpu":
        starts = np.arange(0, rows * width + 1, width, dtype=np.int32)
        entries = (weights.numpy().ravel(), group_of.numpy().ravel(), starts)
        columns = sparse.csr_array(entries, shape=(rows, groups)).tocsc()
        return Members(
            torch.from_numpy(columns.indices), torch.from_numpy(columns.indptr), torch.from_numpy(columns.data)
        )
    ordered, order = torch.sort(group_of.reshape(-1), stable=True)
    bounds = torch.arange(groups + 1, dtype=torch.int32, device=group_of.device)
    offsets = torch.searchsorted(ordered, bounds, out_int32=True)
    index = torch.div(order, width, rounding_mode="floor").to(torch.int32)
    return Members(index, offsets, weights.reshape(-1)[order])
