"""Older spellings of options: hidden parameters that set the value of the option they became."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Annotated, Any, Optional, get_type_hints

import typer

from dcsm_viewer.cli.terminal import BAD_USAGE, sentences
from dcsm_viewer.core.types import UserError


def one_value(values: Mapping[str, Any]) -> Any:
    """Return the one value among those given by several spellings, None for none.

    Raises
    ------
    UserError
        Two spellings have different values; the sentence names both.
    """
    given = {spelling: value for spelling, value in values.items() if value is not None}
    if len(set(given.values())) > 1:
        (first, *_), (last, *_) = given, reversed(given)
        raise UserError(f"{last} is the older name of {first}, and the two differ; give {first} only.")
    return next(iter(given.values()), None)


def with_older_spellings(renamed: Mapping[str, str]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that adds older spellings to a command as hidden options.

    renamed: older spelling by the name of the parameter that it sets ("head_lr": "--rate-head"). The program ends with
    a sentence where both spellings have different values.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        hints = get_type_hints(command, include_extras=True)
        own = {
            name: each.replace(annotation=hints[name]) for name, each in inspect.signature(command).parameters.items()
        }
        older = {name: _older(own[name], spelling) for name, spelling in renamed.items()}

        @wraps(command)
        def with_options(**words: Any) -> None:
            for name, spelling in renamed.items():
                value = words.pop(older[name].name, None)
                if value is None:
                    continue
                newer = words[name] if words[name] != own[name].default else None
                with sentences(BAD_USAGE):
                    words[name] = one_value({f"--{name.replace('_', '-')}": newer, spelling: value})
            command(**words)

        parameters = [*own.values(), *older.values()]
        with_options.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # inspect reads it
            [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in parameters]
        )
        with_options.__annotations__ = {each.name: each.annotation for each in parameters}
        # Else typer would look through the wrapper at the command itself.
        del with_options.__wrapped__
        return with_options

    return decorate


def _older(parameter: inspect.Parameter, spelling: str) -> inspect.Parameter:
    value_type = parameter.annotation.__origin__
    return inspect.Parameter(
        "older_" + spelling.removeprefix("--").replace("-", "_"),
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[Optional[value_type], typer.Option(spelling, hidden=True)],  # noqa: UP045  # of a variable
    )
