"""Figures of classes that share a name with the background or each other are all told."""

from __future__ import annotations

from dcsm_viewer.evaluation.evaluation_report import _by_name, report_names


def test_that_a_class_called_background_has_a_figure_of_its_own() -> None:
    assert _by_name(("background", "background", "dog", "dog"), (0.1, 0.2, 0.3, 0.4)) == {
        "background": 0.1,
        "background (1)": 0.2,
        "dog": 0.3,
        "dog (3)": 0.4,
    }


def test_that_every_file_of_a_report_is_known_before_it_is_made() -> None:
    assert {"evaluation.json", "evaluation.md", "n.png", "classes.png", "thresholds.png"} <= set(report_names(["n"]))
