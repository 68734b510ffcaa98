from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from dcsm_viewer.core.types import UserError
from research.pictures.asset_pool import AssetPool, part_of
from research.pictures.cutout import NO_CLASS, Cutout, crop_to_visible, file_name, list_cutouts
from tests.research.scene_subjects import drawn_cutout


def listed(class_name: str, origins: int, kind: str = "icon", views: int = 1) -> list[Cutout]:
    return [
        Cutout(class_name, kind, "drawn", f"{class_name}{origin}", str(view), Path("x"))  # type: ignore[arg-type]  # a kind
        for origin in range(origins)
        for view in range(views)
    ]


def test_that_cutouts_are_found_again_by_their_names(tmp_path: Path) -> None:
    drawn_cutout(tmp_path, "dog", "rex")
    drawn_cutout(tmp_path, "cat", "tom", kind="photograph")
    (tmp_path / "cat" / "notes.png").write_bytes(b"not a cutout")
    found = list_cutouts(tmp_path)
    assert [(one.class_name, one.kind, one.origin) for one in found] == [
        ("cat", "photograph", "tom"),
        ("dog", "icon", "rex"),
    ]


def test_that_a_name_whose_parts_could_not_be_told_apart_is_refused() -> None:
    with pytest.raises(ValueError, match="--"):
        file_name("icon", "drawn", "one--two", "0")


def test_that_an_empty_folder_is_explained(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="make scenes"):
        list_cutouts(tmp_path)


def test_that_trimming_keeps_all_that_is_visible_and_refuses_next_to_nothing() -> None:
    rgba = np.zeros((50, 60, 4), np.uint8)
    rgba[10:40, 20:45, 3] = 255
    cut = crop_to_visible(rgba)
    assert cut is not None
    assert (cut[..., 3] == 255).sum() == 30 * 25
    assert cut.shape[:2] == (32, 27)
    rgba[..., 3] = 0
    rgba[5:12, 5:50, 3] = 255
    assert crop_to_visible(rgba) is None


def test_that_no_origin_is_in_both_parts_and_every_class_that_can_is() -> None:
    cutouts = listed("cat", 12, views=3) + listed("dog", 2) + listed("bus", 1, views=4) + listed("cat", 9, "render")
    train, val = part_of(cutouts, "train"), part_of(cutouts, "val")
    assert not {one.key for one in train} & {one.key for one in val}
    assert len(train) + len(val) == len(cutouts)
    assert {one.class_name for one in train} == {"cat", "dog", "bus"}
    assert {one.class_name for one in val} == {"cat", "dog"}


def test_that_the_first_class_goes_round_and_others_come_evenly() -> None:
    assets = AssetPool.of(listed("cat", 3) + listed("dog", 30) + listed("bus", 1))
    rng = np.random.default_rng(0)
    chosen = [assets.chosen(rng, index) for index in range(600)]
    assert [scene[0].class_name for scene in chosen[:6]] == ["bus", "cat", "dog"] * 2
    counts = Counter(one.class_name for scene in chosen for one in scene)
    assert max(counts.values()) < 1.25 * min(counts.values())
    assert {len(scene) for scene in chosen} == {1, 2, 3, 4}


def test_that_a_model_with_many_views_is_drawn_no_more_often_than_one_with_one() -> None:
    many = [Cutout("cat", "render", "drawn", "many", str(view), Path("x")) for view in range(40)]
    one = [Cutout("cat", "render", "drawn", "one", "0", Path("x"))]
    assets = AssetPool.of(many + one, counts=(1.0,))
    rng = np.random.default_rng(0)
    counts = Counter(assets.chosen(rng, index)[0].origin for index in range(400))
    assert 150 < counts["one"] < 250


def test_that_strangers_come_only_where_they_are_wanted() -> None:
    cutouts = listed("cat", 2) + listed(NO_CLASS, 2)
    rng = np.random.default_rng(0)
    without = [one for index in range(50) for one in AssetPool.of(cutouts).chosen(rng, index)]
    assert all(one.class_name != NO_CLASS for one in without)
    everywhere = AssetPool.of(cutouts, distractors=1.0)
    assert all(everywhere.chosen(rng, index)[-1].class_name == NO_CLASS for index in range(20))


def test_that_a_stock_without_a_class_is_explained() -> None:
    with pytest.raises(UserError, match="None of the cutouts"):
        AssetPool.of(listed(NO_CLASS, 3))
