"""One labelled image, and a set of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

VOC_CLASSES = (
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
    "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Example:
    """One image with the classes seen anywhere in it.

    `stem` is the image's name without folder and suffix; `labels` are class names in the order of the data set, maybe
    none; `mask` is a palette PNG of one class id + 1 per pixel, 0 background, 255 not to be counted. `error` is a
    sentence on what makes this one image unusable, where the others can go on without it.
    """

    stem: str
    image: Path
    labels: tuple[str, ...]
    mask: Path | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled images in the order of their list. `name` is for people ("VOC2012 train")."""

    name: str
    class_names: tuple[str, ...]
    examples: tuple[Example, ...]


def in_order(labels: set[str], class_names: tuple[str, ...]) -> tuple[str, ...]:
    """The labels in the order of `class_names`, each once."""
    return tuple(name for name in class_names if name in labels)
