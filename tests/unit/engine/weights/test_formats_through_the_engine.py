"""The same weights in every format, each opened by its path: the engine gives the same scores and labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from dcsm_viewer.core.settings import ClassChoice, CrfSettings, MethodSettings, Settings
from dcsm_viewer.core.types import Request, SourceImage
from dcsm_viewer.engine.engine import Engine
from dcsm_viewer.engine.weights import library
from dcsm_viewer.engine.weights.formats.safetensors_file import write_safetensors
from dcsm_viewer.engine.weights.input_spec_names import input_spec_named
from dcsm_viewer.engine.weights.weights_file import WeightsFile
from tests.networks import random_vgg_tensors
from tests.unit.engine.weights.caffe_writer import caffe_model
from tests.unit.engine.weights.matlab_writer import simplenn, write_v5, write_v73
from tests.unit.engine.weights.vgg import as_torchvision

CONVENTION = "caffe"
# A state_dict says neither that it wants Caffe's pixels nor that its pools round up; 224 px need no rounding.
SCALES = (224,)


def written(folder: Path) -> dict[str, Path]:
    """The paths of one small VGG-16 in every format; its logits are small, so that scores lie between 0 and 1."""
    tensors = {name: torch.tensor(value).float() for name, value in random_vgg_tensors(5, 4, (4, 5, 6, 7, 8)).items()}
    tensors["conv1_1.weight"] *= 0.02
    tensors["fc8.weight"] *= 0.3
    paths = {kind: folder / f"net.{kind}" for kind in ("caffemodel", "pth", "safetensors")}
    paths["caffemodel"].write_bytes(caffe_model(tensors).SerializeToString())
    torch.save(as_torchvision(tensors), paths["pth"])
    ours = WeightsFile("vgg16", tensors, tuple("abcd"), input_spec_named(CONVENTION), True, "", "a test")
    write_safetensors(paths["safetensors"], ours)
    paths["mat v7"] = write_v5(folder / "net7.mat", simplenn(tensors))
    paths["mat v7.3"] = write_v73(folder / "net73.mat", simplenn(tensors))
    return paths


def test_that_every_format_gives_the_same_scores_and_labels_through_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(library.FOLDER_VARIABLE, str(tmp_path / "models"))
    paths = written(tmp_path)
    # The one thing a user has to say of a state_dict from the Caffe family, as `models import --convention caffe`.
    library.import_weights(paths["pth"], "from-state-dict", convention=input_spec_named(CONVENTION))
    names = {kind: str(path) for kind, path in paths.items()} | {"pth": "from-state-dict"}
    image = SourceImage.of(np.random.default_rng(3).integers(0, 256, (70, 90, 3), np.uint8), name="noise")
    engine = Engine()
    results = {
        kind: engine.settle(
            Request(
                0,
                image,
                Settings(
                    model=name,
                    method=MethodSettings(scales=SCALES, canvas_px=224),
                    choice=ClassChoice(image_labels=(1, 3)),
                    crf=CrfSettings(enabled=False),
                    device="cpu",
                    precision="float32",
                ),
            )
        )
        for kind, name in names.items()
    }
    expected = results["caffemodel"]
    assert 0.001 < float(expected.scores.min()) < float(expected.scores.max()) < 0.999
    assert float(np.ptp(expected.scores)) > 0.01
    for kind, result in results.items():
        np.testing.assert_allclose(result.scores, expected.scores, rtol=0, atol=1e-5, err_msg=kind)
        assert result.segmentation is not None
        assert expected.segmentation is not None
        np.testing.assert_array_equal(result.segmentation.labels, expected.segmentation.labels, err_msg=kind)
