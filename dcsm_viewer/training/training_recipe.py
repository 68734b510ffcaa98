"""Everything that changes what a training gives, as one frozen value that travels into its weights file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from dcsm_viewer.core.types import UserError

Augmentation = Literal["plain", "paper", "strong"]


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """How to train. The defaults are for EfficientNet-Lite0; sizes and flip are the paper's (section 4).

    start: a model's name or a weights file. sizes: least and most px of the longer side, drawn anew for every batch.
    freeze: how many of the first blocks stay as they are. head_lr, backbone_lr: AdamW's learning rates for the
    classifier and for everything else. warm_up: share of all steps in which the rates rise. label_smoothing: how far
    from 0 and 1 the targets lie. ema_decay: decay of the moving average of the weights, 0 for none. feature_reg: weight
    of the penalty on features that leave what the start gave. weight_interpolation: share of the trained weights in the
    result, the rest is the start's (Wortsman et al. 2022). calibrate: images that give a borrowed classifier its scale.
    validate_px: longer side while validating. cached_epochs: how many differently augmented epochs there are before the
    first comes again, 0 for a new one each time; with frozen blocks what they give is then kept on disk, and later
    epochs cost a third.
    frozen_head: a model whose outputs answer and are not trained (load_class_mapping.py); none if empty.
    """

    start: str = "efficientnet-lite0"
    epochs: int = 10
    batch: int = 16
    sizes: tuple[int, int] = (300, 700)
    freeze: int = 0
    head_lr: float = 1e-3
    backbone_lr: float = 1e-4
    weight_decay: float = 0.01
    warm_up: float = 0.05
    label_smoothing: float = 0.0
    ema_decay: float = 0.0
    feature_reg: float = 0.0
    weight_interpolation: float = 1.0
    calibrate: int = 128
    augmentation: Augmentation = "paper"
    validate_px: int = 500
    cached_epochs: int = 0
    frozen_head: str = ""
    seed: int = 0

    def as_json(self) -> dict[str, Any]:
        return json.loads(json.dumps(asdict(self)))  # type: ignore[no-any-return]  # what json.loads gives is Any


_RANGES: dict[str, tuple[float, float]] = {
    "epochs": (1, 10_000),
    "batch": (1, 4096),
    "freeze": (0, 16),
    "head_lr": (0, 10),
    "backbone_lr": (0, 10),
    "weight_decay": (0, 1),
    "warm_up": (0, 1),
    "label_smoothing": (0, 0.4),
    "ema_decay": (0, 0.99999),
    "feature_reg": (0, 1000),
    "weight_interpolation": (0, 1),
    "calibrate": (0, 100_000),
    "validate_px": (64, 2048),
    "cached_epochs": (0, 1000),
    "seed": (0, 2**31 - 1),
}


def digest_of(*parts: object) -> str:
    """sha256 of JSON values."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def check(recipe: TrainingRecipe) -> None:
    """Raises UserError naming a value out of range."""
    for field in fields(recipe):
        if field.name not in _RANGES:
            continue
        low, high = _RANGES[field.name]
        value = getattr(recipe, field.name)
        if not low <= value <= high:
            words = field.name.replace("_", " ")
            raise UserError(f"The training's {words} is {value}; it must lie between {low:g} and {high:g}.")
    least, most = recipe.sizes
    if not 64 <= least <= most <= 2048:
        raise UserError(f"The sizes {least}-{most} px make no range; give for example 300-700, within 64 to 2048.")


def changes(there: dict[str, Any], wanted: dict[str, Any]) -> str:
    """What differs between two recipes, in words: "epochs 10, now 20"; '' where nothing does."""
    names = sorted(there.keys() | wanted.keys())
    return "; ".join(
        f"{name.replace('_', ' ')} {there.get(name)}, now {wanted.get(name)}"
        for name in names
        if there.get(name) != wanted.get(name)
    )
