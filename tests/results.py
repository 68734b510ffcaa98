"""Results as the engine would hand them over, made in milliseconds: smooth, plausible, the same for the same seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, zoom

from dcsm_viewer.core.settings import CrfSettings, MethodSettings, Settings
from dcsm_viewer.core.types import (
    STAGES,
    Completeness,
    FocusMaps,
    ModelCard,
    Request,
    Result,
    Segmentation,
    SourceImage,
    StageTime,
    read_only,
)

VOC_NAMES = (
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog",
    "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip

LAYERS = ("blocks.2", "blocks.3", "blocks.4", "blocks.5", "blocks.6")

CLASSES = ("dog", "bicycle", "person", "car", "cat", "horse", "cow", "sofa")


def make_model_card(layers: Sequence[str] = LAYERS, names: Sequence[str] = VOC_NAMES) -> ModelCard:
    return ModelCard(
        name="lite0-voc",
        title="EfficientNet-Lite0",
        class_names=tuple(names),
        layer_names=tuple(layers),
        weights_digest="0" * 64,
        input_convention="rgb, (v - 127) / 128",
    )


def make_image(h: int = 120, w: int = 160, seed: int = 0) -> SourceImage:
    """A coloured, blotchy photograph of (h, w) pixels with one bright and one dark object."""
    random = np.random.default_rng(seed)
    coarse = random.uniform(60, 190, (5, 6, 3))
    ground = np.stack([_resized(coarse[..., channel], h, w) for channel in range(3)], axis=-1)
    for index, (top, left) in enumerate(_positions(2, seed)):
        blob = _blob(h, w, top, left, 0.16)[..., None] > 0.5
        ground = np.where(blob, ((225, 170, 90), (50, 70, 110))[index], ground)
    grain = random.normal(0, 6, (h, w, 3))
    return SourceImage.of(np.clip(ground + grain, 0, 255).astype(np.uint8), name=f"made-{seed}.png")


def make_result(
    image: SourceImage | None = None,
    *,
    classes: Sequence[str] = CLASSES,
    detected: int = 2,
    candidates: int = 4,
    layers: Sequence[str] = LAYERS,
    scales: Sequence[int] = (400, 500, 600),
    focus: int | None = 0,
    completeness: Completeness = "settled",
    crf: bool = True,
    serial: int = 1,
    settings: Settings | None = None,
    seed: int = 0,
) -> Result:
    """Result with `detected` of `classes` above the threshold and `candidates` compared, best first in `classes`.

    focus: position in `classes` of the class with maps per layer and scale; None for none. partial: only the
    scale in the middle is there, and no segmentation. crf False: a segmentation without q. `settings` given:
    their scales and layers still follow the arguments, so that request and result agree.
    """
    image = make_image() if image is None else image
    h, w = image.shape
    if settings is None:
        settings = Settings(method=MethodSettings(min_candidates=candidates), crf=CrfSettings(enabled=crf))
    settings = replace(settings, method=replace(settings.method, scales=tuple(scales)))
    here = tuple(scales) if completeness != "partial" else (tuple(scales)[len(scales) // 2],)
    ids = [VOC_NAMES.index(name) for name in classes[: max(candidates, detected)]]
    detected_ids = tuple(sorted(ids[:detected]))
    candidate_ids = (*detected_ids, *ids[detected:])
    positions = dict(zip(ids, _positions(len(ids), seed), strict=True))
    focus_id = None if focus is None else VOC_NAMES.index(classes[focus])

    distinct = [_peaked(h, w, *positions[class_id]) for class_id in detected_ids]
    together = np.sum([_peaked(h, w, *positions[class_id]) for class_id in candidate_ids], axis=0)
    raw = [np.clip(0.55 * _peaked(h, w, *positions[i]) + 0.35 * together, 0, 1) for i in candidate_ids]
    class_maps = _stack(distinct, h, w)
    segmentation = None
    if completeness != "partial":
        segmentation = _segmentation(class_maps, detected_ids, with_crf=crf)
    return Result(
        request=Request(serial, image, settings, focus_id),
        completeness=completeness,
        model=make_model_card(layers),
        scales=here,
        layers=tuple(layers),
        scores=_scores(len(here), ids, detected, seed),
        candidate_ids=candidate_ids,
        detected_ids=detected_ids,
        raw={
            (scale, layer): _native_maps(candidate_ids, positions, scale, depth, seed)
            for scale in here
            for depth, layer in enumerate(layers)
        },
        raw_class_maps=_stack(raw, h, w),
        class_maps=class_maps,
        focus=None
        if focus_id is None
        else _focus_maps(focus_id, positions[focus_id], (h, w), here, layers, len(candidate_ids), seed),
        segmentation=segmentation,
        times=tuple(StageTime(stage, 12.5 * (k + 1), len(here), 0) for k, stage in enumerate(STAGES)),
        device="cpu",
        precision="float32",
        notes=() if detected else ("No class is above the threshold 0.5.",),
    )


def _positions(count: int, seed: int) -> list[tuple[float, float]]:
    """(row, col) in [0, 1] of the heart of each class; the first two lie left and right of each other."""
    random = np.random.default_rng(seed + 1)
    fixed = [(0.45, 0.3), (0.6, 0.72)]
    more = [(float(row), float(col)) for row, col in random.uniform(0.15, 0.85, (max(0, count - 2), 2))]
    return (fixed + more)[:count]


def _blob(h: int, w: int, top: float, left: float, width: float) -> NDArray[np.float64]:
    rows, cols = np.mgrid[0:h, 0:w]
    side = max(h, w)
    squared = ((rows + 0.5 - top * h) ** 2 + (cols + 0.5 - left * w) ** 2) / (width * side) ** 2
    gaussian: NDArray[np.float64] = np.exp(-0.5 * squared)
    return gaussian


def _peaked(h: int, w: int, top: float, left: float) -> NDArray[np.float64]:
    return 0.97 * _blob(h, w, top, left, 0.11)


def _resized(coarse: NDArray[np.float64], h: int, w: int) -> NDArray[np.float64]:
    fine: NDArray[np.float64] = zoom(
        coarse, (h / coarse.shape[0], w / coarse.shape[1]), order=1, grid_mode=True, mode="nearest"
    )
    return fine


def _stack(maps: Sequence[NDArray[np.float64]], h: int, w: int) -> NDArray[np.float32]:
    return read_only(np.asarray(maps, dtype=np.float32).reshape(len(maps), h, w))


def _scores(rows: int, ids: Sequence[int], detected: int, seed: int) -> NDArray[np.float32]:
    scores = np.random.default_rng(seed + 2).uniform(0.001, 0.05, (rows, len(VOC_NAMES)))
    for index, class_id in enumerate(ids):
        best = 0.98 - 0.01 * index if index < detected else 0.4 - 0.05 * (index - detected)
        scores[:, class_id] = best - 0.002 * np.arange(rows)
    return read_only(scores.astype(np.float32))


def _native_maps(
    ids: Sequence[int], positions: dict[int, tuple[float, float]], scale: int, depth: int, seed: int
) -> NDArray[np.float32]:
    side = max(4, scale // (8 << (depth // 2)))
    random = np.random.default_rng((seed, scale, depth))
    grain = gaussian_filter(random.random((len(ids), side, side)), (0, 1, 1))
    maps = np.stack([_blob(side, side, *positions[class_id], 0.13) for class_id in ids]) + 0.3 * grain
    return read_only((maps * (0.4 + 0.1 * depth) * 1e-2).astype(np.float32))


def _focus_maps(
    class_id: int,
    index: tuple[float, float],
    image_shape: tuple[int, int],
    scales: Sequence[int],
    layers: Sequence[str],
    rivals: int,
    seed: int,
) -> FocusMaps:
    fit = min(1.0, 500 / max(image_shape))
    h, w = (max(1, round(side * fit)) for side in image_shape)
    raw, distinct = {}, {}
    for scale in scales:
        for depth, layer in enumerate(layers):
            random = np.random.default_rng((seed, scale, depth, class_id))
            side = 6 + 4 * (len(layers) - depth)
            grain = np.abs(_resized(random.normal(0, 1, (side, side)), h, w))
            width = 0.10 + 0.01 * depth + 0.00005 * (scale - 400)
            heart = _blob(h, w, *index, width)
            raw[scale, layer] = read_only(((heart + 0.25 * grain) * (0.4 + 0.1 * depth) * 1e-2).astype(np.float32))
            top = max(1, rivals - 1)
            distinct[scale, layer] = read_only(
                (top * 0.8 * heart**2 * (0.7 + 0.3 * grain / grain.max())).astype(np.float32)
            )
    return FocusMaps(class_id, raw, distinct)


def _segmentation(class_maps: NDArray[np.float32], ids: Sequence[int], *, with_crf: bool) -> Segmentation:
    h, w = class_maps.shape[1:]
    background = 1 - class_maps.max(axis=0, initial=0.0)
    share = np.concatenate([background[None], class_maps])
    share = np.clip(share / share.sum(axis=0), 1e-5, 1)
    sharp = share**3
    q = (sharp / sharp.sum(axis=0)).astype(np.float32)
    numbers = np.array([0, *(class_id + 1 for class_id in ids)], dtype=np.uint16)
    before = numbers[share.argmax(axis=0)]
    after = numbers[gaussian_filter(q, (0, 2, 2)).argmax(axis=0)] if with_crf else before
    return Segmentation(
        labels=read_only(after.reshape(h, w)),
        labels_before_crf=read_only(before.reshape(h, w)),
        unary=read_only((-np.log(share)).astype(np.float32)),
        q=read_only(q) if with_crf else None,
        energy=(2.1, 1.4, 1.2, 1.15, 1.13) if with_crf else (),
        changed=(0.09, 0.03, 0.01, 0.002, 0.0) if with_crf else (),
    )
