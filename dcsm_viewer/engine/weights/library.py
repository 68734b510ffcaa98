"""The user's models: imported once to safetensors in the user's data folder, listed, found by name."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import platformdirs

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.input_spec import InputSpec
from dcsm_viewer.engine.networks.layer_choice import chosen_layers
from dcsm_viewer.engine.networks.torch_network import TorchNetwork
from dcsm_viewer.engine.weights.bundled import BUNDLED_MODELS
from dcsm_viewer.engine.weights.digest import sha256_of
from dcsm_viewer.engine.weights.formats.safetensors_file import check_replaceable, write_safetensors
from dcsm_viewer.engine.weights.model_entry import ModelEntry, entry_json, is_entry, read_entry
from dcsm_viewer.engine.weights.packaged import LITE0, PACKAGED_NETWORKS
from dcsm_viewer.engine.weights.read import read_weights
from dcsm_viewer.engine.weights.weights_file import Head, WeightsFile
from dcsm_viewer.engine.weights.weights_network import WRITTEN_BY_HAND, torch_network_of
from dcsm_viewer.io.atomic import atomic_path
from dcsm_viewer.io.os_errors import reason_of

IN_MEMORY = "in-memory-"  # how names of modules begin that were given to the Python API
FOLDER_VARIABLE = "DCSM_VIEWER_MODELS"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def model_folder() -> Path:
    """Return the folder of the user's models: $DCSM_VIEWER_MODELS, or 'models' in the user's data folder."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        return Path(chosen)
    return Path(platformdirs.user_data_dir("dcsm-viewer", appauthor=False)) / "models"


def import_weights(
    path: Path | str,
    name: str,
    *,
    title: str | None = None,
    class_names_file: Path | None = None,
    convention: InputSpec | None = None,
    architecture: str | None = None,
    head: Head | None = None,
    layer_names: Sequence[str] = (),
    source: str | None = None,
    licence: str | None = None,
    replace_existing: bool = False,
    folder: Path | None = None,
) -> ModelEntry:
    """Read a weights file, check it, and keep it as safetensors under a name.

    The weights are written before the entry that names them, so a crash between leaves no entry without weights.

    Parameters
    ----------
    path
        Of the file, in any known format.
    name
        Of the new model.
    title
        As the window shows it; the name where it is None.
    class_names_file
        As for `read_weights`.
    convention, architecture, head
        As for `read_weights`.
    layer_names
        The layers that maps are made of; () lets the program choose.
    source, licence
        Where the weights come from and on what terms.
    replace_existing
        Replace a model of this name.
    folder
        Of the models; the user's where it is None.

    Returns
    -------
    ModelEntry
        Of the new model.

    Raises
    ------
    UserError
        As read_weights; a name that is taken or no name; nothing can be written.
    """
    folder = folder or model_folder()
    _check_name(name)
    if not replace_existing:
        check_free(name, folder)
    _check_ours(name, folder)
    weights = read_weights(
        path, class_names_file=class_names_file, convention=convention, architecture=architecture, head=head
    )
    network = _looked_at(replace(weights, layer_names=tuple(layer_names)))
    weights = replace(
        weights,
        layer_names=() if network is None else network.layer_names,
        source=source or f"{weights.source}, sha256 {weights.digest}",
        licence=licence or weights.licence,
    )
    with atomic_path(_weights_path(folder, name)) as draft:
        write_safetensors(draft, weights)
        digest = sha256_of(draft)
    entry = ModelEntry(
        name=name,
        title=title or name,
        architecture=weights.architecture,
        sha256=digest,
        source=weights.source,
        licence=weights.licence,
        class_names=weights.class_names,
        convention=str(weights.convention),
        notes=weights.notes,
        head=weights.head,
    )
    if network is not None:
        library = weights.architecture.partition("/")[0]
        entry = entry.model_copy(
            update={
                "library": f"{library} {metadata.version(library)}",
                "layer_names": network.layer_names,
                "gradient_layers": network.gradient_layers,
                "layers": network.layers,
                "undefined_methods": dict(network.undefined_methods),
                "network_notes": network.notes,
            }
        )
    with atomic_path(_entry_path(folder, name)) as draft:
        draft.write_text(entry_json(entry), "utf-8")
    return entry


def _looked_at(weights: WeightsFile) -> TorchNetwork | None:
    """The network, if its layers have to be found out; raises UserError where it does not run or lacks a layer."""
    if weights.architecture in WRITTEN_BY_HAND:
        if weights.layer_names:
            raise UserError(
                f"The layers of {weights.architecture} are chosen for each run (export --layers, or in the window) and "
                "not at import; leave --layers out."
            )
        return None
    found = torch_network_of(replace(weights, layer_names=()))
    if not weights.layer_names:
        return found
    chosen = chosen_layers(weights.layer_names, found.gradient_layers, weights.architecture, found.layer_names)
    return torch_network_of(replace(weights, layer_names=chosen))


def check_free(name: str, folder: Path) -> None:
    """Raise UserError if a model of this name exists."""
    if _entry_path(folder, name).exists():
        raise UserError(f"There is a model named '{name}' already; choose another name, or replace it.")


def list_models(folder: Path | None = None) -> tuple[ModelEntry, ...]:
    """List the program's networks first, then the user's by name. A folder that is missing or unreadable holds none.

    An entry that is damaged, or has lost its weights, is left out: info() says what is wrong with it.
    """
    folder = folder or model_folder()
    try:
        paths = sorted(folder.glob("*.json"))
    except OSError:
        paths = []
    own = (entry for path in paths if (entry := _listed(folder, path)) is not None)
    return (*_with_the_program(), *own)


def info(name: str, folder: Path | None = None) -> ModelEntry:
    """Return the entry of a model. Raises UserError if there is none of that name, with the names there are."""
    for entry in _with_the_program():
        if name == entry.name:
            return entry
    folder = folder or model_folder()
    if _NAME.fullmatch(name) and _entry_path(folder, name).is_file():
        return read_entry(_entry_path(folder, name))
    if name.startswith(IN_MEMORY):
        raise UserError(
            f"The model '{name}' was a module in memory (dcsm_viewer.wrap); make the result again from Python, with "
            "the same module."
        )
    known = ", ".join(entry.name for entry in list_models(folder))
    raise UserError(f"There is no model '{name}'; there are: {known}.")


def find(name_or_path: str | Path, folder: Path | None = None) -> Path:
    """Find the weights file of a model's name, or of a path to one.

    A name of the library comes first; write ./name for a file of the same name. Raises UserError if there is neither.
    """
    text = str(name_or_path)
    if text in PACKAGED_NETWORKS:
        return PACKAGED_NETWORKS[text].file()
    if text in BUNDLED_MODELS and (there := BUNDLED_MODELS[text].file()) is not None:
        return there
    folder = folder or model_folder()
    if _NAME.fullmatch(text) and _weights_path(folder, text).is_file():
        return _weights_path(folder, text)
    if Path(text).exists() or Path(text).parent != Path():
        return Path(text)
    info(text, folder)
    raise UserError(f"The weights of the model '{text}' are gone from {folder}; import it again.")


def load(name_or_path: str | Path, folder: Path | None = None) -> WeightsFile:
    """Read the checked weights of a model's name, or of any file read_weights can read.

    Raises UserError also where a model's file is not the one that was imported.
    """
    if str(name_or_path) in PACKAGED_NETWORKS:
        return PACKAGED_NETWORKS[str(name_or_path)].weights()
    if str(name_or_path) in BUNDLED_MODELS:
        return BUNDLED_MODELS[str(name_or_path)].weights()
    folder = folder or model_folder()
    path = find(name_or_path, folder)
    weights = read_weights(path)
    if path == _weights_path(folder, str(name_or_path)):
        expected = info(str(name_or_path), folder).sha256
        if weights.digest != expected:
            raise UserError(
                f"{path} has changed since it was imported (sha256 {weights.digest[:12]}..., not {expected[:12]}...); "
                "import the model again."
            )
    return weights


def remove(name: str, folder: Path | None = None) -> None:
    """Deletes a model of the user's. Raises UserError for one that is the program's, and one that is not there."""
    folder = folder or model_folder()
    if name in (*PACKAGED_NETWORKS, *BUNDLED_MODELS):
        raise UserError(f"'{name}' comes with the program and cannot be removed.")
    if not _NAME.fullmatch(name) or not _entry_path(folder, name).exists():
        info(name, folder)
    _check_ours(name, folder)
    try:
        _entry_path(folder, name).unlink()
        _weights_path(folder, name).unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"The model '{name}' cannot be removed ({reason_of(error)}); check the permissions.") from None


def _with_the_program() -> tuple[ModelEntry, ...]:
    shipped = (entry for one in BUNDLED_MODELS.values() if (entry := one.entry()) is not None)
    packaged = (each.entry() for each in PACKAGED_NETWORKS.values() if each is LITE0 or each.is_installed)
    return (*packaged, *shipped)


def _listed(folder: Path, path: Path) -> ModelEntry | None:
    try:
        entry = read_entry(path)
    except UserError:
        return None
    return entry if _weights_path(folder, entry.name).is_file() else None


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise UserError(
            f"'{name}' cannot be a model's name; use up to 64 of a-z, 0-9, '-', '_' and '.', starting with a letter "
            "or digit."
        )
    if name in (*PACKAGED_NETWORKS, *BUNDLED_MODELS):
        raise UserError(f"'{name}' is a network that comes with the program; choose another name.")


def _check_ours(name: str, folder: Path) -> None:
    """Raise UserError for files of the user's under a model's name; what this program wrote may be damaged."""
    entry, weights = _entry_path(folder, name), _weights_path(folder, name)
    is_ours = is_entry(entry)
    if is_ours:  # an entry vouches for its weights, damaged or not
        return
    check_replaceable(weights)
    # An entry cut off half way is known by the weights beside it.
    if os.path.lexists(entry) and (is_ours is False or not os.path.lexists(weights)):
        raise UserError(
            f"{entry} is there already and describes no model of this program, so it stays; choose another name, or "
            "move it away."
        )


def _weights_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.safetensors"


def _entry_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.json"
