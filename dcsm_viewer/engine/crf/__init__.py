"""The fully connected CRF: lattices built once, mean field in steps. docs/crf.md shows how to use it on its own."""

from __future__ import annotations

from dcsm_viewer.engine.crf.backends import (
    Availability,
    available_backends,
    averaged,
    begin,
    preview,
    reduced_rgb,
    reduced_settings,
)
from dcsm_viewer.engine.crf.footprint import footprint
from dcsm_viewer.engine.crf.kernels import (
    BilateralKernel,
    GaussianKernel,
    Kernel,
    LatticeSource,
    Pairwise,
    features_of,
    lattice_for,
    lattices_for,
    pairwise_of,
)
from dcsm_viewer.engine.crf.lattice import Lattice, Normalisation, build_lattice
from dcsm_viewer.engine.crf.mean_field import MeanField
from dcsm_viewer.engine.crf.pydensecrf_backend import PydensecrfMeanField
from dcsm_viewer.engine.crf.steps import Inference, MeanFieldStep, run
from dcsm_viewer.engine.crf.unary import unary_from_class_maps, unary_from_labels, unary_from_probabilities

__all__ = [
    "Availability",
    "BilateralKernel",
    "GaussianKernel",
    "Inference",
    "Kernel",
    "Lattice",
    "LatticeSource",
    "MeanField",
    "MeanFieldStep",
    "Normalisation",
    "Pairwise",
    "PydensecrfMeanField",
    "available_backends",
    "averaged",
    "begin",
    "build_lattice",
    "features_of",
    "footprint",
    "lattice_for",
    "lattices_for",
    "pairwise_of",
    "preview",
    "reduced_rgb",
    "reduced_settings",
    "run",
    "unary_from_class_maps",
    "unary_from_labels",
    "unary_from_probabilities",
]
