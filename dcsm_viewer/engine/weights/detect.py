"""Which format a file is in, told from its content; a name can lie."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Literal

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.os_errors import reason_of
from dcsm_viewer.io.plain_file import check_plain

Format = Literal["caffe", "matlab 5", "matlab 7.3", "torch zip", "torch legacy", "safetensors"]

KNOWN = "a Caffe .caffemodel, a MatConvNet .mat, a PyTorch state_dict or a .safetensors file"
_HDF5 = b"\x89HDF\r\n\x1a\n"
# NetParameter begins with its name (field 1), `layers` (2), `input` (3), or `layer` (100).
_CAFFE_STARTS = (b"\x0a", b"\x12", b"\x1a", b"\xa2\x06")
_HEAD_BYTES = 4096
_OTHER_KINDS = (
    (b"\x1f\x8b", "is gzip-compressed; unpack it first"),
    (b"BZh", "is bzip2-compressed; unpack it first"),
    (b"\xfd7zXZ", "is xz-compressed; unpack it first"),
    (b"7z\xbc\xaf", "is a 7z archive; unpack it first"),
    (b"Rar!", "is a RAR archive; unpack it first"),
    (b"\x89PNG", "is a picture, not weights"),
    (b"\xff\xd8\xff", "is a picture, not weights"),
    (b"%PDF", "is a PDF document, not weights"),
    (b"\x93NUMPY", f"is a single NumPy array, not a network; give {KNOWN}"),
    (b"\x7fELF", "is a program, not weights"),
    (b"MZ", "is a program, not weights"),
)


def format_of(path: Path) -> Format:
    """Detect the format of the file at `path`.

    Raises UserError saying what the file is instead, as far as its first bytes tell.
    """
    try:
        check_plain(path)
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except FileNotFoundError:
        raise UserError(f"There is no file {path}; check the path.") from None
    except IsADirectoryError:
        raise UserError(f"{path} is a folder; choose the weights file inside it.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read ({reason_of(error)}); choose the weights file itself.") from None
    if size == 0:
        raise UserError(f"{path.name} is empty; the download or copy failed, get the file again.")
    if not any(head):
        raise UserError(f"{path.name} begins with nothing but zeros; the download or copy failed, get the file again.")
    return _known_format(path, head, size) or _refused(path, head)


def _known_format(path: Path, head: bytes, size: int) -> Format | None:
    if head.startswith(b"MATLAB 5.0"):
        return "matlab 5"
    if head.startswith(b"MATLAB 7.3") or (head.startswith(_HDF5) and path.suffix == ".mat"):
        return "matlab 7.3"
    if head.startswith(b"PK\x03\x04"):
        return _zip_format(path)
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return "torch legacy"
    if head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") <= max(size, 100_000_000):
        return "safetensors"
    if head.startswith(_CAFFE_STARTS) and not _is_text(head):
        return "caffe"
    return None


def _zip_format(path: Path) -> Format:
    """Raises UserError for an archive that is none of PyTorch's."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise UserError(f"{path.name} is cut off or damaged: its table of contents is missing; get it again.") from None
    if any(name.endswith("/constants.pkl") for name in names):
        raise UserError(
            f"{path.name} is a TorchScript program, which holds code; save the state_dict of its model instead."
        )
    if any(name.endswith("data.pkl") for name in names):
        return "torch zip"
    raise UserError(f"{path.name} is a zip archive without PyTorch weights inside; unpack it, or give {KNOWN}.")


def _refused(path: Path, head: bytes) -> Format:
    for magic, sentence in _OTHER_KINDS:
        if head.startswith(magic):
            raise UserError(f"{path.name} {sentence}.")
    if head[257:262] == b"ustar":
        raise UserError(f"{path.name} is a tar archive; unpack it, or save the weights with a newer PyTorch.")
    if head.startswith(_HDF5):
        raise UserError(f"{path.name} is an HDF5 file but none of MATLAB's (perhaps Keras weights); give {KNOWN}.")
    if _is_text(head):
        raise UserError(_sentence_for_text(path, head.decode("utf-8", "ignore")))
    raise UserError(f"{path.name} is no weights file this program knows; give {KNOWN}.")


def _sentence_for_text(path: Path, text: str) -> str:
    start = text.lstrip("\ufeff \t\r\n").lower()
    if start.startswith(("<!doctype", "<html", "<?xml", "<head", "<body")):
        return f"{path.name} is a web page, not weights; the download gave an error page, get the file again."
    if start.startswith("version https://git-lfs"):
        return f"{path.name} is only a Git LFS pointer; run 'git lfs pull' where it came from to get the file itself."
    if "layer {" in text or "layers {" in text:
        return f"{path.name} describes a Caffe network but holds no weights; give the .caffemodel beside it."
    return f"{path.name} is a text file, not weights; give {KNOWN}."


def _is_text(head: bytes) -> bool:
    """Whether `head` is UTF-8 without control characters; a character cut at the end does not count."""
    try:
        text = head[:-3].decode("utf-8") if len(head) == _HEAD_BYTES else head.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\t\r\n\f\ufeff" for character in text)
