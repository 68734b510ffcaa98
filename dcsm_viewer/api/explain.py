"""One image explained by one model, in one call."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from itertools import count
from typing import Any

from dcsm_viewer.api.explanation import Explanation
from dcsm_viewer.api.image_input import source_image
from dcsm_viewer.api.model import Model
from dcsm_viewer.core import parameters
from dcsm_viewer.core.method_presets import PRESETS
from dcsm_viewer.core.settings import AttributionMethod, CrfSettings, MethodSettings, PresetName, Settings
from dcsm_viewer.core.types import Request, ResultPart, UserError

WANTED: frozenset[ResultPart] = frozenset(("labels", "raw_class_maps"))
_SERIALS = count(1)


def explain(
    model: Model,
    image: object,
    classes: Sequence[str | int] | None = None,
    *,
    n: int | None = None,
    preset: PresetName = "tuned",
    layers: Sequence[str] | None = None,
    scales: Sequence[int] | None = None,
    threshold: float | None = None,
    method: AttributionMethod | None = None,
    crf: bool | Mapping[str, Any] = True,
    **constants: Any,
) -> Explanation:
    """Compute the distinct class maps and labels of one image.

    Parameters
    ----------
    model
        From `load_model` or `wrap`.
    image
        A path or URL, PIL image, array or tensor: (H, W, 3), (H, W) or (3, H, W), uint8 or float in [0, 1].
    classes
        Names or ids of the classes that are there (image-level labels); None to let the network find them.
    n
        The least number of classes that are compared; 0 switches the subtraction off. None for the preset's.
    preset
        "tuned", "paper", "caffe", "formula", "simonyan", "gradcam", "finercam".
    layers
        Names or globs such as "layer[34]"; None for the model's default ones.
    scales
        Sides of the network input, px; None for the preset's.
    threshold
        Score in [0, 1] above which a class is detected; None for the preset's.
    method
        "guided", "gradient", "deconvnet", "gradcam", "finercam"; None for the preset's.
    crf
        False for labels without CRF; a mapping of fields of CrfSettings to change them.
    constants
        Any other field of MethodSettings, such as alpha.

    Returns
    -------
    Explanation

    Raises
    ------
    UserError
        For a class, layer, constant or value that there is not, an image that cannot be taken, a method that is not
        defined for the network.
    """
    if not isinstance(model, Model):
        raise UserError(f"explain takes a model of load_model or wrap, not a {type(model).__name__}.")
    given = {
        "min_candidates": n,
        "threshold": threshold,
        "attribution": method,
        "layers": None if layers is None else tuple(layers),
        "scales": None if scales is None else tuple(int(scale) for scale in scales),
        **constants,
    }
    with model.lock:
        model.refresh()
        settings = _settings(model, preset, given, crf)
        if classes is not None:
            settings = replace(settings, choice=replace(settings.choice, image_labels=_class_ids(model, classes)))
        parameters.check(settings)
        request = Request(next(_SERIALS), source_image(image), settings)
        return Explanation(model.engine.settle(request, want=WANTED))


def _settings(
    model: Model,
    preset: PresetName,
    given: Mapping[str, Any],
    crf: bool | Mapping[str, Any],  # as named
) -> Settings:
    if preset not in PRESETS:
        raise UserError(f"There is no preset '{preset}'; choose from {', '.join(PRESETS)}.")
    method = _changed(PRESETS[preset], given, "explain")
    wanted = crf if isinstance(crf, Mapping) else {"enabled": bool(crf)}
    return replace(model.settings, method=method, crf=_changed(CrfSettings(), wanted, "crf"))


def _changed(base: Any, given: Mapping[str, Any], owner: str) -> Any:
    known = [field.name for field in fields(MethodSettings if owner == "explain" else CrfSettings)]
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"it has {', '.join(known)}."
            raise UserError(f"{owner} has no constant '{name}'; {hint}")
    return replace(base, **{name: value for name, value in given.items() if value is not None})


def _class_ids(model: Model, classes: Sequence[str | int]) -> tuple[int, ...]:
    if isinstance(classes, str):
        classes = [classes]
    names = model.class_names
    ids = set()
    for each in classes:
        if isinstance(each, str):
            if each not in names:
                near = difflib.get_close_matches(each, names, n=3) or names[:5]
                raise UserError(f"{model.name} has no class '{each}'; it has {', '.join(near)}.")
            ids.add(names.index(each))
        elif 0 <= int(each) < len(names):
            ids.add(int(each))
        else:
            raise UserError(f"{model.name} has no class {each}; its ids are 0 to {len(names) - 1}.")
    if not ids:
        raise UserError("The list of classes is empty; name one, or leave it out to let the network find them.")
    return tuple(sorted(ids))
