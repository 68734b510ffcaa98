"""A run that dies at its n-th step on the disk, as by SIGKILL: nothing is caught, closed or cleaned up.

    python -m tests.unit.batch.batch_victim PHOTOGRAPHS OUT STEP

STEP 0 lives to the end. Steps are every fsync and every file that takes its place.
"""

from __future__ import annotations

import os
import sys
from itertools import count
from pathlib import Path
from typing import Any

from dcsm_viewer.batch.inputs import inputs_of
from dcsm_viewer.batch.run_batch import export_images
from dcsm_viewer.export import write_folder_files
from tests.unit.batch.test_run_batch import FakeEngine, order

FORMATS = ("voc", "npz", "coco", "seam")
DIED = 9


def run(photographs: Path, out: Path) -> None:
    from dataclasses import replace

    images = inputs_of([str(photographs)])
    wanted = replace(order(out, resume=True), formats=FORMATS)
    outcomes = list(export_images(FakeEngine(), images.paths, wanted, stems=images.stems))
    assert all(outcome.error is None for outcome in outcomes)
    write_folder_files(images.folder_images(images.paths), out, FORMATS)


def _die_at(step: int) -> None:
    steps = count(1)

    def dying(act: Any) -> Any:
        def acted(*arguments: Any) -> Any:
            if next(steps) == step:
                os._exit(DIED)
            return act(*arguments)

        return acted

    os.fsync = dying(os.fsync)
    os.replace = dying(os.replace)
    Path.replace = dying(Path.replace)  # type: ignore[method-assign] # the whole point


if __name__ == "__main__":
    _die_at(int(sys.argv[3]))
    run(Path(sys.argv[1]), Path(sys.argv[2]))
