"""The forms of the method as named sets of constants, published but for one, for engine, command line and window.

All are settings of one arithmetic (`engine.subtraction`); docs/method.md says where each constant comes from.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from dcsm_viewer.core.settings import MethodSettings, PresetName

if TYPE_CHECKING:
    from collections.abc import Mapping

# The defaults of MethodSettings are this preset. Ours, chosen by measurement (docs/evaluation.md): each layer is
# normalised once, as in the paper's equations; the second tanh of its code, left out here, lifts a class map of 0.18
# to an even chance, and labels cover too much; a class is found by its mean score, because one scale is often mistaken.
_TUNED = MethodSettings()

# The authors' MatConvNet release, which made the paper's numbers.
_PAPER = replace(_TUNED, preset="paper", score_reduction="max", normalise="pair", final_tanh=True)

_CAFFE = MethodSettings(
    preset="caffe",
    min_candidates=3,
    scales=(512,),
    canvas_px=512,
    fit="stretch",
    channel_reduction="signed",
    subtract_at="layer",
    upsampling="corner",
    normalise="pair_and_layer",
    negative_mode="keep",
    score_reduction="max",
    skip_undetected_scales=False,
    final_tanh=False,
    maps_for="candidates",
)

_FORMULA = MethodSettings(
    preset="formula",
    normalise="layer",
    negative_mode="clamp",
    score_reduction="max",
    skip_undetected_scales=False,  # equation 3 sums over all scales
    final_tanh=False,
)

_SIMONYAN = MethodSettings(
    preset="simonyan",
    min_candidates=0,
    scales=(500,),
    layers=("input",),
    alpha=0.1,  # Simonyan et al. have no tanh: tanh(0.1 x), scaled back to [0, 1], is x within 0.0013
    attribution="gradient",
    normalise="layer",
    negative_mode="clamp",
    score_reduction="max",
    skip_undetected_scales=False,
    final_tanh=False,
)

# Baselines of others: one map a class and scale, nothing subtracted, and as for Simonyan et al. practically no tanh.
_GRADCAM = replace(_SIMONYAN, preset="gradcam", layers=(), attribution="gradcam", channel_reduction="signed")
_FINERCAM = replace(_GRADCAM, preset="finercam", attribution="finercam")

PRESETS: Mapping[PresetName, MethodSettings] = MappingProxyType(
    {
        "paper": _PAPER,
        "tuned": _TUNED,
        "caffe": _CAFFE,
        "formula": _FORMULA,
        "simonyan": _SIMONYAN,
        "gradcam": _GRADCAM,
        "finercam": _FINERCAM,
    }
)

PRESET_TITLES: Mapping[PresetName, str] = MappingProxyType(
    {
        "paper": "Paper (MatConvNet release)",
        "tuned": "Tuned (default)",
        "caffe": "Caffe release",
        "formula": "Formulae of the paper",
        "simonyan": "Plain gradient (Simonyan et al.)",
        "gradcam": "Grad-CAM",
        "finercam": "FinerCAM",
    }
)

PRESET_DESCRIPTIONS: Mapping[PresetName, str] = MappingProxyType(
    {
        "paper": "As the authors' MatConvNet code, which made the paper's numbers: three scales, each pair of classes "
        "normalised by itself, maps for the classes above the threshold.",
        "tuned": "As Paper, but classes detected by their mean score over the scales, each layer normalised once for "
        "all rivals, and no final tanh: chosen by measurement on scenes with known masks. Ours, not published.",
        "caffe": "As the authors' Caffe code: one stretched 512 px image, the three best classes whatever they score, "
        "subtraction at each layer's own size, negatives kept until the end.",
        "formula": "As the paper's equations 1 to 3 read: rivals are clamped and summed first, then each layer is "
        "normalised once, and layers and scales are averaged.",
        "simonyan": "The baseline without guidance or subtraction: the largest absolute gradient over the colour "
        "channels of the network input, at one scale.",
        "gradcam": "The baseline Grad-CAM: the last features, weighted by their mean gradients. Needs the extra "
        "'baselines' (the package grad-cam).",
        "finercam": "The baseline FinerCAM: Grad-CAM of what a class scores above the three classes nearest to it. "
        "Needs the extra 'baselines' (the package grad-cam).",
    }
)


def is_modified(method: MethodSettings) -> bool:
    """Return True if any constant differs from the preset the settings are named after, the threshold included."""
    return method != PRESETS[method.preset]
