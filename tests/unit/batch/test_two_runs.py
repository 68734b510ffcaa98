"""Two runs that share a folder leave each other's files alone while they are made."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from dcsm_viewer.export import read_recipe
from dcsm_viewer.export.recipe import sha256_of
from dcsm_viewer.io.atomic import TEMPORARY_MARK
from tests.samples import ROOT
from tests.unit.batch.test_run_batch import photographs

__all__ = ["photographs"]

# The first run waits with the parts of its first image in the folder until the second has exported all and cleared up.
RUN = """
import sys, time
from dataclasses import replace
from pathlib import Path
from dcsm_viewer.batch import run_batch
from dcsm_viewer.export import bundle
from tests.unit.batch.test_run_batch import FakeEngine, order

folder, out, mark, is_first = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4] == "first"
begun, over = mark / "begun", mark / "over"
end = time.monotonic() + 100
paths = [str(path) for path in sorted(folder.glob("*.png"))]
if is_first:
    written = bundle.write_recipe
    def waiting(*given):
        begun.touch()
        while not over.exists() and time.monotonic() < end:
            time.sleep(0.01)
        written(*given)
    bundle.write_recipe = waiting
else:
    while not begun.exists() and time.monotonic() < end:
        time.sleep(0.01)
outcomes = list(run_batch.export_images(FakeEngine(), paths, order(out)))
if not is_first:
    over.touch()
errors = [outcome.error for outcome in outcomes if outcome.error]
sys.exit("\\n".join(errors) or 0)
"""


def test_that_the_run_that_ends_first_takes_no_file_from_under_the_other(
    photographs: list[str], tmp_path: Path
) -> None:
    out, mark = tmp_path / "out", tmp_path / "marks"
    mark.mkdir()
    words = [sys.executable, "-c", RUN, str(Path(photographs[0]).parent), str(out), str(mark)]
    runs = [
        subprocess.Popen([*words, which], cwd=ROOT, stderr=subprocess.PIPE, text=True) for which in ("first", "second")
    ]
    errors = [run.communicate(timeout=120)[1] for run in runs]
    assert errors == ["", ""]
    assert not [path for path in out.iterdir() if path.name.startswith(TEMPORARY_MARK)]
    for path in out.glob("*.json"):
        assert all(sha256_of(out / output.path) == output.sha256 for output in read_recipe(path).outputs)
