from __future__ import annotations

from pathlib import Path

import pytest

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.datasets import VOC_CLASSES, csv_dataset
from research import photographs
from research.pictures.sources import Source, named
from research.pictures.whole_photographs import WholePhotograph, whole_photographs

CAR = WholePhotograph("foolbox", "data/car.jpg", ("car", "person"))
LAKE = WholePhotograph("darknet", "lake.png", ())


def unpacked(sources: Path) -> None:
    for photograph in (CAR, LAKE):
        file = sources / photograph.source / photograph.file
        file.parent.mkdir(parents=True)
        file.write_bytes(photograph.file.encode())


def test_that_photographs_lie_beside_a_table_of_what_they_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked(tmp_path)
    monkeypatch.setattr(photographs, "fetched", lambda source, root, report: root / source.name)
    labels = photographs.gather_photographs((CAR, LAKE), tmp_path, tmp_path / "out", lambda sentence: None)
    examples = csv_dataset(labels).examples
    assert [(one.image.name, one.labels) for one in examples] == [
        ("foolbox--car.jpg", ("car", "person")),
        ("darknet--lake.png", ()),
    ]
    assert examples[0].image.read_bytes() == b"data/car.jpg"


def test_that_a_photograph_that_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photographs, "fetched", lambda source, root, report: root / source.name)
    with pytest.raises(UserError, match=r"lake\.png is not in .*darknet"):
        photographs.gather_photographs((LAKE,), tmp_path, tmp_path / "out", lambda sentence: None)


def test_that_a_source_that_cannot_be_had_ends_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(source: Source, root: Path, report: object) -> Path:
        raise UserError(f"{source.package} could not be fetched.")

    monkeypatch.setattr(photographs, "fetched", refuse)
    assert photographs.main(["--sources", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == "foolbox could not be fetched.\n"


def test_that_the_table_names_voc_classes_and_sources_that_were_never_trained_on() -> None:
    table = tuple(whole_photographs())
    assert {label for one in table for label in one.labels} <= set(VOC_CLASSES)
    assert {named(one.source).side for one in table} == {"evaluation"}
    assert len({one.name for one in table}) == len(table)
    assert any(not one.labels for one in table)


def test_that_photographs_of_one_activity_are_not_mistaken_for_those_of_another() -> None:
    assert WholePhotograph("gcompris", "erase/horse.webp", ()).name == "gcompris--erase-horse.webp"


def test_that_what_is_there_is_counted() -> None:
    assert photographs.counts((CAR, LAKE)) == ("2 photographs, 1 of them without any of the classes; car 1, person 1.")
