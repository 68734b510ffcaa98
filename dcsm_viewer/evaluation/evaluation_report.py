"""The files an evaluation leaves: JSON, CSV, Markdown and plots, each whole or not there."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dcsm_viewer.evaluation.plots import plots_of
from dcsm_viewer.evaluation.published_figures import CAPTION, PUBLISHED, PUBLISHED_BY_N, SOURCE, counterpart
from dcsm_viewer.evaluation.summary import RowSummary
from dcsm_viewer.evaluation.tables import csv_of, markdown_of, thresholds_csv_of
from dcsm_viewer.io.atomic import atomic_write, ensure_folder
from dcsm_viewer.metrics.threshold_curve import THRESHOLDS
from dcsm_viewer.render.figure_png import write_png

_TEXTS = ("evaluation.json", "evaluation.csv", "thresholds.csv", "evaluation.md")


def report_names(axes: Iterable[str]) -> tuple[str, ...]:
    """Return the names of all files that a report may have whose rows vary along these axes."""
    return (*_TEXTS, *(f"{name}.png" for name in (*axes, "thresholds", "classes")))


def write_report(
    out: Path, rows: Sequence[RowSummary], class_names: Sequence[str], title: str, sentences: Sequence[str]
) -> tuple[Path, ...]:
    """The paths written under `out`. `title` names data set and model, `sentences` what a reader has to know."""
    ensure_folder(out)
    texts = (
        json.dumps(report_as_json(rows, class_names, title, sentences), indent=1, ensure_ascii=False),
        csv_of(rows, class_names),
        thresholds_csv_of(rows),
        markdown_of(rows, class_names, title, sentences),
    )
    written = []
    for name, text in zip(_TEXTS, texts, strict=True):
        with atomic_write(out / name) as stream:
            stream.write(text.encode("utf-8", "backslashreplace"))
        written.append(out / name)
    for name, figure in plots_of(rows, class_names, title):
        with atomic_write(out / f"{name}.png") as stream:
            write_png(figure, stream)
        written.append(out / f"{name}.png")
    return tuple(written)


def report_as_json(
    rows: Sequence[RowSummary], class_names: Sequence[str], title: str, sentences: Sequence[str]
) -> dict[str, Any]:
    """Everything as JSON has it: shares in [0, 1], null for what is not known."""
    names = ("background", *class_names)
    return {
        "title": title,
        "notes": list(sentences),
        "rows": [_row(row, names) for row in rows],
        "published": {
            "caption": CAPTION,
            "source": SOURCE,
            "mean_iou_percent": {one.name: one.mean_iou for one in PUBLISHED},
            "by_n_with_crf_percent": {str(n): figure for n, figure in PUBLISHED_BY_N.items()},
        },
    }


_COUNTERPART = ("name", "mean_iou_percent")


def _row(row: RowSummary, names: Sequence[str]) -> dict[str, Any]:
    variant = row.row.variant
    published = None if variant is None else counterpart(variant.settings)
    return {
        "row": row.row.name,
        "digest": row.row.digest,
        "swept": {} if variant is None else dict(variant.values),
        "settings": None if variant is None else asdict(variant.settings),
        "classes_given": None if variant is None else variant.labels_given,
        "predictions": None if row.row.predictions is None else str(row.row.predictions.folder),
        "images": row.images,
        "mean_iou": none_if_nan(row.mean_iou),
        "mean_iou_void_counted_wrong": none_if_nan(row.mean_iou_void),
        "iou": _by_name(names, row.iou.tolist()),
        "iou_void_counted_wrong": _by_name(names, row.iou_void.tolist()),
        "pixel_accuracy": none_if_nan(row.pixel_accuracy),
        "classification_map": none_if_nan(row.mean_precision),
        "average_precision": _by_name(names[1:], row.precisions.tolist()),
        "pointing": {
            **asdict(row.pointing),
            "share": none_if_nan(row.pointing.share),
            "share_within_15px": none_if_nan(row.pointing.share_near),
        },
        "detection": {"precision": none_if_nan(row.found), "recall": none_if_nan(row.recalled)},
        "thresholds": dict(zip(map("{:.2f}".format, THRESHOLDS), map(none_if_nan, row.by_threshold), strict=False)),
        "best_threshold": dict(zip(("at", "mean_iou"), map(none_if_nan, row.best_threshold), strict=True)),
        "seconds": round(row.seconds, 3),
        "published_counterpart": None if published is None else dict(zip(_COUNTERPART, published, strict=True)),
    }


def none_if_nan(share: float) -> float | None:
    return None if math.isnan(share) else round(share, 6)


def _by_name(names: Sequence[str], shares: Sequence[float]) -> dict[str, float | None]:
    # A class may be called background, too: a name that is there already is told by its label.
    keys = [name if name not in names[:label] else f"{name} ({label})" for label, name in enumerate(names)]
    return dict(zip(keys, map(none_if_nan, shares), strict=True))
