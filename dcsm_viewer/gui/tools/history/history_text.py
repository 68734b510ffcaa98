"""What changed between two Settings, in the words of the panels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from dcsm_viewer.core.parameters import LIMITS
from dcsm_viewer.core.settings import ClassChoice, Settings

_NAMES = {
    "method.preset": "preset",
    "method.scales": "scales",
    "method.layers": "layers",
    "method.attribution": "attribution method",
    "method.fit": "fit",
    "method.channel_reduction": "channel reduction",
    "method.subtract_at": "subtraction at",
    "method.upsampling": "up-sampling",
    "method.normalise": "normalisation",
    "method.negative_mode": "negative differences",
    "method.score_reduction": "score over scales",
    "method.skip_undetected_scales": "skip scales below threshold",
    "method.final_tanh": "last tanh",
    "method.maps_for": "compute maps for",
    "crf.enabled": "CRF",
    "crf.backend": "CRF back end",
}
_MOST = 4
"""More changes than this at once are counted, not listed."""


def words_of_change(before: Settings, after: Settings, class_names: Sequence[str] = ()) -> str:
    """As "N 4 to 5, CRF off"; "" where nothing changed. class_names: by class id, for choices of classes."""
    parts = list(_parts(before, after, class_names))
    if len(parts) > _MOST:
        parts = [*parts[:_MOST], f"and {len(parts) - _MOST} more"]
    return ", ".join(parts)


def _parts(before: Settings, after: Settings, class_names: Sequence[str]) -> Sequence[str]:
    found = [
        f"{name} {getattr(before, name)} to {getattr(after, name)}"
        for name in ("model", "vocabulary", "device", "precision")
        if getattr(before, name) != getattr(after, name)
    ]
    if before.method.preset != after.method.preset:
        # The preset says in one word what its constants say in many.
        found.append(f"preset {before.method.preset} to {after.method.preset}")
    else:
        found += _section("method", before.method, after.method)
    found += _section("crf", before.crf, after.crf)
    return found + _choice(before.choice, after.choice, class_names)


def _section(section: str, before: object, after: object) -> list[str]:
    found = []
    for field in fields(before):  # type: ignore[arg-type]  # one of the settings' dataclasses
        was, now = getattr(before, field.name), getattr(after, field.name)
        if was == now:
            continue
        path = f"{section}.{field.name}"
        limit = LIMITS.get(path)
        name = limit.label if limit is not None else _NAMES.get(path, field.name.replace("_", " "))
        if isinstance(now, bool):
            found.append(f"{name} {'on' if now else 'off'}")
        else:
            found.append(f"{name} {_value(was)} to {_value(now)}")
    return found


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return " ".join(str(part) for part in value) or "all"
    return str(value).replace("_", " ")


def _choice(before: ClassChoice, after: ClassChoice, class_names: Sequence[str]) -> list[str]:
    found = []
    for kind, verb, undone in (
        ("always_compared", "always compared", "no longer always compared"),
        ("excluded", "excluded", "no longer excluded"),
        ("force_detected", "marked as present", "no longer marked as present"),
    ):
        was, now = set(getattr(before, kind)), set(getattr(after, kind))
        for ids, words in ((now - was, verb), (was - now, undone)):
            if ids:
                found.append(f"{' '.join(_class(class_id, class_names) for class_id in sorted(ids))} {words}")
    if before.image_labels != after.image_labels:
        found.append("image-level labels" if after.image_labels is not None else "no image-level labels")
    if before.top1_if_none != after.top1_if_none:
        found.append(f"top-1 {'on' if after.top1_if_none else 'off'}")
    return found


def _class(class_id: int, names: Sequence[str]) -> str:
    return names[class_id] if 0 <= class_id < len(names) else f"class {class_id}"
