"""The options that make Settings, generated from the parameter table and added to the commands that take them all."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Annotated, Any, get_type_hints

import typer

from dcsm_viewer.cli import options as o
from dcsm_viewer.cli.renamed_options import one_value
from dcsm_viewer.core.parameter_rows import Choice, Limit
from dcsm_viewer.core.parameters import CHOICES, LIMITS
from dcsm_viewer.core.settings import Settings


@dataclass(frozen=True, slots=True)
class RequestedSettings:
    """Settings as the options make them, and the constants of the method that were named on the command line."""

    settings: Settings
    method: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Option:
    """A parameter of a command: its annotation and default, and the field of Settings it sets ("method.x"), if any."""

    name: str
    annotation: Any
    default: Any = None
    path: str = ""


def _of_table(entry: Limit | Choice) -> list[_Option]:
    """The option of one row of the table, and a hidden one for each older spelling."""
    name = entry.option.removeprefix("--").replace("-", "_")
    options = [_Option(name, _annotation(entry, entry.option, hidden=False), None, entry.field)]
    for alias in entry.aliases:
        name = alias.removeprefix("--").replace("-", "_")
        options.append(_Option(name, _annotation(entry, alias, hidden=True), None, entry.field))
    return options


def _annotation(entry: Limit | Choice, spelling: str, *, hidden: bool) -> Any:
    if isinstance(entry, Limit):
        number: type = float if entry.decimals else int
        return Annotated[number | None, typer.Option(spelling, help=entry.explanation, hidden=hidden)]
    if entry.is_switch:
        switch = f"{spelling}/--no-{spelling.removeprefix('--')}"
        return Annotated[bool | None, typer.Option(switch, help=entry.explanation, hidden=hidden)]
    values = [option.name for option in entry.options]

    def value_named(name: str) -> str | bool:
        value = entry.value_named(name)
        if value is None:
            raise typer.BadParameter(f"'{name}' is not one of {', '.join(repr(value) for value in values)}.")
        return value

    # Not a Literal: the help would list older names too.
    words = typer.Option(spelling, help=entry.summary, hidden=hidden, parser=value_named, metavar="|".join(values))
    return Annotated[str | None, words]


def _table(section: str) -> list[_Option]:
    entries: list[Limit | Choice] = [*LIMITS.values(), *CHOICES.values()]
    return [option for entry in entries if entry.field.startswith(f"{section}.") for option in _of_table(entry)]


# In the order of the help text.
_OPTIONS: tuple[_Option, ...] = (
    _Option("model", o.ModelOption, Settings().model),
    _Option("vocabulary", o.VocabularyOption, Settings().vocabulary),
    _Option("preset", o.PresetOption, Settings().method.preset),
    _Option("scales", o.ScalesOption, None, "method.scales"),
    _Option("layers", o.LayersOption, None, "method.layers"),
    *_table("method"),
    _Option("use_top1", o.Top1Option, default=False),
    _Option("no_crf", o.NoCrfOption, default=False),
    _Option("crf_preset", o.CrfPresetOption),
    _Option("crf_backend", o.CrfBackendOption, None, "crf.backend"),
    *_table("crf"),
    _Option("device", o.DeviceParameter, Settings().device),
    _Option("precision", o.PrecisionParameter, Settings().precision),
)


def takes_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Add all options of Settings to a command; it gets them as its parameter `wanted`, a function that gives Wanted.

    A function, so that the command decides where a UserError about a value is turned into a sentence.
    """
    own = inspect.signature(command).parameters
    hints = get_type_hints(command, include_extras=True)
    parameters = [parameter.replace(annotation=hints[name]) for name, parameter in own.items() if name != "wanted"]
    shared = [
        inspect.Parameter(each.name, inspect.Parameter.KEYWORD_ONLY, default=each.default, annotation=each.annotation)
        for each in _OPTIONS
    ]

    @wraps(command)
    def with_options(**words: Any) -> None:
        given = {each.name: words.pop(each.name, each.default) for each in _OPTIONS}
        command(**words, wanted=lambda: _wanted(given))

    plain = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
    with_options.__signature__ = inspect.Signature([*plain, *shared])  # type: ignore[attr-defined]  # inspect reads it
    with_options.__annotations__ = {parameter.name: parameter.annotation for parameter in (*plain, *shared)}
    # Else typer would look through the wrapper at the command itself.
    del with_options.__wrapped__
    return with_options


def _wanted(given: dict[str, Any]) -> RequestedSettings:
    read = given | {"scales": o.numbers(given["scales"]), "layers": o.words(given["layers"])}
    sections: dict[str, dict[str, Any]] = {"method": {}, "crf": {"enabled": False if given["no_crf"] else None}}
    by_path: dict[str, dict[str, Any]] = {}
    for option in _OPTIONS:
        by_path.setdefault(option.path, {})["--" + option.name.replace("_", "-")] = read[option.name]
    for path, values in by_path.items():
        if path and (value := one_value(values)) is not None:
            section, constant = path.split(".")
            sections[section][constant] = value
    settings = o.settings_from(
        model=given["model"],
        vocabulary=given["vocabulary"],
        preset=given["preset"],
        device=given["device"],
        precision=given["precision"],
        method=sections["method"],
        crf=sections["crf"],
        crf_preset=given["crf_preset"],
        top1=given["use_top1"],
    )
    return RequestedSettings(settings, sections["method"])
