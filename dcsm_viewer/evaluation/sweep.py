"""The rows that come of a sweep: all combinations of the values it asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from types import MappingProxyType
from typing import Any

from dcsm_viewer.core import parameters
from dcsm_viewer.core.types import ModelCard, UserError
from dcsm_viewer.evaluation.axes import axes, axis_called
from dcsm_viewer.evaluation.variants import Variant

MAX_VARIANTS = 400
# A preset sets all constants, so it comes before those that change one.
_FIRST = ("preset", "crf-preset")


def variants_of(
    base: Variant,
    requested: Mapping[str, tuple[str, ...]],
    card: ModelCard,
    fixed: Mapping[str, Any] = MappingProxyType({}),
) -> tuple[Variant, ...]:
    """All combinations of the values asked for by axis, () meaning the usual ones; the base alone for no axes.

    kept: see `axes`. Raises UserError for a value that does not exist and for more rows than anybody reads.
    """
    known = axes(fixed)
    grid: list[list[tuple[str, str]]] = []
    for name, values in requested.items():
        taken = values or known[name].default_values(card)
        if not taken:
            raise UserError(f"Say which values of '{name}' to sweep, for example {name}=0.2:0.5.")
        grid.append([(name, value) for value in taken])
    variants = []
    for chosen in product(*grid):
        variant = base
        for name, value in sorted(chosen, key=lambda pair: pair[0] not in _FIRST):
            variant = known[name].change(variant, value)
        parameters.check(variant.settings)
        title = ", ".join(f"{known[name].title} {value}" for name, value in chosen)
        variants.append(replace(variant, name=title or base.name, values=dict(chosen)))
    if len(variants) > MAX_VARIANTS:
        raise UserError(f"The sweep has {len(variants)} rows; at most {MAX_VARIANTS} are made. Name fewer values.")
    return tuple(variants)


def parsed_axes(texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """{"n": (), "alpha": ("2", "3")} of "n,alpha=2:3". Raises UserError for an axis that does not exist."""
    requested: dict[str, tuple[str, ...]] = {}
    known = axes()
    for part in (part.strip() for text in texts for part in text.split(",")):
        name, _, values = part.partition("=")
        name = axis_called(name)
        if name not in known:
            raise UserError(f"There is nothing called '{name}' to sweep; choose from {', '.join(sorted(known))}.")
        requested[name] = tuple(value for value in values.split(":") if value)
    return requested
