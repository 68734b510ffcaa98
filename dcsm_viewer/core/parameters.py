"""Every constant a user can set: the table behind sliders, boxes, options of the command line and checks.

The rows stand beside the fields they describe, in core/settings.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields, replace

from dcsm_viewer.core.parameter_rows import ROW, Choice, Limit
from dcsm_viewer.core.settings import CrfSettings, MethodSettings, Settings
from dcsm_viewer.core.types import UserError


def _rows() -> Iterator[Limit | Choice]:
    for section, owner in (("method", MethodSettings), ("crf", CrfSettings)):
        for each in fields(owner):
            row = each.metadata.get(ROW)
            if row is not None:
                yield replace(row, field=f"{section}.{each.name}")


LIMITS: dict[str, Limit] = {row.field: row for row in _rows() if isinstance(row, Limit)}
CHOICES: dict[str, Choice] = {row.field: row for row in _rows() if isinstance(row, Choice)}


def value_of(row: Limit | Choice, settings: Settings) -> float | str | bool:
    """Return the value that `settings` have in the field of the row."""
    section, name = row.field.split(".")
    value: float | str | bool = getattr(getattr(settings, section), name)
    return value


SCALE_PX = Limit("method.scales", "Scale", 64, 1200, 1, "px", 0, "Side of the square the network sees.")


def check(settings: Settings) -> None:
    """Validate settings; raise UserError naming the first value out of range, and what is allowed."""
    for limit in LIMITS.values():
        value = float(value_of(limit, settings))
        if not (math.isfinite(value) and limit.low <= value <= limit.high):
            raise UserError(
                f"{limit.label} ({limit.field}) is {value:g}; it must lie between {limit.low:g} and {limit.high:g}."
            )
    scales = settings.method.scales
    if not scales or len(set(scales)) != len(scales):
        raise UserError(f"Scales are {scales}; choose at least one, each once, for example 400,500,600.")
    for scale in scales:
        if not SCALE_PX.low <= scale <= SCALE_PX.high:
            raise UserError(
                f"Scale {scale} px is out of range; it must lie between {SCALE_PX.low} and {SCALE_PX.high}."
            )
    clash = set(settings.choice.excluded) & (set(settings.choice.always_compared) | set(settings.choice.force_detected))
    if clash:
        raise UserError(f"Class ids {sorted(clash)} are both excluded and wanted; reset one of the two.")


def numeric_fields() -> tuple[str, ...]:
    """Paths of all int and float fields of MethodSettings and CrfSettings; a test holds LIMITS complete against it."""
    owners = (("method", MethodSettings()), ("crf", CrfSettings()))
    return tuple(
        f"{section}.{field.name}"
        for section, owner in owners
        for field in fields(owner)
        if isinstance(getattr(owner, field.name), int | float) and not isinstance(getattr(owner, field.name), bool)
    )
