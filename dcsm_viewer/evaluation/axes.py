"""What a sweep can vary: every constant of the method and the CRF, presets, layers, scales, and the classes told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from dcsm_viewer.core import parameters
from dcsm_viewer.core.crf_presets import CRF_PRESETS
from dcsm_viewer.core.method_presets import PRESETS
from dcsm_viewer.core.parameter_rows import Choice, Limit, option_of
from dcsm_viewer.core.parameters import CHOICES, LIMITS
from dcsm_viewer.core.settings import PresetName, Settings
from dcsm_viewer.core.types import ModelCard, UserError
from dcsm_viewer.evaluation.variants import Variant

Change = Callable[[Variant, str], Variant]


@dataclass(frozen=True, slots=True)
class Axis:
    """usual: the values a sweep takes for a model unless it is told some. change: the variant with a value set.

    `is_number`: the values lie on a scale, so a plot may join them.
    """

    title: str
    default_values: Callable[[ModelCard], tuple[str, ...]]
    change: Change
    is_number: bool = False


def axes(fixed: Mapping[str, Any] = MappingProxyType({})) -> Mapping[str, Axis]:
    """Every axis by name. kept: constants of the method, by field, that a swept preset leaves as they are."""
    return {
        "crf": Axis("CRF", _listed("off", "on"), _change_crf),
        "classes": Axis("classes", _listed("found", "given"), _change_classes),
        "preset": Axis("preset", _listed("paper", "caffe", "formula", "simonyan"), _preset_change(fixed)),
        "layers": Axis("layers", lambda card: ("all", *card.layer_names), _change_layers),
        "scales": Axis("scales", _listed("400+500+600", "400", "500", "600"), _change_scales),
        "crf-preset": Axis("CRF preset", lambda _: tuple(CRF_PRESETS), _change_crf_preset),
        **{_name(limit.option): _of_number(limit, _USUAL.get(field, ())) for field, limit in LIMITS.items()},
        **{_name(choice.option): _of_choice(choice) for choice in CHOICES.values()},
    }


def axis_called(name: str) -> str:
    """Return the name of an axis that may be called by its field or by an older name: "n" of "min-candidates"."""
    return _OTHER_NAMES.get(name, name)


# The poster's own.
_N = ("0", "1", "2", "3", "4", "5", "10")
_USUAL = {
    "method.min_candidates": _N,
    "method.threshold": ("0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9"),
    "method.alpha": ("1", "2", "3", "4", "6"),
    "crf.iterations": ("1", "2", "5", "10", "20"),
}


def _name(option: str) -> str:
    """Return the name of a constant's axis, which is that of its option: "crf-iterations" of "--crf-iterations"."""
    return option.removeprefix("--")


_ROWS: tuple[Limit | Choice, ...] = (*LIMITS.values(), *CHOICES.values())
_OTHER_NAMES = {
    "candidates": "n",
    **{
        _name(spelling): _name(row.option)
        for row in _ROWS
        for spelling in (option_of(row.field), *row.aliases)
        if spelling != row.option
    },
}


def _listed(*values: str) -> Callable[[ModelCard], tuple[str, ...]]:
    return lambda _: values


def _of_number(limit: Limit, default_values: tuple[str, ...]) -> Axis:
    section, name = limit.field.split(".")

    def change(variant: Variant, value: str) -> Variant:
        try:
            number = int(value) if limit.decimals == 0 else float(value)
        except ValueError:
            raise UserError(f"'{value}' is no value of {limit.label}; write for example {limit.default:g}.") from None
        return _changed(variant, section, **{name: number})

    return Axis(
        limit.label if section == "method" else f"CRF {limit.label.lower()}",
        _listed(*default_values),
        change,
        is_number=True,
    )


def _of_choice(choice: Choice) -> Axis:
    section, name = choice.field.split(".")
    values = [option.name for option in choice.options]

    def change(variant: Variant, value: str) -> Variant:
        known = choice.value_named(value)
        if known is None:
            raise UserError(f"'{value}' is no value of {choice.label}; choose from {', '.join(values)}.")
        return _changed(variant, section, **{name: known})

    # The baselines need an optional package, so they are swept only where they are named.
    default_values = [word for word in values if word not in ("gradcam", "finercam")]
    return Axis(choice.label, _listed(*default_values), change)


def _one_of(value: str, known: Mapping[str, Any], what: str) -> Any:
    if value not in known:
        raise UserError(f"'{value}' is no value of {what}; choose from {', '.join(known)}.")
    return known[value]


def _changed(variant: Variant, section: str, **changes: Any) -> Variant:
    settings: Settings = variant.settings
    owner = replace(getattr(settings, section), **changes)
    return replace(variant, settings=replace(settings, **{section: owner}))


def _change_crf(variant: Variant, value: str) -> Variant:
    return _changed(variant, "crf", enabled=_one_of(value, {"on": True, "off": False}, "the CRF"))


def _change_classes(variant: Variant, value: str) -> Variant:
    return replace(variant, labels_given=_one_of(value, {"found": False, "given": True}, "the classes"))


def _preset_change(fixed: Mapping[str, Any]) -> Change:
    def change(variant: Variant, value: str) -> Variant:
        known: dict[str, PresetName] = {str(name): name for name in PRESETS}
        preset = PRESETS[_one_of(value, known, "the preset")]
        return replace(variant, settings=replace(variant.settings, method=replace(preset, **fixed)))

    return change


def _change_crf_preset(variant: Variant, value: str) -> Variant:
    crf = _one_of(value, CRF_PRESETS, "the CRF preset").settings
    here = variant.settings.crf
    crf = replace(crf, enabled=here.enabled, backend=here.backend)
    return replace(variant, settings=replace(variant.settings, crf=crf))


def _change_layers(variant: Variant, value: str) -> Variant:
    return _changed(variant, "method", layers=() if value == "all" else tuple(value.split("+")))


def _change_scales(variant: Variant, value: str) -> Variant:
    try:
        scales = tuple(int(part) for part in value.split("+"))
    except ValueError:
        raise UserError(f"'{value}' names no scales; write for example 400+500+600.") from None
    parameters.check(_changed(variant, "method", scales=scales).settings)
    return _changed(variant, "method", scales=scales)
