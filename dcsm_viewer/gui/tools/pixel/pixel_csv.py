"""The account of a pixel as CSV: every number in full, one line each."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from dcsm_viewer.core.types import Result
from dcsm_viewer.gui.canvas.result_access import class_name
from dcsm_viewer.gui.tools.pixel.pixel_rows import check_of
from dcsm_viewer.queries.pixel_query import ClassEntry, PixelContributions

HEAD = (
    "entry", "class", "scale_px", "layer", "rival", "raw", "rival_raw", "difference", "largest", "scaled",
    "evidence", "added", "share", "value", "on_show", "unary", "smoothness", "appearance", "q_before", "q",
)  # fmt: skip


def csv_of(result: Result, contributions: PixelContributions) -> str:
    """A heading, then a line for each rival, layer, scale and class, and for each label; empty where not defined.

    The first line is a comment that names image, pixel and model.
    """
    text = io.StringIO()
    request = result.request
    name = " ".join(request.image.name.split())  # a comment is one line
    text.write(
        f"# {name} pixel ({contributions.question.row} {contributions.question.col}), {result.model.name}, "
        f"preset {request.settings.method.preset}\n"
    )
    writer = csv.DictWriter(text, HEAD, restval="", lineterminator="\n")
    writer.writeheader()
    for entry in contributions.classes:
        for line in _class_lines(result, contributions, entry):
            writer.writerow({key: _cell(value) for key, value in line.items()})
    for line in _label_lines(result, contributions):
        writer.writerow({key: _cell(value) for key, value in line.items()})
    return text.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    # Nine digits tell every float32 from its neighbours.
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def _class_lines(result: Result, contributions: PixelContributions, entry: ClassEntry) -> Iterator[dict[str, object]]:
    of_class: dict[str, object] = {"class": class_name(result, entry.class_id)}
    for scale in entry.scales:
        of_scale = {**of_class, "scale_px": scale.scale}
        for layer in scale.layers:
            of_layer = {**of_scale, "layer": layer.layer, "raw": layer.raw}
            for rival in layer.rivals:
                yield {
                    **of_layer,
                    "entry": "comparison",
                    "rival": None if rival.class_id is None else class_name(result, rival.class_id),
                    "rival_raw": None if rival.class_id is None else rival.raw,
                    "difference": rival.difference,
                    "largest": rival.largest,
                    "scaled": rival.scaled,
                    "evidence": rival.evidence,
                }
            yield {
                **of_layer,
                "entry": "layer",
                "largest": layer.largest,
                "evidence": layer.evidence,
                "added": layer.added,
            }
        yield {**of_scale, "entry": "scale" if scale.counts else "scale, not found here", "added": scale.added}
    yield {
        **of_class,
        "entry": "class" if entry.detected else "class, as if detected",
        "largest": entry.largest,
        "added": entry.total,
        "share": entry.share,
        "value": entry.value,
        "on_show": check_of(result, contributions, entry).shown,
    }


def _label_lines(result: Result, contributions: PixelContributions) -> Iterator[dict[str, object]]:
    crf = contributions.crf
    if crf is None:
        return
    for index, label in enumerate(crf.labels):
        line: dict[str, object] = {
            "entry": "label",
            "class": "background" if label == 0 else class_name(result, label - 1),
            "unary": crf.unary[index],
            **{kernel.name: kernel.messages[index] for kernel in crf.kernels},
        }
        if crf.q:
            line |= {"q_before": crf.q_before[index], "q": crf.q[index]}
        yield line
