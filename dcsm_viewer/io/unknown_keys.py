"""What a file says that this program does not know: a setting lost on reading would be another result."""

from __future__ import annotations

from collections.abc import Mapping


def unknown_keys(found: object, known: object, path: str = "") -> str:
    """Dotted path of the first key in `found` that `known` lacks, "" for none."""
    if isinstance(found, Mapping) and isinstance(known, Mapping):
        for key, value in found.items():
            here = f"{path}.{key}".removeprefix(".")
            if key not in known:
                return here
            deeper = unknown_keys(value, known[key], here)
            if deeper:
                return deeper
    if isinstance(found, list) and isinstance(known, list):
        for index, (value, counterpart) in enumerate(zip(found, known, strict=True)):
            deeper = unknown_keys(value, counterpart, f"{path}.{index}")
            if deeper:
                return deeper
    return ""
