"""Settings after one thing the user did: pure functions from Settings to Settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dcsm_viewer.core.method_presets import PRESETS
from dcsm_viewer.core.parameters import LIMITS
from dcsm_viewer.core.settings import ClassChoice, PresetName, Settings, Vocabulary


def with_field(settings: Settings, path: str, value: Any) -> Settings:
    """`path` is "method.<field>" or "crf.<field>"; whole numbers (limits with 0 decimals) become int."""
    section, name = path.split(".")
    limit = LIMITS.get(path)
    if limit is not None and limit.decimals == 0:
        value = round(value)
    part = replace(getattr(settings, section), **{name: value})
    return replace(settings, **{section: part})


def with_preset(settings: Settings, preset: PresetName) -> Settings:
    """Every constant of the method as the preset has it."""
    return replace(settings, method=PRESETS[preset])


def with_model(settings: Settings, model: str) -> Settings:
    """Another network: its layers and its class ids are others, so both choices start anew, layers as the preset."""
    if model == settings.model:
        return settings
    # A preset names no layer of a particular network, but it may name the input.
    method = replace(settings.method, layers=PRESETS[settings.method.preset].layers)
    return replace(settings, model=model, method=method, choice=_fresh(settings.choice))


def with_vocabulary(settings: Settings, vocabulary: Vocabulary) -> Settings:
    if vocabulary == settings.vocabulary:
        return settings
    return replace(settings, vocabulary=vocabulary, choice=_fresh(settings.choice))


def for_another_image(settings: Settings) -> Settings:
    """What was said about the classes belongs to one image; how the rest is computed stays."""
    return replace(settings, choice=_fresh(settings.choice))


def with_scales(settings: Settings, scales: tuple[int, ...]) -> Settings:
    return with_field(settings, "method.scales", tuple(sorted(set(scales))))


def always_compare(settings: Settings, class_id: int, on: bool) -> Settings:
    """Make the class a candidate at any score, or no longer."""
    choice = settings.choice
    return _chosen(
        settings,
        replace(
            choice,
            always_compared=_with(choice.always_compared, class_id, on),
            excluded=_without_if(choice.excluded, class_id, on),
        ),
    )


def mark_present(settings: Settings, class_id: int, on: bool) -> Settings:
    """Treat the class as detected at every scale, or no longer."""
    choice = settings.choice
    return _chosen(
        settings,
        replace(
            choice,
            force_detected=_with(choice.force_detected, class_id, on),
            excluded=_without_if(choice.excluded, class_id, on),
        ),
    )


def exclude(settings: Settings, class_id: int, on: bool) -> Settings:
    """Exclude the class from the candidates, as not in this image, or no longer."""
    choice = settings.choice
    return _chosen(
        settings,
        replace(
            choice,
            excluded=_with(choice.excluded, class_id, on),
            always_compared=_without_if(choice.always_compared, class_id, on),
            force_detected=_without_if(choice.force_detected, class_id, on),
            image_labels=None if choice.image_labels is None else _without_if(choice.image_labels, class_id, on),
        ),
    )


def use_top1(settings: Settings, *, on: bool) -> Settings:
    return _chosen(settings, replace(settings.choice, top1_if_none=on))


def _chosen(settings: Settings, choice: ClassChoice) -> Settings:
    return replace(settings, choice=choice)


def _fresh(choice: ClassChoice) -> ClassChoice:
    return ClassChoice(top1_if_none=choice.top1_if_none)


def _with(ids: tuple[int, ...], class_id: int, on: bool) -> tuple[int, ...]:
    return tuple(sorted({*ids, class_id} if on else set(ids) - {class_id}))


def _without_if(ids: tuple[int, ...], class_id: int, on: bool) -> tuple[int, ...]:
    return tuple(other for other in ids if not on or other != class_id)
