"""Answers as the engine would give them to the sanity bench, faithfulness and the microscope, made in no time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dcsm_viewer.core.settings import BackwardMode
from dcsm_viewer.queries.faithfulness_query import (
    CURVES,
    RANKINGS,
    Faithfulness,
    FaithfulnessCurve,
    FaithfulnessQuestion,
)
from dcsm_viewer.queries.gradient_query import MODES, Gate, GateChannel, GradientAnswer, GradientQuestion, LayerGradient
from dcsm_viewer.queries.query import Query
from dcsm_viewer.queries.randomization_query import RandomizationQuestion, RandomizationSeries, RandomizationStep

SANITY_LAYERS = ("classifier", "head", "block1", "stem")
LAYERS = ("block1", "block0", "input")
RHOS: Mapping[int, tuple[float | None, float | None]] = {
    0: (1.0, 1.0), 1: (0.9, 0.2), 2: (0.7, -0.25), 3: (None, None), 4: (0.1, 0.05),
}  # fmt: skip


def series(query: Query, known: tuple[int, ...] = (0, 1, 2, 3, 4)) -> RandomizationSeries:
    question = query.question
    assert isinstance(question, RandomizationQuestion)
    h, w = query.request.image.shape
    ramp = np.linspace(0, 1, h * w, dtype=np.float32).reshape(h, w)
    steps = {k: RandomizationStep(k, ramp, ramp[::-1].copy(), *RHOS[k], score=0.9 - 0.2 * k) for k in known}
    return RandomizationSeries(question, SANITY_LAYERS, steps)


def first_steps(query: Query) -> RandomizationSeries:
    return series(query, (0, 1))


def faithfulness(query: Query) -> Faithfulness:
    question = query.question
    assert isinstance(question, FaithfulnessQuestion)
    shares = tuple(step / question.steps for step in range(question.steps + 1))
    curves = {}
    for curve in CURVES:
        for by in RANKINGS:
            area = {"raw": 0.4, "distinct": 0.3}[by] + (0.3 if curve == "insertion" else 0.0)
            scores = tuple(1 - share if curve == "deletion" else share for share in shares)
            curves[curve, by] = FaithfulnessCurve(shares, scores, 0.9 if by == "distinct" else 1.0, area)
    return Faithfulness(question, 500, 11.2, (127.0, 127.0, 127.0), curves)


def channels() -> tuple[GateChannel, ...]:
    """Let through by guided: the first; blocked: the second and third."""
    table = ((7, 0.5, 2.0), (3, 0.5, -2.0), (9, -0.5, 2.0))
    return tuple(
        GateChannel(channel, z, z > 0, {"gradient": g / 2, "deconvnet": 10 * g, "guided": g}) for channel, z, g in table
    )


def microscope(query: Query) -> GradientAnswer:
    question = query.question
    assert isinstance(question, GradientQuestion)
    gradients: dict[BackwardMode, Mapping[str, LayerGradient]] = {}
    for size, mode in enumerate(MODES, start=1):
        of_layer = {}
        for side, layer in zip((4, 8, 16), LAYERS, strict=True):
            ramp = np.linspace(0, size, side * side, dtype=np.float32)
            largest = ramp.reshape(side, side)
            of_layer[layer] = LayerGradient(largest, side, size * side, 0.25 * size, 0.01 * (size - 1))
        gradients[mode] = of_layer
    gate = None
    if question.unit is not None:
        passed: dict[BackwardMode, float] = {"gradient": 0.5, "deconvnet": 0.5, "guided": 0.25}
        found = () if question.unit.layer == "input" else channels()
        gate = Gate(question.unit, "ReLU of somewhere", len(found), found, 0.5, passed)
    return GradientAnswer(question, LAYERS, gradients, 160, (20, 0, 120, 160), gate)
