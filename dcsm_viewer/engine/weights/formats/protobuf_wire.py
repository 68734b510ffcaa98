"""Fields of a protobuf message, straight from the bytes: enough to read a Caffe model without Caffe or protobuf.

Wire format as publicly documented: a varint key (number << 3 | type), then a varint (type 0), eight bytes (1),
a length and that many bytes (2), or four bytes (5). Nothing is copied; payloads are slices of the input.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_WIDTHS = {FIXED64: 8, FIXED32: 4}
_RUN_VALUES = 1 << 20


class InvalidMessageError(ValueError):
    """The bytes are no protobuf message, or are cut off."""


@dataclass(frozen=True, slots=True)
class WireField:
    """One field. value: the number of a varint. payload: the bytes of the other types. `start` is where its key is."""

    number: int
    wire_type: int
    value: int
    payload: memoryview
    start: int


def fields(message: memoryview, start: int = 0) -> Iterator[WireField]:
    """Yield the fields from byte `start` on, in the order of the file.

    Raises InvalidMessageError where a field does not end inside the message.
    """
    position = start
    while position < len(message):
        key_at = position
        key, position = varint(message, position)
        number, wire_type = key >> 3, key & 7
        if number == 0:
            raise InvalidMessageError("a field has the number 0")
        value, length = 0, 0
        if wire_type == VARINT:
            value, position = varint(message, position)
        elif wire_type == BYTES:
            length, position = varint(message, position)
        elif wire_type in _WIDTHS:
            length = _WIDTHS[wire_type]
        else:
            raise InvalidMessageError(f"a field has the wire type {wire_type}")
        if length > len(message) - position:
            raise InvalidMessageError("a field ends behind the end of the message")
        yield WireField(number, wire_type, value, message[position : position + length], key_at)
        position += length


def varint(message: memoryview, position: int) -> tuple[int, int]:
    """Decode a base-128 number, least significant group first, at most 64 bits; return (value, position behind it)."""
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(message):
            raise InvalidMessageError("a number is cut off")
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, position
    raise InvalidMessageError("a number has more than ten bytes")


def unpacked_floats(message: memoryview, start: int) -> tuple[NDArray[np.float32], int]:
    """Decode the run of unpacked floats with a one-byte key from `start` on; return (values, position behind them).

    One field at a time would take a minute for VGG-16, so rows of five bytes are compared as arrays.
    """
    key, position, pieces = message[start], start, []
    while (count := min((len(message) - position) // 5, _RUN_VALUES)) > 0:
        rows = np.frombuffer(message, np.uint8, 5 * count, position).reshape(count, 5)
        others = np.flatnonzero(rows[:, 0] != key)
        same = int(others[0]) if others.size else count
        pieces.append(np.ascontiguousarray(rows[:same, 1:]).view("<f4").ravel())
        position += 5 * same
        if same < count:
            break
    if not pieces or not pieces[0].size:
        raise InvalidMessageError("a value is cut off")
    return np.concatenate(pieces).astype(np.float32, copy=False), position
