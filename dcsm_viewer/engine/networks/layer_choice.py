"""Which layers of a network a list of names and globs means."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from fnmatch import fnmatchcase

from dcsm_viewer.core.types import UserError

_SUGGESTED = 5


def chosen_layers(
    wanted: Sequence[str], available: Sequence[str], model_name: str, usual: Sequence[str]
) -> tuple[str, ...]:
    """Return the layers that `wanted` means, in the order of `available`.

    Parameters
    ----------
    wanted
        Names, or globs such as "layer[234]" and "features.*"; a glob means each layer that it matches whole.
    available
        All layers of the network, earliest first.
    model_name, usual
        For the sentence: the model, and the layers it uses by itself.

    Raises
    ------
    UserError
        For a name or glob that no layer has, with the nearest names.
    """
    found: set[str] = set()
    unknown: list[str] = []
    for pattern in wanted:
        # A layer's own name first: "features[0]" may be one.
        matched = {pattern} & set(available) or {name for name in available if fnmatchcase(name, pattern)}
        found |= matched
        if not matched:
            unknown.append(pattern)
    if unknown:
        near = difflib.get_close_matches(unknown[0], available, n=_SUGGESTED)
        there = ", ".join(dict.fromkeys((*near, *usual[:_SUGGESTED])))
        raise UserError(f"{model_name} has no layer {', '.join(sorted(unknown))}; it has {there}.")
    return tuple(name for name in available if name in found)
