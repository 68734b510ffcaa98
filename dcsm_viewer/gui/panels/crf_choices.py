"""Whose CRF constants the settings are, and what may be said of the two backends: no widgets."""

from __future__ import annotations

from dataclasses import fields, replace
from importlib.util import find_spec

from dcsm_viewer.core.crf_presets import CRF_PRESETS
from dcsm_viewer.core.settings import CrfBackend, CrfSettings

BACKENDS: dict[CrfBackend, str] = {"torch": "Torch", "pydensecrf": "pydensecrf"}


def preset_of(crf: CrfSettings, picked: str = "") -> str | None:
    """Name of the preset whose constants these are, among equals the one `picked` last; None if there is none."""
    for name in sorted(CRF_PRESETS, key=lambda name: name != picked):
        if in_place(name, crf) == crf:
            return name
    return None


def nearest_preset(crf: CrfSettings, picked: str = "") -> str:
    """The preset these constants were made from: the one `picked`, else the one with most constants in common."""
    exact = preset_of(crf, picked)
    if exact is not None or picked:
        return exact or picked
    return max(CRF_PRESETS, key=lambda name: len(fields(crf)) - len(modified(name, crf)))


def modified(name: str, crf: CrfSettings) -> tuple[str, ...]:
    """Names of the fields that are others than in the preset."""
    preset = in_place(name, crf)
    return tuple(field.name for field in fields(crf) if getattr(preset, field.name) != getattr(crf, field.name))


def in_place(name: str, crf: CrfSettings) -> CrfSettings:
    """The preset's constants, switched on or off and by the backend as `crf` has it."""
    return replace(CRF_PRESETS[name].settings, enabled=crf.enabled, backend=crf.backend)


def is_usable(backend: CrfBackend) -> bool:
    # Asked of the module's name alone: the window imports neither the backend nor the engine.
    return backend == "torch" or find_spec(backend) is not None


def backend_words(backend: CrfBackend, *, other_is_there: bool) -> str:
    """One sentence on the backend in use, and how to get the other one where it is missing."""
    if backend == "pydensecrf":
        return "The original C++ on one thread, rebuilt at every change: for comparison."
    if not other_is_there:
        return "pydensecrf is not installed; run `pip install pydensecrf2` where there is a C++ compiler."
    return "Ours: keeps what a moved slider leaves alone, on cpu, cuda and mps."
