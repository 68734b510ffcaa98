"""Chunks of a PNG that no pixel is made of are left out before it is decoded, so that none of them can refuse it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import NamedTuple

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Transparency, orientation and the number of frames; everything else in lower case is not used here.
_USED = frozenset({b"tRNS", b"eXIf", b"acTL", b"fcTL", b"fdAT"})
# Text in which some programs keep the orientation, and which Pillow looks for it in.
_ORIENTATION_KEYWORDS = frozenset({b"Raw profile type exif", b"Raw profile type APP1", b"XML:com.adobe.xmp"})
_MOST_TEXT_BYTES = 1 << 20  # Pillow refuses the whole picture for a longer one


class _Chunk(NamedTuple):
    kind: bytes
    content: bytes
    begin: int
    end: int


def used_chunks_only(stored: bytes) -> bytes:
    """Return the PNG file without text, colour profile and other chunks that change neither pixels nor orientation.

    What is no PNG, and what is cut off, comes back as it is: the decoder says what is wrong with it.
    """
    if not stored.startswith(SIGNATURE):
        return stored
    left_out = [chunk for chunk in _chunks(stored) if not _is_used(chunk)]
    if not left_out:
        return stored
    kept, begin = [], 0
    for chunk in left_out:
        kept.append(stored[begin : chunk.begin])
        begin = chunk.end
    return b"".join([*kept, stored[begin:]])


def _chunks(stored: bytes) -> Iterator[_Chunk]:
    """The whole chunks, up to the first that is cut off."""
    begin = len(SIGNATURE)
    while begin + 12 <= len(stored):
        end = begin + 12 + int.from_bytes(stored[begin : begin + 4], "big")
        if end > len(stored):
            return
        yield _Chunk(stored[begin + 4 : begin + 8], stored[begin + 8 : end - 4], begin, end)
        begin = end


def _is_used(chunk: _Chunk) -> bool:
    is_critical = not chunk.kind[0] & 0x20  # as PNG has it: the first letter is a capital
    if is_critical or chunk.kind in _USED:
        return True
    keyword, _, text = chunk.content.partition(b"\0")
    if keyword not in _ORIENTATION_KEYWORDS:
        return False
    match chunk.kind:
        case b"tEXt":
            return len(text) <= _MOST_TEXT_BYTES
        case b"zTXt":
            return _fits(text[1:])
        case b"iTXt":
            _, _, body = text[2:].partition(b"\0")
            _, _, body = body.partition(b"\0")
            return _fits(body) if text[:1] == b"\1" else len(body) <= _MOST_TEXT_BYTES
    return False


def _fits(compressed: bytes) -> bool:
    try:
        return len(zlib.decompressobj().decompress(compressed, _MOST_TEXT_BYTES + 1)) <= _MOST_TEXT_BYTES
    except zlib.error:
        return False
