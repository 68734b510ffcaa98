"""The options that make Settings, declared once and lent to the commands that take them all."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, get_type_hints

from dcsm_viewer.cli import options as o
from dcsm_viewer.core.types import Settings


@dataclass(frozen=True, slots=True)
class Wanted:
    """Settings as the options make them, and the constants of the method that were named on the command line."""

    settings: Settings
    method: dict[str, Any] = field(default_factory=dict)


# Parameter of the command, its annotation, its default, and where it goes: "method.x", "crf.x" or by itself.
_OPTIONS: tuple[tuple[str, Any, Any, str], ...] = (
    ("model", o.ModelOption, "lite0-voc", ""),
    ("vocabulary", o.VocabularyOption, "voc", ""),
    ("preset", o.PresetOption, "tuned", ""),
    ("n", o.NOption, None, "method.candidates"),
    ("threshold", o.ThresholdOption, None, "method.threshold"),
    ("scales", o.ScalesOption, None, "method.scales"),
    ("layers", o.LayersOption, None, "method.layers"),
    ("alpha", o.AlphaOption, None, "method.alpha"),
    ("backward", o.BackwardOption, None, "method.backward"),
    ("canvas", o.CanvasOption, None, "method.canvas_px"),
    ("fit", o.FitOption, None, "method.fit"),
    ("channel_max", o.ChannelMaxOption, None, "method.channel_max"),
    ("subtract_at", o.SubtractAtOption, None, "method.subtract_at"),
    ("upsampling", o.UpsamplingOption, None, "method.upsampling"),
    ("normalise", o.NormaliseOption, None, "method.normalise"),
    ("negatives", o.NegativesOption, None, "method.negatives"),
    ("detect_by", o.DetectByOption, None, "method.detect_by"),
    ("gate_by_scale", o.GateByScaleOption, None, "method.gate_by_scale"),
    ("final_tanh", o.FinalTanhOption, None, "method.final_tanh"),
    ("maps_for", o.MapsForOption, None, "method.maps_for"),
    ("use_top1", o.Top1Option, False, ""),
    ("no_crf", o.NoCrfOption, False, ""),
    ("crf_preset", o.CrfPresetOption, None, ""),
    ("crf_backend", o.CrfBackendOption, None, "crf.backend"),
    ("crf_iterations", o.CrfIterationsOption, None, "crf.iterations"),
    ("crf_gaussian_sxy", o.CrfGaussianSxyOption, None, "crf.gaussian_sxy"),
    ("crf_gaussian_compat", o.CrfGaussianCompatOption, None, "crf.gaussian_compat"),
    ("crf_bilateral_sxy", o.CrfBilateralSxyOption, None, "crf.bilateral_sxy"),
    ("crf_bilateral_srgb", o.CrfBilateralSrgbOption, None, "crf.bilateral_srgb"),
    ("crf_bilateral_compat", o.CrfBilateralCompatOption, None, "crf.bilateral_compat"),
    ("crf_unary_floor", o.CrfUnaryFloorOption, None, "crf.unary_floor"),
    ("crf_background", o.CrfBackgroundOption, None, "crf.background"),
    ("crf_level_follows", o.CrfLevelFollowsOption, None, "crf.level_follows"),
    ("crf_sharpness", o.CrfSharpnessOption, None, "crf.sharpness"),
    ("device", o.DeviceOption, "auto", ""),
    ("precision", o.PrecisionOption, "auto", ""),
)


def takes_settings(command: Callable[..., None]) -> Callable[..., None]:
    """The command with all options of Settings; it gets them as its parameter `wanted`, a function that gives Wanted.

    A function, so that the command decides where a UserError about a value is turned into a sentence.
    """
    own = inspect.signature(command).parameters
    hints = get_type_hints(command, include_extras=True)
    parameters = [parameter.replace(annotation=hints[name]) for name, parameter in own.items() if name != "wanted"]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, annotation, default, _ in _OPTIONS
    ]

    @wraps(command)
    def with_options(**words: Any) -> None:
        given = {name: words.pop(name, default) for name, _, default, _ in _OPTIONS}
        command(**words, wanted=lambda: _wanted(given))

    plain = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
    with_options.__signature__ = inspect.Signature([*plain, *shared])  # type: ignore[attr-defined]  # inspect reads it
    with_options.__annotations__ = {parameter.name: parameter.annotation for parameter in (*plain, *shared)}
    # Else typer would look through the wrapper at the command itself.
    del with_options.__wrapped__
    return with_options


def _wanted(given: dict[str, Any]) -> Wanted:
    read = given | {"scales": o.numbers(given["scales"]), "layers": o.words(given["layers"])}
    rooms: dict[str, dict[str, Any]] = {"method": {}, "crf": {"enabled": False if given["no_crf"] else None}}
    for name, _, _, path in _OPTIONS:
        if path:
            room, constant = path.split(".")
            rooms[room][constant] = read[name]
    settings = o.settings_from(
        model=given["model"],
        vocabulary=given["vocabulary"],
        preset=given["preset"],
        device=given["device"],
        precision=given["precision"],
        method=rooms["method"],
        crf=rooms["crf"],
        crf_preset=given["crf_preset"],
        top1=given["use_top1"],
    )
    return Wanted(settings, {name: value for name, value in rooms["method"].items() if value is not None})
