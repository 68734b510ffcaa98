"""Decisions of a folder: kept, found again, sorted by doubt, counted, and exported."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

from dcsm_viewer.core.types import UserError
from dcsm_viewer.export import read_recipe
from dcsm_viewer.export.recipe import sha256_of
from dcsm_viewer.render.palette import voc_palette
from dcsm_viewer.review.accepted import EDITED_NOTE, export_accepted
from dcsm_viewer.review.doubt import DoubtMeasures
from dcsm_viewer.review.exported_result import list_stems, read_exported
from dcsm_viewer.review.label_edits import edit_of, read_edit, write_edit
from dcsm_viewer.review.label_masks import ignore_label, index_image, pixels_by_name, thresholded
from dcsm_viewer.review.review_file import (
    REVIEW_FILE_NAME,
    ReviewEntry,
    ReviewFile,
    Verdict,
    open_review_file,
    sorted_by_doubt,
    with_doubt,
    write_review_file,
)
from dcsm_viewer.review.review_summary import as_csv, as_json, as_markdown, summary_of
from tests.unit.review.exports import make_export, make_folder_of


def looked_through(folder: Path) -> ReviewFile:
    review_file = open_review_file(folder)
    return review_file.with_entries({stem: with_doubt(folder, entry) for stem, entry in review_file.entries.items()})


def decided(review_file: ReviewFile, **verdicts: Verdict) -> ReviewFile:
    return review_file.with_entries(
        {stem: replace(review_file.entries[stem], verdict=v) for stem, v in verdicts.items()}
    )


def test_that_only_exports_with_numbers_are_listed_in_the_order_of_people(tmp_path: Path) -> None:
    for stem in ("img10", "img2"):
        make_export(tmp_path, stem)
    (tmp_path / "other.json").write_text("{}")
    (tmp_path / "alone.npz").write_bytes(b"")
    assert list_stems(tmp_path) == ("img2", "img10")


def test_that_a_folder_without_exports_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no export to look through"):
        list_stems(tmp_path)
    with pytest.raises(UserError, match="cannot be read"):
        list_stems(tmp_path / "missing")


def test_that_what_was_written_is_found_again(tmp_path: Path) -> None:
    review_file = decided(looked_through(make_folder_of(tmp_path, 3)), img1="accepted", img3="rejected")
    write_review_file(review_file)
    again = open_review_file(tmp_path)
    assert again == review_file
    assert all(with_doubt(tmp_path, entry) is entry for entry in again.entries.values())


def test_that_entries_whose_files_are_away_are_kept(tmp_path: Path) -> None:
    review_file = decided(looked_through(make_folder_of(tmp_path, 2)), img1="accepted")
    write_review_file(review_file)
    (tmp_path / "img1.npz").rename(tmp_path / "away")
    write_review_file(open_review_file(tmp_path))
    (tmp_path / "away").rename(tmp_path / "img1.npz")
    assert open_review_file(tmp_path).entries["img1"].verdict == "accepted"


def test_that_a_copied_folder_keeps_its_verdicts(tmp_path: Path) -> None:
    write_review_file(decided(looked_through(make_folder_of(tmp_path, 1)), img1="accepted"))
    os.utime(tmp_path / "img1.npz", ns=(1, 1))
    assert looked_through(tmp_path).entries["img1"].verdict == "accepted"


def test_that_a_verdict_is_dropped_with_the_mask_it_was_given_for(tmp_path: Path) -> None:
    write_review_file(decided(looked_through(make_folder_of(tmp_path, 1)), img1="accepted"))
    make_export(tmp_path, "img1", seed=5, detected=1)
    assert looked_through(tmp_path).entries["img1"].verdict is None


def test_that_a_damaged_export_says_so_and_comes_first(tmp_path: Path) -> None:
    make_folder_of(tmp_path, 2)
    (tmp_path / "img2.npz").write_bytes(b"PK damaged")
    review_file = looked_through(tmp_path)
    assert "img2.npz cannot be read" in str(review_file.entries["img2"].error)
    assert sorted_by_doubt(review_file.entries)[0] == "img2"


@pytest.mark.parametrize(
    "content", ["", "[]", '{"schema": 2}', '{"schema": 1, "entries": {"img1": {"verdict": "yes"}}}']
)
def test_that_a_book_that_cannot_be_understood_is_named_and_left_alone(tmp_path: Path, content: str) -> None:
    make_folder_of(tmp_path, 1)
    (tmp_path / REVIEW_FILE_NAME).write_text(content)
    with pytest.raises(UserError, match=REVIEW_FILE_NAME):
        open_review_file(tmp_path)
    assert (tmp_path / REVIEW_FILE_NAME).read_text() == content


def of_doubt(stem: str, doubt: float) -> ReviewEntry:
    return ReviewEntry(stem, DoubtMeasures(2 * doubt, 0.0, (0.0,) * 20, 0.0, is_empty=False, pixels={}))


def test_that_the_most_doubtful_come_first_and_the_unknown_last() -> None:
    entries = {
        entry.stem: entry for entry in (ReviewEntry("new"), of_doubt("a", 0.2), of_doubt("b", 0.4), of_doubt("c", 0.2))
    }
    assert sorted_by_doubt(entries) == ("b", "a", "c", "new")


def test_that_a_threshold_on_the_maps_gives_the_largest_map_above_it() -> None:
    maps = np.array([[[0.9, 0.4, 0.1]], [[0.3, 0.4, 0.2]]], np.float32)
    like = np.zeros((1, 3), np.uint8)
    assert_array_equal(thresholded(maps, (11, 1), 0.3, like), [[12, 12, 0]])
    assert_array_equal(thresholded(maps, (11, 1), 0.9, like), [[0, 0, 0]])
    assert_array_equal(thresholded(maps[:0], (), 0.3, like), [[0, 0, 0]])


def test_that_a_large_vocabulary_keeps_its_classes_apart_from_ignore() -> None:
    labels = np.array([[0, 255, 700, 65535]], np.uint16)
    assert ignore_label(labels) == 65535
    names = [f"class {n}" for n in range(1000)]
    assert pixels_by_name(labels, names) == {"background": 1, "class 254": 1, "class 699": 1, "ignore": 1}
    indices, meanings = index_image(labels, (699,))
    assert_array_equal(indices, [[0, 2, 1, 255]])
    assert meanings == {1: 699, 2: 254}


def edited(folder: Path, review_file: ReviewFile, stem: str) -> ReviewFile:
    """The book with a corner of this mask painted 'ignore' and another pixel of a class that was not detected."""
    exported = read_exported(folder, stem)
    labels = exported.labels.copy()
    labels[0, 0], labels[-1, -1] = 255, 20
    edit = edit_of(exported, labels, 0.3)
    write_edit(folder, edit, labels)
    return review_file.with_entry(replace(review_file.entries[stem], edit=edit))


def test_that_edited_labels_are_read_back_and_the_export_stays(tmp_path: Path) -> None:
    review_file = looked_through(make_folder_of(tmp_path, 1))
    before = sha256_of(tmp_path / "img1.npz")
    edit = edited(tmp_path, review_file, "img1").entries["img1"].edit
    assert edit is not None
    labels = read_edit(tmp_path, edit, read_exported(tmp_path, "img1").labels)
    assert (labels[0, 0], labels[-1, -1]) == (255, 20)
    assert (edit.pixels["ignore"], edit.pixels["tvmonitor"], edit.threshold) == (1, 1, 0.3)
    assert sha256_of(tmp_path / "img1.npz") == before


def test_that_the_yield_counts_masks_and_pixels_of_every_class(tmp_path: Path) -> None:
    review_file = edited(tmp_path, looked_through(make_folder_of(tmp_path, 4)), "img2")
    review_file = decided(review_file, img1="accepted", img2="accepted", img3="rejected")
    found = summary_of(review_file)
    assert (found.masks, found.accepted, found.rejected, found.undecided, found.edited) == (4, 2, 1, 1, 1)
    first = read_exported(tmp_path, "img1").labels
    second = read_exported(tmp_path, "img2").labels.copy()
    second[0, 0], second[-1, -1] = 255, 20
    both = np.concatenate([first.ravel(), second.ravel()])
    rows = {each.name: each for each in found.classes}
    assert rows["dog"].pixels == int((both == 12).sum())
    assert rows["tvmonitor"].pixels == rows["ignore"].pixels == 1
    assert sum(each.share for each in found.classes) == pytest.approx(1.0)
    assert found.pixels == both.size
    assert [each.name for each in found.classes][-2:] == ["background", "ignore"]
    assert rows["dog"].accepted + rows["dog"].rejected + rows["dog"].undecided == 4


def test_that_the_three_forms_of_the_yield_hold_the_same_numbers(tmp_path: Path) -> None:
    found = summary_of(decided(looked_through(make_folder_of(tmp_path, 2)), img1="accepted"))
    document = json.loads(as_json(found))
    rows = list(csv.DictReader(as_csv(found).splitlines()))
    assert [row["class"] for row in rows] == [each["name"] for each in document["classes"]]
    assert [int(row["pixels"]) for row in rows] == [each["pixels"] for each in document["classes"]]
    for each in found.classes:
        assert f"| {each.name} | {each.accepted} |" in as_markdown(found)


def test_that_only_accepted_masks_are_exported_and_edited_ones_as_edited(tmp_path: Path) -> None:
    folder, out = tmp_path / "export", tmp_path / "accepted"
    review_file = edited(folder, looked_through(make_folder_of(folder, 3)), "img2")
    exported = export_accepted(decided(review_file, img1="accepted", img2="accepted", img3="rejected"), out)
    assert exported.masks == ("img1", "img2")
    assert exported.failures == ()
    assert not list(out.rglob("img3*"))
    for stem in ("img1", "img2"):
        expected = read_exported(folder, stem).labels.copy()
        if stem == "img2":
            expected[0, 0], expected[-1, -1] = 255, 20
        for path in (out / "SegmentationClass" / f"{stem}.png", out / f"{stem}.png"):
            with Image.open(path) as mask:
                assert mask.mode == "P"
                assert mask.getpalette() == voc_palette().ravel().tolist()
                assert_array_equal(np.array(mask), expected)
        assert sha256_of(out / f"{stem}.npz") == sha256_of(folder / f"{stem}.npz")
        assert sha256_of(out / f"{stem}.coco.json") == sha256_of(folder / f"{stem}.coco.json")
    lists = out / "ImageSets" / "Segmentation"
    assert (lists / "accepted.txt").read_text() == "img1\nimg2\n"
    assert (lists / "edited.txt").read_text() == "img2\n"
    assert (lists / "rejected.txt").read_text() == "img3\n"
    assert {path.name for path in out.glob("yield.*")} == {"yield.json", "yield.csv", "yield.md"}


def test_that_the_recipes_of_accepted_masks_name_the_bytes_beside_them(tmp_path: Path) -> None:
    folder, out = tmp_path / "export", tmp_path / "accepted"
    review_file = edited(folder, looked_through(make_folder_of(folder, 2)), "img2")
    export_accepted(decided(review_file, img1="accepted", img2="accepted"), out)
    for stem in ("img1", "img2"):
        recipe = read_recipe(out / f"{stem}.json")
        assert {output.format for output in recipe.outputs} == {"voc-layout", "voc", "npz", "coco"}
        for output in recipe.outputs:
            assert sha256_of(out / output.path) == output.sha256
        assert (EDITED_NOTE in recipe.notes) == (stem == "img2")
    assert "tvmonitor" in read_recipe(out / "img2.json").index_meanings.values()


def test_that_a_mask_that_cannot_be_exported_stops_nothing(tmp_path: Path) -> None:
    folder, out = tmp_path / "export", tmp_path / "accepted"
    review_file = decided(looked_through(make_folder_of(folder, 3)), img1="accepted", img2="accepted", img3="accepted")
    (folder / "img1.coco.json").unlink()
    (folder / "img2.coco.json").write_text("{}")
    exported = export_accepted(review_file, out)
    assert exported.masks == ("img3",)
    assert dict(exported.failures).keys() == {"img1", "img2"}
    assert (out / "ImageSets" / "Segmentation" / "accepted.txt").read_text() == "img3\n"


def test_that_nothing_accepted_and_the_folder_itself_are_refused(tmp_path: Path) -> None:
    review_file = looked_through(make_folder_of(tmp_path / "export", 1))
    with pytest.raises(UserError, match="No mask is accepted"):
        export_accepted(review_file, tmp_path / "out")
    with pytest.raises(UserError, match="the folder looked through"):
        export_accepted(decided(review_file, img1="accepted"), tmp_path / "export")


def test_that_an_export_of_accepted_masks_can_be_stopped(tmp_path: Path) -> None:
    folder = make_folder_of(tmp_path / "export", 3)
    review_file = decided(looked_through(folder), img1="accepted", img2="accepted", img3="accepted")
    exported = export_accepted(review_file, tmp_path / "out", lambda done, _of: done < 1)
    assert exported.masks == ("img1",)


def test_that_a_class_called_background_or_one_of_two_with_one_name_is_counted_for_itself() -> None:
    labels = np.array([[0, 0, 1], [2, 3, 255]], dtype=np.uint8)
    assert pixels_by_name(labels, ["background", "dog", "dog"]) == {
        "background": 2,
        "background (class 1)": 1,
        "dog (class 2)": 1,
        "dog (class 3)": 1,
        "ignore": 1,
    }


def test_that_accepted_masks_replace_no_file_of_the_users(tmp_path: Path) -> None:
    folder, out = tmp_path / "export", tmp_path / "voc"
    review_file = decided(looked_through(make_folder_of(folder, 2)), img1="accepted", img2="accepted")
    (out / "SegmentationClass").mkdir(parents=True)
    (out / "SegmentationClass" / "img1.png").write_bytes(b"a true mask")
    exported = export_accepted(review_file, out)
    assert exported.masks == ("img2",)
    assert "no recipe names it, so it stays" in dict(exported.failures)["img1"]
    assert (out / "SegmentationClass" / "img1.png").read_bytes() == b"a true mask"
    assert not (out / "img1.json").exists()
    again = export_accepted(review_file, out)
    assert again.masks == ("img2",)


@pytest.mark.parametrize("name", ["ImageSets/Segmentation/accepted.txt", "yield.json", "yield.md"])
def test_that_lists_and_the_yield_replace_no_file_of_the_users(tmp_path: Path, name: str) -> None:
    folder, out = tmp_path / "export", tmp_path / "out"
    review_file = decided(looked_through(make_folder_of(folder, 1)), img1="accepted")
    (out / name).parent.mkdir(parents=True)
    (out / name).write_text("mine")
    with pytest.raises(UserError, match="is not known as a file of this program"):
        export_accepted(review_file, out)
    assert (out / name).read_text() == "mine"
    assert not (out / "img1.json").exists()


def test_that_a_recipe_called_triage_is_no_book_to_write_over(tmp_path: Path) -> None:
    make_folder_of(tmp_path, 1)
    (tmp_path / "img1.json").rename(tmp_path / "triage.json")
    make_export(tmp_path, "img2")
    with pytest.raises(UserError, match=r"triage.json is no triage of this program, so it stays"):
        open_review_file(tmp_path)


def test_that_names_are_plain_in_the_markdown_of_the_yield(tmp_path: Path) -> None:
    found = summary_of(decided(looked_through(make_folder_of(tmp_path, 1)), img1="accepted"))
    odd = replace(found, classes=(replace(found.classes[0], name="a|b <i>"),))
    assert "\n| a\\|b \\<i\\> | " in as_markdown(odd)
