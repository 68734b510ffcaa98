"""Results as JSON lines on stdout, words for people on stderr."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from typing import Any

import typer

from dcsm_viewer.values import UserError

FAILED, BAD_USAGE = 1, 2


def put(record: object) -> None:
    """One JSON line on stdout, flushed, so that whoever reads a pipe sees it at once."""
    plain: Any = asdict(record) if is_dataclass(record) and not isinstance(record, type) else record
    typer.echo(json.dumps(plain, ensure_ascii=False))


def say(sentence: str) -> None:
    typer.echo(sentence, err=True)


@contextmanager
def sentences(code: int) -> Iterator[None]:
    """Inside, a UserError ends the program with its sentence on stderr and this exit code."""
    try:
        yield
    except UserError as error:
        say(str(error))
        raise typer.Exit(code) from None
