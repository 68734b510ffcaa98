"""Which images a run is over: folders in folders, names that tell them apart, shares that add up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import fsspec  # type: ignore[import-untyped] # it has no types
import numpy as np
import pytest
from PIL import Image

from dcsm_viewer.batch.inputs import Shard, expand, inputs_of
from dcsm_viewer.batch.labels import class_ids, given_classes
from dcsm_viewer.batch.run_batch import ExportJob
from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.images import read_image
from tests.results import make_model_card


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Empty files: who is listed is not opened."""
    root = tmp_path / "photographs"
    for name in ("dog2.jpg", "dog10.jpg", "a/dog2.jpg", "b/dog2.png", "b/c/x.JPG", ".hidden/y.jpg", "notes.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def _names(paths: tuple[str, ...], root: Path) -> list[str]:
    return [Path(path).relative_to(root).as_posix() for path in paths]


def test_that_a_folder_gives_its_own_images_and_with_recursive_those_below(tree: Path) -> None:
    assert _names(expand([str(tree)]), tree) == ["dog2.jpg", "dog10.jpg"]
    below = ["dog2.jpg", "dog10.jpg", "a/dog2.jpg", "b/dog2.png", "b/c/x.JPG"]
    assert _names(expand([str(tree)], recursive=True), tree) == below


def test_that_what_an_earlier_run_wrote_into_the_folder_is_not_taken_for_photographs(tree: Path) -> None:
    out = tree / "masks"
    out.mkdir()
    (out / "dog2.png").touch()
    assert "masks/dog2.png" in _names(expand([str(tree)], recursive=True), tree)
    assert "masks/dog2.png" not in _names(expand([str(tree)], recursive=True, out=out), tree)
    with pytest.raises(UserError, match="holds the images; choose another --out"):
        expand([str(tree)], out=tree)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_that_a_link_that_leads_back_up_ends_nowhere(tree: Path) -> None:
    (tree / "a" / "up").symlink_to(tree)
    assert len(expand([str(tree)], recursive=True)) == 5


def test_that_names_lead_from_the_folder_and_stems_tell_images_apart(tree: Path) -> None:
    found = inputs_of([str(tree)], recursive=True)
    assert list(found.names.values()) == ["dog2.jpg", "dog10.jpg", "a/dog2.jpg", "b/dog2.png", "b/c/x.JPG"]
    assert sorted(found.stems.values()) == ["a_dog2", "dog10", "dog2_png", "photographs_dog2", "x"]
    alone = inputs_of([str(tree / "a" / "dog2.jpg"), str(tree / "b" / "c" / "x.JPG")])
    assert list(alone.names.values()) == ["a/dog2.jpg", "b/c/x.JPG"]
    (only,) = inputs_of([str(tree / "a" / "dog2.jpg")]).names.values()
    assert only == "dog2.jpg"


def test_that_shares_add_up_and_keep_the_stems_of_the_whole_list(tree: Path) -> None:
    for number in range(200):
        (tree / f"{number}.jpg").touch()
    whole = inputs_of([str(tree)], recursive=True)
    shares = [inputs_of([str(tree)], recursive=True, shard=Shard(number, 3)) for number in (1, 2, 3)]
    assert sorted(path for share in shares for path in share.paths) == sorted(whole.paths)
    assert min(len(share.paths) for share in shares) > 40
    assert all(share.stems == whole.stems for share in shares)


def test_that_a_new_image_moves_no_other_into_another_share(tree: Path) -> None:
    before = {number: inputs_of([str(tree)], shard=Shard(number, 2)).paths for number in (1, 2)}
    (tree / "aaa.jpg").touch()
    for number in (1, 2):
        assert set(before[number]) <= set(inputs_of([str(tree)], shard=Shard(number, 2)).paths)


@pytest.mark.parametrize("words", ["", "2", "0/2", "3/2", "1/0", "a/b", "-1/2", "1/2/3"])
def test_that_what_is_no_share_is_refused(words: str) -> None:
    with pytest.raises(UserError, match="is no share; write for example 2/5"):
        Shard.of(words)


def test_that_a_share_is_read_from_its_words() -> None:
    assert Shard.of("2/5") == Shard(2, 5)


def test_that_no_image_at_all_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no image in what was named"):
        inputs_of([str(tmp_path)])


@pytest.fixture
def bucket() -> Iterator[str]:
    """Two pictures and a text in fsspec's memory, as they would lie in a bucket."""
    memory = fsspec.filesystem("memory")
    picture = np.zeros((4, 5, 3), dtype=np.uint8)
    for name in ("bucket/b2.png", "bucket/a/b10.png", "bucket/.trash/c.png"):
        memory.makedirs(str(Path("/" + name).parent.as_posix()), exist_ok=True)
        with memory.open(name, "wb") as stream:
            Image.fromarray(picture).save(stream, format="PNG")
    with memory.open("bucket/notes.txt", "wb") as stream:
        stream.write(b"x")
    yield "memory://bucket"
    memory.rm("bucket", recursive=True)


def test_that_images_behind_urls_are_listed_and_read(bucket: str) -> None:
    (own,) = expand([bucket])
    assert own.startswith("memory://")
    assert own.endswith("bucket/b2.png")
    found = inputs_of([bucket], recursive=True)
    assert sorted(found.stems.values()) == ["b10", "b2"]
    image = read_image(own)
    assert (image.shape, image.name, image.path) == ((4, 5), "b2.png", own)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("memory://bucket/none.png", "is not there; it may have been moved"),
        ("nowhere://bucket/a.png", "cannot be read"),
    ],
)
def test_that_a_url_that_leads_nowhere_is_one_sentence(url: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        read_image(url)


def test_that_labels_are_found_by_the_images_stems(tmp_path: Path, tree: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("image,labels\ndog2.jpg,dog,bicycle\nx.JPG\n")
    paths = expand([str(tree)], recursive=True)
    given = given_classes(make_model_card(), table, paths)
    assert {Path(path).relative_to(tree).as_posix(): ids for path, ids in given.ids.items()} == {
        "dog2.jpg": (1, 11),
        "a/dog2.jpg": (1, 11),
        "b/dog2.png": (1, 11),
        "b/c/x.JPG": (),
    }


def test_that_labels_for_other_images_or_of_other_classes_are_refused(tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("dog.jpg,dog\ncat.jpg,kitten\n")
    with pytest.raises(UserError, match=r"has labels for dog\.jpg and others, but for none of the images given"):
        given_classes(make_model_card(), table, ["horse.jpg"])
    with pytest.raises(UserError, match="lite0-voc has no class 'kitten'"):
        given_classes(make_model_card(), table, ["cat.jpg"])
    assert class_ids(make_model_card(), ["dog", "bicycle", "dog"]) == (1, 11)
    assert class_ids(make_model_card(names=("a\u0308hre", "dog")), ["\u00e4hre"]) == (0,)


def test_that_images_without_labels_are_told_before_the_run_with_names_that_fit_none(tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("a.jpg,dog\nc_old.jpg,cat\n")
    given = given_classes(make_model_card(), table, ["in/a.jpg", "in/b.jpg", "in/c.jpg"])
    (note,) = given.notes
    assert note.removeprefix(f"{table} ") == (
        "has no labels for 2 of 3 images, b.jpg the first; of its 2 names 1 fit no image, c_old.jpg the first."
    )


def test_that_labels_that_cannot_be_used_are_the_images_own_trouble(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<annotation><object><name>dog</name></object></annotation>")
    (tmp_path / "b.xml").write_text("<annotations/>")
    given = given_classes(make_model_card(), tmp_path, ["a.jpg", "b.jpg"])
    assert given.ids == {"a.jpg": (11,)}
    order = ExportJob(Settings(), tmp_path, ("voc",), given=given.ids, unlabelled=given.errors)
    with pytest.raises(UserError, match=r"b\.xml, line 1, begins with <annotations>; give VOC annotations"):
        order.settings_of("b.jpg")
    with pytest.raises(UserError, match="has no labels; add it"):
        order.settings_of("c.jpg")
    with pytest.raises(UserError, match=r"b\.xml, line 1, begins with"):
        given_classes(make_model_card(), tmp_path, ["b.jpg"])


def test_that_one_file_named_in_several_ways_is_one_image(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    assert expand(["dog2.jpg", str(tree / "dog2.jpg"), "./a/../dog2.jpg", ".", "dog10.jpg"]) == (
        "dog2.jpg",
        "dog10.jpg",
    )
