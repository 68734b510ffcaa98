"""Scenes written as PASCAL VOC lays its data sets out."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from dcsm_viewer.core.label_values import IGNORE_INDEX
from dcsm_viewer.io.atomic import atomic_write, ensure_folder
from dcsm_viewer.io.datasets.labelled_image import VOC_CLASSES
from dcsm_viewer.render.palette import voc_palette
from research.pictures.scene import Scene


@dataclass(frozen=True, slots=True)
class WrittenScene:
    """One scene that lies in the folder: its name without suffix, and the classes that are seen in it."""

    stem: str
    classes: frozenset[str]
    objects: tuple[tuple[str, str], ...]


def write_scene(scene: Scene, stem: str, quality: int, folder: Path) -> WrittenScene:
    """What was written: the JPEG, both masks and the annotation of one scene.

    Raises UserError where the folder cannot be written.
    """
    jpeg = io.BytesIO()
    Image.fromarray(scene.rgb).save(jpeg, format="JPEG", quality=quality, subsampling=0 if quality >= 90 else 2)
    _write(folder / "JPEGImages" / f"{stem}.jpg", jpeg.getvalue())
    ring = void_ring(scene.numbers)
    _write(folder / "SegmentationClass" / f"{stem}.png", palette_png(np.where(ring, IGNORE_INDEX, class_ids(scene))))
    _write(folder / "SegmentationObject" / f"{stem}.png", palette_png(np.where(ring, IGNORE_INDEX, scene.numbers)))
    _write(folder / "Annotations" / f"{stem}.xml", annotation(scene, stem))
    return WrittenScene(
        stem,
        frozenset(seen.class_name for seen in scene.objects if seen.class_name in VOC_CLASSES),
        tuple((seen.class_name, seen.origin) for seen in scene.objects),
    )


def class_ids(scene: Scene) -> NDArray[np.uint8]:
    """The class id + 1 of VOC's order seen at each pixel (H, W), 0 for background and for things of no class."""
    table = np.zeros(256, np.uint8)
    for seen in scene.objects:
        if seen.class_name in VOC_CLASSES:
            table[seen.number] = VOC_CLASSES.index(seen.class_name) + 1
    return table[scene.numbers]


def void_ring(numbers: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where two objects, or one and the background, touch (H, W): a pixel on either side, where people cannot tell."""
    ring: NDArray[np.bool_] = ndimage.maximum_filter(numbers, 3) != ndimage.minimum_filter(numbers, 3)
    return ring


def palette_png(indices: NDArray[np.integer]) -> bytes:
    """A palette PNG of the indices (H, W) in VOC's colours."""
    image = Image.fromarray(indices.astype(np.uint8))
    image.putpalette(voc_palette().tobytes())
    stream = io.BytesIO()
    image.save(stream, format="PNG", optimize=False)
    return stream.getvalue()


def annotation(scene: Scene, stem: str) -> bytes:
    """VOC's XML of the objects seen in a scene."""
    height, width = scene.numbers.shape
    root = ET.Element("annotation")
    _child(root, "folder", "scenes")
    _child(root, "filename", f"{stem}.jpg")
    _child(_child(root, "source"), "database", "DCSM Viewer, composite scenes")
    size = _child(root, "size")
    for name, value in (("width", width), ("height", height), ("depth", 3)):
        _child(size, name, str(value))
    _child(root, "segmented", "1")
    for seen in scene.objects:
        if seen.class_name not in VOC_CLASSES:
            continue
        entry = _child(root, "object")
        for name, text in (("name", seen.class_name), ("pose", "Unspecified"), ("truncated", str(int(seen.cut))),
                           ("difficult", "0"), ("origin", seen.origin)):  # fmt: skip
            _child(entry, name, text)
        box = _child(entry, "bndbox")
        for name, edge in zip(("xmin", "ymin", "xmax", "ymax"), seen.box, strict=True):
            _child(box, name, str(edge))
    ET.indent(root)
    xml: bytes = ET.tostring(root, encoding="utf-8")
    return xml + b"\n"


def write_lists(part: str, written: Iterable[WrittenScene], folder: Path) -> None:
    """ImageSets: which scenes a part has, and in which of them each class is seen (1) or not (-1)."""
    scenes = sorted(written, key=lambda one: one.stem)
    everything = "".join(f"{one.stem}\n" for one in scenes)
    for purpose in ("Segmentation", "Main"):
        _write(folder / "ImageSets" / purpose / f"{part}.txt", everything.encode())
    for name in VOC_CLASSES:
        lines = "".join(f"{one.stem} {' 1' if name in one.classes else '-1'}\n" for one in scenes)
        _write(folder / "ImageSets" / "Main" / f"{name}_{part}.txt", lines.encode())


def _child(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    child = ET.SubElement(parent, name)
    child.text = text
    return child


def _write(path: Path, content: bytes) -> None:
    ensure_folder(path.parent)
    with atomic_write(path) as stream:
        stream.write(content)
