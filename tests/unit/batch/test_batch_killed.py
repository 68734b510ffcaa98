"""A run killed at any step leaves no half file, and the resumed one ends with the bytes of an unbroken one."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from dcsm_viewer.export import read_recipe
from dcsm_viewer.export.recipe import sha256_of
from dcsm_viewer.io.atomic import TEMPORARY_MARK
from tests.samples import ROOT
from tests.unit.batch import batch_victim
from tests.unit.batch.batch_victim import DIED
from tests.unit.batch.test_run_batch import photographs

__all__ = ["photographs"]

# In the first image's first file, between its files, at its recipe, further on, and in the file of the whole folder.
STEPS = (1, 6, 12, 29, 65)


def _files(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def _run(folder: Path, out: Path, step: int) -> int:
    command = [sys.executable, "-m", "tests.unit.batch.batch_victim", str(folder), str(out), str(step)]
    return subprocess.run(command, cwd=ROOT, check=False, stderr=subprocess.DEVNULL).returncode


def test_that_a_run_killed_at_any_step_and_resumed_ends_with_the_bytes_of_an_unbroken_one(
    photographs: list[str], tmp_path: Path
) -> None:
    folder = Path(photographs[0]).parent
    batch_victim.run(folder, tmp_path / "unbroken")
    out = tmp_path / "out"
    for step in STEPS:
        assert _run(folder, out, step) == DIED
        # What a recipe vouches for is whole at any moment.
        for recipe_path in out.glob("*.json"):
            if not recipe_path.name.startswith(TEMPORARY_MARK) and not recipe_path.name.endswith(".coco.json"):
                for output in read_recipe(recipe_path).outputs:
                    assert sha256_of(out / output.path) == output.sha256
    assert any(Path(name).name.startswith(TEMPORARY_MARK) for name in _files(out)), (
        "no kill left anything to clear away"
    )
    batch_victim.run(folder, out)
    assert _files(out) == _files(tmp_path / "unbroken")
