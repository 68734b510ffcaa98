"""Files of fixed names replace those of earlier runs, never the user's."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.own_files import LIST, check_own, claim


def test_that_a_file_of_the_users_is_refused_by_name_and_nothing_is_claimed(tmp_path: Path) -> None:
    (tmp_path / "report.md").write_text("mine")
    with pytest.raises(UserError, match=r"report.md is there already and is not known as a file of this program"):
        claim(tmp_path, ("other.md", "report.md"))
    assert [path.name for path in tmp_path.iterdir()] == ["report.md"]


def test_that_what_was_claimed_before_it_was_written_may_be_replaced(tmp_path: Path) -> None:
    claim(tmp_path, ("b/report.md", "a.csv"))
    claim(tmp_path, ("c.csv",))
    for name in ("a.csv", "c.csv"):
        (tmp_path / name).write_text("ours")
    check_own(tmp_path, ("a.csv", "b/report.md", "c.csv"))


def test_that_claiming_again_writes_nothing(tmp_path: Path) -> None:
    claim(tmp_path, ("a.csv",))
    before = (tmp_path / LIST).stat()
    claim(tmp_path, ("a.csv",))
    assert (tmp_path / LIST).stat() == before


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": 3}', "[" * 100_000])
def test_that_a_damaged_list_vouches_for_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / LIST).write_text(text)
    (tmp_path / "a.csv").write_text("mine")
    with pytest.raises(UserError, match="is not known as a file of this program"):
        check_own(tmp_path, ("a.csv",))
    claim(tmp_path, ("b.csv",))
    (tmp_path / "b.csv").touch()
    check_own(tmp_path, ("b.csv",))
