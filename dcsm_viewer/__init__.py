"""Distinct class-specific saliency maps (DCSM): engine, window, command line, and a Python API (docs/api.md).

    import dcsm_viewer as dv

    model = dv.load_model("lite0-voc")
    result = dv.explain(model, "photo.jpg")
    result.save("out")

Importing the package loads neither torch nor Qt; the first call does.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["Explanation", "Model", "UserError", "WindowHandle", "crf", "explain", "load_model", "show", "wrap"]

_HOMES = {
    "Explanation": "dcsm_viewer.api.explanation",
    "Model": "dcsm_viewer.api.model",
    "UserError": "dcsm_viewer.core.types",
    "WindowHandle": "dcsm_viewer.api.open_window",
    "explain": "dcsm_viewer.api.explain",
    "load_model": "dcsm_viewer.api.model",
    "show": "dcsm_viewer.api.open_window",
    "wrap": "dcsm_viewer.api.model",
}


def __getattr__(name: str) -> Any:
    if name == "crf":
        return import_module("dcsm_viewer.engine.crf")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'dcsm_viewer' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
