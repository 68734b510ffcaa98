"""A small data set in VOC's layout, made of the bundled photographs and invented masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from dcsm_viewer.io.datasets import VOC_CLASSES
from tests.samples import SAMPLES

SCENES = {"cat": ("cat",), "dog-bicycle": ("bicycle", "dog"), "eagle": ("bird",)}


def make_scenes(root: Path, longest_px: int = 160) -> Path:
    """JPEGImages, SegmentationClass, Annotations and the list val.txt under `root`; masks are upright stripes."""
    for folder in ("JPEGImages", "SegmentationClass", "Annotations", "ImageSets/Segmentation"):
        (root / folder).mkdir(parents=True)
    for stem, names in SCENES.items():
        with Image.open(SAMPLES / f"{stem}.jpg") as photograph:
            photograph.thumbnail((longest_px, longest_px))
            photograph.save(root / "JPEGImages" / f"{stem}.jpg")
            width, height = photograph.size
        mask = np.zeros((height, width), np.uint8)
        for index, name in enumerate(names, start=1):
            mask[height // 4 :, index * width // 4 : (index + 1) * width // 4] = VOC_CLASSES.index(name) + 1
        mask[:4] = 255
        Image.fromarray(mask).save(root / "SegmentationClass" / f"{stem}.png")
        objects = "".join(f"<object><name>{name}</name></object>" for name in names)
        (root / "Annotations" / f"{stem}.xml").write_text(f"<annotation>{objects}</annotation>")
    (root / "ImageSets" / "Segmentation" / "val.txt").write_text("".join(f"{stem}\n" for stem in SCENES))
    return root
