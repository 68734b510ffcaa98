"""Every way a weights file can be wrong gives one sentence: no traceback, no code executed."""

from __future__ import annotations

import pickle
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import scipy.io
import torch
from safetensors.torch import save_file

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.weights import validate
from dcsm_viewer.engine.weights.formats import matlab_5, torch_file
from dcsm_viewer.engine.weights.read import read_weights
from tests.unit.engine.weights.breaking import (
    Write,
    borrowed_hdf5,
    caffe,
    caffe_renamed,
    caffe_same_widths,
    circular_hdf5,
    content,
    cut,
    efficientnet,
    expanded,
    flattened,
    header_of,
    huge_hdf5,
    mat,
    mat_cell,
    nothing,
    outward_hdf5,
    pickled_bomb,
    put,
    refilled,
    safetensors,
    state_dict,
    swap,
    tar_bomb,
    torch_bomb,
    torchscript,
    trace_of,
    zip_bomb,
)
from tests.unit.engine.weights.matlab_writer import simplenn, write_v5, write_v73
from tests.unit.engine.weights.vgg import random_vgg

BROKEN: dict[str, tuple[str, Write, str]] = {
    # what is wrong: (file name, how it is made, words of the sentence)
    "missing": ("net.pth", nothing, "There is no file"),
    "folder": ("net.pth", Path.mkdir, "is a folder"),
    "empty": ("net.caffemodel", content(b""), "is empty"),
    "zeros": ("net.mat", content(bytes(5000)), "nothing but zeros"),
    "text": ("net.caffemodel", content(b"\nthe weights are in the other folder\n"), "text file"),
    "web page": ("net.mat", content(b"<!DOCTYPE html><html><body>404 Not Found</body></html>"), "web page"),
    "git lfs pointer": (
        "net.pth",
        content(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
        "git lfs pull",
    ),
    "prototxt": ("net.caffemodel", content(b'name: "VGG16"\nlayer {\n  name: "conv1_1"\n}\n'), "no weights"),
    "picture": ("net.mat", content(b"\x89PNG\r\n\x1a\n" + bytes(100)), "picture"),
    "gzip": ("net.pth", content(b"\x1f\x8b\x08\x00" + bytes(100)), "unpack it"),
    "noise": (
        "net.pth",
        content(np.random.default_rng(0).integers(128, 255, 5000, np.uint8).tobytes()),
        "no weights file",
    ),
    "Keras": ("net.h5", content(b"\x89HDF\r\n\x1a\n" + bytes(600)), "HDF5"),
    "damaged zip": ("net.pth", content(b"PK\x03\x04" + bytes(300)), "table of contents"),
    "another zip": ("net.pth", lambda path: zipfile.ZipFile(path, "w").writestr("a.txt", "a"), "without PyTorch"),
    # pickles
    "pickle bomb in a zip": ("net.pth", partial(torch_bomb, zipped=True), "running code"),
    "pickle bomb, legacy": ("net.pth", partial(torch_bomb, zipped=False), "running code"),
    "plain pickle bomb, protocol 2": ("net.pth", partial(pickled_bomb, protocol=2), "plain Python pickle"),
    "plain pickle bomb, protocol 4": ("net.pth", partial(pickled_bomb, protocol=4), "plain Python pickle"),
    "pickle bomb in a tar": ("net.pth", tar_bomb, "tar archive"),
    "torchscript": ("net.pth", torchscript, "TorchScript"),
    "whole module": ("net.pth", lambda path: torch.save(torch.nn.Linear(2, 2), path), "running code"),
    "no dictionary": ("net.pth", lambda path: torch.save(torch.zeros(3), path), "not the state_dict"),
    "empty state_dict": ("net.pth", lambda path: torch.save({}, path), "empty state_dict"),
    "numbers in the state_dict": ("net.pth", lambda path: torch.save({"lr": 0.1}, path), "is a float"),
    "zip bomb": ("net.pth", zip_bomb, "many times its size"),
    "pickle of another protocol": ("net.pth", lambda path: torch.save({}, path, pickle_protocol=4), "default protocol"),
    "truncated state_dict": ("net.pth", cut(state_dict(nothing), 0.7), "cut off"),
    "truncated legacy state_dict": (
        "net.pth",
        cut(state_dict(nothing, _use_new_zipfile_serialization=False), 0.7),
        "cut off",
    ),
    # the wrong network
    "another network": (
        "net.pth",
        lambda path: torch.save({"layer1.0.conv1.weight": torch.ones(3)}, path),
        "not known here",
    ),
    "VGG-16 with batch norm": (
        "net.pth",
        state_dict(lambda t: t.update({"features.1.running_mean": torch.ones(4)})),
        "nearest to torchvision's vgg16 ",
    ),
    "VGG-19": (
        "net.pth",
        lambda path: torch.save(
            {
                f"features.{n}.weight": torch.ones(1)
                for n in (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)
            },
            path,
        ),
        "not known here",
    ),
    "no classifier": (
        "net.pth",
        state_dict(lambda t: [t.pop(k) for k in list(t) if k.startswith("cl")]),
        "no classifier",
    ),
    "EfficientNet-B0": (
        "net.pth",
        lambda path: torch.save({"_conv_stem.weight": torch.ones(1), "_blocks.0._se_reduce.bias": torch.ones(1)}, path),
        "squeeze-and-excitation",
    ),
    "half an EfficientNet": (
        "net.pth",
        lambda path: torch.save({"_conv_stem.weight": torch.ones(1)}, path),
        "lacks _bn0",
    ),
    "a stranger among the tensors": (
        "net.pth",
        state_dict(lambda t: t.update({"classifier.7.weight": torch.ones(1)})),
        "'classifier.7",
    ),
    "EfficientNet of other widths": (
        "net.pth",
        efficientnet("_conv_head.weight", torch.ones(8, 320, 1, 1)),
        "should be",
    ),
    "EfficientNet with a stranger": ("net.pth", efficientnet("_blocks.16._bn2.bias", torch.ones(3)), "does not have"),
    "EfficientNet with a negative variance": (
        "net.pth",
        efficientnet("_bn0.running_var", -torch.ones(32)),
        "negative variance",
    ),
    # layers and shapes
    "missing layer": ("net.pth", state_dict(lambda t: t.pop("features.28.weight")), "lacks conv5_3.weight"),
    "swapped layers": ("net.pth", state_dict(swap), "does not fit together at conv2_1"),
    "broken chain": ("net.pth", state_dict(put("features.12.weight", lambda t: t[:, :3].clone())), "conv3_2"),
    "wrong kernel": ("net.pth", state_dict(put("features.2.weight", lambda t: t[..., :1].clone())), "conv1_2"),
    "biases of another layer": ("net.pth", state_dict(put("features.2.bias", lambda t: t[:-1].clone())), "biases"),
    "fc6 for another size": ("net.pth", state_dict(put("classifier.0.weight", lambda t: t[:, :200].clone())), "fc6"),
    # values
    "NaN": ("net.safetensors", safetensors(put("features.5.weight", lambda t: t / 0 * 0)), "NaN"),
    "infinity": ("net.safetensors", safetensors(put("features.5.bias", lambda t: t + torch.inf)), "infinity"),
    "absurd range": (
        "net.pth",
        state_dict(put("classifier.6.weight", lambda t: t * 1e20)),
        "trained weights stay below",
    ),
    "doubles beyond float": ("net.pth", state_dict(put("features.0.bias", lambda t: t.double() * 1e200)), "infinity"),
    "all zeros": ("net.pth", state_dict(put("features.0.weight", torch.zeros_like)), "nothing but zeros"),
    "integers": ("net.pth", state_dict(put("features.0.weight", torch.Tensor.long)), "as int64"),
    "complex": ("net.pth", state_dict(put("features.0.weight", lambda t: t + 1j)), "as complex64"),
    "expanded to a claim": ("net.pth", state_dict(expanded), "more values"),
    "sparse": ("net.pth", state_dict(put("features.0.bias", torch.Tensor.to_sparse)), "without plain values"),
    # safetensors
    "truncated safetensors": ("net.safetensors", cut(safetensors(nothing), 0.5), "cut off"),
    "absurd safetensors header": (
        "net.safetensors",
        content((10**7).to_bytes(8, "little") + b"{" + bytes(99)),
        "cut off",
    ),
    "no tensors": ("net.safetensors", lambda path: save_file({}, path), "no tensors"),
    "header from the future": ("net.safetensors", header_of(form=2), "newer version"),
    "header of another network": ("net.safetensors", header_of(architecture="efficientnet-lite0"), "says it is"),
    "header without divisor": (
        "net.safetensors",
        header_of(convention={"order": "rgb", "mean": [0.0, 0.0, 0.0], "std": [0.0, 1.0, 1.0]}),
        "std",
    ),
    "more names than outputs": ("net.safetensors", header_of(class_names=["a", "b", "c", "d"]), "names 4 classes"),
    # Caffe
    "truncated caffemodel": ("net.caffemodel", cut(caffe(nothing), 0.6), "cut off"),
    "caffemodel without layers": ("net.caffemodel", content(b"\x0a\x01\x02" + b"\x0a\x02\xff\xfe"), "no Caffe layers"),
    "AlexNet": ("net.caffemodel", caffe(caffe_renamed), "none is VGG-16's"),
    "Caffe's oldest form": (
        "net.caffemodel",
        caffe(lambda n: setattr(n.layers[0].layer, "name", "conv1_1"), legacy=True),
        "oldest form",
    ),
    "Caffe layers swapped": ("net.caffemodel", caffe_same_widths, "another order"),
    "Caffe layer twice": ("net.caffemodel", caffe(lambda n: setattr(n.layer[1], "name", "conv1_1")), "two layers"),
    "Caffe blob missing": ("net.caffemodel", caffe(lambda n: n.layer[3].blobs.pop()), "1 blobs"),
    "Caffe layer missing": ("net.caffemodel", caffe(lambda n: n.layer.pop(5)), "lacks conv3_2"),
    "Caffe values missing": ("net.caffemodel", caffe(lambda n: n.layer[3].blobs[0].data.pop()), "needs"),
    "Caffe shape absurd": (
        "net.caffemodel",
        caffe(lambda n: n.layer[3].blobs[0].shape.dim.append(10**12)),
        "claims the shape",
    ),
    "Caffe shape negative": (
        "net.caffemodel",
        caffe(lambda n: n.layer[3].blobs[0].shape.dim.append(-1)),
        "claims the shape",
    ),
    "Caffe NaN": (
        "net.caffemodel",
        caffe(lambda n: n.layer[3].blobs[1].data.__setitem__(0, float("nan"))),
        "conv2_2.bias",
    ),
    "Caffe FCN with a padding of 100": (
        "net.caffemodel",
        caffe(lambda n: n.layer[0].convolution_param.pad.__setitem__(0, 100)),
        "pad 100",
    ),
    "Caffe with groups": (
        "net.caffemodel",
        caffe(lambda n: setattr(n.layer[4].convolution_param, "group", 2)),
        "group 2",
    ),
    "Caffe fc6 of another input": ("net.caffemodel", caffe(lambda n: refilled(n.layer[13].blobs[0])), "fc6"),
    "Caffe matrix for a convolution": ("net.caffemodel", caffe(lambda n: flattened(n.layer[2].blobs[0])), "conv2_1"),
    "Caffe blob without values": ("net.caffemodel", caffe(lambda n: n.layer[2].blobs[0].Clear()), "claims the shape"),
    # MatConvNet
    "mat whose filters have five dimensions": (
        "net.mat",
        mat(mat_cell(1, filters=np.ones((3, 3, 3, 4, 2), np.float32))),
        "5 dimensions",
    ),
    "mat without cells": ("net.mat", lambda path: write_v5(path, simplenn(random_vgg())[:0]), "with cells"),
    "mat of one cell": ("net.mat", lambda path: scipy.io.savemat(path, {"layers": {"type": "conv"}}), "missing"),
    "truncated mat": ("net.mat", cut(mat(nothing), 0.6), "cut off"),
    "mat header only": ("net.mat", content(b"MATLAB 5.0 MAT-file"), "cut off"),
    "truncated mat 7.3": ("net.mat", cut(mat(nothing, write_v73), 0.6), "cut off"),
    "mat without layers": ("net.mat", lambda path: write_v5(path, [], net=1.0), "no variable 'layers'"),
    "mat with other cells": ("net.mat", mat(lambda layers: layers.__setitem__(4, {"weights": 1.0})), "cell 5"),
    "mat missing a pool": ("net.mat", mat(lambda layers: layers.pop(4)), "cell 5 is a 'conv', expected 'pool'"),
    "mat cut behind fc7": ("net.mat", mat(lambda layers: layers.__delitem__(slice(35, None))), "fc8 is missing"),
    "mat with more behind": ("net.mat", mat(lambda layers: layers.append({"type": "conv"})), "behind fc8"),
    "mat layers swapped": ("net.mat", mat(mat_cell(3, name="conv1_1")), "another order"),
    "mat average pooling": ("net.mat", mat(mat_cell(5, method="avg")), "pools by 'avg'"),
    "mat odd pool padding": ("net.mat", mat(mat_cell(5, pad=[1.0, 1.0, 1.0, 1.0])), "1 1 1 1"),
    "mat mixed pool padding": ("net.mat", mat(mat_cell(5, pad=0.0)), "differently"),
    "mat with stride 2": ("net.mat", mat(mat_cell(8, stride=2.0)), "stride 2"),
    "mat integers": ("net.mat", mat(mat_cell(1, filters=np.ones((3, 3, 3, 4), np.int16))), "int16"),
    "mat complex": ("net.mat", mat(mat_cell(1, filters=np.ones((3, 3, 3, 4)) * 1j)), "as complex128"),
    "mat without biases": ("net.mat", mat(mat_cell(1, biases=np.zeros((0, 0)))), "lacks the filters or biases"),
    "mat with transposed filters": ("net.mat", mat(mat_cell(3, filters=np.ones((5, 4, 3, 3), np.float32))), "conv1_2"),
    "mat 7.3 of absurd size": ("net.mat", huge_hdf5, "claims more than"),
    "mat 7.3 that goes in circles": ("net.mat", circular_hdf5, "nests more variables"),
    "mat 7.3 with values outside": ("net.mat", borrowed_hdf5, "keeps values outside"),
    "mat 7.3 with an empty cell": ("net.mat", mat(mat_cell(1, filters=[]), write_v73), "lacks the filters"),
    "mat 7.3 with a link outside": ("net.mat", outward_hdf5, "outside itself"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_that_a_broken_file_gives_one_sentence_and_runs_nothing(what: str, tmp_path: Path) -> None:
    name, write, words = BROKEN[what]
    path = tmp_path / name
    write(path)

    with pytest.raises(UserError) as caught:
        read_weights(path)

    sentence = str(caught.value)
    assert words in sentence
    assert name in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence) < 400
    assert not trace_of(path).exists()


def test_that_an_archive_of_more_than_the_bound_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state_dict(nothing)(tmp_path / "net.pth")
    monkeypatch.setattr(torch_file, "MAX_BYTES", 1000)

    with pytest.raises(UserError, match="would unpack to more than"):
        read_weights(tmp_path / "net.pth")


def test_that_a_tensor_of_more_values_than_the_bound_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state_dict(nothing)(tmp_path / "net.pth")
    monkeypatch.setattr(validate, "MAX_VALUES", 100)

    with pytest.raises(UserError, match=r"claims 108 values in conv1_1\.weight"):
        read_weights(tmp_path / "net.pth")


def test_that_a_file_one_may_not_read_is_said_to_be_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state_dict(nothing)(tmp_path / "net.pth")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # the tests may run as a user who may read everything

    with pytest.raises(UserError, match=r"net.pth cannot be read \(permission denied\)"):
        read_weights(tmp_path / "net.pth")


def test_that_there_are_more_than_thirty_kinds_of_broken_files() -> None:
    assert len(BROKEN) >= 30


def test_that_the_bomb_would_have_gone_off(tmp_path: Path) -> None:
    path = tmp_path / "net.pth"
    pickled_bomb(path, protocol=2)

    pickle.loads(path.read_bytes())

    assert trace_of(path).exists()


def test_that_a_mat_file_of_zeros_is_not_unpacked_beyond_the_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matlab_5, "MAX_BYTES", 2**20)
    path = tmp_path / "net.mat"
    scipy.io.savemat(path, {"layers": np.zeros((2**10, 2**10))}, do_compression=True)

    with pytest.raises(UserError, match="would unpack to more than 1 MB"):
        read_weights(path)
