"""Names that stored settings had before schema 2, and what they are called now; the only list of them."""

from __future__ import annotations

from collections.abc import Mapping

METHOD_FIELDS = {
    "candidates": "min_candidates",
    "backward": "attribution",
    "channel_max": "channel_reduction",
    "negatives": "negative_mode",
    "detect_by": "score_reduction",
    "gate_by_scale": "skip_undetected_scales",
}
CRF_FIELDS = {"level_follows": "adaptive_background"}
CHOICE_FIELDS = {
    "pinned": "always_compared",
    "struck": "excluded",
    "forced": "force_detected",
    "given": "image_labels",
}
TRAINING_FIELDS = {
    "rate_head": "head_lr",
    "rate_body": "backbone_lr",
    "smoothing": "label_smoothing",
    "average": "ema_decay",
    "remember": "feature_reg",
    "blend": "weight_interpolation",
    "views": "cached_epochs",
    "outputs_of": "frozen_head",
}

_SECTIONS = {"method": METHOD_FIELDS, "crf": CRF_FIELDS, "choice": CHOICE_FIELDS}
# Values by the present name of their field.
_VALUES: Mapping[str, Mapping[object, str]] = {"score_reduction": {"any": "max"}, "fit": {"pad": "letterbox"}}
# What settings meant before these fields existed.
_BEFORE_FIELDS: Mapping[str, Mapping[str, object]] = {"method": {"score_reduction": "max"}}
# What a recipe said of its model that replay does not need.
_DROPPED = {"model": frozenset({"derivable", "gradient_layers", "layers", "undefined_methods", "notes"})}


def upgraded_fields(document: Mapping[str, object]) -> dict[str, object]:
    """Return a document of schema 1 with the names and values of schema 2; sections of settings lie anywhere in it."""
    return {name: _upgraded(name, part) for name, part in document.items()}


def _upgraded(name: str, part: object) -> object:
    if isinstance(part, list):
        return [_upgraded("", each) for each in part]
    if not isinstance(part, dict):
        return part
    fields = upgraded_fields(part)
    if name in _SECTIONS:
        fields = {**_BEFORE_FIELDS.get(name, {}), **renamed(fields, _SECTIONS[name])}
    return {key: value for key, value in fields.items() if key not in _DROPPED.get(name, ())}


def renamed(stored: Mapping[str, object], names: Mapping[str, str]) -> dict[str, object]:
    """Return stored fields by their present names and with their present values.

    A field that has both names keeps both: the reader then refuses the older one as unknown.
    """
    fields = {(name if names.get(name) in stored else names.get(name, name)): value for name, value in stored.items()}
    return {name: _value(name, value) for name, value in fields.items()}


def _value(field: str, value: object) -> object:
    return _VALUES.get(field, {}).get(value, value) if isinstance(value, str) else value
