"""The import contracts of pyproject.toml name every package, and the packages keep to the layout's limits."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "dcsm_viewer"
MAY_IMPORT = {
    "Qt lives in gui": {"gui", "cli", "api"},  # cli and api start the window
    "torch lives in engine and training": {"engine", "training", "api"},  # api takes modules of the user's
}
MOST_FILES = 20  # directly in one folder


def packages() -> set[str]:
    return {path.parent.name for path in PACKAGE.glob("*/__init__.py")}


def contracts() -> dict[str, dict[str, object]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {contract["name"]: contract for contract in settings["tool"]["importlinter"]["contracts"]}


def test_that_every_package_has_a_rule_about_qt_and_one_about_torch() -> None:
    for name, free in MAY_IMPORT.items():
        sources = contracts()[name]["source_modules"]
        assert isinstance(sources, list)
        assert {source.removeprefix("dcsm_viewer.") for source in sources} | free == packages(), name


def test_that_no_folder_holds_more_files_than_a_reader_can_take_in() -> None:
    crowded = {
        str(folder.relative_to(ROOT)): count
        for folder in (PACKAGE, *PACKAGE.rglob("*/"))
        if (count := len(list(folder.glob("*.py")))) > MOST_FILES
    }
    assert not crowded


def test_that_no_two_modules_share_a_name() -> None:
    names = Counter(path.name for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")
    assert [name for name, count in names.items() if count > 1] == []
