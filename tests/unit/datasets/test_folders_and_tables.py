"""Class folders, CSV tables, and labels by image name from all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcsm_viewer.datasets import csv_dataset, folder_dataset, labels_of_images
from dcsm_viewer.values import UserError
from tests.unit.datasets.layouts import write_image, write_text, write_voc


def test_that_every_class_folder_is_a_class_and_a_shared_image_has_both(tmp_path: Path) -> None:
    for path in ("dog/1.jpg", "dog/deep/2.PNG", "cat/1.jpg", "cat/3.jpg", ".cache/4.jpg", "dog/notes.txt"):
        write_image(tmp_path / path) if not path.endswith("txt") else write_text(tmp_path / path, "")
    dataset = folder_dataset(tmp_path)
    assert dataset.class_names == ("cat", "dog")
    assert [(one.stem, one.labels) for one in dataset.examples] == [
        ("1", ("cat", "dog")),
        ("3", ("cat",)),
        ("2", ("dog",)),
    ]


def test_that_folders_that_hold_nothing_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no folders"):
        folder_dataset(tmp_path)
    (tmp_path / "dog").mkdir()
    with pytest.raises(UserError, match="dog holds no images"):
        folder_dataset(tmp_path)
    with pytest.raises(UserError, match="cannot be read"):
        folder_dataset(tmp_path / "nowhere")


def test_that_a_table_gives_images_with_any_number_of_labels(tmp_path: Path) -> None:
    for name in ("a.jpg", "in/b.jpg", "c, d.jpg"):
        write_image(tmp_path / name)
    table = write_text(tmp_path / "labels.csv", '\ufeffimage,label\na.jpg,dog, cat\n\nin/b.jpg\n"c, d.jpg",dog,,dog\n')
    dataset = csv_dataset(table)
    assert dataset.class_names == ("cat", "dog")
    assert [(one.stem, one.labels) for one in dataset.examples] == [
        ("a", ("cat", "dog")),
        ("b", ()),
        ("c, d", ("dog",)),
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a.jpg,dog\nno.jpg,dog\n", r"labels\.csv, line 2: there is no image"),
        ("a.jpg,dog\na.jpg,cat\n", r"labels\.csv, line 2, names a\.jpg again, after line 1"),
        ("a.jpg,dog\n,cat\n", r"labels\.csv, line 2, names no image"),
        ('a.jpg,"dog\n', r"labels\.csv, line 1, is no row"),
        ("a.jpg\n", r"labels\.csv names no labels"),
    ],
)
def test_that_a_bad_row_is_named(text: str, sentence: str, tmp_path: Path) -> None:
    write_image(tmp_path / "a.jpg")
    with pytest.raises(UserError, match=sentence):
        csv_dataset(write_text(tmp_path / "labels.csv", text))


def test_that_labels_by_image_name_come_from_all_three_layouts(tmp_path: Path) -> None:
    voc = write_voc(tmp_path / "voc", {"a": ["dog", "cat", "dog"], "b": []})
    assert labels_of_images(voc / "Annotations") == {"a": ("dog", "cat"), "b": ()}
    table = write_text(tmp_path / "labels.csv", "image,label\nsome/where/a.jpg,dog,cat\nb.jpg\n")
    assert labels_of_images(table) == {"a": ("dog", "cat"), "b": ()}
    for path in ("dog/a.jpg", "cat/a.jpg", "cat/b.jpg"):
        write_image(tmp_path / "folders" / path)
    assert labels_of_images(tmp_path / "folders") == {"a": ("cat", "dog"), "b": ("cat",)}


def test_that_two_images_of_one_name_and_different_labels_are_refused(tmp_path: Path) -> None:
    table = write_text(tmp_path / "labels.csv", "x/a.jpg,dog\ny/a.jpg,cat\n")
    with pytest.raises(UserError, match=r"line 2: an image named a had other labels"):
        labels_of_images(table)
    write_image(tmp_path / "folders/dog/x/a.jpg")
    write_image(tmp_path / "folders/cat/y/a.jpg")
    with pytest.raises(UserError, match="Two images named a"):
        labels_of_images(tmp_path / "folders")


def test_that_a_source_of_no_known_kind_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There are no labels at"):
        labels_of_images(tmp_path / "nowhere")
    with pytest.raises(UserError, match="holds no rows"):
        labels_of_images(write_text(tmp_path / "empty.csv", "image,label\n"))
