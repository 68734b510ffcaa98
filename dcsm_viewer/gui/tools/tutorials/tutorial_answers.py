"""What the lessons' questions ask, computed from the results on show."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.scores import image_scores
from dcsm_viewer.core.types import Result
from dcsm_viewer.gui.canvas.result_access import distinct_map, raw_map
from dcsm_viewer.gui.canvas.value_ranges import short
from dcsm_viewer.gui.tools.tutorials.tutorial_model import AnswerContext, Verdict

Map = NDArray[np.float32]


def class_id(result: Result, name: str) -> int | None:
    """The class of this name if it is detected, else None."""
    found = result.model.class_names.index(name) if name in result.model.class_names else -1
    return found if found in result.detected_ids else None


def missing(*names: str) -> Verdict:
    return Verdict(None, f"At these settings the network does not find {' and '.join(names)}, so nobody can tell.")


def scores(result: Result) -> Mapping[str, str]:
    """The classes that score best, for the words of a step."""
    best = image_scores(result.scores, result.request.settings.method)
    order = np.argsort(-best, kind="stable")[:3]
    names = result.model.class_names
    listed = ", ".join(f"{names[index]} {best[index]:.2f}" for index in order.tolist())
    return {"scores": listed, "found": str(len(result.detected_ids)), "all": str(len(names))}


def counts(result: Result) -> Mapping[str, str]:
    """How many maps a class has, for the words of a step."""
    compared = len(result.candidate_ids)
    return {
        "layers": str(len(result.layers)),
        "scales": str(len(result.scales)),
        "N": str(compared),
        "others": str(max(0, compared - 1)),
    }


def where_the_raw_map_is_brightest(seen: AnswerContext) -> Verdict:
    """On the dog, on the bicycle, or elsewhere: by the labels at the peak of the dog's raw map."""
    result = seen.now
    dog, bicycle = class_id(result, "dog"), class_id(result, "bicycle")
    values = None if dog is None else raw_map(result, dog)
    if dog is None or values is None or result.segmentation is None:
        return missing("a dog")
    row, col = divmod(int(values.argmax()), values.shape[1])
    labels = result.segmentation.labels
    at = (row * labels.shape[0] // values.shape[0], col * labels.shape[1] // values.shape[1])
    label = int(labels[at])
    name = "background" if label == 0 else result.model.class_names[label - 1]
    right = 0 if label == dog + 1 else 1 if bicycle is not None and label == bicycle + 1 else 2
    return Verdict(
        right, f"Its largest value, {short(float(values.max()))}, lies at {at}, and the label there is {name}."
    )


def which_layer_is_finest(seen: AnswerContext) -> Verdict:
    """The first or the last layer of the method, by the sizes of their raw maps."""
    result = seen.now
    scale = result.scales[-1]
    sizes = [result.raw[scale, layer].shape[1:] if (scale, layer) in result.raw else (0, 0) for layer in result.layers]
    first, last = sizes[0], sizes[-1]
    if first[0] == last[0]:
        return Verdict(None, f"Both have {first[0]} × {first[1]} values at {scale} px.")
    return Verdict(
        0 if first[0] > last[0] else 1,
        f"At {scale} px {result.layers[0]} has {first[0]} × {first[1]} values, "
        f"{result.layers[-1]} {last[0]} × {last[1]}.",
    )


def roughness(result: Result, name: str) -> float | None:
    """Mean step between neighbouring values of the class's finest raw map over its mean value, None without one."""
    wanted = class_id(result, name)
    if wanted is None or wanted not in result.candidate_ids:
        return None
    row = result.candidate_ids.index(wanted)
    values = max((maps[row] for maps in result.raw.values()), key=lambda one: one.size).astype(np.float64)
    mean = float(values.mean())
    steps = (np.abs(np.diff(values, axis=0)).mean() + np.abs(np.diff(values, axis=1)).mean()) / 2
    return float(steps) / mean if mean > 0 else None


def rougher_or_smoother(seen: AnswerContext) -> Verdict:
    """Whether the dog's finest raw map is rougher now, about as before, or smoother."""
    before, now = roughness(seen.before, "dog"), roughness(seen.now, "dog")
    if before is None or now is None:
        return missing("a dog")
    right = 0 if now > 1.05 * before else 2 if now < before / 1.05 else 1
    rules = [result.request.settings.method.attribution for result in (seen.before, seen.now)]
    return Verdict(
        right,
        f"Neighbouring values differ by {100 * before:.0f} % of the mean under {rules[0]} "
        f"and by {100 * now:.0f} % under {rules[1]}.",
    )


def alike(first: Map, second: Map) -> float:
    """Pearson's correlation of two maps, 0 where one is flat."""
    one, other = (np.asarray(values, np.float64).ravel() for values in (first, second))
    one, other = one - one.mean(), other - other.mean()
    spread = float(np.sqrt((one @ one) * (other @ other)))
    return 0.0 if spread == 0 else float(one @ other) / spread


def likeness(result: Result) -> tuple[float, float] | None:
    """Correlation of dog and bicycle, of their raw maps and of their distinct maps; None where one is not found."""
    dog, bicycle = class_id(result, "dog"), class_id(result, "bicycle")
    if dog is None or bicycle is None:
        return None
    raws, distincts = (
        [raw_map(result, one) for one in (dog, bicycle)],
        [distinct_map(result, one) for one in (dog, bicycle)],
    )
    if raws[0] is None or raws[1] is None or distincts[0] is None or distincts[1] is None:
        return None
    return alike(raws[0], raws[1]), alike(distincts[0], distincts[1])


def how_alike_raw_maps_are(seen: AnswerContext) -> Verdict:
    found = likeness(seen.now)
    if found is None:
        return missing("dog", "bicycle")
    raw = found[0]
    return Verdict(0 if raw < 0.3 else 1 if raw <= 0.7 else 2, f"Their correlation is {_number(raw)}.")


def most_alike_pair(seen: AnswerContext) -> Verdict:
    """Dog and bicycle, one of them with another class, or two others: the pair with the most alike raw maps."""
    result = seen.now
    ids, maps = result.candidate_ids, result.raw_class_maps
    if len(ids) < 3:
        return Verdict(None, "Fewer than three classes are compared here, so there is nothing to choose from.")
    pairs = {(ids[a], ids[b]): alike(maps[a], maps[b]) for a in range(len(ids)) for b in range(a + 1, len(ids))}
    best = max(pairs, key=lambda pair: pairs[pair])
    names = [result.model.class_names[one] for one in best]
    known = len({"dog", "bicycle"}.intersection(names))
    return Verdict(
        {2: 0, 1: 1, 0: 2}[known], f"{names[0]} and {names[1]}, with a correlation of {_number(pairs[best])}."
    )


def more_or_less_alike(seen: AnswerContext) -> Verdict:
    found = likeness(seen.now)
    if found is None:
        return missing("dog", "bicycle")
    raw, distinct = found
    right = 0 if distinct > raw + 0.02 else 2 if distinct < raw - 0.02 else 1
    return Verdict(
        right, f"The correlation is {_number(raw)} between raw maps and {_number(distinct)} between distinct ones."
    )


def what_n_0_leaves(seen: AnswerContext) -> Verdict:
    """The raw map, an empty one, or what it was: the dog's distinct map without a subtraction."""
    result = seen.now
    dog = class_id(result, "dog")
    values = None if dog is None else distinct_map(result, dog)
    before = None if dog is None else distinct_map(seen.before, dog)
    raw = None if dog is None else raw_map(result, dog)
    if values is None or before is None or raw is None:
        return missing("a dog")
    raw = raw if raw.shape == values.shape else _stretched(raw, values.shape)
    to_raw, to_before = (float(np.abs(values - other).mean()) for other in (raw, before))
    empty = float(np.abs(values).mean())
    distances = (to_raw, empty, to_before)
    return Verdict(
        distances.index(min(distances)),
        f"On average it is {short(to_raw)} away from the raw map, {short(to_before)} from what it was before, "
        f"and {short(empty)} from nothing.",
    )


def how_much_the_crf_relabels(seen: AnswerContext) -> Verdict:
    segmentation = seen.now.segmentation
    if segmentation is None:
        return Verdict(None, "There are no labels yet.")
    share = float(np.mean(segmentation.labels != segmentation.labels_before_crf))
    return Verdict(0 if share < 0.02 else 1 if share <= 0.1 else 2, f"{100 * share:.1f} % of the pixels changed label.")


def which_step_changes_most(seen: AnswerContext) -> Verdict:
    """The first step, a later one of the first half, or one of the second half."""
    changed = () if seen.now.segmentation is None else seen.now.segmentation.changed
    if not changed:
        return Verdict(None, "The CRF made no step here.")
    best = int(np.argmax(changed))
    right = 0 if best == 0 else 1 if best < len(changed) / 2 else 2
    return Verdict(
        right, f"Step {best + 1} of {len(changed)} changed {100 * changed[best]:.2f} % of the pixels, the most."
    )


def longer_or_shorter_borders(seen: AnswerContext) -> Verdict:
    segmentation = seen.now.segmentation
    if segmentation is None:
        return Verdict(None, "There are no labels yet.")
    before, after = border_px(segmentation.labels_before_crf), border_px(segmentation.labels)
    right = 0 if after < 0.98 * before else 2 if after > 1.02 * before else 1
    return Verdict(right, f"The borders between labels are {before} px long before the CRF and {after} px after it.")


def border_px(labels: NDArray[np.uint16]) -> int:
    """How many pairs of neighbouring pixels have two different labels."""
    return int((labels[1:] != labels[:-1]).sum() + (labels[:, 1:] != labels[:, :-1]).sum())


def _stretched(values: Map, shape: tuple[int, ...]) -> Map:
    rows = np.arange(shape[0]) * values.shape[0] // shape[0]
    cols = np.arange(shape[1]) * values.shape[1] // shape[1]
    stretched: Map = values[rows][:, cols]
    return stretched


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
