"""The same steps computed by pydensecrf, for results equal to its own."""

from __future__ import annotations

import importlib
import importlib.util
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.crf.kernels import GaussianKernel, Pairwise
from dcsm_viewer.engine.crf.lattice import Normalisation
from dcsm_viewer.engine.crf.mean_field import check_unary
from dcsm_viewer.engine.crf.steps import MeanFieldStep

_NORMALISATIONS: dict[Normalisation, str] = {
    "none": "NO_NORMALIZATION",
    "before": "NORMALIZE_BEFORE",
    "after": "NORMALIZE_AFTER",
    "symmetric": "NORMALIZE_SYMMETRIC",
}


def is_installed() -> bool:
    """Return True if the package can be imported."""
    return importlib.util.find_spec("pydensecrf") is not None


class PydensecrfMeanField:
    """Mean field by pydensecrf, one C++ call a step: it holds the interpreter lock inside a step, not between two.

    Building its lattices (in the constructor) and `energy` each hold the lock once as well. Nothing can be kept:
    a change of any setting means a new object.
    """

    def __init__(
        self,
        unary: NDArray[np.float32],
        rgb: NDArray[np.uint8],
        pairwise: Sequence[Pairwise],
        *,
        start: NDArray[np.float32] | None = None,
    ) -> None:
        """Unary (L, H, W) in nats; rgb (H, W, 3), may be read-only; start: Q (L, H, W) to go on from."""
        if not is_installed():
            raise UserError(
                "pydensecrf is not installed; run `pip install pydensecrf2` (needs a C++ compiler) or choose torch."
            )
        check_unary(unary)
        native: Any = importlib.import_module("pydensecrf.densecrf")
        labels, height, width = unary.shape
        self._unary = np.array(unary, np.float32, order="C").reshape(labels, -1)
        self._shape = (labels, height, width)
        self._crf: Any = native.DenseCRF2D(width, height, labels)
        self._crf.setUnaryEnergy(self._unary)
        # Its buffer must be writable and C-contiguous, which ours on purpose is not.
        own_rgb = np.array(rgb, np.uint8, order="C")
        for kernel, compat in ((each.kernel, each.compat) for each in pairwise):
            weight = np.asarray(compat, np.float32) if isinstance(compat, tuple) else float(compat)
            more = {"compat": weight, "normalization": getattr(native, _NORMALISATIONS[kernel.normalisation])}
            if isinstance(kernel, GaussianKernel):
                self._crf.addPairwiseGaussian(sxy=(kernel.sx, kernel.sy), **more)
                continue
            colour = (kernel.sr, kernel.sg, kernel.sb)
            self._crf.addPairwiseBilateral(sxy=(kernel.sx, kernel.sy), srgb=colour, rgbim=own_rgb, **more)
        self._state: tuple[Any, Any, Any] = self._crf.startInference()
        if start is not None:
            np.asarray(self._state[0])[:] = start.reshape(labels, -1)
        self._iteration = 0

    @property
    def iteration(self) -> int:
        """The number of updates so far."""
        return self._iteration

    def advance(self, iterations: int) -> None:
        """Run that many updates without measuring them."""
        for _ in range(iterations):
            self._crf.stepInference(*self._state)
            self._iteration += 1

    def step(self) -> MeanFieldStep:
        """Run one update and return its numbers."""
        begun = time.perf_counter()
        before = self.labels()
        self.advance(1)
        changed = float(np.mean(self.labels() != before))
        energy = self.energy()
        return MeanFieldStep(self._iteration, energy, changed, (time.perf_counter() - begun) * 1e3)

    def energy(self) -> float:
        """Free energy in nats per pixel; see Step.energy. Takes as long as a step."""
        q = self.q().reshape(self._shape[0], -1).astype(np.float64)
        alone = float(np.sum(q * (np.log(np.maximum(q, 1e-20)) + self._unary)))
        # klDivergence counts each pair of pixels twice.
        doubled = float(self._crf.klDivergence(self._state[0])) - alone
        return (alone + doubled / 2) / q.shape[1]

    def q(self) -> NDArray[np.float32]:
        """Return the present marginals (L, H, W)."""
        return np.array(self._state[0], np.float32).reshape(self._shape)

    def labels(self) -> NDArray[np.uint16]:
        """Return the most probable label (H, W)."""
        best: NDArray[np.intp] = self.q().argmax(0)
        return best.astype(np.uint16)
