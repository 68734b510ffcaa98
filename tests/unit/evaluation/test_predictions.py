"""Masks from elsewhere, in the forms people keep them in."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from dcsm_viewer.core.types import UserError
from dcsm_viewer.evaluation.class_matching import ClassMatching
from dcsm_viewer.evaluation.predictions import predictions_in


def test_that_a_folder_that_lacks_masks_is_named_with_the_first(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    with pytest.raises(UserError, match=r"has no b\.png, and lacks 2 of 3 masks"):
        predictions_in([tmp_path], ["a", "b", "c"])


def test_that_folders_of_one_name_are_told_apart(tmp_path: Path) -> None:
    folders = [tmp_path / "one" / "masks", tmp_path / "two" / "masks", tmp_path / "other"]
    for folder in folders:
        folder.mkdir(parents=True)
    assert [one.name for one in predictions_in(folders, [])] == [str(folders[0]), str(folders[1]), "other"]


def test_that_masks_are_found_however_the_unicode_of_their_names_is_composed(tmp_path: Path) -> None:
    apart, together = (unicodedata.normalize(form, "bär") for form in ("NFD", "NFC"))
    (tmp_path / f"{apart}.PNG").touch()
    (found,) = predictions_in([tmp_path], [together])
    assert found.path_of(together) == tmp_path / f"{apart}.PNG"
    assert found.path_of("gone") == tmp_path / "gone.png"


def test_that_classes_are_matched_however_their_unicode_is_composed() -> None:
    apart, together = (unicodedata.normalize(form, "bär") for form in ("NFD", "NFC"))
    found = ClassMatching.of(("dog", together), (apart, "cat"))
    assert (found.numbers, found.strange_ids, found.unknown_names) == ((2, 0), (1,), ("dog",))
    assert found.ids_of(["dog", together]) == (0,)
