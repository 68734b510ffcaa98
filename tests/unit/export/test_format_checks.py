"""Formats that go by names are refused where two things would have one name; the others go on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dcsm_viewer.batch.run_batch import export_images, servable
from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import ModelCard, UserError
from dcsm_viewer.export import FORMATS, export_result, refused_gatherings
from dcsm_viewer.export.folder_image import FolderImage
from dcsm_viewer.export.format_checks import check_image_name, refused_formats
from tests.results import make_model_card
from tests.unit.batch.test_run_batch import FakeEngine, order, photographs
from tests.unit.export.subjects import small_result

__all__ = ["photographs"]

ALL = tuple(FORMATS)


@pytest.mark.parametrize(
    ("names", "refused"),
    [
        (("dog", "cat", "potted plant", "café", "007", "a&b", "<b>"), set()),
        (("background", "dog"), {"cvat"}),
        (("dog", "Ignore"), {"cvat"}),
        (("a:b", "a b"), {"cvat"}),
        (("a#b", "a:b"), {"cvat"}),
        ((":", "dog"), {"cvat"}),
        (("dog ", "dog"), {"cvat"}),
        (("dog", "Dog"), {"cvat", "labelme", "labelme-polygons", "label-studio"}),
        (("dog", "dog"), {"cvat", "labelme", "labelme-polygons", "label-studio"}),
        (("_background_", "dog"), {"labelme", "labelme-polygons"}),
        (("dog", "__ignore__"), {"labelme", "labelme-polygons"}),
    ],
)
def test_that_only_formats_that_mix_the_names_up_are_refused(names: tuple[str, ...], refused: set[str]) -> None:
    assert refused_formats(names, ALL).keys() == refused
    assert refused_formats(names, ["voc", "npz", "coco"]) == {}


class OddEngine(FakeEngine):
    def card(self, _: Settings) -> ModelCard:
        return make_model_card(("blocks.2",), ["background", "dog"])


def test_that_the_other_formats_go_on_and_one_sentence_says_why(photographs: list[str], tmp_path: Path) -> None:
    wanted, sentences = servable(OddEngine(), replace(order(tmp_path), formats=("cvat", "voc", "labelme")))
    assert wanted.formats == ("voc", "labelme")
    (sentence,) = sentences
    assert sentence == (
        "A class is called 'background', which means something else to CVAT, so CVAT files cannot be made; leave that "
        "format out, or name the model's classes otherwise."
    )
    with pytest.raises(UserError, match="means something else to CVAT"):
        servable(OddEngine(), replace(order(tmp_path), formats=("cvat",)))
    assert servable(FakeEngine(), order(tmp_path)) == (order(tmp_path), ())


def test_that_an_export_that_was_not_asked_before_is_refused_all_the_same(tmp_path: Path) -> None:
    result = small_result()
    names = ["background", *result.model.class_names[1:]]
    with pytest.raises(UserError, match="means something else to CVAT"):
        export_result(replace(result, model=make_model_card(result.layers, names)), tmp_path, "a", ["cvat"])
    assert list(tmp_path.iterdir()) == []


def test_that_a_name_that_is_not_utf_8_is_told_before_any_work_and_the_others_go_on(
    photographs: list[str], tmp_path: Path
) -> None:
    odd = Path(photographs[0]).with_name("a\udc85b.png")
    Path(photographs[0]).rename(odd)
    engine = FakeEngine()
    outcomes = list(export_images(engine, [str(odd), *photographs[1:]], order(tmp_path / "out")))
    assert [outcome.error is None for outcome in outcomes] == [False, *[True] * 5]
    assert "is not UTF-8, so no recipe can hold it; rename the image or its folder" in (outcomes[0].error or "")
    assert len(engine.computed) == 5


@pytest.mark.parametrize("mark", ["\n", "\r"])
def test_that_a_line_break_in_a_name_is_refused_where_there_is_a_list(mark: str) -> None:
    name = f"a{mark}b"
    check_image_name(f"x/{name}.jpg", name, ["voc", "npz", "coco", "labelme"])
    for format_name in ("cvat", "voc-layout"):
        with pytest.raises(UserError, match="has a line break in its name"):
            check_image_name(f"x/{name}.jpg", name, ["voc", format_name])


def test_that_a_file_of_the_whole_folder_is_refused_before_any_work(tmp_path: Path) -> None:
    images = [FolderImage("dog_jpg", "dog.jpg"), FolderImage("dog_png", "Dog.png")]
    (tmp_path / "coco").mkdir()
    (tmp_path / "coco" / "annotations.json").write_text("mine")
    refused = refused_gatherings(images, tmp_path, ("voc", "coco", "cvat", "voc-layout"))
    assert refused.keys() == {"coco", "cvat"}
    assert "annotations.json is there already" in refused["coco"]
    assert "but for their suffix or capitals" in refused["cvat"]
    assert refused_gatherings(images[:1], tmp_path, ("coco", "cvat")) == {}
