"""YOLO segmentation: a text file an image, the classes' names in data.yaml."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.codecs.polygons import filled
from dcsm_viewer.io.foreign_masks.read_mask import MaskSource, ReadMask, Region
from dcsm_viewer.io.plain_file import plain_bytes
from dcsm_viewer.io.text_lines import lines_of

_NUMBERED = re.compile(r"\s+(\d+)\s*:\s*(.+?)\s*$")
_DASHED = re.compile(r"\s*-\s+(.+?)\s*$")


def read_yolo(folder: Path, paths: list[Path]) -> MaskSource:
    """Read text files `paths`; class names from data.yaml in `folder` or above it, else the ids are the names.

    Lines that are no polygons are left out with a sentence. Raises UserError where no file can be read.
    """
    names = _names(folder)
    used: set[int] = set()
    masks, problems = [], []
    for path in paths:
        regions = []
        try:
            lines = lines_of(plain_bytes(path).decode())
        except (OSError, ValueError) as error:
            problems.append(f"{path} cannot be read ({error}), so it is left out.")
            continue
        for number, line in enumerate(lines, 1):
            try:
                class_id, points = _polygon(line)
            except ValueError as error:
                problems.append(f"Line {number} of {path.name} is left out: {error}.")
                continue
            if names and class_id not in names:
                problems.append(f"Line {number} of {path.name} is left out: class {class_id} has no name in data.yaml.")
                continue
            used.add(class_id)
            regions.append(Region(names.get(class_id, str(class_id)), partial(_drawn, points)))
        masks.append(ReadMask(path.stem, None, tuple(regions)))
    if not masks:
        raise UserError(f"{folder} has no text file of YOLO's that can be read; choose another folder.")
    listed = names or {class_id: str(class_id) for class_id in sorted(used)}
    return MaskSource("YOLO", tuple(listed[class_id] for class_id in sorted(listed)), tuple(masks), tuple(problems))


def _polygon(line: str) -> tuple[int, list[tuple[float, float]]]:
    first, *rest = line.split() or [""]
    values = [float(each) for each in rest]
    if len(values) % 2:
        raise ValueError(f"it has {len(values)} coordinates, an odd count")
    if len(values) < 6:
        raise ValueError(f"it has {len(values) // 2} points, and a polygon takes three")
    if not all(0 <= value <= 1 for value in values):
        raise ValueError("it leaves the image; coordinates are shares from 0 to 1")
    return int(first), list(zip(values[::2], values[1::2], strict=True))


def _drawn(points: list[tuple[float, float]], height: int, width: int) -> NDArray[np.bool_]:
    return filled([(int(x * width), int(y * height)) for x, y in points], height, width)


def _names(folder: Path) -> dict[int, str]:
    path = next((each for up in (folder, folder.parent) if (each := up / "data.yaml").is_file()), None)
    if path is None:
        return {}
    try:
        lines = lines_of(plain_bytes(path).decode())
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error}); mend it or move it away.") from None
    begin = next((index for index, line in enumerate(lines) if line.startswith("names:")), None)
    if begin is None:
        return {}
    inline = lines[begin].removeprefix("names:").strip()
    if inline.startswith("["):
        return {index: _text(each) for index, each in enumerate(inline.strip("[]").split(","))}
    found: dict[int, str] = {}
    for line in lines[begin + 1 :]:
        if (numbered := _NUMBERED.match(line)) is not None:
            found[int(numbered[1])] = _text(numbered[2])
        elif (dashed := _DASHED.match(line)) is not None:
            found[len(found)] = _text(dashed[1])
        else:
            break
    return found


def _text(scalar: str) -> str:
    scalar = scalar.strip()
    if scalar.startswith('"'):
        try:
            return str(json.loads(scalar))
        except ValueError:
            pass
    return scalar.strip("'\"")
