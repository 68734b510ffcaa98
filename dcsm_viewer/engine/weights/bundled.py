"""The networks the program brings with it, trained by this program for PASCAL VOC's classes (weights/README.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import MappingProxyType

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.class_head import voc_groups
from dcsm_viewer.engine.networks.input_spec import EFFICIENTNET_LITE, TORCHVISION, InputSpec
from dcsm_viewer.engine.weights.model_entry import ModelEntry
from dcsm_viewer.engine.weights.read import read_weights
from dcsm_viewer.engine.weights.weights_file import Architecture, WeightsFile

_DISTRIBUTION = "dcsm-viewer"


@dataclass(frozen=True, slots=True)
class BundledModel:
    """One network in weights/, as <name>.safetensors; `digest` is the sha256 this version of the program asks for."""

    name: str
    title: str
    architecture: Architecture
    convention: InputSpec
    digest: str
    source: str
    licence: str

    @property
    def file_name(self) -> str:
        """The name of its file."""
        return f"{self.name}.safetensors"

    def file(self) -> Path | None:
        """Find its file: in weights/ beside the code, or where the wheel has put it; None where it is not."""
        beside = Path(__file__).parents[3] / "weights" / self.file_name
        if beside.is_file():
            return beside
        try:
            files = metadata.files(_DISTRIBUTION) or []
        except metadata.PackageNotFoundError:
            files = []
        for file in files:
            if file.name == self.file_name and (path := Path(str(file.locate()))).is_file():
                return path
        return None

    def entry(self) -> ModelEntry | None:
        """Return its entry of the model list, None where the file is missing; the file is not opened."""
        if self.file() is None:
            return None
        return ModelEntry(
            name=self.name,
            title=self.title,
            architecture=self.architecture,
            sha256=self.digest,
            source=self.source,
            licence=self.licence,
            class_names=voc_groups().names,
            convention=str(self.convention),
            packaged=True,
        )

    def weights(self) -> WeightsFile:
        """Read the network. Raises UserError if its file is missing, or another than this program was made with."""
        path = self.file()
        if path is None:
            raise UserError(
                f"The network '{self.name}' is missing: {self.file_name} is not in weights/; get the program again."
            )
        weights = read_weights(path)
        if weights.digest != self.digest:
            raise UserError(
                f"{path} is not the file this program was made with (sha256 {weights.digest[:12]}..., expected "
                f"{self.digest[:12]}...); get the program again."
            )
        return weights


LITE0_VOC = BundledModel(
    name="lite0-voc",
    title="EfficientNet-Lite0 (VOC, 20 classes)",
    architecture="efficientnet-lite0",
    convention=EFFICIENTNET_LITE,
    digest="174d5e17457ed8c3378b923cf143144a1936bf017c00d51093e1a8a4a1303af4",
    source="Trained by this program on composite scenes, from EfficientNet-Lite0 on ImageNet; see weights/README.md.",
    licence="Apache-2.0",
)

VGG16_VOC = BundledModel(
    name="vgg16-voc",
    title="VGG-16, small (VOC, 20 classes)",
    architecture="vgg16",
    convention=TORCHVISION,
    digest="b9dcbfda57930c9b5d6346c915f873cd7d36f0fdd852e1c39f843f469aaa9b81",
    source="Trained by this program on composite scenes, from torchvision's VGG-16 convolutions on ImageNet; see "
    "weights/README.md.",
    licence="BSD-3-Clause",
)

BUNDLED_MODELS: Mapping[str, BundledModel] = MappingProxyType({one.name: one for one in (LITE0_VOC, VGG16_VOC)})
