"""State_dicts saved by PyTorch, zip or legacy, read without running any code in them."""

from __future__ import annotations

import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.weights.bounds import MAX_BYTES, PARSE_ERRORS
from dcsm_viewer.engine.weights.formats.torch_names import canonical
from dcsm_viewer.engine.weights.weights_file import ReadWeights

_MOST_PICKLE_BYTES = 16 * 2**20
# A pickle of protocol 2 with torch's magic number. Other protocols make torch's safe unpickler warn and fail.
_PROTOCOL_2 = b"\x80\x02"
_LEGACY_START = _PROTOCOL_2 + b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
# Under what names training scripts keep the network in a checkpoint, and its moving average; the first there is taken.
_NETWORK = ("state_dict", "model_state_dict", "model", "net", "network", "weights", "params", "module")
_AVERAGE = ("state_dict_ema", "model_ema", "ema_state_dict", "ema_model", "ema", "params_ema")


def read_torch(path: Path, *, zipped: bool, architecture: str | None = None) -> ReadWeights:
    """Read the state_dict in the file, out of the dictionaries around it; of its keys, see torch_names.canonical.

    Where the network and its moving average are both there, the network is taken and a note says so.

    Parameters
    ----------
    path
        Of the file.
    zipped
        Whether it is of torch's zip form or the legacy one.
    architecture
        Such as "torchvision/resnet50", where the keys do not tell.

    Returns
    -------
    ReadWeights
        Not checked yet.

    Raises
    ------
    UserError
        Code in the pickle, a damaged file, or something that is no state_dict.
    """
    check = _check_archive if zipped else _check_legacy
    try:
        check(path)
    except (zipfile.BadZipFile, *PARSE_ERRORS):
        raise UserError(f"{path.name} is cut off or damaged and cannot be read; get the file again.") from None
    state_dict, notes = _state_dict(path, _loaded(path))
    named = canonical(path.name, state_dict, architecture)
    # torchvision's MaxPool2d rounds down; our own names come from networks that follow the paper (A9).
    return ReadWeights(
        named.architecture,
        named.tensors,
        f"PyTorch state_dict {path.name}",
        not named.is_torchvision,
        named.convention,
        notes=(*notes, *named.notes),
        outputs=named.outputs,
    )


def _check_archive(path: Path) -> None:
    """Nothing, for an archive whose table of contents asks for a sane amount of memory.

    torch writes its records uncompressed; one that grows a lot when unpacked was made to.
    """
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > MAX_BYTES:
            raise UserError(f"{path.name} would unpack to more than 3 GiB, which no VGG-16 needs; it was not opened.")
        for entry in entries:
            if entry.file_size > 100_000 + 20 * entry.compress_size:
                raise UserError(f"{path.name} holds an entry that unpacks to many times its size; it was not opened.")
            if not entry.filename.endswith("data.pkl"):
                continue
            if entry.file_size > _MOST_PICKLE_BYTES:
                raise UserError(
                    f"{path.name} holds an index of {entry.file_size} bytes; no state_dict has one that large."
                )
            with archive.open(entry) as index:
                if index.read(2) != _PROTOCOL_2:
                    raise UserError(f"{path.name} has an unusual index; save it with torch.save's default protocol.")


def _check_legacy(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(len(_LEGACY_START)) != _LEGACY_START:
            raise UserError(
                f"{path.name} is a plain Python pickle, which can run code when opened, so it was not; "
                "save the state_dict with torch.save or as a .safetensors file instead."
            )


def _loaded(path: Path) -> object:
    try:
        with warnings.catch_warnings():
            # A damaged file can lead torch's reader to its oldest ways, of which it warns; our sentence says enough.
            warnings.simplefilter("ignore", UserWarning)
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise UserError(_sentence_for_pickle(path, str(error))) from None
    except PARSE_ERRORS:
        raise UserError(f"{path.name} is cut off or damaged and cannot be read; get the file again.") from None


def _sentence_for_pickle(path: Path, message: str) -> str:
    # torch names what the pickle wants to call: "Trying to load unsupported GLOBAL posix.system whose module ...".
    wanted = re.search(r"GLOBAL ([A-Za-z_][\w.]*)", message)
    if wanted:
        return (
            f"{path.name} can only be opened by running code ({wanted[1]}), so it was not opened; "
            "save the plain state_dict or a .safetensors file instead."
        )
    return f"{path.name} is no plain state_dict, or damaged, and was not opened; save the state_dict again."


def _state_dict(path: Path, content: object) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """(state_dict, notes)."""
    notes: list[str] = []
    seen: set[int] = set()  # a dictionary can hold itself
    while isinstance(content, Mapping) and id(content) not in seen:
        seen.add(id(content))
        entries: Mapping[Any, Any] = content
        network = next((name for name in _NETWORK if isinstance(entries.get(name), Mapping)), None)
        average = next((name for name in _AVERAGE if isinstance(entries.get(name), Mapping)), None)
        taken = average if network is None else network
        if taken is None:
            break
        if average is not None:
            notes.append(_note_on_average(taken, average))
        content = entries[taken]
    if not isinstance(content, Mapping):
        raise UserError(
            f"{path.name} holds a {type(content).__name__}, not the state_dict of a network; save the state_dict alone."
        )
    entries = content
    if not entries:
        raise UserError(f"{path.name} holds an empty state_dict; save the network's weights again.")
    for key, value in entries.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise UserError(
                f"{path.name} is no state_dict: under {str(key)[:60]!r} is a {type(value).__name__}, not a tensor; "
                "save the network's state_dict alone."
            )
    return dict(entries), tuple(notes)


def _note_on_average(taken: str, average: str) -> str:
    if taken == average:
        return f"The weights are the moving average in '{average}'; the file holds no others."
    return (
        f"The file holds the network ('{taken}') and its moving average ('{average}'): '{taken}' was taken; "
        "save the average alone to import that."
    )
