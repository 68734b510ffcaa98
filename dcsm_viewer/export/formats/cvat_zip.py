"""Masks as the zip that CVAT imports as "Segmentation mask 1.1"."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcsm_viewer.core.label_values import IGNORE_INDEX
from dcsm_viewer.core.types import Result
from dcsm_viewer.export.export_format import Format
from dcsm_viewer.export.format_checks import cvat_name
from dcsm_viewer.export.report import Finding, Report, finding, unreadable
from dcsm_viewer.export.result_checks import index_meanings, indexed_labels
from dcsm_viewer.io.atomic import atomic_write
from dcsm_viewer.io.text_lines import lines_of
from dcsm_viewer.render.palette import voc_palette

_FIRST_ZIP_DAY = (1980, 1, 1, 0, 0, 0)
LIST = "ImageSets/Segmentation/default.txt"


def write(result: Result, path: Path) -> None:
    """Write a zip: class and object masks as palette PNG, the list of images, and the colours of the labels.

    CVAT goes by colour, so labelmap.txt names every colour that can occur, 255 ("ignore") too. Each class is one
    object. The image in CVAT must have the source image's name.
    """
    index = indexed_labels(result)
    name = _name(result)
    objects = np.searchsorted(np.array([0, *index_meanings(result)]), index).astype(np.uint8)
    members = {
        "labelmap.txt": labelmap_text({i: cvat_name(name) for i, name in index_meanings(result).items()}).encode(),
        LIST: f"{name}\n".encode(),
        f"SegmentationClass/{name}.png": palette_png(index),
        f"SegmentationObject/{name}.png": palette_png(objects),
    }
    with atomic_write(path) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for member_name, content in members.items():
            add_member(archive, member_name, content)


def verify(path: Path, result: Result) -> Report:
    """Read `path` as CVAT does, colours to labels by labelmap.txt, and compare it with the labels of `result`."""
    return Report.of(_findings(path, result))


def _name(result: Result) -> str:
    return PurePosixPath(result.request.image.name).stem


def add_member(archive: zipfile.ZipFile, member_name: str, content: bytes) -> None:
    """Add a file to a zip with the same bytes on every system and at any time.

    Parameters
    ----------
    archive
        Open for writing.
    member_name
        With "/" between folders.
    content
        Stored as it is.
    """
    member = zipfile.ZipInfo(member_name, _FIRST_ZIP_DAY)
    member.create_system = 3  # else it would tell Windows from the rest
    member.external_attr = 0o644 << 16
    archive.writestr(member, content)


def labelmap_text(names: Mapping[int, str]) -> str:
    """Make a line a label: name:red,green,blue:parts:actions; `names` are those of classes by index, unmarked."""
    colours = voc_palette()
    lines = ["# label:color_rgb:parts:actions"]
    for index, name in {0: "background", **names, IGNORE_INDEX: "ignore"}.items():
        red, green, blue = colours[index].tolist()
        lines.append(f"{name}:{red},{green},{blue}::")
    return "\n".join(lines) + "\n"


def palette_png(index: NDArray[np.uint8]) -> bytes:
    """Encode indices (H, W) as a PNG of mode P in VOC's colours."""
    picture = Image.fromarray(index)
    picture.putpalette(voc_palette().tobytes())
    drawn = io.BytesIO()
    picture.save(drawn, format="PNG")
    return drawn.getvalue()


def _findings(path: Path, result: Result) -> Iterator[Finding]:
    name = _name(result)
    try:
        with zipfile.ZipFile(path) as archive:
            listed = lines_of(archive.read(LIST).decode())
            lines = lines_of(archive.read("labelmap.txt").decode())
            masks = {}
            for kind in ("Class", "Object"):
                with Image.open(io.BytesIO(archive.read(f"Segmentation{kind}/{name}.png"))) as picture:
                    masks[kind] = np.array(picture.convert("RGB")).astype(np.int64)
        label_of = labels_by_colour(lines)
    except (OSError, ValueError, LookupError, SyntaxError, zipfile.BadZipFile) as error:
        yield unreadable(path, error)
        return
    yield finding(name in listed, good="The list names the image.", bad=f"The list does not name {name}.")
    yield finding("ignore" in label_of.values(), good="255 is declared.", bad="255 is not declared in labelmap.txt.")
    expected = indexed_labels(result)
    for kind, mask in masks.items():
        if mask.shape[:2] != expected.shape:
            yield Finding(ok=False, sentence=f"The {kind} mask is {mask.shape[:2]}; the image is {expected.shape}.")
            return
    codes = masks["Class"] @ np.array([1 << 16, 1 << 8, 1])
    wrong = 0
    meanings = {index: cvat_name(label) for index, label in {0: "background", **index_meanings(result)}.items()}
    for label in meanings.values():  # by name, as CVAT does
        named = [code for code, known in label_of.items() if known == label]
        meant = [index for index, known in meanings.items() if known == label]
        wrong += int((np.isin(codes, named) != np.isin(expected, meant)).sum())
    yield finding(wrong == 0, good="Every colour means its class.", bad=f"{wrong} pixels mean another class.")
    borders = (masks["Object"].any(axis=2) != (expected > 0)).sum()
    yield finding(not borders, good="Objects cover the classes.", bad=f"{borders} pixels belong to no object.")


def labels_by_colour(lines: list[str]) -> dict[int, str]:
    """Names by colour, red << 16 | green << 8 | blue, of the lines of a labelmap.txt.

    Raises ValueError if they are none.
    """
    found = {}
    for line in lines:
        if line.startswith("#"):
            continue
        label, colour, _parts, _actions = line.split(":")
        red, green, blue = (int(part) for part in colour.split(","))
        found[red << 16 | green << 8 | blue] = label
    return found


FORMATS = (Format("cvat", "Masks for CVAT (zip)", "{stem}.cvat.zip", write, verify, from_labels=True, position=140),)
