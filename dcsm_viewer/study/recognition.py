"""How well networks name what is on labelled images.

`python -m dcsm_viewer.study.recognition LABELS.csv --model A --model B` prints a JSON line for each.

Scores are those of `export` and `evaluate` (the best over the scales); nothing goes back through the network.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from dcsm_viewer.datasets import Dataset, csv_dataset
from dcsm_viewer.engine.device import choose
from dcsm_viewer.engine.models.registry import Model, load_model
from dcsm_viewer.engine.preprocess import network_input, place, positions_on_image
from dcsm_viewer.imaging.read import read_image
from dcsm_viewer.study.evaluation.ranking import average_precisions
from dcsm_viewer.values import MethodSettings, UserError


@dataclass(frozen=True, slots=True)
class Recognition:
    """Shares in [0, 1]. average_precision: by class, where it occurs; best_is_right: of images that show a class."""

    model: str
    images: int
    mean_average_precision: float
    precision: float
    recall: float
    best_is_right: float
    average_precision: dict[str, float]
    mistaken: tuple[str, ...]


def recognition(
    model: str, names: tuple[str, ...], dataset: Dataset, scores: NDArray[np.floating], threshold: float
) -> Recognition:
    """The figures of scores (images, classes) of `names` on a data set whose classes are among them.

    Raises UserError for a data set with a class that the model does not know.
    """
    for wanted in dataset.class_names:
        if wanted not in names:
            raise UserError(f"{model} has no class '{wanted}', which {dataset.name} has; leave it out of the table.")
    shown = np.array([[name in example.labels for name in names] for example in dataset.examples])
    ap = average_precisions(scores, shown)
    found, best = scores > threshold, scores.argmax(1)
    right: NDArray[np.bool_] = np.take_along_axis(shown, best[:, None], 1)[:, 0]
    mistaken = tuple(
        f"{example.image.name}: {names[choice]}"
        for example, choice, is_right in zip(dataset.examples, best, right, strict=True)
        if example.labels and not is_right
    )
    occurs = shown.any(0)
    return Recognition(
        model,
        len(shown),
        float(ap[occurs].mean()),
        float((found & shown).sum() / max(found.sum(), 1)),
        float((found & shown).sum() / shown.sum()),
        float(right[shown.any(1)].mean()),
        {name: round(float(value), 3) for name, value, does in zip(names, ap, occurs, strict=True) if does},
        mistaken,
    )


def best_scores(model: Model, image: Path, method: MethodSettings) -> NDArray[np.float32]:
    """(classes,): the best score of each class over the scales. Raises UserError for an image that cannot be read."""
    canvas, placement = place(read_image(image).rgb, method)
    scores = []
    for scale in method.scales:
        with torch.inference_mode():
            logits = model.network.forward(network_input(canvas, scale, model.network.convention).float()).logits
            on_image = positions_on_image(placement, (logits.shape[2], logits.shape[3]))
            scores.append(model.readout.scores(logits, on_image).numpy())
    best: NDArray[np.float32] = np.max(scores, 0)
    return best


def measured(name: str, dataset: Dataset, report: Callable[[str], None]) -> Recognition:
    """The figures of a model, by name or file, at the program's usual settings, on the CPU."""
    method = MethodSettings()
    model = load_model(name, "voc", choose("cpu", "float32"))
    rows = []
    for number, example in enumerate(dataset.examples, 1):
        rows.append(best_scores(model, example.image, method))
        report(f"{name}: {number}/{len(dataset.examples)} {example.image.name}")
    return recognition(name, model.card.class_names, dataset, np.stack(rows), method.threshold)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path, help="CSV of image,label,label,...")
    parser.add_argument("--model", action="append", required=True, help="a model's name or file; several for several")
    arguments = parser.parse_args()
    try:
        dataset = csv_dataset(arguments.table)
        for name in arguments.model:
            sys.stdout.write(json.dumps(asdict(measured(name, dataset, _say))) + "\n")
    except UserError as error:
        _say(str(error))
        return 1
    return 0


def _say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
