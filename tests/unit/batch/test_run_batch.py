"""A folder to files while reading, computing and writing overlap: same bytes, same order, whole files."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from PIL import Image

from dcsm_viewer.batch import run_batch as batch
from dcsm_viewer.batch.run_batch import READ_AHEAD, WRITE_BEHIND, ExportJob, Outcome, export_images
from dcsm_viewer.core.settings import MethodSettings, Settings
from dcsm_viewer.core.types import ModelCard, Request, Result, SourceImage, UserError
from dcsm_viewer.export import export_with_reports, read_recipe
from dcsm_viewer.io.images import read_image
from dcsm_viewer.queries.query import Report
from tests.results import make_model_card, make_result

FORMATS = ("voc", "npz")
SETTINGS = replace(Settings(), method=replace(MethodSettings(), scales=(64,), layers=("blocks.2",)))


class FakeEngine:
    """Results made of the image alone; `bad` names one it refuses, `stop` one at which somebody presses Ctrl-C."""

    def __init__(self, *, bad: str = "", stop: str = "", on_settle: Callable[[str], None] = lambda _: None) -> None:
        self.bad, self.stop, self.on_settle = bad, stop, on_settle
        self.computed: list[str] = []
        self.threads: set[int] = set()

    def settle(self, request: Request, report: Callable[[Report], None]) -> Result:
        del report
        name = Path(request.image.name).name
        self.on_settle(name)
        self.threads.add(threading.get_ident())
        if name == self.bad:
            raise UserError(f"{name} is too strange.")
        if name == self.stop:
            raise KeyboardInterrupt
        self.computed.append(name)
        seed = int(request.image.digest[:6], 16)
        layers, scales = ("blocks.2",), (64,)
        return make_result(request.image, seed=seed, layers=layers, scales=scales, settings=request.settings)

    def card(self, _: Settings) -> ModelCard:
        return make_model_card(("blocks.2",))


@pytest.fixture
def photographs(tmp_path: Path) -> list[str]:
    random = np.random.default_rng(0)
    folder = tmp_path / "photographs"
    folder.mkdir()
    for number in range(6):
        pixels = random.integers(0, 255, (20 + number, 30, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return [str(folder / f"{number}.png") for number in range(6)]


def order(out: Path, *, resume: bool = False) -> ExportJob:
    return ExportJob(SETTINGS, out, FORMATS, resume=resume)


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_that_files_written_beside_the_engine_are_those_written_one_after_the_other(
    photographs: list[str], tmp_path: Path
) -> None:
    outcomes = list(export_images(FakeEngine(), photographs, order(tmp_path / "overlapped")))
    (tmp_path / "alone").mkdir()
    for serial, path in enumerate(photographs):
        result = FakeEngine().settle(Request(serial, read_image(path), SETTINGS), lambda _: None)
        export_with_reports(result, tmp_path / "alone", Path(path).stem, FORMATS)
    assert digests(tmp_path / "overlapped") == digests(tmp_path / "alone")
    assert len(digests(tmp_path / "alone")) == len(photographs) * (len(FORMATS) + 1)
    assert [outcome.image for outcome in outcomes] == photographs
    assert all(Path(file).exists() for outcome in outcomes for file in outcome.files)


def test_that_bad_images_are_told_in_their_places_and_stop_nobody(photographs: list[str], tmp_path: Path) -> None:
    Path(photographs[1]).write_bytes(b"no picture")
    heard: list[str] = []
    outcomes = list(export_images(FakeEngine(bad="3.png"), photographs, order(tmp_path), heard.append))
    assert [outcome.image for outcome in outcomes] == photographs
    assert [outcome.error is not None for outcome in outcomes] == [False, True, False, True, False, False]
    assert outcomes[3].error == "3.png is too strange."
    assert [line.split(":")[0] for line in heard] == [f"{n + 1}/6 {n}.png" for n in range(6)]


def test_that_an_export_over_its_own_image_is_refused_when_the_writer_gets_to_it(
    photographs: list[str], tmp_path: Path
) -> None:
    outcomes = list(export_images(FakeEngine(), photographs[:2], order(tmp_path / "photographs")))
    assert all("is the image itself" in (outcome.error or "") for outcome in outcomes)
    assert len(outcomes) == 2


def test_that_an_interruption_leaves_whole_images_and_no_thread(photographs: list[str], tmp_path: Path) -> None:
    before = threading.active_count()
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        list(export_images(FakeEngine(stop="4.png"), photographs, order(out)))
    assert threading.active_count() == before
    assert not list(out.glob(".part-*"))
    # What was computed is on the disk, whole: a resumed run computes the rest alone.
    assert len([read_recipe(path) for path in out.glob("*.json")]) == 4


def test_that_resuming_computes_only_what_is_missing(photographs: list[str], tmp_path: Path) -> None:
    list(export_images(FakeEngine(), photographs[:3], order(tmp_path / "out")))
    kept = digests(tmp_path / "out")
    engine = FakeEngine()
    outcomes = list(export_images(engine, photographs, order(tmp_path / "out", resume=True)))
    assert [outcome.resumed for outcome in outcomes] == [True] * 3 + [False] * 3
    assert engine.computed == ["3.png", "4.png", "5.png"]
    assert kept.items() <= digests(tmp_path / "out").items()


def test_that_only_a_few_images_and_results_wait_in_memory(
    photographs: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    written: list[str] = []
    behind: list[int] = []
    gate = threading.Event()

    def reading(path: str) -> SourceImage:
        read.append(path)
        return read_image(path)

    def writing(result: Result, *arguments: object, **options: object) -> object:
        gate.wait(10)
        written.append(result.request.image.name)
        return export_with_reports(result, *arguments, **options)  # type: ignore[arg-type] # passed on as they came

    def settling(name: str) -> None:
        started = int(Path(name).stem) + 1
        assert len(read) <= started + READ_AHEAD
        behind.append(started - 1 - len(written))
        if started == WRITE_BEHIND + 1:
            gate.set()

    monkeypatch.setattr(batch, "read_image", reading)
    monkeypatch.setattr(batch, "export_with_reports", writing)
    engine = FakeEngine(on_settle=settling)
    assert len(list(export_images(engine, photographs, order(tmp_path)))) == 6
    assert behind[WRITE_BEHIND] == WRITE_BEHIND, "nothing was written while the engine went on"
    assert max(behind) <= WRITE_BEHIND + 1
    assert engine.threads == {threading.get_ident()}


def test_that_whoever_stops_listening_leaves_no_thread(photographs: list[str], tmp_path: Path) -> None:
    before = threading.active_count()
    outcomes = cast("Generator[Outcome, None, None]", export_images(FakeEngine(), photographs, order(tmp_path)))
    assert next(outcomes).image == photographs[0]
    outcomes.close()
    assert threading.active_count() == before
