from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from dcsm_viewer.core.types import UserError
from dcsm_viewer.evaluation.recognition_figures import figures_of, markdown_of, recognition_of
from dcsm_viewer.io.datasets import Dataset, Example

MODEL = ("car", "dog", "person")


def dataset(*labels: tuple[str, ...]) -> Dataset:
    names = tuple(sorted({name for own in labels for name in own}))
    examples = tuple(Example(str(at), Path(f"{at}.jpg"), own) for at, own in enumerate(labels))
    return Dataset("small", names, examples)


# Four images: found rightly, found but for the person, a dog taken for a car, and a false alarm.
IMAGES = dataset(("dog",), ("car", "person"), ("dog",), ())
SCORES = np.array([[0.1, 0.9, 0.0], [0.8, 0.2, 0.3], [0.7, 0.6, 0.1], [0.0, 0.7, 0.2]])


def test_that_average_precision_ranks_each_class_among_all_images() -> None:
    one = recognition_of("net", IMAGES, MODEL, SCORES)
    assert one.precisions == pytest.approx({"car": 1.0, "dog": (1 + 2 / 3) / 2, "person": 1.0})
    assert one.mean_precision == pytest.approx((2 + 5 / 6) / 3)
    assert one.shown == {"car": 1, "dog": 2, "person": 1}


def test_that_precision_and_recall_count_all_images_and_classes_together() -> None:
    one = recognition_of("net", IMAGES, MODEL, SCORES)
    assert one.precision == pytest.approx(3 / 5)
    assert one.recall == pytest.approx(3 / 4)


def test_that_a_score_at_the_threshold_finds_nothing_as_in_the_engine() -> None:
    one = recognition_of("net", dataset(("dog",)), MODEL, np.array([[0.0, 0.5, 0.0]]))
    assert math.isnan(one.precision)
    assert one.recall == 0


def test_that_the_best_class_is_asked_of_images_that_show_one() -> None:
    one = recognition_of("net", IMAGES, MODEL, SCORES)
    assert (one.images, one.labelled) == (4, 3)
    assert one.best_right == pytest.approx(2 / 3)
    assert [(wrong.image, wrong.labels, wrong.best, wrong.score) for wrong in one.wrong] == [
        ("2.jpg", ("dog",), "car", 0.7)
    ]


def test_that_a_class_the_model_does_not_have_is_never_found() -> None:
    one = recognition_of("net", dataset(("dog", "sofa"), ("sofa",), ()), MODEL, SCORES[:3])
    assert one.precisions["sofa"] == pytest.approx(2 / 3)
    assert one.recall == pytest.approx(1 / 3)


def test_that_classes_that_never_occur_count_as_false_alarms_alone() -> None:
    one = recognition_of("net", dataset(("dog",), ()), MODEL, np.array([[0.9, 0.8, 0.0], [0.9, 0.1, 0.0]]))
    assert set(one.precisions) == {"dog"}
    assert one.precision == pytest.approx(1 / 3)


def test_that_nothing_in_common_is_said() -> None:
    with pytest.raises(UserError, match="no class in common"):
        recognition_of("net", dataset(("sofa",)), MODEL, SCORES[:1])


def test_that_figures_and_tables_say_the_same() -> None:
    one = recognition_of("net", IMAGES, MODEL, SCORES)
    figures = figures_of(one)
    assert figures["map"] == pytest.approx(0.94444)
    assert figures["best_class_wrong"] == [{"image": "2.jpg", "labels": ["dog"], "best": "car", "score": 0.7}]
    lines = markdown_of([one, one]).splitlines()
    assert "| net | 4 | 3 | 0.944 | 0.60 | 0.75 | 0.67 |" in lines
    assert "| dog | 2 | 0.83 | 0.83 |" in lines
    assert lines.count("| net | 2.jpg | dog | car | 0.70 |") == 2
