"""How the consumers of each profile read its files, from the rules of their own sources: labels or what comes nearest.

Each reader takes the export folder, the image's stem and its name, and the class names, and gives labels (H, W): 0
background, class id + 1, 255 unsure. Files of maps give the labels their consumer's evaluation makes of them.
"""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from pycocotools import mask as coco_mask  # type: ignore[import-untyped] # it has no types

Labels = NDArray[np.int64]
Reader = Callable[[Path, str, Sequence[str]], Labels]

SEAM_THRESHOLD, IRN_THRESHOLD, PSA_THRESHOLD, CLIP_ES_THRESHOLD = 0.26, 0.15, 0.2, 0.3


@dataclass(frozen=True, slots=True)
class Consumer:
    """`says`: whose rules these are. `exact`: whether the file holds the final labels, and not maps or other CRFs."""

    read: Reader
    says: str
    exact: bool


def _voc(folder: Path, stem: str, _names: Sequence[str]) -> Labels:
    with Image.open(folder / f"{stem}.png") as picture:
        assert picture.mode == "P"
        return np.array(picture).astype(np.int64)


def _voc_layout(folder: Path, stem: str, _names: Sequence[str]) -> Labels:
    listed = folder / "ImageSets" / "Segmentation" / "default.txt"
    assert not listed.exists() or stem in listed.read_text(encoding="utf-8").splitlines()
    return _voc(folder / "SegmentationClass", stem, _names)


def _npz(folder: Path, stem: str, _names: Sequence[str]) -> Labels:
    with np.load(folder / f"{stem}.npz", allow_pickle=False) as archive:
        labels: Labels = archive["labels"].astype(np.int64)
        return labels


def _overlay(folder: Path, stem: str, _names: Sequence[str]) -> Labels:
    """Not labels: 1 where the overlay is coloured cannot be known from it alone, so the size is what is read."""
    with Image.open(folder / f"{stem}.overlay.png") as picture:
        assert picture.mode == "RGB"
        return np.zeros((picture.height, picture.width), dtype=np.int64)


def _dictionary(path: Path) -> dict[object, object]:
    content: dict[object, object] = np.load(path, allow_pickle=True).item()
    return content


def _from_maps(maps: NDArray[np.floating], keys: NDArray[np.int64], threshold: float) -> Labels:
    """keys: labels of the maps, counted from 1; a background of `threshold` comes first and wins ties."""
    background = np.full((1, *maps.shape[1:]), threshold, dtype=maps.dtype)
    labels: Labels = np.concatenate([[0], keys])[np.concatenate([background, maps]).argmax(axis=0)]
    return labels


def _irn(folder: Path, stem: str, _names: Sequence[str]) -> Labels:
    content = _dictionary(folder / "irn" / f"{stem}.npy")
    coarse, fine, keys = content["cam"], content["high_res"], content["keys"]
    assert isinstance(coarse, torch.Tensor)
    assert isinstance(keys, torch.Tensor)
    assert isinstance(fine, np.ndarray)
    assert (coarse.dtype, fine.dtype) == (torch.float32, np.dtype(np.float32))
    height, width = fine.shape[1:]
    assert tuple(coarse.shape) == (len(keys), (height - 1) // 4 + 1, (width - 1) // 4 + 1)
    return _from_maps(fine, np.asarray(keys) + 1, IRN_THRESHOLD)


def _irn_labels(folder: Path, stem: str, _names: Sequence[str]) -> Labels:
    with Image.open(folder / "irn-labels" / f"{stem}.png") as picture:
        assert picture.mode == "L"  # imageio would turn a palette into colours
        return np.array(picture).astype(np.int64)


def _maps_by_class(name: str, threshold: float) -> Reader:
    def read(folder: Path, stem: str, names: Sequence[str]) -> Labels:
        content = _dictionary(folder / name / f"{stem}.npy")
        # They fill an array of all classes and let a background of the threshold stand before it.
        first = next(iter(content.values()))
        assert isinstance(first, np.ndarray)
        maps = np.zeros((len(names), *first.shape), dtype=np.float32)
        for key, values in content.items():
            assert isinstance(key, int)
            maps[key] = values
        return _from_maps(maps, np.arange(len(names)) + 1, threshold)

    return read


def _affinity(name: str) -> Reader:
    """VOC12AffDataset: values in the order of the file, halves, the largest of each; 255 where `la` has none."""

    def read(folder: Path, stem: str, _names: Sequence[str]) -> Labels:
        la, ha = (_dictionary(folder / name / kind / f"{stem}.npy") for kind in ("la", "ha"))
        scores = np.array([*la.values(), *ha.values()]).transpose(1, 2, 0)
        low, high = (half.argmax(axis=-1) for half in np.array_split(scores, 2, axis=-1))
        numbers = np.array(list(la))
        labels: Labels = np.where(low == 0, 255, numbers[low]).astype(np.int64)
        labels[high == 0] = 0
        labels[scores.max(axis=-1) < 1e-5] = 255
        return labels

    return read


def _clip_es(folder: Path, stem: str, _names: Sequence[str]) -> Labels:
    content = _dictionary(folder / "clip-es" / f"{stem}.npy")
    maps, keys = content["attn_highres"], content["keys"]
    assert isinstance(maps, np.ndarray)
    assert isinstance(keys, np.ndarray)
    assert maps.dtype == np.float16
    return _from_maps(maps, keys + 1, CLIP_ES_THRESHOLD)


def _coco(folder: Path, stem: str, _names: Sequence[str]) -> Labels:
    content = json.loads((folder / f"{stem}.coco.json").read_bytes())
    (image,) = content["images"]
    labels = np.zeros((image["height"], image["width"]), dtype=np.int64)
    for annotation in content["annotations"]:
        labels[coco_mask.decode(annotation["segmentation"]).astype(bool)] = annotation["category_id"]
    return labels


def _labelme(folder: Path, stem: str, names: Sequence[str]) -> Labels:
    content = json.loads((folder / "labelme" / f"{stem}.json").read_text(encoding="utf-8"))
    labels = np.zeros((content["imageHeight"], content["imageWidth"]), dtype=np.int64)
    for shape in content["shapes"]:
        assert shape["shape_type"] == "mask"
        mask = np.array(Image.open(io.BytesIO(base64.b64decode(shape["mask"])))).astype(bool)
        (x1, y1), (x2, y2) = np.asarray(shape["points"]).astype(int)
        labels[y1 : y2 + 1, x1 : x2 + 1][mask] = names.index(shape["label"]) + 1
    return labels


def _cvat(folder: Path, stem: str, names: Sequence[str]) -> Labels:
    with zipfile.ZipFile(folder / f"{stem}.cvat.zip") as archive:
        lines = archive.read("labelmap.txt").decode().splitlines()[1:]
        (name,) = archive.read("ImageSets/Segmentation/default.txt").decode().split()
        rgb = np.array(Image.open(io.BytesIO(archive.read(f"SegmentationClass/{name}.png"))).convert("RGB"))
    labels = np.full(rgb.shape[:2], -1, dtype=np.int64)
    for line in lines:
        label, colour, _, _ = line.split(":")
        wanted = (rgb == [int(part) for part in colour.split(",")]).all(axis=2)
        labels[wanted] = 255 if label == "ignore" else ("background", *names).index(label)
    return labels


def _labelme_polygons(folder: Path, stem: str, names: Sequence[str]) -> Labels:
    """labelme.utils.shape_to_mask: Pillow fills the polygon and its line."""
    content = json.loads((folder / "labelme-polygons" / f"{stem}.json").read_text(encoding="utf-8"))
    labels = np.zeros((content["imageHeight"], content["imageWidth"]), dtype=np.int64)
    for shape in content["shapes"]:
        assert shape["shape_type"] == "polygon"
        assert len(shape["points"]) > 2  # "Polygon must have points more than 2"
        mask = Image.new("L", labels.shape[::-1])
        ImageDraw.Draw(mask).polygon([(x, y) for x, y in shape["points"]], outline=1, fill=1)
        labels[np.array(mask).astype(bool)] = names.index(shape["label"]) + 1
    return labels


def _yolo(folder: Path, stem: str, _names: Sequence[str]) -> Labels:
    """ultralytics' verify_image_label and polygon2mask (OpenCV's fillPoly of whole numbers) at the image's size."""
    with Image.open(folder / "yolo" / "images" / f"{stem}.png") as picture:
        labels = np.zeros((picture.height, picture.width), dtype=np.int64)
    for line in (folder / "yolo" / "labels" / f"{stem}.txt").read_text().strip().splitlines():
        words = line.split()
        assert len(words) > 6
        points = np.array(words[1:], dtype=np.float32).reshape(-1, 2)
        assert ((points >= 0) & (points <= 1)).all()
        canvas = np.zeros(labels.shape, dtype=np.uint8)
        cv2.fillPoly(canvas, [np.asarray(points * labels.shape[::-1], dtype=np.int32)], color=(1,))
        labels[canvas.astype(bool)] = int(words[0]) + 1
    return labels


def _label_studio(folder: Path, stem: str, names: Sequence[str]) -> Labels:
    """label_studio_sdk.converter.brush.decode_rle, bit by bit."""
    (task,) = json.loads((folder / "label-studio" / f"{stem}.json").read_bytes())
    labels: Labels | None = None
    for region in task["predictions"][0]["result"]:
        shape = (region["original_height"], region["original_width"])
        bits = iter("".join(format(byte, "08b") for byte in region["value"]["rle"]))

        def read(size: int, bits: Iterator[str] = bits) -> int:
            return int("".join(next(bits) for _ in range(size)), 2)

        count, word_size, sizes = read(32), read(5) + 1, [read(4) + 1 for _ in range(4)]
        out: list[int] = []
        while len(out) < count:
            run = read(1)
            length = read(sizes[read(2)]) + 1
            out += [read(word_size)] * length if run else [read(word_size) for _ in range(length)]
        labels = np.zeros(shape, dtype=np.int64) if labels is None else labels
        alpha = np.array(out).reshape(*shape, 4)[..., 3]
        labels[alpha > 0] = names.index(region["value"]["brushlabels"][0]) + 1
    assert labels is not None
    return labels


def _panoptic(folder: Path, stem: str, _names: Sequence[str]) -> Labels:
    """panopticapi's rgb2id, then each segment's category."""
    content = json.loads((folder / "panoptic" / f"{stem}.json").read_bytes())
    with Image.open(folder / "panoptic" / f"{stem}.png") as picture:
        colours = np.array(picture, dtype=np.uint32)
    ids = colours[:, :, 0] + 256 * colours[:, :, 1] + 256 * 256 * colours[:, :, 2]
    labels = np.zeros(ids.shape, dtype=np.int64)
    (annotation,) = content["annotations"]
    for segment in annotation["segments_info"]:
        assert (ids == segment["id"]).sum() == segment["area"]
        labels[ids == segment["id"]] = segment["category_id"]
    return labels


def _imagefolder(folder: Path, stem: str, names: Sequence[str]) -> Labels:
    labels = _voc(folder / "imagefolder" / "masks", stem, names)
    with Image.open(folder / "imagefolder" / "images" / f"{stem}.png") as picture:
        assert (picture.height, picture.width) == labels.shape
    return labels


CONSUMERS: dict[str, Consumer] = {
    "voc": Consumer(_voc, "Pillow, as torchvision's and mmsegmentation's VOC readers use it", exact=True),
    "voc-layout": Consumer(_voc_layout, "the same, over the list in ImageSets", exact=True),
    "npz": Consumer(_npz, "numpy.load without pickle", exact=True),
    "png": Consumer(_overlay, "Pillow", exact=False),
    "irn": Consumer(_irn, "torch; eval_cam.py and make_sem_seg_labels.py of IRN", exact=False),
    "irn-labels": Consumer(_irn_labels, "VOC12SegmentationDataset of IRN", exact=False),
    "psa": Consumer(_maps_by_class("psa", PSA_THRESHOLD), "infer_cls.py's own evaluation (PSA)", exact=False),
    "seam": Consumer(_maps_by_class("seam", SEAM_THRESHOLD), "evaluation.py of SEAM", exact=False),
    "psa-crf": Consumer(_affinity("psa-crf"), "VOC12AffDataset of PSA", exact=False),
    "seam-crf": Consumer(_affinity("seam-crf"), "VOC12AffDataset of SEAM", exact=False),
    "clip-es": Consumer(_clip_es, "eval_cam.py of CLIP-ES", exact=False),
    "coco": Consumer(_coco, "pycocotools", exact=True),
    "labelme": Consumer(_labelme, "labelme's public format, shape type mask", exact=True),
    "cvat": Consumer(_cvat, "CVAT's public format, by the colours of labelmap.txt", exact=True),
    "labelme-polygons": Consumer(_labelme_polygons, "labelme's shape_to_mask, by Pillow", exact=False),
    "yolo-seg": Consumer(_yolo, "ultralytics' rules, by OpenCV's fillPoly", exact=False),
    "label-studio": Consumer(_label_studio, "Label Studio's published rule (decode_rle)", exact=True),
    "coco-panoptic": Consumer(_panoptic, "panopticapi's rule (rgb2id)", exact=True),
    "imagefolder": Consumer(_imagefolder, "Pillow, as Hugging Face datasets loads images", exact=True),
}
