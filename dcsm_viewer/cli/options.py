"""The options that several commands share, and the Settings they add up to."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Annotated, Any

import typer

from dcsm_viewer.core import parameters
from dcsm_viewer.core.crf_presets import CRF_PRESETS
from dcsm_viewer.core.method_presets import PRESETS
from dcsm_viewer.core.settings import (
    CrfBackend,
    CrfSettings,
    DeviceOption,
    MethodSettings,
    PrecisionOption,
    PresetName,
    Settings,
    Vocabulary,
)
from dcsm_viewer.core.types import UserError

ModelOption = Annotated[str, typer.Option("--model", help="A model's name (see `models list`) or a weights file.")]
VocabularyOption = Annotated[Vocabulary, typer.Option(help="What a network of ImageNet's classes calls things.")]
PresetOption = Annotated[PresetName, typer.Option(help="Which published form of the method.")]
NOption = Annotated[int | None, typer.Option("--n", help=parameters.LIMITS["method.min_candidates"].explanation)]
ThresholdOption = Annotated[float | None, typer.Option(help=parameters.LIMITS["method.threshold"].explanation)]
ScalesOption = Annotated[str | None, typer.Option(help="Sides of the network input in px, as 400,500,600.")]
LayersOption = Annotated[
    str | None, typer.Option(help="Layers to use, as conv3_1,conv4_1; all of the model's if left out.")
]
Top1Option = Annotated[bool, typer.Option("--use-top1", help="Where no class is above the threshold, take the best.")]
NoCrfOption = Annotated[bool, typer.Option("--no-crf", help="Labels straight from the class maps.")]
CrfPresetOption = Annotated[str | None, typer.Option(help=f"A published set: {', '.join(CRF_PRESETS)}.")]
CrfBackendOption = Annotated[CrfBackend | None, typer.Option(help="What computes the CRF.")]
DeviceParameter = Annotated[DeviceOption, typer.Option(help="Where to compute; auto takes the fastest that works.")]
PrecisionParameter = Annotated[
    PrecisionOption,
    typer.Option(help="auto is float32; float64 is the reference; bfloat16 is faster where the machine knows it."),
]


def settings_from(
    *,
    model: str,
    vocabulary: Vocabulary,
    preset: PresetName,
    device: DeviceOption,
    precision: PrecisionOption,
    method: dict[str, Any],
    crf: dict[str, Any],
    crf_preset: str | None,
    top1: bool,
) -> Settings:
    """The preset's settings with everything changed that was given (None means not given); checked.

    Raises UserError naming a value out of range.
    """
    if crf_preset is not None and crf_preset not in CRF_PRESETS:
        raise UserError(f"There is no CRF preset '{crf_preset}'; choose from {', '.join(CRF_PRESETS)}.")
    base = CrfSettings() if crf_preset is None else CRF_PRESETS[crf_preset].settings
    choice = replace(Settings().choice, top1_if_none=top1)
    settings = Settings(
        model=model,
        vocabulary=vocabulary,
        method=replace(PRESETS[preset], **_given(method, MethodSettings)),
        choice=choice,
        crf=replace(base, **_given(crf, CrfSettings)),
        device=device,
        precision=precision,
    )
    parameters.check(settings)
    return settings


def numbers(text: str | None) -> tuple[int, ...] | None:
    """(400, 500, 600) of "400,500,600"; None of None. Raises UserError for anything else."""
    if text is None:
        return None
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise UserError(f"--scales {text!r} is no list of whole numbers; write for example 400,500,600.") from None


def words(text: str | None) -> tuple[str, ...] | None:
    """The parts of "a,b" without blanks around them; None of None."""
    return None if text is None else tuple(part.strip() for part in text.split(",") if part.strip())


def _given(values: dict[str, Any], owner: type[MethodSettings | CrfSettings]) -> dict[str, Any]:
    known = {field.name for field in fields(owner)}
    assert set(values) <= known, set(values) - known
    return {name: value for name, value in values.items() if value is not None}
