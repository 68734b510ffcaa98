"""Access to workers: some of our own on this machine, or those of a scheduler that runs already."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dcsm_viewer.core.types import UserError

_CONNECT_S = 20


@contextmanager
def dask_client(*, workers: int | None, scheduler: str | None, threads: int) -> Iterator[Any]:
    """A dask Client of `workers` processes here, or of the scheduler at this address; closed when the block ends.

    threads: how many each worker here computes with. Raises UserError without Dask, or where none answers.
    """
    door = scheduling()
    import dask

    if scheduler is not None:
        try:
            client = door.Client(scheduler, timeout=_CONNECT_S, set_as_default=False)
        except (OSError, ValueError) as error:
            raise UserError(f"No scheduler answers at {scheduler} ({error}); start `dask scheduler` there.") from None
        with client:
            yield client
        return
    # Before the workers load torch and numpy: a count that is set later does not reach every library.
    counts = {f"{library}_NUM_THREADS": threads for library in ("OMP", "MKL", "OPENBLAS")}
    with (
        dask.config.set({"distributed.nanny.pre-spawn-environ": counts}),
        door.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            memory_limit=0,  # one image needs what it needs: pausing or killing the worker would not make it less
            silence_logs=logging.CRITICAL,  # a worker that dies is told by us
        ) as cluster,
        door.Client(cluster, set_as_default=False) as client,
    ):
        yield client


def scheduling() -> Any:
    """Dask's `distributed`, which has no types. Raises UserError where it is not installed."""
    try:
        import distributed
    except ImportError:
        raise UserError(
            "Several processes need Dask; run `pip install dcsm-viewer[distributed]`, or leave out --workers."
        ) from None
    return distributed
