"""The notebooks of the docs, run cell by cell as their readers run them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.samples import ROOT

NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))


def code_of(path: Path) -> str:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def test_that_there_are_three_notebooks() -> None:
    assert [path.name[0] for path in NOTEBOOKS] == ["1", "2", "3"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_that_a_notebook_runs_to_its_end(path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", code_of(path)], cwd=path.parent, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.strip()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_that_a_notebook_is_kept_without_outputs(path: Path) -> None:
    document = json.loads(path.read_text("utf-8"))
    assert document["nbformat"] == 4
    assert not any(cell.get("outputs") for cell in document["cells"])
