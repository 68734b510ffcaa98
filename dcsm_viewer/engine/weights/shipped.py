"""The network the program brings with it: EfficientNet-Lite0 for PASCAL VOC's classes, trained by this program."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from dcsm_viewer.engine.models.convention import EFFICIENTNET_LITE
from dcsm_viewer.engine.models.vocabulary import voc_groups
from dcsm_viewer.engine.weights.model_entry import ModelEntry
from dcsm_viewer.engine.weights.read import read_weights
from dcsm_viewer.engine.weights.weights_file import WeightsFile
from dcsm_viewer.values import UserError

NAME = "lite0-voc"
TITLE = "EfficientNet-Lite0 (VOC, 20 classes)"
DIGEST = "121e2501e3a047823cc1c3ec8dc521f0db448e59b2df9a1b6f66ecbab5009cd8"
SOURCE = "Trained by this program on composite scenes, from EfficientNet-Lite0 on ImageNet; see weights/README.md."
LICENCE = "Apache-2.0"
_FILE = "lite0-voc.safetensors"
_DISTRIBUTION = "dcsm-viewer"


def shipped_file() -> Path | None:
    """Where the weights lie: in weights/ beside the code, or where the wheel has put them; None where they are not."""
    beside = Path(__file__).parents[3] / "weights" / _FILE
    if beside.is_file():
        return beside
    try:
        files = metadata.files(_DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == _FILE and (path := Path(str(file.locate()))).is_file():
            return path
    return None


def shipped_entry() -> ModelEntry | None:
    """What the model list says of it, None where the file is missing; the file is not opened."""
    if shipped_file() is None:
        return None
    return ModelEntry(
        name=NAME,
        title=TITLE,
        architecture="efficientnet-lite0",
        sha256=DIGEST,
        source=SOURCE,
        licence=LICENCE,
        class_names=voc_groups().names,
        convention=str(EFFICIENTNET_LITE),
        packaged=True,
    )


def shipped_weights() -> WeightsFile:
    """The shipped network. Raises UserError if its file is missing, or another than this program was made with."""
    path = shipped_file()
    if path is None:
        raise UserError(f"The network '{NAME}' is missing: {_FILE} is not in weights/; get the program again.")
    weights = read_weights(path)
    if weights.digest != DIGEST:
        raise UserError(
            f"{path} is not the file this program was made with (sha256 {weights.digest[:12]}..., expected "
            f"{DIGEST[:12]}...); get the program again."
        )
    return weights
