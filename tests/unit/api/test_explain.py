"""The Python API: models by name and in memory, images of every kind, results saved, sentences for what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

import dcsm_viewer as dv
from dcsm_viewer.batch.replay import replay
from tests.samples import SAMPLES

SMALL: dict[str, Any] = {"scales": (160,), "crf": False}


class Tiny(nn.Module):
    """A small classifier of three classes with seeded weights."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.first = nn.Conv2d(3, 8, 5, 4, 2)
        self.second = nn.Conv2d(8, 12, 3, 2, 1)
        self.third = nn.Conv2d(12, 16, 3, 2, 1)
        self.head = nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        for layer in (self.first, self.second, self.third):
            x = F.relu(layer(x))
        result: Tensor = self.head(x.mean((2, 3)))
        return result


@pytest.fixture(scope="module")
def shipped() -> dv.Model:
    return dv.load_model("lite0-voc", device="cpu")


@pytest.fixture
def tiny() -> dv.Model:
    return dv.wrap(Tiny(), ["cat", "dog", "bicycle"], device="cpu")


def picture(rows: int = 60, columns: int = 80) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(0).integers(0, 256, (rows, columns, 3), dtype=np.uint8)


def test_that_importing_the_package_loads_neither_torch_nor_qt() -> None:
    code = "import sys, dcsm_viewer; print([name for name in ('torch', 'PySide6', 'numpy') if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_that_every_public_name_is_there() -> None:
    for name in dv.__all__:
        assert getattr(dv, name) is not None
    assert set(dv.__all__) == set(dir(dv))
    with pytest.raises(AttributeError, match="no attribute 'explane'"):
        _ = dv.explane  # type: ignore[attr-defined]  # is what is tested


def test_that_an_explanation_has_the_shapes_that_are_promised(shipped: dv.Model) -> None:
    found = dv.explain(shipped, SAMPLES / "dog-bicycle.jpg", scales=(160, 192), crf=False)
    height, width = found.image.shape[:2]
    assert found.class_maps.shape == (len(found.detected_ids), height, width)
    assert found.class_maps.dtype == np.float32
    assert found.labels.shape == (height, width)
    assert found.scores.shape == (2, 20)
    assert found.raw_class_maps.shape[0] == len(found.candidate_ids)
    assert found.raw[160, "block7"].shape[0] == len(found.candidate_ids)
    assert found.scales == (160, 192)
    assert {shipped.class_names[index] for index in found.detected_ids} == set(found.detected)
    assert not found.class_maps.flags.writeable


@pytest.mark.parametrize("kind", ["path", "text", "PIL", "array", "tensor", "floats", "channels first"])
def test_that_an_image_is_taken_in_every_form_and_gives_the_same_maps(
    kind: str, tiny: dv.Model, tmp_path: Path
) -> None:
    pixels = picture()
    Image.fromarray(pixels).save(tmp_path / "image.png")
    forms: dict[str, object] = {
        "path": tmp_path / "image.png",
        "text": str(tmp_path / "image.png"),
        "PIL": Image.fromarray(pixels),
        "array": pixels,
        "tensor": torch.from_numpy(pixels),
        "floats": pixels / 255,
        "channels first": torch.from_numpy(pixels).permute(2, 0, 1).float() / 255,
    }
    found = dv.explain(tiny, forms[kind], classes=["dog"], **SMALL)
    expected = dv.explain(tiny, pixels, classes=["dog"], **SMALL)
    np.testing.assert_array_equal(found.image, pixels)
    np.testing.assert_array_equal(found.class_maps, expected.class_maps)


def test_that_a_gray_image_is_taken(tiny: dv.Model) -> None:
    gray = picture()[:, :, 0]
    np.testing.assert_array_equal(dv.explain(tiny, gray, **SMALL).image, np.repeat(gray[:, :, None], 3, axis=2))


def test_that_constants_and_layers_are_those_that_were_given(tiny: dv.Model) -> None:
    found = dv.explain(
        tiny, picture(), classes=[1, "cat"], n=3, layers=["second", "thi*"], method="gradient", alpha=2.0, **SMALL
    )
    settings = found.result.request.settings
    assert found.layers == ("second", "third")
    assert found.detected == ("cat", "dog")
    assert settings.method.min_candidates == 3
    assert settings.method.alpha == 2.0
    assert settings.method.attribution == "gradient"
    assert not settings.crf.enabled


def test_that_a_second_question_on_a_picture_makes_no_pass_again(shipped: dv.Model) -> None:
    dv.explain(shipped, SAMPLES / "cat.jpg", n=3, **SMALL)
    again = dv.explain(shipped, SAMPLES / "cat.jpg", n=2, **SMALL)
    made = {time.stage for time in again.result.times if time.made}
    assert made <= {"candidates", "subtraction", "segmentation"}


def test_that_weights_that_change_between_calls_are_seen() -> None:
    module = Tiny()
    model = dv.wrap(module, device="cpu")
    before = dv.explain(model, picture(), classes=[0], **SMALL)
    same = dv.explain(model, picture(), classes=[0], **SMALL)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.5)
    module(torch.randn(1, 3, 60, 80)).sum().backward()
    optimizer.step()
    after = dv.explain(model, picture(), classes=[0], **SMALL)
    np.testing.assert_array_equal(before.class_maps, same.class_maps)
    assert before.model.weights_digest == same.model.weights_digest != after.model.weights_digest
    assert np.abs(after.class_maps - before.class_maps).max() > 0
    assert module.first.weight.grad is not None


def test_that_a_result_is_saved_and_one_of_a_network_on_disk_replays(shipped: dv.Model, tmp_path: Path) -> None:
    found = dv.explain(shipped, SAMPLES / "cat.jpg", **SMALL)
    paths = found.save(tmp_path / "out", ["voc", "npz"], stages=True)
    assert [path.name for path in paths] == ["cat.png", "cat.npz", "cat.json"]
    with np.load(paths[1], allow_pickle=False) as numbers:
        np.testing.assert_array_equal(numbers["class_maps"], found.class_maps)
    done = replay(shipped.engine, paths[-1], tmp_path / "again")
    assert all(done.identical.values())


def test_that_a_result_of_a_module_in_memory_says_that_it_cannot_be_replayed(tiny: dv.Model, tmp_path: Path) -> None:
    paths = dv.explain(tiny, picture(), classes=["dog"], **SMALL).save(tmp_path, ["npz"], stem="mine")
    assert json.loads(paths[-1].read_text("utf-8"))["model"]["architecture"].endswith("Tiny")
    with pytest.raises(dv.UserError, match="was a module in memory"):
        dv.load_model(tiny.name)


def test_that_a_notebook_sees_a_picture_and_the_maps(tiny: dv.Model) -> None:
    found = dv.explain(tiny, picture(), classes=["dog", "cat"], **SMALL)
    assert found._repr_png_().startswith(b"\x89PNG")
    assert found._repr_html_().count("<img") == 3
    assert "dog" in found._repr_html_()
    assert repr(found) == "<Explanation of image (60 x 80): cat, dog>"
    assert "3 classes" in repr(tiny)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"classes": ["cow"]}, "has no class 'cow'; it has cat, dog, bicycle"),
        ({"classes": [3]}, "has no class 3; its ids are 0 to 2"),
        ({"classes": []}, "The list of classes is empty"),
        ({"layers": ["fourth"]}, "has no layer fourth; it has"),
        ({"alfa": 3.0}, "explain has no constant 'alfa'; did you mean 'alpha'?"),
        ({"crf": {"iteration": 3}}, "crf has no constant 'iteration'; did you mean 'iterations'?"),
        ({"preset": "best"}, "There is no preset 'best'"),
        ({"alpha": -1.0}, "Alpha"),
    ],
)
def test_that_a_wrong_argument_gets_one_sentence(changes: dict[str, Any], sentence: str, tiny: dv.Model) -> None:
    with pytest.raises(dv.UserError) as caught:
        dv.explain(tiny, picture(), **{**SMALL, **changes})
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (np.zeros((4, 4, 2), np.uint8), "An image of shape (4, 4, 2) cannot be taken"),
        (np.zeros((0, 4, 3), np.uint8), "An image of shape (0, 4, 3) cannot be taken"),
        (np.zeros((4, 4, 3), np.int64), "An image of int64 cannot be taken"),
        (np.full((4, 4, 3), np.nan), "not finite"),
        (np.full((4, 4, 3), 200.0), "values from 200 to 200"),
        ([1, 2, 3], "A list is no image"),
        ("nowhere.png", "is not there"),
    ],
)
def test_that_what_is_no_image_gets_one_sentence(image: object, sentence: str, tiny: dv.Model) -> None:
    with pytest.raises(dv.UserError) as caught:
        dv.explain(tiny, image, **SMALL)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"classes": ["a", "b"]}, "The network has 3 outputs and the class list 2 names"),
        ({"classes": ["a", "b", "a"]}, "The class name 'a' occurs twice"),
        ({"mean": (0.5, 0.5)}, "mean (0.5, 0.5) is not three numbers"),
        ({"std": (1, 0, 1)}, "divides by zero or less"),
        ({"head": "logits"}, "There is no head 'logits'"),
        ({"layers": ["fourth"]}, "has no layer fourth"),
    ],
)
def test_that_a_module_that_cannot_be_wrapped_so_gets_one_sentence(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(dv.UserError) as caught:
        dv.wrap(Tiny(), **arguments)
    assert sentence in str(caught.value)


def test_that_what_is_no_module_or_model_is_refused() -> None:
    with pytest.raises(dv.UserError, match=r"wrap takes an nn\.Module, not a str"):
        dv.wrap("resnet18")  # type: ignore[arg-type]  # is what is tested
    with pytest.raises(dv.UserError, match="explain takes a model of load_model or wrap, not a Tiny"):
        dv.explain(Tiny(), picture())  # type: ignore[arg-type]  # is what is tested
    with pytest.raises(dv.UserError, match="There is no model 'lite9'"):
        dv.load_model("lite9")
