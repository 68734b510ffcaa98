"""Images kept from the training to validate on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.datasets import Dataset


def split_validation(dataset: Dataset, share: float, seed: int) -> tuple[Dataset, Dataset]:
    """(the rest, `share` of the images drawn by `seed`), both in the order of the data set."""
    count = round(share * len(dataset.examples))
    chosen = set(
        np.random.default_rng([seed, len(dataset.examples)]).permutation(len(dataset.examples))[:count].tolist()
    )
    training = tuple(example for index, example in enumerate(dataset.examples) if index not in chosen)
    validation = tuple(example for index, example in enumerate(dataset.examples) if index in chosen)
    return replace(dataset, examples=training), replace(
        dataset, name=f"{dataset.name} (held back)", examples=validation
    )


def with_class_names(dataset: Dataset, class_names: tuple[str, ...]) -> Dataset:
    """The data set with the classes of another, of which it may lack some. Raises UserError for a class of its own."""
    strange = sorted(set(dataset.class_names) - set(class_names))
    if strange:
        raise UserError(f"{dataset.name} has the class '{strange[0]}', which the training images do not have.")
    examples = tuple(
        replace(one, labels=tuple(name for name in class_names if name in one.labels)) for one in dataset.examples
    )
    return Dataset(dataset.name, class_names, examples)
