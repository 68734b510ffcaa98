"""From class maps to labels: the unary, the labels without a CRF, a preview and the exact CRF."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from dcsm_viewer.core.settings import CrfSettings
from dcsm_viewer.core.types import Segmentation, SourceImage, read_only
from dcsm_viewer.engine.arrays import to_array
from dcsm_viewer.engine.crf import (
    Kernel,
    Lattice,
    LatticeSource,
    MeanFieldStep,
    averaged,
    begin,
    lattice_for,
    preview,
    reduced_rgb,
    reduced_settings,
    unary_from_class_maps,
)
from dcsm_viewer.engine.stages.network_passes import Checkpoint
from dcsm_viewer.engine.stopwatch import Stopwatch

PREVIEW_PX = 128  # the longer side of a preview's image
PREVIEW_STEPS = 5  # after which few labels still change
MAX_CRF_PIXELS = 6_000_000  # of an image whose CRF runs at full size: some 2 GB with a few labels
STEPS_BYTES = 64 * 1024**2  # what the labels of all steps of one image may take


@dataclass(frozen=True, slots=True)
class Segmenter:
    """Labels of one image from class maps (T, H, W) in [0, 1], whose classes are `class_ids`.

    `maps_key` names the maps: together with the image and the settings it names the labels. `measured`: the CRF's
    steps are taken one by one, with energies and the labels after each, which costs about half as much again.
    """

    maps: Tensor
    maps_key: tuple[Hashable, ...]
    class_ids: tuple[int, ...]
    image: SourceImage
    settings: CrfSettings
    stopwatch: Stopwatch
    checkpoint: Checkpoint
    measured: bool = True

    @property
    def note(self) -> str | None:
        """A sentence where the CRF does not see the image at full size."""
        if not self.has_crf or self.factor == 1:
            return None
        megapixels = self.image.shape[0] * self.image.shape[1] / 1e6
        return f"The image has {megapixels:.0f} megapixels; the CRF ran at 1/{self.factor} of its width and height."

    @property
    def is_cached(self) -> bool:
        """Whether `exact` would only have to look it up."""
        return self.stopwatch.has("segmentation", self._key)

    def without_crf(self) -> Segmentation:
        """Label each pixel by the unary alone."""
        return self.stopwatch.timed("segmentation", lambda: self._before_crf(self.unary()), pieces=0)

    def preview(self) -> Segmentation:
        """About what `exact` will give, in a few hundredths of its time; no energy."""
        return self.stopwatch.timed("segmentation", self._preview, pieces=0)

    def exact(self) -> Segmentation:
        """Label the image by `settings.iterations` CRF steps, if it is enabled; stops where the checkpoint says."""
        return self.stopwatch.get("segmentation", self._key, self._exact)

    @property
    def _key(self) -> tuple[Hashable, ...]:
        return (self.image.digest, self.maps_key, self.class_ids, self.settings, self.measured)

    @property
    def factor(self) -> int:
        """How many times smaller the image is for the CRF; 1 but for very large ones."""
        height, width = self.image.shape
        return max(1, math.ceil(math.sqrt(height * width / MAX_CRF_PIXELS)))

    @property
    def _preview_factor(self) -> int:
        return max(self.factor, -(-max(self.image.shape) // PREVIEW_PX))

    @property
    def has_crf(self) -> bool:
        """Whether there is a CRF to run."""
        # With background alone there is nothing to decide.
        return self.settings.enabled and bool(self.class_ids)

    def unary(self) -> Tensor:
        """Energies (T+1, H, W) in nats, background first."""
        return self._unary_of(self.maps)

    def _unary_of(self, maps: Tensor) -> Tensor:
        settings = self.settings
        return unary_from_class_maps(
            maps,
            settings.unary_floor,
            background=settings.background,
            follows=settings.adaptive_background,
            sharpness=settings.sharpness,
        )

    def _before_crf(self, energies: Tensor) -> Segmentation:
        unary = to_array(energies)
        labels = self._labels(unary, np.less)
        return Segmentation(labels, labels, unary)

    def _preview(self) -> Segmentation:
        if not self.class_ids:
            return self._before_crf(self.unary())
        factor = self._preview_factor
        # All but the last enlarging happens on the small image: the logarithms of a large one alone take longer.
        small = self._unary_of(averaged(self.maps, factor))
        unary = to_array(self._enlarged(small, factor, "nearest"))
        labels = self._labels(unary, np.less)
        if not self.has_crf:
            return Segmentation(labels, labels, unary)
        # pydensecrf cannot keep its lattices, so the preview is always torch's: the same mathematics.
        settings = reduced_settings(replace(self.settings, backend="torch"), factor)
        inference = begin(small, self._rgb(factor), settings, lattices=self.lattices(factor))
        inference.advance(min(settings.iterations, PREVIEW_STEPS))
        q = to_array(self._enlarged(torch.from_numpy(inference.q()), factor, "bilinear"))
        return Segmentation(self._labels(q), labels, unary, q)

    def _enlarged(self, planes: Tensor, factor: int, mode: str) -> Tensor:
        """(L, H, W) of (L, h, w); the last squares may hang over the edge of the image, and are cut."""
        height, width = self.image.shape
        return F.interpolate(planes[None], scale_factor=float(factor), mode=mode)[0, :, :height, :width]

    def _reduced(self, unary: Tensor, before_crf: Segmentation, settings: CrfSettings, factor: int) -> Segmentation:
        q = preview(unary, self.image.rgb, settings, factor=factor, lattices=self.lattices(factor))
        return Segmentation(self._labels(q), before_crf.labels, before_crf.unary, read_only(q))

    def _exact(self) -> Segmentation:
        unary = self.unary()
        before_crf = self._before_crf(unary)
        if not self.has_crf:
            return before_crf
        self.checkpoint("segmentation", "lattices")
        if self.factor > 1:
            return self._reduced(unary, before_crf, self.settings, self.factor)
        inference = begin(unary, self.image.rgb, self.settings, lattices=self.lattices(1))
        if not self.measured:
            inference.advance(self.settings.iterations)
            q = read_only(inference.q())
            return Segmentation(self._labels(q), before_crf.labels, before_crf.unary, q)
        iterations, numbers = self.settings.iterations, self._numbers
        small = np.min_scalar_type(int(numbers[-1]))
        kept_at = sampled_iterations(iterations, before_crf.labels.size * small.itemsize)
        energy_before = inference.energy() if iterations else None
        steps: list[MeanFieldStep] = []
        kept: list[NDArray[np.uint8 | np.uint16]] = []
        for iteration in range(1, iterations + 1):
            self.checkpoint("segmentation", f"CRF, step {iteration}/{iterations}")
            steps.append(inference.step())
            if iteration in kept_at:
                kept.append(read_only(numbers.astype(small)[inference.labels()]))
        q = read_only(inference.q())
        return Segmentation(
            labels=self._labels(q),
            labels_before_crf=before_crf.labels,
            unary=before_crf.unary,
            q=q,
            energy=tuple(step.energy for step in steps),
            changed=tuple(step.changed_share for step in steps),
            energy_before=energy_before,
            step_ms=tuple(step.elapsed_ms for step in steps),
            step_labels=tuple(kept),
            step_iterations=kept_at,
        )

    def _rgb(self, factor: int) -> NDArray[np.uint8]:
        key = ("reduced", self.image.digest, factor)
        return self.stopwatch.intermediate("segmentation", key, lambda: reduced_rgb(self.image.rgb, factor))

    def lattices(self, factor: int) -> LatticeSource:
        """Return the source of the CRF's lattices for the image made `factor` times smaller."""

        def cached(kernel: Kernel) -> Lattice:
            def make() -> Lattice:
                return lattice_for(kernel, self.image.rgb if factor == 1 else self._rgb(factor), self.maps.device)

            key = ("lattice", self.image.digest, kernel, factor, self.maps.device)
            return self.stopwatch.intermediate("segmentation", key, make)

        return cached

    @property
    def _numbers(self) -> NDArray[np.uint16]:
        """The label of each place of the unary, ascending: 0 background, class id + 1."""
        return np.array([0, *(class_id + 1 for class_id in self.class_ids)], dtype=np.uint16)

    def _labels(self, values: NDArray[np.float32], beats: np.ufunc = np.greater) -> NDArray[np.uint16]:
        """Per pixel the label of the largest of (T+1, H, W), with `np.less` of the smallest; the first of equals."""
        best, labels = values[0].copy(), np.full(values.shape[1:], self._numbers[0])
        # A fifth of the time of argmax, which goes through the labels of each pixel on its own.
        for number, plane in zip(self._numbers[1:], values[1:], strict=True):
            wins = beats(plane, best)
            np.copyto(best, plane, where=wins)
            np.copyto(labels, number, where=wins)
        return read_only(labels)


def sampled_iterations(iterations: int, step_bytes: int, max_bytes: int = STEPS_BYTES) -> tuple[int, ...]:
    """Choose the steps whose labels are kept: all, or evenly spread ones that fit into memory; always the last.

    Parameters
    ----------
    iterations
        How many steps there are.
    step_bytes
        Memory of the labels of one step.
    max_bytes
        Memory of all kept labels.

    Returns
    -------
    tuple of int
        Numbers of steps, from 1, ascending.
    """
    count = min(iterations, max(1, max_bytes // max(1, step_bytes)))
    first = 1 if count == iterations else iterations / max(1, count)
    return tuple(round(step) for step in np.linspace(first, iterations, count).tolist())
