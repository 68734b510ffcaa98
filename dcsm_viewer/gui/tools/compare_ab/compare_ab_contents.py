"""What two results say of the same image: each as a pane shows it, and where they differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import Result
from dcsm_viewer.gui.canvas.pane_content import Content
from dcsm_viewer.gui.canvas.result_access import class_name, completeness_mark, distinct_map, label_names, raw_map
from dcsm_viewer.gui.canvas.sampling import LabelLayer, MapLayer
from dcsm_viewer.gui.canvas.value_ranges import ColourRange, colour_ranges, short
from dcsm_viewer.gui.state.snapshots import LIVE, named
from dcsm_viewer.gui.state.view_state import RangeMode, ViewState
from dcsm_viewer.gui.tools.history.history_text import words_of_change

_MOST_MOVES = 3
"""So many kinds of change between labels are spelt out."""


@dataclass(frozen=True, slots=True)
class Sides:
    """One pane's content for each side and for their difference; the difference in numbers, the settings in words."""

    a: Content
    b: Content
    difference: Content
    numbers: str = ""
    settings: str = ""


def sides(state: ViewState) -> Sides:
    """Both sides of the state's comparison, or the sentence why one of them cannot be shown."""
    comparison = state.comparison
    titles = [title_of(name) for name in (comparison.a, comparison.b)]
    results = [result_of(state, name) for name in (comparison.a, comparison.b)]
    whys = [_why_not(state, name, result) for name, result in zip((comparison.a, comparison.b), results, strict=True)]
    a, b = results
    if a is not None and b is not None and a.request.image.digest != b.request.image.digest:
        whys[0] = whys[1] = "These two are of different images; choose two of one image."
    if any(whys) or a is None or b is None:
        images = [None if result is None else result.request.image for result in results]
        shown = [
            Content(title, image=image or state.image, grey=True, waiting=why or "The other side is missing.")
            for title, image, why in zip(titles, images, whys, strict=True)
        ]
        return Sides(shown[0], shown[1], Content("difference", image=shown[0].image, grey=True, waiting=_first(whys)))
    settings = words_of_change(a.request.settings, b.request.settings) or "the same settings"
    if comparison.subject in {"labels", "before"}:
        return _labels(a, b, titles, settings, after=comparison.subject == "labels")
    return _maps(state, a, b, titles, settings)


def title_of(name: str) -> str:
    return "on show" if name == LIVE else name


def result_of(state: ViewState, name: str) -> Result | None:
    if name == LIVE:
        return state.result
    snapshot = named(state.snapshots, name)
    return None if snapshot is None else snapshot.result


def label_difference(a: NDArray[np.integer], b: NDArray[np.integer]) -> tuple[NDArray[np.uint16], int]:
    """Labels (H, W) of b where they differ from a's, 0 elsewhere; what became background has the second number."""
    number = int(max(a.max(initial=0), b.max(initial=0), 254)) + 1
    changed = np.where(b == 0, number, b)
    return np.where(a != b, changed, 0).astype(np.uint16), number


def map_difference(a: NDArray[np.float32], b: NDArray[np.float32]) -> tuple[NDArray[np.float32], ColourRange]:
    """Map (h, w) of b - a, and a range centred at 0 that holds all of it."""
    difference = b - a
    finite = np.abs(difference[np.isfinite(difference)])
    most = float(finite.max(initial=0.0))
    # Nothing to tell apart is the middle of the bar, not its end.
    return difference, ColourRange(-(most or 1.0), most or 1.0, f"B minus A, at most {short(most)}", most)


def _labels(a: Result, b: Result, titles: list[str], settings: str, *, after: bool) -> Sides:
    image = a.request.image
    what = "labels" if after else "labels before CRF"
    found = []
    for result, title in ((a, titles[0]), (b, titles[1])):
        segmentation = result.segmentation
        assert segmentation is not None, "sides without labels have a sentence instead"
        labels = segmentation.labels if after else segmentation.labels_before_crf
        layer = LabelLayer(labels, label_names(result, labels))
        mark = completeness_mark(result)
        found.append((Content(f"{title} · {what}", image=image, layer=layer, grey=True, mark=mark), layer))
    (content_a, layer_a), (content_b, layer_b) = found
    changed, number = label_difference(layer_a.labels, layer_b.labels)
    names = {label: name if label == 0 else f"now {name}" for label, name in layer_b.names.items()}
    names |= {0: "the same", number: "now background"}
    difference = Content(f"{what}: where B differs from A", image=image, layer=LabelLayer(changed, names), grey=True)
    return Sides(content_a, content_b, difference, _label_words(layer_a, layer_b), settings)


def _label_words(a: LabelLayer, b: LabelLayer) -> str:
    names = {**a.names, **b.names}
    base = max(names) + 1
    pairs = a.labels.astype(np.int64) * base + b.labels
    pairs = pairs[a.labels != b.labels]
    share = pairs.size / max(1, a.labels.size)
    counts = np.bincount(pairs) if pairs.size else np.zeros(0, np.int64)
    order = [int(pair) for pair in np.argsort(-counts, kind="stable")[:_MOST_MOVES] if counts[pair]]
    moves = [
        f"{names[pair // base]} to {names[pair % base]} {100 * counts[pair] / a.labels.size:.2f} %" for pair in order
    ]
    return " · ".join([f"{100 * share:.2f} % of pixels differ", *moves])


def _maps(state: ViewState, a: Result, b: Result, titles: list[str], settings: str) -> Sides:
    class_id = state.shown_class
    image = a.request.image
    subject = state.comparison.subject
    if class_id is None or state.result is None:
        why = "No class is displayed; choose one on the right."
        shown = [Content(title, image=image, grey=True, waiting=why) for title in titles]
        return Sides(shown[0], shown[1], Content("difference", image=image, grey=True, waiting=why), "", settings)
    name = class_name(state.result, class_id)
    of = raw_map if subject == "raw" else distinct_map
    maps = {side: of(result, class_id) for side, result in (("a", a), ("b", b))}
    there = {side: values for side, values in maps.items() if values is not None}
    # A range of its own for each side would hide what is to be compared.
    mode: RangeMode = "absolute" if state.paint.range_mode == "absolute" else "shared"
    colours = colour_ranges(there, mode, dict.fromkeys(there, 1.0))
    contents = {}
    for side, result, title in (("a", a, titles[0]), ("b", b, titles[1])):
        values = maps[side]
        contents[side] = Content(
            f"{title} · {name} {subject}",
            class_id=class_id,
            image=image,
            layer=None if values is None else MapLayer(values, colours[side]),
            grey=True,
            waiting="" if values is not None else f"There is no {subject} map of {name} here.",
            mark=completeness_mark(result),
        )
    map_a, map_b = maps["a"], maps["b"]
    if map_a is None or map_b is None or map_a.shape != map_b.shape:
        why = "The two maps have different sizes, so they cannot be subtracted; compare them side by side."
        if map_a is None or map_b is None:
            why = f"There is no {subject} map of {name} on both sides."
        return Sides(contents["a"], contents["b"], Content("difference", image=image, grey=True, waiting=why))
    values, span = map_difference(map_a, map_b)
    difference = Content(
        f"{name} {subject}: B minus A", class_id=class_id, image=image, layer=MapLayer(values, span), grey=True
    )
    mean = float(np.abs(values).mean()) if values.size else 0.0
    numbers = f"mean |B - A| {short(mean)} · largest {short(span.own_max)}"
    return Sides(contents["a"], contents["b"], difference, numbers, settings)


def _why_not(state: ViewState, name: str, result: Result | None) -> str:
    if name != LIVE and named(state.snapshots, name) is None:
        return f"There is no snapshot called {name}; choose another above."
    if result is None:
        return (
            "No maps are displayed yet."
            if name == LIVE
            else f"Of {name} only the settings are left; choose 'Restore settings' in History, then save it again."
        )
    if state.comparison.subject in {"labels", "before"} and result.segmentation is None:
        return "Labels follow when all scales are there."
    return ""


def _first(sentences: list[str]) -> str:
    return next((sentence for sentence in sentences if sentence), "")
