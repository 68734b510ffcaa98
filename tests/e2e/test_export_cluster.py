"""Several processes make the files that one makes, also when one of them dies on the way."""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from dcsm_viewer.batch.dask import dask_client, export_on_cluster
from dcsm_viewer.batch.dask.task import Task, export_task
from dcsm_viewer.batch.inputs import Inputs, inputs_of
from dcsm_viewer.batch.run_batch import ExportJob, export_images
from dcsm_viewer.core.settings import ClassChoice, CrfSettings, MethodSettings, Settings
from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.engine import Engine
from dcsm_viewer.engine.runtime.threads import threads_in_use, use_threads
from dcsm_viewer.export.recipe import versions
from tests.samples import SAMPLES

SETTINGS = Settings(
    device="cpu",
    method=MethodSettings(scales=(64, 96), canvas_px=100),
    crf=CrfSettings(iterations=2),
    choice=ClassChoice(image_labels=(7, 11)),
)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    folder = tmp_path_factory.mktemp("photographs")
    for number in range(10):
        with Image.open(SAMPLES / ("cat.jpg", "dog-bicycle.jpg", "eagle.jpg")[number % 3]) as photograph:
            photograph.convert("RGB").resize((90 + 3 * number, 80)).save(folder / f"{number}.png")
    (folder / "3.png").write_bytes(b"no picture")
    return inputs_of([str(folder)])


@pytest.fixture
def one_thread() -> Iterator[int]:
    before = threads_in_use()
    use_threads(1)
    yield 1
    use_threads(before)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def _order(out: Path) -> ExportJob:
    return ExportJob(SETTINGS, out, ("voc", "npz", "psa-crf"), resume=True)


def _digests(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def _pids(client: Any) -> list[int]:
    return sorted(client.run(os.getpid).values())


def test_that_two_workers_make_the_files_of_one_process_though_one_is_killed(
    images: Inputs, engine: Engine, one_thread: int, tmp_path: Path
) -> None:
    alone = list(export_images(engine, images.paths, _order(tmp_path / "alone"), stems=images.stems))
    heard: list[str] = []
    with dask_client(workers=2, scheduler=None, threads=one_thread) as client:
        before = _pids(client)
        outcomes = export_on_cluster(
            client,
            images.paths,
            _order(tmp_path / "together"),
            images.stems,
            weights=engine.card(SETTINGS).weights_digest,
            threads=one_thread,
            report=heard.append,
        )
        first = next(outcomes)
        # As the system does when memory runs out; SIGTERM elsewhere ends a process as suddenly.
        os.kill(before[0], getattr(signal, "SIGKILL", signal.SIGTERM))
        rest = list(outcomes)
        again = list(
            export_on_cluster(
                client,
                images.paths,
                _order(tmp_path / "together"),
                images.stems,
                weights=engine.card(SETTINGS).weights_digest,
                threads=one_thread,
            )
        )
        assert before[0] not in _pids(client)
    assert sorted(outcome.image for outcome in (first, *rest)) == sorted(images.paths)
    errors = {outcome.image: outcome.error for outcome in (first, *rest)}
    assert errors == {outcome.image: outcome.error for outcome in alone}
    assert sum(error is not None for error in errors.values()) == 1
    assert _digests(tmp_path / "together") == _digests(tmp_path / "alone")
    assert len(_digests(tmp_path / "alone")) == 9 * 5
    by_image = {outcome.image: outcome.files for outcome in alone}
    files = {outcome.image: tuple(map(_renamed, outcome.files)) for outcome in (first, *rest)}
    assert files == {image: tuple(map(_renamed, names)) for image, names in by_image.items()}
    assert all(outcome.resumed for outcome in again if outcome.error is None)
    assert heard[-1].startswith("10/10 ")


def _renamed(file: str) -> str:
    return file.replace("together", "alone")


def _task(images: Inputs, engine: Engine, out: Path) -> Task:
    path = images.paths[0]
    weights = engine.card(SETTINGS).weights_digest
    return Task(path, images.stems[path], _order(out), weights, versions(), threads_in_use())


def test_that_a_worker_with_other_packages_or_weights_makes_no_files(
    images: Inputs, engine: Engine, tmp_path: Path
) -> None:
    task = _task(images, engine, tmp_path / "out")
    old = export_task(replace(task, versions={**versions(), "torch": "1.0"}))
    assert "not 1.0; install the same there." in (old.error or "")
    other = export_task(replace(task, weights="0" * 64))
    assert "has other weights for lite0-voc" in (other.error or "")
    assert not (tmp_path / "out").exists()
    assert export_task(task).error is None


def test_that_a_scheduler_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcsm_viewer.batch.dask.cluster._CONNECT_S", 0.2)
    with (
        pytest.raises(UserError, match=r"No scheduler answers at tcp://127\.0\.0\.1:9"),
        dask_client(workers=None, scheduler="tcp://127.0.0.1:9", threads=1),
    ):
        pass
