"""MATLAB's v5 to v7 files, read with our own parser, because scipy's crashes the program on damaged ones.

The format as publicly documented: after a header of 128 bytes come elements, each a tag (type, length) and data
padded to eight bytes; an array is an element of elements (flags, dimensions, name, values), perhaps compressed.
"""

from __future__ import annotations

import math
import mmap
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.weights.bounds import MAX_BYTES, PARSE_ERRORS
from dcsm_viewer.engine.weights.formats.matlab_tree import MAX_DEPTH, WANTED, Tree

_HEADER_BYTES = 128
_MATRIX, _COMPRESSED = 14, 15
# Element types to numpy's; 16 to 18 are UTF-8, UTF-16 and UTF-32 text.
_STORED = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8",
    16: "u1", 17: "u2", 18: "u4",
}  # fmt: skip
# Array classes to numpy's; MATLAB stores whole-numbered doubles in smaller types and says here what they are.
_NUMERIC = {
    6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8",
}  # fmt: skip
_CELL, _STRUCT, _CHAR = 1, 2, 4
_COMPLEX = 0x08
_PEEK_BYTES = 512


def read_matlab_5(path: Path) -> dict[str, Tree]:
    """Read the wanted variables; arrays are views of the mapped file, or of the unpacked variable.

    Raises UserError for a damaged file or one that would unpack to more than any VGG-16 needs.
    """
    try:
        with path.open("rb") as file:
            # Never closed by hand: the arrays are slices of it, and it closes itself with the last of them.
            message = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        return _variables(path.name, message)
    except (zlib.error, *PARSE_ERRORS):
        raise UserError(f"{path.name} is cut off or damaged and cannot be read; get the file again.") from None


@dataclass(frozen=True, slots=True)
class _Element:
    """One element: its type and data, and where the next one begins."""

    kind: int
    data: memoryview
    behind: int


def _variables(file_name: str, message: memoryview) -> dict[str, Tree]:
    order = _byte_order(message)
    found: dict[str, Tree] = {}
    position, unpacked = _HEADER_BYTES, 0
    while position < len(message):
        element = _element(message, position, order, padded=False)
        position = element.behind
        if element.kind == _COMPRESSED:
            start = zlib.decompressobj().decompress(element.data[:_PEEK_BYTES], _PEEK_BYTES)
            if _name(start, order) not in WANTED:
                continue
            declared = int.from_bytes(start[4:8], order)
            unpacked += declared
            if unpacked > MAX_BYTES:
                raise UserError(
                    f"{file_name} would unpack to more than {MAX_BYTES >> 20} MB, which no VGG-16 needs; "
                    "it was not read."
                )
            element = _element(memoryview(_unpacked(element.data, declared + 8)), 0, order)
        if element.kind == _MATRIX:
            name, tree = _array(element.data, order, 0)
            if name in WANTED:
                found[name] = tree
    return found


def _byte_order(message: memoryview) -> Literal["little", "big"]:
    match bytes(message[126:128]):
        case b"IM":
            return "little"
        case b"MI":
            return "big"
        case _:
            raise ValueError("no byte order mark")


def _unpacked(data: memoryview, size: int) -> bytes:
    """The `size` bytes of a compressed element; its checksum is verified."""
    unpacker = zlib.decompressobj()
    unpacked = unpacker.decompress(data, size)
    if len(unpacked) != size or unpacker.decompress(unpacker.unconsumed_tail, 1) or not unpacker.eof:
        raise EOFError("a compressed variable is cut off, or larger than it says")
    return unpacked


def _name(start: bytes, order: Literal["little", "big"]) -> str | None:
    """The variable's name in the first bytes of an array element; None where they are not enough to tell."""
    position = 8
    for index in range(3):  # flags, dimensions, name
        element = _element(memoryview(start), position, order)
        if index == 2:
            return bytes(element.data).decode("ascii")
        position = element.behind
    return None


def _element(message: memoryview, position: int, order: Literal["little", "big"], *, padded: bool = True) -> _Element:
    """The element at `position`; four bytes of data or fewer may lie in the tag itself.

    padded: the next element begins at a multiple of eight; only at the top of a file it follows a compressed one
    directly.
    """
    tag = message[position : position + 8]
    if len(tag) < 8:
        raise EOFError("a tag is cut off")
    first, length = int.from_bytes(tag[:4], order), int.from_bytes(tag[4:], order)
    if first >> 16:
        if first >> 16 > 4:
            raise ValueError("a small element is too long")
        return _Element(first & 0xFFFF, tag[4 : 4 + (first >> 16)], position + 8)
    start, end = position + 8, position + 8 + length
    if end > len(message):
        raise EOFError("an element is cut off")
    whole = end if first == _COMPRESSED and not padded else start + -(-length // 8) * 8
    return _Element(first, message[start:end], whole)


def _array(message: memoryview, order: Literal["little", "big"], depth: int) -> tuple[str, Tree]:
    """(name, tree) of the data of an array element."""
    if depth > MAX_DEPTH:
        raise ValueError("arrays are nested too deep")
    if not message:
        return "", np.empty((0, 0))
    flags = _element(message, 0, order)
    properties = int.from_bytes(flags.data[:4], order)
    shape_at = _element(message, flags.behind, order)
    shape = tuple(int(side) for side in _values(shape_at, order))
    named = _element(message, shape_at.behind, order)
    name, position = bytes(named.data).decode("ascii"), named.behind
    kind = properties & 0xFF
    if min(shape, default=0) < 0:
        raise ValueError("a negative size")
    count = math.prod(shape)
    if kind == _CELL:
        return name, _members(message, position, count, order, depth)[0]
    if kind == _STRUCT:
        return name, _struct(message, position, count, order, depth)
    if kind == _CHAR:
        return name, _text(_element(message, position, order), order)
    if kind not in _NUMERIC:
        return name, np.empty((0, 0))
    values = _values(_element(message, position, order), order)
    if values.size != count:
        raise ValueError("the size of an array is not that of its values")
    values = values.astype(np.dtype(_NUMERIC[kind]).newbyteorder(values.dtype.byteorder), copy=False)
    if properties >> 8 & _COMPLEX:
        values = values.astype(np.complex128)  # readers of numbers then refuse the kind; the values do not matter
    return name, values.reshape(shape, order="F")


def _members(
    message: memoryview, position: int, count: int, order: Literal["little", "big"], depth: int
) -> tuple[list[Tree], int]:
    """(`count` arrays from `position` on, the position behind them)."""
    if count > len(message) // 8:  # each has a tag at least
        raise ValueError("more cells than fit")
    members: list[Tree] = []
    for _ in range(count):
        element = _element(message, position, order)
        if element.kind != _MATRIX:
            raise ValueError("a cell is no array")
        members.append(_array(element.data, order, depth + 1)[1])
        position = element.behind
    return members, position


def _struct(message: memoryview, position: int, count: int, order: Literal["little", "big"], depth: int) -> Tree:
    """A dictionary, or a list of them for an array of structs."""
    length_at = _element(message, position, order)
    length = int(_values(length_at, order)[0])
    names_at = _element(message, length_at.behind, order)
    if length <= 0:
        raise ValueError("field names without length")
    names = [
        bytes(names_at.data[start : start + length]).split(b"\0")[0].decode("ascii")
        for start in range(0, len(names_at.data), length)
    ]
    position, records = names_at.behind, list[Tree]()
    if count * max(len(names), 1) > len(message) // 8:
        raise ValueError("more fields than fit")
    for _ in range(count):
        members, position = _members(message, position, len(names), order, depth)
        records.append(dict(zip(names, members, strict=True)))
    return records[0] if count == 1 else records


def _text(element: _Element, order: Literal["little", "big"]) -> str:
    if element.kind in (1, 2, 16):
        return bytes(element.data).decode("utf-8")
    return "".join(chr(code) for code in _values(element, order))


def _values(element: _Element, order: Literal["little", "big"]) -> NDArray[Any]:
    """The element's numbers, as they are stored."""
    kind = np.dtype(_STORED[element.kind]).newbyteorder("<" if order == "little" else ">")
    return np.frombuffer(element.data, kind)
