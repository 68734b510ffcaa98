"""Mean-field inference in the fully connected CRF (Kraehenbuehl and Koltun 2011, algorithm 1), in torch."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.crf.kernels import Compatibility
from dcsm_viewer.engine.crf.lattice import Lattice, sum_of_slices
from dcsm_viewer.engine.crf.products import CsrLatticeFilter, csr_width
from dcsm_viewer.engine.crf.steps import MeanFieldStep
from dcsm_viewer.engine.runtime.mkl_warm_up import warm_up_mkl

# exp stays finite and not all zero while the largest logit is in [0, this]; otherwise it is taken off first.
_SAFE_LOGIT = 60.0
_LARGEST_COMPAT = 1e6
_LARGEST_UNARY = 1e30
# The unary of a column that stands for no label. Its marginal stays below e^-30, which float32 does not see beside the
# others' sum of 1; a larger one would make exp underflow, which takes several times as long.
_IMPROBABLE = 30.0
# Q log Q is 0 at Q = 0; the least normal float32 stands in for 0 inside the log.
_LEAST_PROBABILITY = 1.2e-38


class MeanField:
    """Marginals Q of the CRF, updated all at once per step: Q <- softmax(-unary + messages(Q)).

    Pixels are rows and labels columns inside, as the lattice wants them, and the image's shape outside.
    Each sum is made in a fixed order, so the number of threads does not matter. On CUDA `advance` waits for nothing;
    `step` and `energy` wait once, for their numbers.
    """

    def __init__(
        self,
        unary: Tensor,
        terms: Sequence[tuple[Lattice, Compatibility]],
        *,
        start: NDArray[np.float32] | Tensor | None = None,
    ) -> None:
        """Unary (L, H, W): energies in nats, finite, on the lattices' device. start: Q (L, H, W) to go on from.

        Raises UserError for a unary or weight that is not finite, or shapes that do not fit.
        """
        check_unary(unary)
        warm_up_mkl()
        labels, height, width = unary.shape
        self._shape = (height, width)
        self._labels = labels
        for lattice, _ in terms:
            if lattice.features != height * width:
                raise UserError(f"The CRF's lattice has {lattice.features} pixels, the unary {height * width}.")
        # More columns than labels need weights that let no logit of theirs come near the best label's.
        rewarding = all(not isinstance(compat, tuple) and compat >= 0 for _, compat in terms)
        columns = csr_width(labels, unary.device)
        if columns != labels and not rewarding:
            columns = None
        self._columns = labels if columns is None else columns
        self._products = None if columns is None else [CsrLatticeFilter(lattice, columns) for lattice, _ in terms]
        self._terms = [
            (lattice, _label_matrix(compat, labels, self._columns, unary.device)) for lattice, compat in terms
        ]
        # Softmax ignores what all labels share. With the best label at 0, exp cannot overflow and needs no maximum.
        rows = unary.detach().reshape(labels, -1).to(torch.float32)
        least = rows.amin(0)
        self._least_sum = _exact_sum(least)
        self._unary = _as_rows(rows.sub(least).clamp_(max=_LARGEST_UNARY), self._columns, beyond=_IMPROBABLE)
        # Whether logits stay where exp is safe is not known before the first messages; on a GPU asking would mean
        # waiting, and taking the largest off costs nothing there.
        self._may_be_safe = unary.device.type == "cpu" and rewarding
        self._safe: bool | None = None
        self._next_logits: Tensor | None = None
        self._spare: Tensor | None = None
        self._best: Tensor | None = None
        self._iteration = 0
        if start is None:
            self._q = self._softmax(self._unary.neg(), safe=True)
        else:
            given = torch.as_tensor(start, dtype=torch.float32, device=unary.device)
            if given.shape != unary.shape:
                raise UserError(f"The CRF was given a start of shape {tuple(given.shape)}, not {tuple(unary.shape)}.")
            if not bool((torch.isfinite(given) & (given >= 0)).all()):
                raise UserError("The CRF was given a start that is no probability everywhere; begin without one.")
            planes = given.reshape(labels, -1) + 1e-30
            self._q = _as_rows(planes.div_(planes.sum(0)), self._columns, beyond=0.0)

    @property
    def iteration(self) -> int:
        """The number of updates so far."""
        return self._iteration

    @torch.no_grad()
    def advance(self, iterations: int) -> None:
        """Run that many updates without measuring them."""
        for _ in range(iterations):
            if self._next_logits is None:
                logits = self._logits(into=self._q)
            else:
                logits, self._next_logits, self._spare = self._next_logits, None, self._q
            self._q = self._softmax(logits, safe=self._safe is True)
            self._best = None
            self._iteration += 1

    def step(self) -> MeanFieldStep:
        """Run one update and return its numbers."""
        begun = time.perf_counter()
        before = self._best_labels()
        self.advance(1)
        changed = float((self._best_labels() != before).float().mean())
        energy = self.energy()
        return MeanFieldStep(self._iteration, energy, changed, (time.perf_counter() - begun) * 1e3)

    @torch.no_grad()
    def energy(self) -> float:
        """Free energy in nats per pixel; see Step.energy. The logits found here serve the next update."""
        q, runs = self._q, self._shape[0]
        scratch, self._spare = torch.empty_like(q) if self._spare is None else self._spare, None
        total = _summed_product(torch.clamp(q, min=_LEAST_PROBABILITY, out=scratch).log_(), q, into=scratch, runs=runs)
        if self._next_logits is None:
            self._next_logits = self._logits(into=scratch)
        # unary - messages/2, from logits = messages - unary.
        per_value = torch.sub(self._unary, self._next_logits)
        total += _summed_product(per_value, q, into=per_value, runs=runs) / 2
        return (total + self._least_sum) / q.shape[0]

    def q(self) -> NDArray[np.float32]:
        """Return the present marginals (L, H, W)."""
        rows = self._q[:, : self._labels].cpu().numpy()
        # A copy even where one label makes the transposed array contiguous as it is: the next update is done in place.
        return np.array(rows.T, order="C").reshape(self._labels, *self._shape)

    def labels(self) -> NDArray[np.uint16]:
        """Return the most probable label (H, W)."""
        return self._best_labels().view(self._shape).cpu().numpy().astype(np.uint16)

    def _best_labels(self) -> Tensor:
        if self._best is None:
            self._best = _first_largest(self._q[:, : self._labels])
        return self._best

    def _logits(self, *, into: Tensor) -> Tensor:
        """What the next update takes the softmax of, (N, columns): messages - unary; `into`, used up, may be q itself.

        With Potts weights the messages of a pixel are not negative and, as each Q sums to 1, have the same sum in
        every step. With the best label's unary at 0, the largest logit then lies between 0 and that sum.
        """
        if not self._terms:
            self._safe = True
            return torch.neg(self._unary, out=into)
        if self._safe is None:
            # Only once are the messages needed for themselves: to see whether logits can grow out of exp's range.
            messages = self._sum_of_messages(into=into, less_unary=False)
            self._safe = self._may_be_safe and float(_row_sums(messages).max()) < _SAFE_LOGIT
            return messages.sub_(self._unary)
        return self._sum_of_messages(into=into, less_unary=True)

    def _sum_of_messages(self, *, into: Tensor, less_unary: bool) -> Tensor:
        """What all other pixels say for each label of each pixel, (N, columns), perhaps less the unary."""
        if self._products is None:
            points = [(lattice, _weighed(lattice.blurred(self._q), matrix)) for lattice, matrix in self._terms]
            messages = sum_of_slices(points, self._q.shape[0], scratch=into)
            return messages.sub_(self._unary) if less_unary else messages
        weighed = [
            _weighed(product.blurred(self._q), matrix)
            for product, (_, matrix) in zip(self._products, self._terms, strict=True)
        ]
        base, beta = (self._unary, -1.0) if less_unary else (into, 0.0)
        for product, points_of_one in zip(self._products, weighed, strict=True):
            product.slice_onto(base, points_of_one, beta=beta, out=into)
            base, beta = into, 1.0
        return into

    def _softmax(self, logits: Tensor, *, safe: bool) -> Tensor:
        """Each row of logits (N, L), which is used up, made positive with sum 1.

        torch.softmax along a short last axis takes several times as long.
        """
        if not safe:
            logits -= logits.amax(1, keepdim=True)
        weights = logits.exp_()
        return weights.div_(_row_sums(weights))


def _as_rows(planes: Tensor, columns: int, *, beyond: float) -> Tensor:
    """Planes (L, N) as rows (N, columns), with `beyond` in the columns beyond the labels."""
    rows = planes.new_full((planes.shape[1], columns), beyond)
    if planes.device.type == "cpu":
        # numpy transposes three times as fast.
        np.copyto(rows.numpy()[:, : planes.shape[0]], planes.numpy().T)
    else:
        rows[:, : planes.shape[0]] = planes.t()
    return rows


def _row_sums(rows: Tensor) -> Tensor:
    """The sum of each row of (N, L), (N, 1).

    Not a product with ones, which is faster still: which order a matrix product adds in may depend on the number of
    threads, and a pixel undecided between two labels doubles a last-digit difference in every step.
    """
    columns = rows.unbind(1)
    if len(columns) > 4:
        return rows.sum(1, keepdim=True)
    total = columns[0].clone()
    for column in columns[1:]:
        total += column
    return total[:, None]


def _first_largest(rows: Tensor) -> Tensor:
    """The column of the largest value in each row of (N, L), the first where several are; (N,) integers."""
    if rows.device.type != "cpu":
        return rows.argmax(1)
    if rows.shape[1] > 8:
        # numpy's is twice as fast along a short axis.
        return torch.from_numpy(rows.numpy().argmax(1))
    # For so few labels whole planes are compared, by numpy too: torch takes five times as long to compare.
    first, *others = np.ascontiguousarray(rows.numpy().T)
    largest = first
    best = np.zeros(rows.shape[0], np.int8)
    for label, plane in enumerate(others, start=1):
        # Labels rise, so the last one that was larger than all before it is the maximum of those.
        higher = np.greater(plane, largest).view(np.int8)
        np.maximum(best, np.multiply(higher, np.int8(label), out=higher), out=best)
        largest = np.maximum(largest, plane, out=plane)
    return torch.from_numpy(best)


def _summed_product(one: Tensor, other: Tensor, *, into: Tensor, runs: int) -> float:
    """The sum of one * other (N, L): products and sums over `runs` runs of them in float32, and these in float64."""
    return _exact_sum(torch.mul(one, other, out=into).view(runs, -1).sum(1))


def _exact_sum(values: Tensor) -> float:
    """Return the sum in float64; mps has none, so its values are added on the CPU."""
    here = values.cpu() if values.device.type == "mps" else values
    return float(here.sum(dtype=torch.float64))


def check_unary(unary: Tensor | NDArray[np.float32]) -> None:
    """Raise UserError unless the unary is finite, (L, H, W), with at least one label and one pixel."""
    if unary.ndim != 3 or 0 in unary.shape:
        raise UserError(f"The CRF's unary has shape {tuple(unary.shape)}; it must be (labels, height, width), none 0.")
    # One pass; both are NaN if any value is.
    least, largest = torch.as_tensor(unary).aminmax()
    if not (math.isfinite(least) and math.isfinite(largest)):
        raise UserError("The CRF's unary is not finite everywhere; raise the unary floor above 0.")


def _label_matrix(compat: Compatibility, labels: int, columns: int, device: torch.device) -> Tensor:
    """What a message for label l' adds to the logit of label l: (), (columns,) or symmetric and square, float32.

    Columns beyond the labels neither say nor hear anything.
    """
    given = torch.tensor(compat, dtype=torch.float32, device=device)
    if not bool(torch.isfinite(given).all()) or bool((given.abs() > _LARGEST_COMPAT).any()):
        raise UserError(f"A CRF weight is {compat}; it must be a number of at most {_LARGEST_COMPAT:g}.")
    if given.ndim == 0:
        return given
    if given.shape not in {(labels,), (labels, labels)}:
        raise UserError(f"The CRF's compatibility has shape {tuple(given.shape)}; there are {labels} labels.")
    padding = (0, columns - labels) * given.ndim
    reward = -given if given.ndim == 1 else (given + given.t()) * -0.5
    return torch.nn.functional.pad(reward, padding)


def _weighed(points: Tensor, matrix: Tensor) -> Tensor:
    if matrix.ndim < 2:
        return points.mul_(matrix)
    # Not matmul: a process-wide setting may allow its products to be rounded to bfloat16 or TF32.
    return torch.stack([(points * row).sum(1) for row in matrix], 1)
