"""The classifier a training begins with: kept, taken over by name, summed up from ImageNet's, or fresh."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.class_head import voc_groups
from dcsm_viewer.engine.networks.input_spec import CAFFE
from dcsm_viewer.engine.weights.formats.safetensors_file import write_safetensors
from dcsm_viewer.engine.weights.weights_file import WeightsFile
from dcsm_viewer.io.datasets import VOC_CLASSES
from dcsm_viewer.training.class_mapping import RELATED_CLASSES
from dcsm_viewer.training.initial_weights import FRESH_BIAS, RIDGE, load_initial_weights
from tests.networks import random_vgg_tensors


@pytest.fixture
def colours(tmp_path: Path) -> Path:
    """A network that knows blue, green and red."""
    tensors = {name: torch.tensor(values).float() for name, values in random_vgg_tensors(0, 3).items()}
    names = ("blue", "green", "red")
    write_safetensors(tmp_path / "net", WeightsFile("vgg16", tensors, names, CAFFE, True, "", "us"))
    return tmp_path / "net"


def test_that_a_classifier_of_the_same_classes_is_kept(colours: Path) -> None:
    start = load_initial_weights(str(colours), ("blue", "green", "red"), 0)
    assert (start.keeps_classifier, start.borrowed, start.convention) == (True, (), CAFFE)
    assert torch.equal(start.tensors["fc8.weight"], torch.tensor(random_vgg_tensors(0, 3)["fc8.weight"]).float())


def test_that_known_names_keep_their_rows_and_others_begin_small(colours: Path) -> None:
    start = load_initial_weights(str(colours), ("red", "ultraviolet", "blue"), 0)
    old = torch.tensor(random_vgg_tensors(0, 3)["fc8.weight"]).float()
    assert torch.equal(start.tensors["fc8.weight"][[0, 2]], old[[2, 0]])
    assert float(start.tensors["fc8.weight"][1].abs().max()) < 0.1
    assert float(start.tensors["fc8.bias"][1]) == FRESH_BIAS
    again = load_initial_weights(str(colours), ("red", "ultraviolet", "blue"), 0)
    assert torch.equal(start.tensors["fc8.weight"], again.tensors["fc8.weight"])


def test_that_vocs_rows_are_the_ridge_regression_of_imagenets(tmp_path: Path) -> None:
    tensors = random_vgg_tensors(0, 1000)
    save_file({name: torch.tensor(values).float() for name, values in tensors.items()}, tmp_path / "net")
    start = load_initial_weights(str(tmp_path / "net"), VOC_CLASSES, 0)
    assert start.borrowed == tuple(range(20))
    rows = tensors["fc8.weight"].astype(np.float32).astype(np.float64).reshape(1000, -1)
    rows = rows - rows.mean(0)
    lengths = RIDGE * (rows**2).sum(1).mean()
    for name, members in zip(VOC_CLASSES, voc_groups().members, strict=True):
        wanted = np.zeros(1000)
        wanted[list(members or RELATED_CLASSES[name])] = 1
        # The least of |R w - y|^2 + ridge |w|^2, by its normal equations instead of the kernel's.
        expected = np.linalg.solve(rows.T @ rows + lengths * np.eye(rows.shape[1]), rows.T @ (wanted - wanted.mean()))
        found = start.tensors["fc8.weight"][VOC_CLASSES.index(name)].flatten().numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)


def test_that_every_relative_of_person_is_something_people_wear_or_are() -> None:
    from dcsm_viewer.engine.networks.class_head import imagenet_names

    assert {"groom", "suit", "bikini"} <= {imagenet_names()[index] for index in RELATED_CLASSES["person"]}
    assert not set(RELATED_CLASSES["person"]) & {index for group in voc_groups().members for index in group}


def test_that_a_start_nobody_knows_is_named() -> None:
    with pytest.raises(UserError, match="There is no model 'nobody'"):
        load_initial_weights("nobody", VOC_CLASSES, 0)
