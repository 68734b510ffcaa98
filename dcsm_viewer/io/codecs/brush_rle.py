"""Label Studio's brush code: runs of bytes, packed as bits, most significant first.

The rule is that of `label_studio_sdk.converter.brush` (decode_rle): 32 bits with the count of words, 5 with the word
size - 1, four times 4 with the sizes of run lengths - 1; then blocks of 1 bit (a run, or words as they are), 2 bits
(which size), the length - 1 in that size, and the word of the run. The words are RGBA bytes; the mask is alpha.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_SIZES = (3, 4, 8, 16)  # bits of a run length
_CHANNELS = 4
_WORD = 8  # bits


def brush_code(mask: NDArray[np.bool_]) -> list[int]:
    """Encode mask (H, W) as Label Studio's list of bytes."""
    flat = mask.ravel()
    borders = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    bits = [format(flat.size * _CHANNELS, "032b"), format(_WORD - 1, "05b"), *(format(n - 1, "04b") for n in _SIZES)]
    for begin, end in zip([0, *borders.tolist()], [*borders.tolist(), flat.size], strict=True):
        left = (end - begin) * _CHANNELS
        while left:
            length = min(left, 1 << _SIZES[-1])
            which = next(index for index, size in enumerate(_SIZES) if length <= 1 << size)
            bits.append(f"1{which:02b}{length - 1:0{_SIZES[which]}b}{255 if flat[begin] else 0:08b}")
            left -= length
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    return list(int(text, 2).to_bytes(len(text) // 8, "big"))


def mask_of_brush(code: Sequence[int], height: int, width: int) -> NDArray[np.bool_]:
    """Decode Label Studio's list of bytes.

    Parameters
    ----------
    code
        Bytes, 0 to 255.
    height, width
        Of the mask, px.

    Returns
    -------
    ndarray
        bool (height, width): where alpha is above 0.

    Raises
    ------
    ValueError
        The code is cut off, or of another size.
    """
    stored = bytes(code)
    position = 0
    text = "".join(format(byte, "08b") for byte in stored)

    def number(bits: int) -> int:
        nonlocal position
        if position + bits > len(text):
            raise ValueError("the brush code is cut off")
        position += bits
        return int(text[position - bits : position], 2)

    count, word = number(32), number(5) + 1
    sizes = [number(4) + 1 for _ in range(4)]
    if count != height * width * _CHANNELS:
        raise ValueError(f"a brush code of {count // _CHANNELS} pixels for {height * width}")
    words = np.zeros(count, dtype=np.int64)
    done = 0
    while done < count:
        is_run = number(1)
        end = done + 1 + number(sizes[number(2)])
        if end > count:
            raise ValueError("the brush code has more words than it says")
        if is_run:
            words[done:end] = number(word)
        else:
            words[done:end] = [number(word) for _ in range(end - done)]
        done = end
    alpha: NDArray[np.bool_] = words.reshape(height, width, _CHANNELS)[..., 3] > 0
    return alpha
