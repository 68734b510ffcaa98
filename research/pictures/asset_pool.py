"""Which cutouts a scene is made of, so that every class comes about equally often."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import numpy as np

from dcsm_viewer.core.types import UserError
from research.pictures.cutout import NO_CLASS, Cutout

Part = Literal["train", "val"]

# Photographs teach most, icons least, whatever there are of each.
_WEIGHT = {"photograph": 6.0, "render": 3.0, "figure": 2.0, "icon": 1.0}
_MANY = 12  # origins of one kind beyond which more of them count no more


@dataclass(frozen=True, slots=True)
class AssetPool:
    """Cutouts by class.

    `counts` are the shares of scenes with 1, 2, .. objects; `distractors` is of those that show one of no class.
    """

    by_class: dict[str, tuple[Cutout, ...]]
    counts: tuple[float, ...]
    distractors: float

    @classmethod
    def of(
        cls, cutouts: Iterable[Cutout], counts: tuple[float, ...] = (0.22, 0.36, 0.28, 0.14), distractors: float = 0.0
    ) -> AssetPool:
        """The cutouts sorted into classes. Raises UserError where none shows a class."""
        by_class: dict[str, list[Cutout]] = {}
        for cutout in cutouts:
            by_class.setdefault(cutout.class_name, []).append(cutout)
        if not set(by_class) - {NO_CLASS}:
            raise UserError("None of the cutouts shows one of the classes: run `make scenes` again.")
        return cls({name: tuple(by_class[name]) for name in sorted(by_class)}, counts, distractors)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes there are, in alphabetical order."""
        return tuple(name for name in self.by_class if name != NO_CLASS)

    def chosen(self, rng: np.random.Generator, index: int) -> list[Cutout]:
        """The cutouts of scene `index`. Its first class goes round all of them, the others are drawn evenly."""
        classes = self.classes
        shares = np.array(self.counts) / sum(self.counts)
        count = 1 + int(rng.choice(len(shares), p=shares))
        names = [classes[index % len(classes)]]
        while len(names) < count:
            # One in eight stands beside another of its own class, as sheep and people do.
            names.append(names[0] if rng.random() < 0.125 else classes[int(rng.integers(len(classes)))])
        if NO_CLASS in self.by_class and rng.random() < self.distractors:
            names.append(NO_CLASS)
        return [self._one_of(name, rng) for name in names]

    def _one_of(self, class_name: str, rng: np.random.Generator) -> Cutout:
        """First a kind, then an origin, then a view: what has many views is drawn no more often than what has few."""
        cutouts = self.by_class[class_name]
        kinds = sorted({cutout.kind for cutout in cutouts})
        variety = [min(len({cutout.key for cutout in cutouts if cutout.kind == kind}), _MANY) for kind in kinds]
        # A kind with one origin is not shown as often as one with twelve.
        weights = np.array([_WEIGHT[kind] * many**0.5 for kind, many in zip(kinds, variety, strict=True)])
        kind = kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))]
        origins = sorted({cutout.key for cutout in cutouts if cutout.kind == kind})
        origin = origins[int(rng.integers(len(origins)))]
        views = [cutout for cutout in cutouts if cutout.kind == kind and cutout.key == origin]
        return views[int(rng.integers(len(views)))]


def part_of(cutouts: Iterable[Cutout], part: Part, share: float = 0.15) -> tuple[Cutout, ...]:
    """The cutouts for one part of the training side; no origin is in both parts.

    Of each class and kind about `share` of the origins, taken by the digest of their names, and of a class at least
    one, go to "val". A class with a single origin has it in "train" only.
    """
    by_class: dict[str, dict[str, set[str]]] = {}
    kept = tuple(cutouts)
    for cutout in kept:
        by_class.setdefault(cutout.class_name, {}).setdefault(cutout.kind, set()).add(cutout.key)
    held: set[str] = set()
    for kinds in by_class.values():
        ours: set[str] = set()
        for keys in kinds.values():
            mixed = sorted(keys, key=lambda key: sha256(key.encode()).hexdigest())
            ours.update(mixed[: int(len(mixed) * share)])
        everything = sorted(set().union(*kinds.values()), key=lambda key: sha256(key.encode()).hexdigest())
        if not ours and len(everything) > 1:
            ours.add(everything[0])
        held |= ours
    return tuple(cutout for cutout in kept if (cutout.key in held) == (part == "val"))
