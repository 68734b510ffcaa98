"""Class folders, CSV tables, and labels by image name from all of them."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.datasets import csv_dataset, folder_dataset, labels_of_images, voc_dataset
from tests.unit.io.datasets.layouts import write_image, write_text, write_voc


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


@pytest.mark.parametrize("separator", [";", "\t", ","])
@pytest.mark.parametrize("heading", ["", "image{}label\n", "sep={}\n"])
def test_that_a_table_is_read_by_its_own_separator(separator: str, heading: str, tmp_path: Path) -> None:
    for name in ("one.jpg", "a;b.png", "two.jpg"):
        write_image(tmp_path / name)
    rows = ["one.jpg", "bicycle"], ['"a;b.png"'], ["two.jpg", "dog", "bicycle"]
    text = heading.format(separator) + "\r\n".join(separator.join(row) for row in rows)
    dataset = csv_dataset(write_text(tmp_path / "labels.csv", text))
    assert [(one.image.name, one.labels) for one in dataset.examples] == [
        ("one.jpg", ("bicycle",)),
        ("a;b.png", ()),
        ("two.jpg", ("bicycle", "dog")),
    ]


def test_that_excels_unicode_text_is_read(tmp_path: Path) -> None:
    write_image(tmp_path / "bär.jpg")
    (tmp_path / "labels.txt").write_bytes("bär.jpg\tdog\r\n".encode("utf-16"))
    assert csv_dataset(tmp_path / "labels.txt").examples[0].labels == ("dog",)


def test_that_only_line_feeds_end_a_line(tmp_path: Path) -> None:
    names = ["a\u2028b.jpg", "c\x85d.jpg"]
    for name in names:
        write_image(tmp_path / name)
    table = write_text(tmp_path / "labels.csv", "".join(f"{name},dog\r\n" for name in names))
    assert [one.image.name for one in csv_dataset(table).examples] == names
    old = tmp_path / "old.csv"
    old.write_bytes("\r".join(f"{name},dog" for name in names).encode())
    assert [one.image.name for one in csv_dataset(old).examples] == names


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a.jpg,dog\nb.jpg;cat\n", r"labels\.csv, line 2, is separated by ';' and the CSV by ','"),
        ("a.jpg\tdog\nb.jpg,cat\nc.jpg\tdog\n", r"line 2, is separated by ',' and the CSV by tab"),
        ("a.jpg,dog;cat\n", r"line 1, has several labels in the cell 'dog;cat'; write one a cell"),
        ("a.jpg,dog|cat\n", r"several labels in the cell"),
        ("image,dog,cat\na.jpg,1,0\nb.jpg,0,1\n", r"a column of 0 and 1 for each class"),
    ],
)
def test_that_a_table_of_another_dialect_is_refused_by_name(text: str, sentence: str, tmp_path: Path) -> None:
    for name in "abc":
        write_image(tmp_path / f"{name}.jpg")
    with pytest.raises(UserError, match=sentence):
        csv_dataset(write_text(tmp_path / "labels.csv", text))


def test_that_files_of_one_name_in_two_class_folders_are_two_images(tmp_path: Path) -> None:
    write_image(tmp_path / "dog" / "IMG_1.jpg", seed=1)
    write_image(tmp_path / "cat" / "IMG_1.jpg", seed=2)
    examples = folder_dataset(tmp_path).examples
    assert [(one.image.parent.name, one.labels) for one in examples] == [("cat", ("cat",)), ("dog", ("dog",))]


def test_that_class_folders_know_all_images_and_leave_hidden_files_out(tmp_path: Path) -> None:
    for name in ("a.avif", "b.gif", "c.JP2", "._a.png", ".cache/d.png"):
        write_image(tmp_path / "dog" / name)
    assert [one.image.name for one in folder_dataset(tmp_path).examples] == ["a.avif", "b.gif", "c.JP2"]
    write_image(tmp_path / "cat" / "._a.png")
    with pytest.raises(UserError, match="names that begin with a dot do not count"):
        folder_dataset(tmp_path)


def test_that_a_table_finds_its_images_whatever_the_unicode_and_the_capitals(tmp_path: Path) -> None:
    write_image(tmp_path / unicodedata.normalize("NFD", "bär.jpg"))
    write_image(tmp_path / "IMG_2.JPG")
    write_image(tmp_path / "in" / "x.png")
    table = write_text(tmp_path / "labels.csv", "bär.jpg,dog\nimg_2.jpg,cat\nin\\x.png,cow\n")
    assert [one.labels for one in csv_dataset(table).examples] == [("dog",), ("cat",), ("cow",)]


def test_that_class_names_are_the_same_however_their_unicode_is_composed(tmp_path: Path) -> None:
    apart, together = (unicodedata.normalize(form, "bär") for form in ("NFD", "NFC"))
    write_image(tmp_path / "folders" / apart / "a.jpg")
    write_image(tmp_path / "a.jpg")
    write_image(tmp_path / "b.jpg")
    table = write_text(tmp_path / "labels.csv", f"a.jpg,{apart}\nb.jpg,{together}\n")
    assert folder_dataset(tmp_path / "folders").class_names == csv_dataset(table).class_names == (together,)
    voc = write_voc(tmp_path / "voc", {"a": [apart]})
    write_text(voc / "classes.txt", f"{together}\n")
    assert voc_dataset(voc, "train").examples[0].labels == (together,)


def test_that_one_file_named_in_two_ways_is_named_twice(tmp_path: Path) -> None:
    write_image(tmp_path / "a.jpg")
    (tmp_path / "in").mkdir()
    table = write_text(tmp_path / "labels.csv", "a.jpg,dog\n./in/../a.jpg,cat\n")
    with pytest.raises(UserError, match=r"line 2, names \./in/\.\./a\.jpg again, after line 1"):
        csv_dataset(table)


def _labels(source: Path, *paths: str) -> dict[str, tuple[str, ...]]:
    return dict(labels_of_images(source, paths).labels)


def test_that_labels_by_image_name_come_from_all_three_layouts(tmp_path: Path) -> None:
    voc = write_voc(tmp_path / "voc", {"a": ["dog", "cat", "dog"], "b": []})
    assert _labels(voc / "Annotations", "x/a.jpg", "b.png", "c.jpg") == {"x/a.jpg": ("dog", "cat"), "b.png": ()}
    table = write_text(tmp_path / "labels.csv", "image,label\nsome/where/a.jpg,dog,cat\nb.jpg\n")
    assert _labels(table, "x/a.jpg", "b.png", "c.jpg") == {"x/a.jpg": ("dog", "cat"), "b.png": ()}
    for path in ("dog/a.jpg", "cat/a.jpg", "cat/b.jpg"):
        write_image(tmp_path / "folders" / path)
    assert _labels(tmp_path / "folders", "x/a.jpg", "b.png") == {"x/a.jpg": ("cat", "dog"), "b.png": ("cat",)}


def test_that_a_dot_in_a_name_is_part_of_it(tmp_path: Path) -> None:
    table = write_text(tmp_path / "labels.csv", "a.b,dog\na,cat\na.c.jpg,cow\n")
    assert _labels(table, "a.b.jpg", "a.jpg", "a.c.png", "a.d.png") == {
        "a.b.jpg": ("dog",),
        "a.jpg": ("cat",),
        "a.c.png": ("cow",),
    }
    voc = write_voc(tmp_path / "voc", {"a.b": ["dog"], "a": ["cat"]})
    assert _labels(voc / "Annotations", "a.b.jpg", "a.jpg") == {"a.b.jpg": ("dog",), "a.jpg": ("cat",)}


def test_that_the_suffix_counts_where_it_tells_images_apart(tmp_path: Path) -> None:
    table = write_text(tmp_path / "labels.csv", "a.jpg,dog\na.png,cat\n")
    assert _labels(table, "a.png", "a.jpg") == {"a.png": ("cat",), "a.jpg": ("dog",)}


def test_that_names_are_found_whatever_the_unicode_and_the_capitals(tmp_path: Path) -> None:
    table = write_text(tmp_path / "labels.csv", "bär.jpg,dog\nIMG_2.JPG,cat\nimg_3.jpg,cow\nIMG_3.jpg,sheep\n")
    apart = unicodedata.normalize("NFD", "bär.jpg")
    assert _labels(table, apart, "img_2.jpg", "IMG_3.jpg") == {
        apart: ("dog",),
        "img_2.jpg": ("cat",),
        "IMG_3.jpg": ("sheep",),
    }


def test_that_equal_names_in_class_folders_keep_their_own_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed, name in enumerate(("dog/1.jpg", "cat/1.jpg", "cat/2.jpg")):
        write_image(tmp_path / "all" / name, seed)
    dog, cat, copy = (str(tmp_path / name) for name in ("all/dog/1.jpg", "all/cat/1.jpg", "copied/dog/1.jpg"))
    assert _labels(tmp_path / "all", dog, cat) == {dog: ("dog",), cat: ("cat",)}
    assert _labels(tmp_path / "all", copy) == {copy: ("dog",)}
    monkeypatch.chdir(tmp_path / "all" / "dog")
    assert _labels(tmp_path / "all", "1.jpg") == {"1.jpg": ("dog",)}
    found = labels_of_images(tmp_path / "all", ["elsewhere/1.jpg", "elsewhere/2.jpg"])
    assert found.labels == {"elsewhere/2.jpg": ("cat",)}
    assert "could be meant by" in found.errors["elsewhere/1.jpg"]
    assert found.errors["elsewhere/1.jpg"].endswith("which have different labels; rename one of the images.")


def test_that_a_label_with_folders_is_for_the_image_in_them(tmp_path: Path) -> None:
    table = write_text(tmp_path / "labels.csv", "x/a.jpg,dog\ny/a.jpg,cat\nx/b.jpg,cow\n")
    paths = ["in/x/a.jpg", "in/y/a.jpg", "in/x/b.jpg", "in/y/b.jpg"]
    expected = {"in/x/a.jpg": ("dog",), "in/y/a.jpg": ("cat",), "in/x/b.jpg": ("cow",)}
    assert _labels(table, *paths) == expected
    # A share of the run finds what the whole run finds.
    shares = [labels_of_images(table, [path], among=paths).labels for path in paths]
    assert {path: names for share in shares for path, names in share.items()} == expected


def test_that_one_bad_annotation_stops_its_image_alone(tmp_path: Path) -> None:
    voc = write_voc(tmp_path / "voc", {"a": ["dog"], "b": ["cat"]})
    write_text(voc / "Annotations" / "b.xml", "<annotation><object/></annotation>")
    write_text(voc / "Annotations" / "._a.xml", "\0")
    found = labels_of_images(voc / "Annotations", ["a.jpg", "b.jpg"])
    assert found.labels == {"a.jpg": ("dog",)}
    assert "b.xml, line 1, has an <object> without a <name>" in found.errors["b.jpg"]


def test_that_one_name_with_two_sets_of_labels_is_refused(tmp_path: Path) -> None:
    table = write_text(tmp_path / "labels.csv", "x/a.jpg,dog\nx\\a.jpg,cat\n")
    with pytest.raises(UserError, match=r"line 2: an image named x\\a\.jpg had other labels"):
        labels_of_images(table, [])


def test_that_a_source_of_no_known_kind_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There are no labels at"):
        labels_of_images(tmp_path / "nowhere", [])
    with pytest.raises(UserError, match="holds no rows"):
        labels_of_images(write_text(tmp_path / "empty.csv", "image,label\n"), [])
