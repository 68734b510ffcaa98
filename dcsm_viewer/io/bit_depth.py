"""How many bits a channel of an opened picture had in its file, where Pillow hands out 8."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PIL import Image

_SOC_SIZ = b"\xff\x4f\xff\x51"  # how a JPEG 2000 code stream begins
_SSIZ_AT = 42  # where it says its first channel's depth
_HIGH_DEPTH, _TWELVE_BITS = 0x40, 0x20  # flags in the third byte of AV1's configuration box


def bits_in_file(opened: Image.Image, stored: bytes) -> int:
    """Bits a channel had in the file `stored`, 8 for all that need not be known; asked before the picture is loaded."""
    match opened.format:
        case "PPM":
            # (raw mode, largest value) of what is not exactly 8 or 16 bits.
            deepest = [args[1] for _, _, _, args in tiles_of(opened) if isinstance(args, tuple) and len(args) == 2]
            return max([8, *(most.bit_length() for most in deepest if isinstance(most, int))])
        case "JPEG2000":
            at = stored.find(_SOC_SIZ)
            depth = stored[at + _SSIZ_AT : at + _SSIZ_AT + 1] if at >= 0 else b""
            return max(8, (depth[0] & 0x7F) + 1) if depth else 8
        case "AVIF":
            at = stored.find(b"av1C")
            flags = stored[at + 6] if 0 <= at < len(stored) - 6 else 0
            return (12 if flags & _TWELVE_BITS else 10) if flags & _HIGH_DEPTH else 8
    return 16 if any(";16" in str(tile[3]) for tile in tiles_of(opened)) else 8


def tiles_of(opened: Image.Image) -> Sequence[tuple[str, Any, int, Any]]:
    """(decoder, rectangle, offset, raw mode and arguments) of each part, before the picture is loaded."""
    tiles: Sequence[tuple[str, Any, int, Any]] = getattr(opened, "tile", ())
    return tiles
