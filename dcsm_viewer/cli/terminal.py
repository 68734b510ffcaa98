"""Results as JSON lines on stdout, words for people on stderr."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, is_dataclass
from typing import Any

import typer

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.os_errors import sentence_on

FAILED, BAD_USAGE = 1, 2

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_CLOSED = frozenset({errno.EPIPE, errno.ECONNRESET, errno.EBADF, errno.EINVAL})  # Windows says EINVAL of a closed pipe


def print_json(record: object) -> None:
    """Print one JSON line on stdout, flushed, so that the reader of a pipe sees it at once.

    In ASCII, as what is redirected has the encoding of the locale, which need not know the letters of a name.
    Raises typer.Exit(1) after a sentence where stdout takes no more.
    """
    plain: Any = asdict(record) if is_dataclass(record) and not isinstance(record, type) else record
    with told_stdout():
        typer.echo(json.dumps(plain))


def print_message(sentence: str) -> None:
    """Print a sentence on stderr; a closed stderr is no error."""
    with suppress(OSError, ValueError):
        typer.echo(sentence, err=True)


@contextmanager
def sentences(code: int) -> Iterator[None]:
    """Inside, a UserError, or a name that no file can have, ends the program with its sentence and this exit code."""
    try:
        yield
    except UserError as error:
        print_message(str(error))
        raise typer.Exit(code) from None
    except OSError as os_error:
        sentence = sentence_on(os_error)
        if sentence is None:
            raise
        print_message(sentence)
        raise typer.Exit(code) from None


@contextmanager
def told_stdout() -> Iterator[None]:
    """Inside, where stdout takes no more (full disk, a reader who has gone), the program says so and ends with 1."""
    try:
        yield
    except OSError as error:
        if error.filename is not None or error.errno not in _FULL | _CLOSED:
            raise
        _silence_stdout()
        if error.errno in _FULL:
            print_message("stdout is full, so the results could not be told; make room, or send them to another disk.")
        else:
            print_message(
                "Whoever read the results on stdout has gone, so the program ends here; written files are whole."
            )
        raise typer.Exit(FAILED) from None


def _silence_stdout() -> None:
    """Send what Python still has for stdout nowhere: at its end it would try, fail and complain once more."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
