"""The last step of the CRF at one pixel: unary, what each kernel brings from all other pixels, and the softmax."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from dcsm_viewer.engine.crf import BilateralKernel, Kernel, begin, pairwise_of
from dcsm_viewer.engine.map_pipeline import MapPipeline
from dcsm_viewer.engine.stages.pass_outputs import PassOutputs
from dcsm_viewer.engine.stages.segmentation import Segmenter
from dcsm_viewer.queries.pixel_query import CrfEntry, KernelEntry, PixelQuestion


@dataclass(frozen=True, slots=True)
class LastStep:
    """Input and messages of the last step: all float32 (L, H, W), messages one a kernel."""

    unary: NDArray[np.float32] = field(repr=False, compare=False)
    q_before: NDArray[np.float32] = field(repr=False, compare=False)
    kernels: tuple[tuple[str, float], ...]
    messages: tuple[NDArray[np.float32], ...] = field(repr=False, compare=False)


def crf_entry(question: PixelQuestion, stage: MapPipeline, outputs: PassOutputs) -> CrfEntry:
    """Trace the label at a pixel back to unary and kernels; the steps before the last run once for all pixels.

    Parameters
    ----------
    question
        The pixel.
    stage
        The pipeline of the request.
    outputs
        Raw maps of all scales.

    Returns
    -------
    CrfEntry
        Unary, messages and marginals of the pixel.
    """
    segmenter = stage.segmenter(outputs, stage.subtracted(outputs))
    labels = (0, *(class_id + 1 for class_id in segmenter.class_ids))
    iterations = segmenter.settings.iterations
    why_not = _why_not(segmenter)
    if why_not:
        unary = segmenter.unary()[:, question.row, question.col].tolist()
        return CrfEntry(labels, 0, tuple(unary), (), (), (), why_not)
    image, key = stage.passes.request.image, stage.subtraction_key(outputs)
    last = stage.passes.stopwatch.intermediate(
        "segmentation",
        ("ledger, last step", image.digest, key, segmenter.class_ids, segmenter.settings),
        lambda: _last_step(segmenter, stage),
    )
    at = (slice(None), question.row, question.col)
    messages = [np.asarray(each[at], np.float64) for each in last.messages]
    logits = np.sum(messages, axis=0) - last.unary[at].astype(np.float64)
    weights = np.exp(logits - logits.max())
    return CrfEntry(
        labels=labels,
        iterations=iterations,
        unary=_floats(last.unary[at]),
        kernels=tuple(
            KernelEntry(name, weight, _floats(message))
            for (name, weight), message in zip(last.kernels, messages, strict=True)
        ),
        q_before=_floats(last.q_before[at]),
        q=_floats(weights / weights.sum()),
    )


def _why_not(segmenter: Segmenter) -> str:
    if not segmenter.settings.enabled:
        return "The CRF is switched off: the label is that of the smallest unary."
    if not segmenter.has_crf:
        return "No class is detected: all is background, and there is nothing for the CRF to decide."
    if segmenter.settings.iterations == 0:
        return "The CRF has 0 iterations: the label is that of the smallest unary."
    if segmenter.factor > 1:
        return (
            f"The image is so large that the CRF ran at 1/{segmenter.factor} of its size; no message is a pixel's own."
        )
    return ""


def _last_step(segmenter: Segmenter, stage: MapPipeline) -> LastStep:
    rgb, settings = stage.passes.request.image.rgb, segmenter.settings
    unary = segmenter.unary()
    lattices = segmenter.lattices(1)
    inference = begin(unary, rgb, settings, lattices=lattices)
    for iteration in range(1, settings.iterations):
        stage.passes.checkpoint("segmentation", f"ledger, step {iteration}/{settings.iterations}")
        inference.advance(1)
    q = inference.q()
    rows = torch.from_numpy(q).reshape(q.shape[0], -1).t().contiguous().to(unary.device)
    kernels, messages = [], []
    for pairwise in pairwise_of(settings):
        weight = pairwise.compat
        assert not isinstance(weight, tuple), "settings have Potts weights only"
        message = lattices(pairwise.kernel).filtered(rows).t().reshape(q.shape) * weight
        kernels.append((_name(pairwise.kernel), weight))
        messages.append(message.cpu().numpy())
    return LastStep(unary.cpu().numpy(), q, tuple(kernels), tuple(messages))


def _name(kernel: Kernel) -> str:
    return "appearance" if isinstance(kernel, BilateralKernel) else "smoothness"


def _floats(values: NDArray[np.floating]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
