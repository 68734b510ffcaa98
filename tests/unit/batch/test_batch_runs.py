"""A run over many images: what one image may do to the rest, labels for each, and what a resumed run knows again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from dcsm_viewer.batch import run_batch as batch
from dcsm_viewer.batch.run_batch import export_image, export_images
from dcsm_viewer.core.types import Result, UserError
from dcsm_viewer.export import export_with_reports, read_recipe
from dcsm_viewer.io.atomic import TEMPORARY_MARK, temporary_path
from dcsm_viewer.io.part_writer import this_writer
from tests.samples import ROOT
from tests.unit.batch.test_run_batch import FakeEngine, digests, order, photographs

__all__ = ["photographs"]


class FaultyEngine(FakeEngine):
    """Fails of itself at one image."""

    def __init__(self, at: str, fault: Exception) -> None:
        def fail(name: str) -> None:
            if name == at:
                raise fault

        super().__init__(on_settle=fail)


class StoppedError(Exception):
    """Raised by who stops a run."""


@pytest.mark.parametrize("fault", [RuntimeError("no kernel"), MemoryError(), IndexError("3"), OSError("gone")])
def test_that_a_fault_of_the_program_at_one_image_is_told_and_the_rest_goes_on(
    photographs: list[str], tmp_path: Path, fault: Exception
) -> None:
    outcomes = list(export_images(FaultyEngine("2.png", fault), photographs, order(tmp_path / "out")))
    assert [outcome.error is None for outcome in outcomes] == [True, True, False, True, True, True]
    error = outcomes[2].error or ""
    assert error.startswith(f"{photographs[2]} could not be done: the program failed with {type(fault).__name__}")


def test_that_who_stops_a_run_is_heard(photographs: list[str], tmp_path: Path) -> None:
    with pytest.raises(StoppedError):
        list(export_images(FaultyEngine("2.png", StoppedError()), photographs, order(tmp_path / "out")))


@pytest.mark.parametrize("fault", [PermissionError(13, "denied"), OSError(28, "no space left on device")])
def test_that_a_disk_that_is_full_for_one_image_stops_no_other(
    photographs: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: OSError
) -> None:
    def failing(result: Result, folder: Path, stem: str, *rest: object, **options: object) -> object:
        if stem == "1":
            monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(fault))
        try:
            return export_with_reports(result, folder, stem, *rest, **options)  # type: ignore[arg-type] # as they came
        finally:
            monkeypatch.undo()
            monkeypatch.setattr(batch, "export_with_reports", failing)

    monkeypatch.setattr(batch, "export_with_reports", failing)
    outcomes = list(export_images(FakeEngine(), photographs, order(tmp_path / "out")))
    assert [outcome.error is None for outcome in outcomes] == [True, False, True, True, True, True]
    assert any(words in (outcomes[1].error or "") for words in ("The disk is full", "does not let"))
    assert not [name for name in digests(tmp_path / "out") if name.startswith(("1.", TEMPORARY_MARK))]


def test_that_a_file_that_vanishes_before_its_turn_is_told(photographs: list[str], tmp_path: Path) -> None:
    def take_away(name: str) -> None:
        if name == "0.png":
            Path(photographs[5]).unlink()

    outcomes = list(export_images(FakeEngine(on_settle=take_away), photographs, order(tmp_path / "out")))
    assert [outcome.error is None for outcome in outcomes] == [True] * 5 + [False]
    assert "5.png is not there" in (outcomes[5].error or "")


def test_that_each_image_gets_its_own_labels_and_one_without_is_told(photographs: list[str], tmp_path: Path) -> None:
    given = {path: (number,) for number, path in enumerate(photographs[:5])}
    wanted = replace(order(tmp_path / "out"), given=given)
    outcomes = list(export_images(FakeEngine(), photographs, wanted))
    assert [outcome.error is None for outcome in outcomes] == [True] * 5 + [False]
    assert outcomes[5].error == f"{photographs[5]} has no labels; add it to them, or export it without."
    recipes = [read_recipe(tmp_path / "out" / f"{number}.json") for number in range(5)]
    assert [recipe.settings.choice.image_labels for recipe in recipes] == [(number,) for number in range(5)]


def test_that_other_labels_are_other_work(photographs: list[str], tmp_path: Path) -> None:
    wanted = replace(order(tmp_path / "out", resume=True), given=dict.fromkeys(photographs, (1,)))
    list(export_images(FakeEngine(), photographs, wanted))
    other = {**dict.fromkeys(photographs, (1,)), photographs[3]: (2,)}
    again = list(export_images(FakeEngine(), photographs, replace(wanted, given=other)))
    assert [outcome.resumed for outcome in again] == [True, True, True, False, True, True]


def test_that_a_photograph_that_moved_is_done_anew(photographs: list[str], tmp_path: Path) -> None:
    list(export_images(FakeEngine(), photographs[:1], order(tmp_path / "out")))
    moved = tmp_path / "elsewhere" / "0.png"
    moved.parent.mkdir()
    shutil.copy(photographs[0], moved)
    (outcome,) = export_images(FakeEngine(), [str(moved)], order(tmp_path / "out", resume=True))
    assert not outcome.resumed
    assert read_recipe(tmp_path / "out" / "0.json").image.path == "../elsewhere/0.png"


def test_that_parts_of_this_runs_images_are_cleared_and_those_of_others_left(
    photographs: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    others = begun_by_a_dead_process(out / "somebody.npz")
    begun_by_a_dead_process(out / "3.npz")
    begun_by_a_dead_process(begun_by_a_dead_process(out / "4.png"))
    list(export_images(FakeEngine(), photographs, order(out)))
    assert [name for name in digests(out) if name.startswith(TEMPORARY_MARK)] == [others.name]


def begun_by_a_dead_process(final: Path) -> Path:
    """A part beside `final` whose writer has ended."""
    begin = "import sys; from pathlib import Path; from dcsm_viewer.io.atomic import temporary_path\n"
    begin += "part = temporary_path(Path(sys.argv[1])); part.touch(); print(part)"
    run = subprocess.run(
        [sys.executable, "-c", begin, str(final)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return Path(run.stdout.strip())


def test_that_parts_of_a_run_that_is_still_under_way_stay(photographs: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    mine = temporary_path(out / "3.npz")  # this process lives
    theirs = mine.with_name(mine.name.replace(this_writer(), "0123abcd.77"))  # another machine's
    old = theirs.with_name(f"{theirs.name[:-1]}x")
    for part in (mine, theirs, old):
        part.touch()
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(old, (two_days_ago, two_days_ago))
    list(export_images(FakeEngine(), photographs, order(out)))
    assert {name for name in digests(out) if name.startswith(TEMPORARY_MARK)} == {mine.name, theirs.name}


def test_that_files_of_the_users_stay_and_the_other_images_go_on(photographs: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "1.json").write_text('{"shapes": [], "imagePath": "1.png"}')
    (out / "2.png").write_bytes(b"mine")
    engine = FakeEngine()
    outcomes = list(export_images(engine, photographs, order(out)))
    assert [outcome.error is None for outcome in outcomes] == [True, False, False, True, True, True]
    assert "1.json is there already and was not written by this program" in (outcomes[1].error or "")
    assert engine.computed == ["0.png", "3.png", "4.png", "5.png"], "it was computed for nothing"
    assert (out / "1.json").read_text() == '{"shapes": [], "imagePath": "1.png"}'
    assert (out / "2.png").read_bytes() == b"mine"
    assert not (out / "1.png").exists()


def test_that_an_outcome_holds_what_reading_back_found(photographs: list[str], tmp_path: Path) -> None:
    (outcome,) = export_images(FakeEngine(), photographs[:1], order(tmp_path / "out"))
    assert list(outcome.checks) == ["voc", "npz"]
    recorded = read_recipe(tmp_path / "out" / "0.json").outputs
    assert tuple(outcome.checks.values()) == tuple(output.checks for output in recorded)


def test_that_one_image_alone_gives_the_files_of_the_folder_and_raises_faults(
    photographs: list[str], tmp_path: Path
) -> None:
    list(export_images(FakeEngine(), photographs, order(tmp_path / "folder")))
    for path in photographs:
        export_image(FakeEngine(), path, Path(path).stem, order(tmp_path / "alone"), None)
    assert digests(tmp_path / "alone") == digests(tmp_path / "folder")
    done = export_image(FakeEngine(), photographs[0], "0", order(tmp_path / "alone", resume=True), "0" * 64)
    assert done.resumed
    bad = export_image(FakeEngine(bad="1.png"), photographs[1], "1", order(tmp_path / "alone"), None)
    assert bad.error == "1.png is too strange."
    with pytest.raises(RuntimeError, match="no kernel"):
        export_image(FaultyEngine("0.png", RuntimeError("no kernel")), photographs[0], "0", order(tmp_path), None)


def test_that_stages_are_told_of_a_single_image_only(photographs: list[str], tmp_path: Path) -> None:
    heard: list[str] = []
    list(export_images(FakeEngine(), photographs[:2], order(tmp_path / "out"), heard.append))
    assert [line.split(":")[0] for line in heard] == ["1/2 0.png", "2/2 1.png"]
    assert "left" in heard[0]


def test_that_no_labels_at_all_are_refused_by_name(tmp_path: Path) -> None:
    wanted = replace(order(tmp_path), given={})
    with pytest.raises(UserError, match=r"dog\.jpg has no labels"):
        wanted.settings_of("dog.jpg")
