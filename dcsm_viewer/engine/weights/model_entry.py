"""What the model list knows of a network without opening its weights; one JSON file a model."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dcsm_viewer.core.types import LayerInfo, UserError
from dcsm_viewer.engine.weights.weights_file import Head
from dcsm_viewer.io.os_errors import reason_of
from dcsm_viewer.io.plain_file import plain_bytes, plain_json


class ModelEntry(BaseModel):
    """One model. `sha256` names the bytes of its weights file; `convention` is a sentence for people.

    packaged: the network that comes with the program, which lies elsewhere than the user's models. head: how outputs
    become scores, None where it is not given. library: the package and version that the architecture is built by. From
    layer_names on: what a look at the network told (see ModelCard), empty for those with passes written by hand.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    title: str
    architecture: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    source: str
    licence: str
    class_names: tuple[str, ...]
    convention: str
    notes: tuple[str, ...] = ()
    head: Head | None = None
    library: str = ""
    layer_names: tuple[str, ...] = ()
    gradient_layers: tuple[str, ...] = ()
    layers: tuple[LayerInfo, ...] = ()
    undefined_methods: dict[str, str] = Field(default_factory=dict)
    network_notes: tuple[str, ...] = ()
    packaged: bool = Field(default=False, exclude=True)


def read_entry(path: Path) -> ModelEntry:
    """Read the entry in a file beside its weights.

    Raises UserError for a file that was changed by hand and no longer says what it must.
    """
    try:
        entry = ModelEntry.model_validate_json(plain_bytes(path))
    except OSError as error:
        raise UserError(f"{path} cannot be read ({reason_of(error)}); import the model again.") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise UserError(f"{path} is damaged ({where}: {first['msg']}); import the model again.") from None
    if entry.name != path.stem:
        raise UserError(f"{path} describes a model named '{entry.name}'; give the file back its name.")
    return entry


def is_entry(path: Path) -> bool | None:
    """Return whether the file, sound or not, is an entry of this program; None where its content does not tell."""
    try:
        document = plain_json(plain_bytes(path))
    except (OSError, ValueError):
        return None
    return isinstance(document, dict) and document.keys() >= {"name", "architecture", "sha256"}


def entry_json(entry: ModelEntry) -> str:
    """Return the entry as its file holds it."""
    return entry.model_dump_json(indent=2) + "\n"
