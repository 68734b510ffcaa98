"""What a worker does with one image: the same as one process would, with an engine of its own that it keeps."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from dcsm_viewer.batch.run_batch import ExportJob, Outcome, export_image
from dcsm_viewer.core.types import UserError
from dcsm_viewer.export.recipe import versions

if TYPE_CHECKING:
    from dcsm_viewer.engine.engine import Engine

_ONE_AT_A_TIME = threading.Lock()  # a worker of several threads still has one engine


@dataclass(frozen=True, slots=True)
class Task:
    """One image with all that its bytes depend on: `versions` of the packages, `weights` (sha256) and `threads`."""

    path: str
    stem: str
    job: ExportJob
    weights: str
    versions: Mapping[str, str]
    threads: int


def export_task(task: Task) -> Outcome:
    """The Outcome of the image; its files have the bytes that the driver would have made, or there are none.

    Faults that are no user's are raised, so that Dask tries again.
    """
    other = _difference(task.versions, versions())
    if other:
        return Outcome(task.path, error=f"{socket.gethostname()} has {other}; install the same there.")
    from dcsm_viewer.engine.runtime.threads import use_threads

    with _ONE_AT_A_TIME:
        use_threads(task.threads)
        try:
            found = _engine().card(task.job.settings).weights_digest
        except UserError as error:
            return Outcome(task.path, error=f"{socket.gethostname()}: {error}")
        if found != task.weights:
            there = f"{socket.gethostname()} has other weights for {task.job.settings.model}"
            return Outcome(task.path, error=f"{there} ({found[:12]}, not {task.weights[:12]}); copy them there.")
        return export_image(_engine(), task.path, task.stem, task.job, task.weights)


@cache
def _engine() -> Engine:
    from dcsm_viewer.engine.engine import Engine

    return Engine()


def _difference(wanted: Mapping[str, str], here: Mapping[str, str]) -> str:
    for name in sorted(wanted.keys() | here.keys()):
        if wanted.get(name) != here.get(name):
            return f"{name} {here.get(name, 'missing')}, not {wanted.get(name, 'none')}"
    return ""
