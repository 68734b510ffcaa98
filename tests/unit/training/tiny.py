"""Trainings so small that they take no time: coloured squares to be told apart, a VGG-16 some channels wide."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw
from safetensors.torch import save_file

from dcsm_viewer.engine.runtime.device import choose
from dcsm_viewer.io.datasets import Dataset, csv_dataset
from dcsm_viewer.training.train_job import TrainJob
from dcsm_viewer.training.training_recipe import TrainingRecipe
from tests.networks import random_vgg_tensors

COLOURS = {"blue": (0, 0, 255), "green": (0, 255, 0), "red": (255, 0, 0)}


def write_squares(folder: Path, count: int, seed: int) -> Path:
    """A table of `count` images with squares of the colours their labels name."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    rows = []
    for index in range(count):
        image = Image.fromarray(rng.integers(60, 190, (48, 64, 3), dtype=np.uint8))
        labels = [name for class_id, name in enumerate(COLOURS) if rng.random() < 0.5 or index == class_id]
        for name in labels:
            left, top = (int(value) for value in (rng.integers(0, 40), rng.integers(0, 24)))
            ImageDraw.Draw(image).rectangle((left, top, left + 22, top + 22), fill=COLOURS[name])
        image.save(folder / f"{index}.png")
        rows.append(",".join((f"{index}.png", *labels)))
    table = folder / "labels.csv"
    table.write_text("\n".join(rows) + "\n", "utf-8")
    return table


def write_vgg(path: Path, classes: int = 5) -> Path:
    tensors = random_vgg_tensors(3, classes, dense=16)
    save_file({name: torch.tensor(values, dtype=torch.float32) for name, values in tensors.items()}, path)
    return path


def tiny_order(folder: Path, out: Path, **changes: Any) -> TrainJob:
    """12 images, batches of 4, 3 epochs, a small VGG-16 with dropout; `changes` of the recipe."""
    if not (folder / "vgg.safetensors").exists():
        write_squares(folder / "train", 12, 0)
        write_squares(folder / "val", 6, 1)
        write_vgg(folder / "vgg.safetensors")
    recipe = TrainingRecipe(
        start=str(folder / "vgg.safetensors"),
        epochs=3,
        batch=4,
        sizes=(200, 230),
        validate_px=200,
        ema_decay=0.5,
        augmentation="strong",
    )
    training: Dataset = csv_dataset(folder / "train" / "labels.csv")
    return TrainJob(
        replace(recipe, **changes), training, csv_dataset(folder / "val" / "labels.csv"), out, choose("cpu", "float32")
    )
