"""Damage done to sound files: bytes, words and JSON values, drawn from a seeded generator."""

from __future__ import annotations

import json
import random
from typing import Any

_NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_WORDS = (
    b"", b"\0", b"\n", b"\r", b"\r\n", b",", b";", b"\t", b'"', b"'", b"/", b"\\", b"..", b".", b" ", b"-1", b"0", b"1",
    b"9" * 5000, b"1e999", b"NaN", b"null", b"true", b"[" * 3000, b"{" * 3000, b"<a>" * 3000, b"</object>", b"<object>",
    b"<name>", b"</annotation>", b"&lt;", b"&#0;", b"&x;", b"<!DOCTYPE a [<!ENTITY x 'y'>]>", b"<![CDATA[", b"-->",
    b'encoding="utf-7"', b'encoding="idna"', b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", b"\\ud800", b"\xc2\x85",
    "\u2028".encode(), "\u202e".encode(), "a\u0308".encode(), b"x" * 300, b"con", b"sep=;\n", b"image,", b"dog,",
    b"background\n",
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**31, 2**63, 10**30, 0.5, -0.0, 1e300, float("nan"), float("inf"), "", "x", "\0",
    "../..", "a" * 300, "\ud800", "s3://x/y", [], {}, [[]], [None], {"a": 1}, [0, 0, 0], ["x"],
)  # fmt: skip


def mutated(stored: bytes, other: bytes, draw: random.Random) -> bytes:
    """The file with one to eight kinds of damage; `other`: a sound file that parts may come from."""
    document = _document(stored) if draw.random() < 0.6 else None
    if document is not None:
        for _ in range(draw.choice((1, 1, 2, 4))):
            document = _with_other_value(document, draw)
        text = json.dumps(document)
        if draw.random() < 0.8:
            return text.encode("utf-8", "surrogatepass")
        stored = text.encode("utf-8", "surrogatepass")
    damaged = bytearray(stored)
    for _ in range(draw.choice((1, 1, 1, 2, 3, 5, 8))):
        _damage(damaged, other, draw)
    return bytes(damaged)


def _damage(stored: bytearray, other: bytes, draw: random.Random) -> None:
    # Headers are short and full of lengths, so half of the damage is done there.
    reach = len(stored) if draw.random() < 0.5 else min(len(stored), 256)
    at = draw.randrange(reach) if reach else 0
    length = draw.choice((1, 1, 2, 4, 8, 16, 64, 512))
    match draw.randrange(9):
        case 0 if stored:
            stored[at] ^= 1 << draw.randrange(8)
        case 1 if stored:
            stored[at] = draw.randrange(256)
        case 2:
            width = draw.choice((1, 2, 4, 8))
            number = draw.choice(_NUMBERS) & (256**width - 1)
            stored[at : at + width] = number.to_bytes(width, draw.choice(("big", "little")))
        case 3:
            del stored[at : at + length]
        case 4:
            stored[at:at] = stored[at : at + length]
        case 5:
            del stored[at:]
        case 6:
            begin = draw.randrange(len(other)) if other else 0
            stored[at : at + length] = other[begin : begin + length]
        case 7:
            stored[at : at + draw.choice((0, length))] = draw.choice(_WORDS)
        case _:
            stored[at : at + length] = bytes(length)


def _document(stored: bytes) -> Any:
    if not stored.startswith(b"{"):
        return None
    return json.loads(stored)


def _with_other_value(document: Any, draw: random.Random) -> Any:
    """The document with one of its values, keys or items replaced, left out or doubled."""
    if not isinstance(document, dict | list) or not document or draw.random() < 0.15:
        return draw.choice(_VALUES)
    if isinstance(document, list):
        changed = list(document)
        index = draw.randrange(len(changed))
        match draw.randrange(5):
            case 0:
                del changed[index]
            case 1:
                changed.insert(index, changed[index])
            case _:
                changed[index] = _with_other_value(changed[index], draw)
        return changed
    kept = dict(document)
    key = draw.choice(list(kept))
    match draw.randrange(8):
        case 0:
            del kept[key]
        case 1:
            kept[f"{key}s"] = kept.pop(key)
        case _:
            kept[key] = _with_other_value(kept[key], draw)
    return kept
