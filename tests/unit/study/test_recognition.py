"""Figures of recognition on labelled images, and the table of photographs they are measured on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dcsm_viewer.datasets import VOC_CLASSES, csv_dataset
from dcsm_viewer.study.photographs import PHOTOGRAPHS, labels_table
from dcsm_viewer.study.pictures.sources import of_side
from dcsm_viewer.study.recognition import recognition
from dcsm_viewer.values import UserError

NAMES = ("cat", "cow", "dog")


def table(folder: Path, *rows: str) -> Path:
    for row in rows:
        Image.new("RGB", (8, 8)).save(folder / row.split(",")[0])
    (folder / "labels.csv").write_text("\n".join(("image,label", *rows)) + "\n")
    return folder / "labels.csv"


def test_that_the_figures_of_a_small_table_are_those_counted_by_hand(tmp_path: Path) -> None:
    dataset = csv_dataset(table(tmp_path, "a.png,dog", "b.png,cat,dog", "c.png", "d.png,cat"))
    scores = np.array([[0.1, 0.0, 0.9], [0.8, 0.7, 0.2], [0.6, 0.1, 0.3], [0.4, 0.5, 0.1]])
    found = recognition("made", NAMES, dataset, scores, 0.45)
    # cat: b, c, d rank 1, 2, 3 of b and d; dog: a, c, b rank 1, 2, 3 of a and b. Cow occurs nowhere.
    assert found.average_precision == {"cat": round((1 + 2 / 3) / 2, 3), "dog": round((1 + 2 / 3) / 2, 3)}
    assert found.mean_average_precision == pytest.approx((1 + 2 / 3) / 2)
    # Found: dog in a, cat and cow in b, cat in c, cow in d; two of five are there, of four that are.
    assert found.precision == pytest.approx(2 / 5)
    assert found.recall == pytest.approx(2 / 4)
    assert found.best_is_right == pytest.approx(2 / 3)
    assert found.mistaken == ("d.png: cow",)


def test_that_a_class_the_model_does_not_know_is_one_sentence(tmp_path: Path) -> None:
    dataset = csv_dataset(table(tmp_path, "a.png,unicorn"))
    with pytest.raises(UserError, match="made has no class 'unicorn', which labels has"):
        recognition("made", NAMES, dataset, np.zeros((1, 3)), 0.5)


def test_that_the_photographs_have_vocs_classes_each_once_and_none_is_of_a_training_source() -> None:
    assert len({(source.name, name) for source, name, _ in PHOTOGRAPHS}) == len(PHOTOGRAPHS)
    assert {label for _, _, labels in PHOTOGRAPHS for label in labels} <= set(VOC_CLASSES)
    assert not {source.package for source, _, _ in PHOTOGRAPHS} & {source.package for source in of_side("training")}


def test_that_the_table_of_photographs_is_read_by_the_reader_of_tables(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not there; delete"):
        labels_table(tmp_path / "sources", tmp_path / "photographs")
    for source, name, _ in PHOTOGRAPHS:
        image = tmp_path / "sources" / source.name / name
        image.parent.mkdir(parents=True, exist_ok=True)
        image.touch()
    (tmp_path / "photographs").mkdir()
    file = tmp_path / "photographs" / "labels.csv"
    file.write_text(labels_table(tmp_path / "sources", tmp_path / "photographs"))
    dataset = csv_dataset(file)
    assert [set(example.labels) for example in dataset.examples] == [set(labels) for _, _, labels in PHOTOGRAPHS]
