"""Figures of how well scores tell which classes images show, and their tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.evaluation.class_matching import ClassMatching
from dcsm_viewer.io.datasets import Dataset
from dcsm_viewer.metrics.average_precision import average_precisions
from dcsm_viewer.metrics.means import mean_of

THRESHOLD = 0.5  # as evaluation's, of images whose classes are not known


@dataclass(frozen=True, slots=True)
class WrongBest:
    """An image whose best class is none of those it shows; labels is never empty."""

    image: str
    labels: tuple[str, ...]
    best: str
    score: float


@dataclass(frozen=True, slots=True)
class Recognition:
    """What one network makes of labelled images; shares in [0, 1], NaN where there is nothing to take them of.

    images, labelled: how many there are, and how many of them show a class. precisions: average precision by class,
    of those that occur, among all images. precision, recall: of the classes above THRESHOLD, all images and classes
    together. best_right: the share of the labelled images whose best class is one of theirs.
    """

    model: str
    images: int
    labelled: int
    shown: dict[str, int]
    precisions: dict[str, float]
    precision: float
    recall: float
    best_right: float
    wrong: tuple[WrongBest, ...] = field(repr=False)

    @property
    def mean_precision(self) -> float:
        return mean_of(np.array(list(self.precisions.values()), np.float64))


def recognition_of(
    model: str, dataset: Dataset, model_names: tuple[str, ...], scores: NDArray[np.floating]
) -> Recognition:
    """The figures of scores (images, classes of the model) in [0, 1].

    A class of the data set that the model does not have scores 0; one that only the model has can be found wrongly.
    Raises UserError where model and data set have no class in common.
    """
    unknown = ClassMatching.of(dataset.class_names, model_names).unknown_names
    names = (*model_names, *unknown)
    scores = np.hstack([scores, np.zeros((len(scores), len(unknown)))])
    shows: NDArray[np.bool_] = np.array([[name in example.labels for name in names] for example in dataset.examples])
    found, best = scores > THRESHOLD, scores.argmax(1)
    labelled: NDArray[np.bool_] = np.any(shows, axis=1)
    right = shows[np.arange(len(shows)), best]
    wrong = tuple(
        WrongBest(example.image.name, example.labels, names[best[row]], float(scores[row, best[row]]))
        for row, example in enumerate(dataset.examples)
        if labelled[row] and not right[row]
    )
    occurring = [(column, name) for column, name in enumerate(names) if shows[:, column].any()]
    by_class = average_precisions(scores, shows)
    return Recognition(
        model=model,
        images=len(shows),
        labelled=int(labelled.sum()),
        shown={name: int(shows[:, column].sum()) for column, name in occurring},
        precisions={name: float(by_class[column]) for column, name in occurring},
        precision=_share(int((found & shows).sum()), int(found.sum())),
        recall=_share(int((found & shows).sum()), int(shows.sum())),
        best_right=_share(int(right.sum()), int(labelled.sum())),
        wrong=wrong,
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def figures_of(one: Recognition) -> dict[str, Any]:
    """The same as JSON has it; null for what is no number."""
    return {
        "model": one.model,
        "images": one.images,
        "images_with_a_class": one.labelled,
        "map": _plain(one.mean_precision),
        "threshold": THRESHOLD,
        "precision": _plain(one.precision),
        "recall": _plain(one.recall),
        "best_class_right": _plain(one.best_right),
        "ap": {name: _plain(value) for name, value in one.precisions.items()},
        "best_class_wrong": [
            {"image": image.image, "labels": list(image.labels), "best": image.best, "score": _plain(image.score)}
            for image in one.wrong
        ],
    }


def markdown_of(rows: Sequence[Recognition]) -> str:
    """Three tables: the figures a network, average precision a class, and the images whose best class is wrong."""
    head = ["network", "images", "with a class", "mAP", f"precision at {THRESHOLD}", f"recall at {THRESHOLD}"]
    main = [[*head, "best class right"]]
    for one in rows:
        figures = [_two(value) for value in (one.precision, one.recall, one.best_right)]
        main.append([one.model, str(one.images), str(one.labelled), f"{one.mean_precision:.3f}", *figures])
    classes = [["class", "images", *(one.model for one in rows)]]
    for name, count in rows[0].shown.items() if rows else ():
        classes.append([name, str(count), *(_two(one.precisions[name]) for one in rows)])
    wrong = [["network", "image", "shows", "best class", "its score"]]
    for one in rows:
        wrong += [[one.model, it.image, ", ".join(it.labels), it.best, _two(it.score)] for it in one.wrong]
    return "\n\n".join(_table(table) for table in (main, classes, wrong)) + "\n"


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(cells) + " |" for cells in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 5)  # JSON has no NaN


def _two(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2f}"
