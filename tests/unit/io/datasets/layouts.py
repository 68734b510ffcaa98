"""Small data sets on disk, in the layouts of datasets/."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image


def write_image(path: Path, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (8, 10, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


def annotation(names: Sequence[str]) -> str:
    objects = "".join(
        f"<object><name>{name}</name><difficult>0</difficult><part><name>head</name></part></object>" for name in names
    )
    return f"<annotation><filename>x.jpg</filename><source><name>ignored</name></source>{objects}</annotation>"


def write_voc(
    root: Path, images: Mapping[str, Sequence[str]], *, image_set: str = "train", task: str = "Segmentation"
) -> Path:
    """`images`: labels by stem. Written with annotations and masks."""
    for seed, (stem, labels) in enumerate(images.items()):
        write_image(root / "JPEGImages" / f"{stem}.jpg", seed)
        write_image(root / "SegmentationClass" / f"{stem}.png", seed)
        (root / "Annotations").mkdir(exist_ok=True)
        (root / "Annotations" / f"{stem}.xml").write_text(annotation(labels), "utf-8")
    write_text(root / "ImageSets" / task / f"{image_set}.txt", "".join(f"{stem}\n" for stem in images))
    return root


def write_text(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path
