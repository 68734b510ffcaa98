"""Same-named images of two folders do not overwrite each other."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsm_viewer.export.file_names import stems_for

_NAMES = st.sampled_from(["a", "b", "A", "a_b", "b_a"])
_PATHS = st.lists(
    st.builds(lambda folders, name, suffix: "/".join([*folders, name + suffix]), st.lists(_NAMES, max_size=3), _NAMES,
              st.sampled_from([".jpg", ".png", ""])),
    max_size=12,
)  # fmt: skip


def test_that_a_name_nobody_shares_stays_as_it_is() -> None:
    assert stems_for(["x/dog.jpg", "y/cat.jpg"]) == {"x/dog.jpg": "dog", "y/cat.jpg": "cat"}


def test_that_images_of_two_folders_get_their_folders_name() -> None:
    assert stems_for(["x/dog.jpg", "y/dog.jpg"]) == {"x/dog.jpg": "x_dog", "y/dog.jpg": "y_dog"}


def test_that_as_many_folders_are_named_as_tell_the_images_apart() -> None:
    stems = stems_for(["/p/x/2024/dog.jpg", "/p/y/2024/dog.jpg"])
    assert list(stems.values()) == ["x_2024_dog", "y_2024_dog"]


def test_that_two_kinds_of_file_in_one_folder_get_their_kind() -> None:
    assert stems_for(["x/dog.jpg", "x/dog.png"]) == {"x/dog.jpg": "dog_jpg", "x/dog.png": "dog_png"}


def test_that_capitals_do_not_tell_names_apart() -> None:
    assert stems_for(["x/Dog.jpg", "y/dog.jpg"]) == {"x/Dog.jpg": "x_Dog", "y/dog.jpg": "y_dog"}


def test_that_no_image_has_no_stem_and_one_named_twice_has_one() -> None:
    assert stems_for([]) == {}
    assert stems_for(["x/dog.jpg", Path("x/dog.jpg")]) == {"x/dog.jpg": "dog"}


@pytest.mark.parametrize("paths", [["a_b/c.jpg", "a/b_c.jpg", "x/c.jpg", "x/b_c.jpg", "a/c.jpg", "b/c.jpg"]])
def test_that_contrived_names_still_differ(paths: list[str]) -> None:
    assert len(set(stems_for(paths).values())) == len(paths)


@given(_PATHS)
def test_that_every_image_has_a_stem_of_its_own_in_any_order(paths: list[str]) -> None:
    stems = stems_for(paths)
    assert stems.keys() == set(paths)
    assert len({stem.casefold() for stem in stems.values()}) == len(set(paths))
    assert all(stem and "/" not in stem for stem in stems.values())
    shuffled = random.Random(1).sample(paths, len(paths))
    assert stems_for(shuffled) == stems


def test_that_an_image_named_like_another_ones_export_gets_another_stem() -> None:
    stems = stems_for(["dog.jpg", "dog.overlay.png", "cat.COCO.png"])
    assert stems == {"dog.jpg": "dog", "dog.overlay.png": "dog_overlay", "cat.COCO.png": "cat_COCO"}


def test_that_a_url_leaves_no_mark_of_its_protocol_in_a_stem() -> None:
    stems = stems_for(["s3://b/a/dog.jpg", "s3://b/c/dog.jpg", "s3://d/c/dog.jpg"])
    assert stems == {"s3://b/a/dog.jpg": "a_dog", "s3://b/c/dog.jpg": "b_c_dog", "s3://d/c/dog.jpg": "d_c_dog"}


@pytest.mark.parametrize("name", ["triage", "yield", "Triage", "window"])
def test_that_an_image_called_as_a_file_of_the_programs_own_gets_its_kind_too(name: str) -> None:
    assert stems_for([f"x/{name}.jpg", "x/dog.jpg"]) == {f"x/{name}.jpg": f"{name}_jpg", "x/dog.jpg": "dog"}
    assert stems_for([f"x/{name}"]) == {f"x/{name}": f"{name}_image"}
