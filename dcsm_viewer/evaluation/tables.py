"""The tables of an evaluation: Markdown for people, CSV for programs."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence

from dcsm_viewer.evaluation.published_figures import CAPTION, PUBLISHED, PUBLISHED_BY_N, SOURCE, counterpart
from dcsm_viewer.evaluation.summary import RowSummary
from dcsm_viewer.io.markdown import plain, table
from dcsm_viewer.metrics.threshold_curve import THRESHOLDS


def markdown_of(rows: Sequence[RowSummary], class_names: Sequence[str], heading: str, sentences: Sequence[str]) -> str:
    """The whole report: what was measured, our rows, the classes, and apart from them what others published."""
    parts = [f"# {plain(heading)}", *map(plain, sentences)]
    parts += ["## Measured here", _main_table(rows)]
    parts += ["## IoU by class, %", _class_table(rows, class_names)]
    parts += [f"## {CAPTION}", _published_table(), SOURCE + "."]
    return "\n\n".join(parts) + "\n"


def csv_of(rows: Sequence[RowSummary], class_names: Sequence[str]) -> str:
    """One line a row: what was swept, every figure as a share in [0, 1], then the IoU of every label."""
    swept = list(dict.fromkeys(axis for row in rows if row.row.variant for axis in row.row.variant.values))
    head = [
        "row", *swept, "classes_given", "images", "mean_iou", "mean_iou_void_wrong", "pixel_accuracy", "map",
        "pointing", "pointing_within_15px", "pointing_hits", "pointing_mapped", "pointing_present",
        "detection_precision",
        "detection_recall", "best_threshold", "best_threshold_mean_iou", "seconds",
        *(f"iou_{name}" for name in ("background", *class_names)),
    ]  # fmt: skip
    lines: list[list[object]] = [list(head)]
    for row in rows:
        variant = row.row.variant
        values = [variant.values.get(axis, "") if variant else "" for axis in swept]
        pointing = row.pointing
        lines.append(
            [
                row.row.name,
                *values,
                variant.labels_given if variant else "",
                row.images,
                _plain(row.mean_iou),
                _plain(row.mean_iou_void),
                _plain(row.pixel_accuracy),
                _plain(row.mean_precision),
                _plain(pointing.share),
                _plain(pointing.share_near),
                pointing.hits,
                pointing.mapped,
                pointing.present,
                _plain(row.found),
                _plain(row.recalled),
                *map(_plain, row.best_threshold),
                f"{row.seconds:.3f}",
                *map(_plain, row.iou.tolist()),
            ]
        )
    return _written(lines)


def thresholds_csv_of(rows: Sequence[RowSummary]) -> str:
    """Mean IoU without a CRF by the threshold on the class maps, a column a row."""
    known = [row for row in rows if row.by_threshold]
    lines: list[list[object]] = [["threshold", *(row.row.name for row in known)]]
    for index, at in enumerate(THRESHOLDS):
        lines.append([f"{at:.2f}", *(_plain(row.by_threshold[index]) for row in known)])
    return _written(lines)


def _main_table(rows: Sequence[RowSummary]) -> str:
    head = [
        "row", "mean IoU", "void counted wrong*", "pixel accuracy", "mAP", "pointing, strict / within 15 px",
        "found, precision / recall",
        "best threshold, no CRF", "poster (VOC, not measured here)",
    ]  # fmt: skip
    lines = []
    for row in rows:
        best = row.best_threshold
        published = counterpart(row.row.variant.settings) if row.row.variant else None
        lines.append(
            [
                plain(row.row.name),
                f"**{percent(row.mean_iou)}**",
                percent(row.mean_iou_void),
                percent(row.pixel_accuracy),
                percent(row.mean_precision),
                _pointing(row),
                "" if math.isnan(row.recalled) else f"{percent(row.found)} / {percent(row.recalled)}",
                "" if math.isnan(best[0]) else f"{percent(best[1])} at {best[0]:.2f}",
                "" if published is None else f"{published[1]:.1f} ({published[0]})",
            ]
        )
    return (
        table(head, lines)
        + "\n\n\\* pixels that are void (255) in the truth count as wrong, whatever they were given; everywhere else "
        "they are ignored. All figures in percent."
    )


def _class_table(rows: Sequence[RowSummary], class_names: Sequence[str]) -> str:
    names = ["background", *class_names]
    return table(
        ["class", *(plain(row.row.name) for row in rows)],
        [[plain(name), *(percent(float(row.iou[label])) for row in rows)] for label, name in enumerate(names)],
    )


def _published_table() -> str:
    lines = [[plain(f"{one.name} {one.mark}"), f"{one.mean_iou:.1f}"] for one in PUBLISHED]
    lines += [[f"DCSM with CRF, N = {n}", f"{figure:.1f}"] for n, figure in PUBLISHED_BY_N.items()]
    return table(["published", "mean IoU, %"], lines)


def _pointing(row: RowSummary) -> str:
    pointing = row.pointing
    if not pointing.mapped:
        return ""
    return f"{percent(pointing.share)} / {percent(pointing.share_near)} of {pointing.mapped} ({pointing.present} there)"


def percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.1f}"


def _plain(share: float) -> str:
    return "" if math.isnan(share) else f"{share:.6g}"


def _written(lines: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()
