"""COCO's run-length code: masks as runs down the columns, packed into printable characters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def runs_of(mask: NDArray[np.bool_]) -> list[int]:
    """Lengths of the runs of 0, 1, 0, ... down the columns of mask (H, W), left to right; the first may be 0."""
    flat = mask.ravel(order="F")
    borders = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    lengths = np.diff(np.concatenate([[0], borders, [flat.size]])).tolist()
    return [0, *lengths] if flat.size and flat[0] else lengths


def mask_of(runs: list[int], height: int, width: int) -> NDArray[np.bool_]:
    """Decode run lengths into a mask.

    Parameters
    ----------
    runs
        Lengths in px, column by column, starting with background.
    height, width
        Of the mask, px.

    Returns
    -------
    ndarray
        bool (height, width).

    Raises
    ------
    ValueError
        The runs do not cover the mask exactly.
    """
    if min(runs, default=0) < 0 or sum(runs) != height * width:
        raise ValueError(f"runs of {sum(runs)} pixels for {height * width}")
    flat = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    return flat.reshape((height, width), order="F")


def packed(runs: list[int]) -> str:
    """Encode run lengths as COCO's `counts`: from the fourth on as difference to the last but one, 5 bits a character.

    Little end first in two's complement; bit 5 says that more follows, and 48 is added to make it printable.
    """
    marks: list[str] = []
    for index, run in enumerate(runs):
        rest = run - runs[index - 2] if index > 2 else run
        more = True
        while more:
            five = rest & 0x1F
            rest >>= 5
            # Done when the rest is only the sign that bit 4 already shows.
            more = rest != (-1 if five & 0x10 else 0)
            marks.append(chr(48 + (five | 0x20 if more else five)))
    return "".join(marks)


def unpacked(counts: str) -> list[int]:
    """Decode the runs that `packed` encoded.

    Raises ValueError for characters it never writes, or if the last number is cut off.
    """
    runs: list[int] = []
    value, shift = 0, 0
    for mark in counts:
        five = ord(mark) - 48
        if not 0 <= five < 64:
            raise ValueError(f"{mark!r} is no mark of a run length")
        value |= (five & 0x1F) << shift
        shift += 5
        if five & 0x20:
            continue
        if five & 0x10:
            value -= 1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
        value, shift = 0, 0
    if shift:
        raise ValueError("the last run length is cut off")
    return runs
