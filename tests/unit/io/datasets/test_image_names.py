"""One rule for all names: which file or label is meant."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from dcsm_viewer.io.datasets.image_names import ByName, file_named, images_by_name, stem_of
from dcsm_viewer.io.image_decoder import SUFFIXES


@given(st.text(min_size=1), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_that_a_name_finds_itself_however_its_unicode_is_composed(name: str, form: str) -> None:
    stored = unicodedata.normalize(form, name)  # type: ignore[arg-type] # one of the four
    other = unicodedata.normalize("NFD" if form.endswith("C") else "NFC", stored)
    assert ByName([("else", 0), (stored, 1)]).all(other)[-1] == 1
    assert ByName([(stored, 1)]).one(other) == 1


@given(st.text(min_size=1).filter(lambda name: "/" not in name), st.sampled_from(sorted(SUFFIXES)))
def test_that_only_the_suffix_of_an_image_is_cut(name: str, suffix: str) -> None:
    whole = f"x{name}{suffix.upper()}"
    assert stem_of(whole) == f"x{name}"
    assert stem_of(f"{whole}.v2") == f"{whole}.v2"


def test_that_capitals_count_only_where_they_tell_things_apart() -> None:
    both = ByName([("x", 1), ("X", 2), ("Y", 3)])
    assert [both.one(name) for name in ("x", "X", "y", "Y", "z")] == [1, 2, 3, 3, None]
    assert ByName([("Ab", 1), ("aB", 2)]).one("ab") is None
    assert ByName([("Ab", 1), ("aB", 2)]).all("ab") == (1, 2)


def test_that_a_full_name_comes_before_a_stem_and_a_lossless_file_before_a_lossy_one(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.jpg.png", "b.jpg", "b.png", "c.txt"):
        (tmp_path / name).touch()
    found = images_by_name(tmp_path)
    assert found.one("a.jpg") == tmp_path / "a.jpg"
    assert found.one("b") == tmp_path / "b.png"
    assert found.one("c") is None
    assert images_by_name(tmp_path / "nowhere").one("a") is None


def test_that_names_no_system_takes_name_no_file(tmp_path: Path) -> None:
    for name in ("a\0b.jpg", "x" * 5000, "in\0/a.jpg"):
        assert file_named(tmp_path / name) is None
