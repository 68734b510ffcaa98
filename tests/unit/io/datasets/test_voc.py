"""PASCAL VOC's layout: lists, annotations, class lists, trainaug."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.class_head import voc_groups
from dcsm_viewer.io.datasets import VOC_CLASSES, voc_dataset
from tests.unit.io.datasets.layouts import annotation, write_image, write_text, write_voc


def test_that_the_classes_are_those_the_engine_knows_in_the_same_order() -> None:
    assert voc_groups().names == VOC_CLASSES


def test_that_labels_are_the_objects_of_the_annotation_once_each_in_class_order(tmp_path: Path) -> None:
    write_voc(tmp_path, {"b": ["person", "dog", "person"], "a": [], "c": ["dog"]})
    dataset = voc_dataset(tmp_path, "train")
    assert [(one.stem, one.labels) for one in dataset.examples] == [
        ("b", ("dog", "person")),
        ("a", ()),
        ("c", ("dog",)),
    ]
    assert dataset.examples[0].image == tmp_path / "JPEGImages" / "b.jpg"
    assert dataset.examples[0].mask == tmp_path / "SegmentationClass" / "b.png"


def test_that_images_without_masks_have_none(tmp_path: Path) -> None:
    write_voc(tmp_path, {"a": ["dog"]}, image_set="test", task="Main")
    (tmp_path / "SegmentationClass" / "a.png").unlink()
    assert voc_dataset(tmp_path, "test", "Main").examples[0].mask is None


def test_that_class_lists_give_labels_where_there_are_no_annotations(tmp_path: Path) -> None:
    write_voc(tmp_path, {"a": ["cow"], "b": ["cow"], "c": []})
    for stem in "bc":
        (tmp_path / "Annotations" / f"{stem}.xml").unlink()
    write_text(tmp_path / "ImageSets/Main/dog_train.txt", "a  1\nb  1\nc -1\n")
    write_text(tmp_path / "ImageSets/Main/cat_train.txt", "a -1\nb  0\nc -1\n")
    assert [one.labels for one in voc_dataset(tmp_path, "train").examples] == [("cow",), ("cat", "dog"), ()]


def test_that_trainaug_lists_name_images_and_masks_by_path(tmp_path: Path) -> None:
    write_voc(tmp_path, {"x": ["dog"]})
    write_image(tmp_path / "SegmentationClassAug" / "x.png")
    write_text(
        tmp_path / "ImageSets/Segmentation/trainaug.txt", "/JPEGImages/x.jpg /SegmentationClassAug/x.png\r\n\r\n"
    )
    (example,) = voc_dataset(tmp_path, "trainaug").examples
    assert (example.stem, example.labels) == ("x", ("dog",))
    assert example.mask == tmp_path / "SegmentationClassAug" / "x.png"


def test_that_names_with_dots_are_not_cut(tmp_path: Path) -> None:
    write_voc(tmp_path, {"photo.v2": ["dog"]})
    assert voc_dataset(tmp_path, "train").examples[0].image.name == "photo.v2.jpg"


def test_that_a_data_set_of_other_classes_says_which(tmp_path: Path) -> None:
    write_voc(tmp_path, {"x": ["zebra", "ant"]})
    with pytest.raises(UserError, match=r"x\.xml names the class 'ant', which is not among the data set's 20"):
        voc_dataset(tmp_path, "train")
    write_text(tmp_path / "classes.txt", "zebra\nant\n")
    dataset = voc_dataset(tmp_path, "train")
    assert (dataset.class_names, dataset.examples[0].labels) == (("zebra", "ant"), ("zebra", "ant"))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("my photo 1\nother\n", ["my photo 1", "other"]),
        ("my photo 1.jpg\r\nother.jpg\r\n", ["my photo 1", "other"]),
        ("my photo 1 1\nother  -1\n", ["my photo 1", "other"]),
        ("/JPEGImages/my photo 1.jpg /SegmentationClass/my photo 1.png\n", ["my photo 1"]),
        ("JPEGImages\\my photo 1.jpg\n", ["my photo 1"]),
    ],
)
def test_that_names_with_blanks_are_whole_names(text: str, names: list[str], tmp_path: Path) -> None:
    write_voc(tmp_path, {"my photo 1": ["dog"], "my": ["cat"], "other": ["cow"]})
    write_text(tmp_path / "ImageSets/Segmentation/train.txt", text)
    dataset = voc_dataset(tmp_path, "train")
    assert [one.stem for one in dataset.examples] == names
    assert dataset.examples[0].labels == ("dog",)
    assert dataset.examples[0].mask == tmp_path / "SegmentationClass" / "my photo 1.png"


def test_that_class_lists_know_names_with_blanks(tmp_path: Path) -> None:
    write_voc(tmp_path, {"my photo 1": []})
    (tmp_path / "Annotations" / "my photo 1.xml").unlink()
    write_text(tmp_path / "ImageSets/Main/dog_train.txt", "my photo 1  1\n")
    assert voc_dataset(tmp_path, "train").examples[0].labels == ("dog",)


def test_that_lists_find_files_whatever_the_unicode_and_the_capitals(tmp_path: Path) -> None:
    apart, together = (unicodedata.normalize(form, "bär") for form in ("NFD", "NFC"))
    write_voc(tmp_path, {apart: ["dog"], "IMG_1": ["cat"]})
    write_text(tmp_path / "ImageSets/Segmentation/train.txt", f"{together}\nimg_1\n")
    dataset = voc_dataset(tmp_path, "train")
    assert [one.labels for one in dataset.examples] == [("dog",), ("cat",)]
    assert [one.mask is not None for one in dataset.examples] == [True, True]
    write_text(tmp_path / "ImageSets/Segmentation/train.txt", f"{together}\n{apart}\n")
    with pytest.raises(UserError, match=r"line 2, names .* again, after line 1"):
        voc_dataset(tmp_path, "train")


def test_that_hidden_images_are_found_by_their_names(tmp_path: Path) -> None:
    write_voc(tmp_path, {".a": ["dog"], "a": ["cat"]})
    assert [one.labels for one in voc_dataset(tmp_path, "train").examples] == [("dog",), ("cat",)]


def test_that_labels_are_those_of_the_masks_where_nothing_else_says_them(tmp_path: Path) -> None:
    write_voc(tmp_path, {"a": [], "b": []})
    for name, numbers in (("a", [[0, 12, 255]]), ("b", [[0, 0, 0]])):
        (tmp_path / "Annotations" / f"{name}.xml").unlink()
        Image.fromarray(np.array(numbers, np.uint8)).save(tmp_path / "SegmentationClass" / f"{name}.png")
    assert [one.labels for one in voc_dataset(tmp_path, "train").examples] == [("dog",), ()]
    Image.fromarray(np.array([[21]], np.uint8)).save(tmp_path / "SegmentationClass" / "a.png")
    with pytest.raises(UserError, match=r"a\.png has the label 21 and the data set 20 classes; write its classes"):
        voc_dataset(tmp_path, "train")


def test_that_where_one_image_is_in_trouble_the_others_can_go_on(tmp_path: Path) -> None:
    write_voc(tmp_path, {"a": ["dog"], "b": ["cat"]})
    write_text(tmp_path / "Annotations" / "b.xml", "<annotations/>")
    write_text(tmp_path / "ImageSets/Segmentation/train.txt", "a\nb\nmissing\n")
    a, b, missing = voc_dataset(tmp_path, "train", strict=False).examples
    assert (a.labels, a.error) == (("dog",), None)
    assert "b.xml, line 1, begins with <annotations>" in str(b.error)
    assert "train.txt, line 3: there is no image 'missing'" in str(missing.error)
    with pytest.raises(UserError, match=r"b\.xml, line 1"):
        voc_dataset(tmp_path, "train")
    write_text(tmp_path / "ImageSets/Segmentation/train.txt", "missing\n")
    with pytest.raises(UserError, match="there is no image 'missing'"):
        voc_dataset(tmp_path, "train", strict=False)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a\nmissing\n", r"train\.txt, line 2: there is no image 'missing'"),
        ("a\n\na\n", r"train\.txt, line 3, names a again, after line 1"),
        ("\n", r"train\.txt is empty"),
        ("/JPEGImages/a.jpg /SegmentationClass/no.png\n", r"train\.txt, line 1: there is no mask"),
    ],
)
def test_that_a_bad_line_of_a_list_is_named(text: str, sentence: str, tmp_path: Path) -> None:
    write_voc(tmp_path, {"a": ["dog"]})
    write_text(tmp_path / "ImageSets/Segmentation/train.txt", text)
    with pytest.raises(UserError, match=sentence):
        voc_dataset(tmp_path, "train")


def test_that_a_list_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    write_voc(tmp_path, {"a": ["dog"]})
    (tmp_path / "ImageSets/Segmentation/train.txt").write_bytes(b"caf\xe9\n")
    with pytest.raises(UserError, match=r"train\.txt is not UTF-8"):
        voc_dataset(tmp_path, "train")


def test_that_an_unknown_set_is_answered_with_the_sets_there_are(tmp_path: Path) -> None:
    write_voc(tmp_path, {"a": ["dog"]})
    with pytest.raises(UserError, match="there are: train"):
        voc_dataset(tmp_path, "val")
    with pytest.raises(UserError, match="give the folder that holds ImageSets"):
        voc_dataset(tmp_path / "nowhere", "val")


def test_that_an_image_without_labels_anywhere_is_named(tmp_path: Path) -> None:
    write_voc(tmp_path, {"a": ["dog"]})
    (tmp_path / "Annotations" / "a.xml").unlink()
    (tmp_path / "SegmentationClass" / "a.png").unlink()
    with pytest.raises(UserError, match=r"a has no labels: neither .*a\.xml nor"):
        voc_dataset(tmp_path, "train")


def test_that_a_bad_line_of_a_class_list_is_named(tmp_path: Path) -> None:
    write_voc(tmp_path, {"a": ["dog"]})
    (tmp_path / "Annotations" / "a.xml").unlink()
    write_text(tmp_path / "ImageSets/Main/dog_train.txt", "a 1\nb yes\n")
    with pytest.raises(UserError, match=r"dog_train\.txt, line 2, is 'b yes'"):
        voc_dataset(tmp_path, "train")


def test_that_a_damaged_annotation_is_named_with_its_line(tmp_path: Path) -> None:
    write_voc(tmp_path, {"a": ["dog"]})
    write_text(tmp_path / "Annotations" / "a.xml", annotation(["dog"]).replace("</object>", "\n</objects>"))
    with pytest.raises(UserError, match=r"a\.xml is no XML at line 2"):
        voc_dataset(tmp_path, "train")


def test_that_an_annotation_that_defines_entities_is_refused(tmp_path: Path) -> None:
    write_voc(tmp_path, {"a": ["dog"]})
    hostile = '<!DOCTYPE a [<!ENTITY x "dog">]>\n<annotation><object><name>&x;</name></object></annotation>'
    write_text(tmp_path / "Annotations" / "a.xml", hostile)
    with pytest.raises(UserError, match=r"a\.xml, line 1, defines an entity"):
        voc_dataset(tmp_path, "train")
