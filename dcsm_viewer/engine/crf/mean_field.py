"""Mean-field inference in the fully connected CRF (Kraehenbuehl and Koltun 2011, algorithm 1), in torch."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcsm_viewer.engine.crf.first_calls import make_first_calls
from dcsm_viewer.engine.crf.kernels import Compatibility
from dcsm_viewer.engine.crf.lattice import Lattice, sum_of_slices
from dcsm_viewer.engine.crf.steps import Step
from dcsm_viewer.values import UserError

# exp stays finite and not all zero while the largest logit is in [0, this]; otherwise it is taken off first.
_SAFE_LOGIT = 60.0
_LARGEST_COMPAT = 1e6
_LARGEST_UNARY = 1e30


class MeanField:
    """Marginals Q of the CRF, updated all at once per step: Q <- softmax(-unary + messages(Q)).

    Pixels are rows and labels columns inside, as the lattice wants them, and the image's shape at the doors.
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
        make_first_calls()
        labels, height, width = unary.shape
        self._shape = (height, width)
        self._labels = labels
        rows = unary.detach().reshape(labels, -1).to(torch.float32)
        # Softmax ignores what all labels share. With the best label at 0, exp cannot overflow and needs no maximum.
        least = rows.amin(0)
        self._least_sum = float(least.sum(dtype=torch.float64))
        self._unary = (rows - least).clamp_(max=_LARGEST_UNARY).t().contiguous()
        self._terms = [(lattice, _label_matrix(compat, labels, unary.device)) for lattice, compat in terms]
        for lattice, _ in terms:
            if lattice.features != height * width:
                raise UserError(f"The CRF's lattice has {lattice.features} pixels, the unary {height * width}.")
        # Whether logits stay where exp is safe is not known before the first messages; on a GPU asking would mean
        # waiting, and taking the largest off costs nothing there.
        self._may_be_safe = unary.device.type == "cpu" and _all_reward_agreement(self._terms)
        self._safe: bool | None = None
        self._messages: Tensor | None = None
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
            self._q = given.reshape(labels, -1).t().add(1e-30)
            self._q /= self._q.sum(1, keepdim=True)

    @property
    def iteration(self) -> int:
        return self._iteration

    @torch.no_grad()
    def advance(self, iterations: int) -> None:
        """That many updates, nothing measured."""
        for _ in range(iterations):
            messages = self._take_messages()
            if messages is None:
                self._q = self._softmax(self._unary.neg(), safe=True)
            else:
                safe = self._logits_stay_safe(messages)
                self._q = self._softmax(messages.sub_(self._unary), safe=safe)
            self._best = None
            self._iteration += 1

    def step(self) -> Step:
        """One update and its numbers."""
        begun = time.perf_counter()
        before = self._best_labels()
        self.advance(1)
        changed = (self._best_labels() != before).float().mean()
        energy = self.energy()
        return Step(self._iteration, energy, float(changed), (time.perf_counter() - begun) * 1e3)

    @torch.no_grad()
    def energy(self) -> float:
        """Free energy in nats per pixel; see Step.energy. The messages found here serve the next update."""
        q = self._q
        per_value = torch.xlogy(q, q).addcmul_(q, self._unary)
        if self._messages is None:
            self._messages = self._message_sum()
        if self._messages is not None:
            per_value.addcmul_(q, self._messages, value=-0.5)
        total = float(per_value.sum(dtype=torch.float64)) if q.device.type != "mps" else float(per_value.sum())
        return (total + self._least_sum) / q.shape[0]

    def q(self) -> NDArray[np.float32]:
        """The present marginals (L, H, W)."""
        return self._q.t().contiguous().view(self._labels, *self._shape).cpu().numpy()

    def labels(self) -> NDArray[np.uint16]:
        """The most probable label (H, W)."""
        return self._best_labels().view(self._shape).cpu().numpy().astype(np.uint16)

    def _best_labels(self) -> Tensor:
        if self._best is None:
            self._best = self._q.argmax(1)
        return self._best

    def _take_messages(self) -> Tensor | None:
        messages, self._messages = self._messages, None
        return self._message_sum() if messages is None else messages

    def _message_sum(self) -> Tensor | None:
        """What all other pixels say for each label of each pixel, (N, L); None without a pairwise term."""
        if not self._terms:
            return None
        points = [(lattice, _weighed(lattice.blurred(self._q), matrix)) for lattice, matrix in self._terms]
        return sum_of_slices(points, self._q.shape[0])

    def _logits_stay_safe(self, messages: Tensor) -> bool:
        """Whether no message (N, L), of this step or a later one, can exceed _SAFE_LOGIT.

        With Potts weights the messages of a pixel are not negative and, as each Q sums to 1, have the same sum in
        every step. With the best label's unary at 0, the largest logit then lies between 0 and that sum.
        """
        if self._safe is None:
            self._safe = self._may_be_safe and float(_row_sums(messages).max()) < _SAFE_LOGIT
        return self._safe

    def _softmax(self, logits: Tensor, *, safe: bool) -> Tensor:
        """Each row of logits (N, L), which is used up, made positive with sum 1.

        torch.softmax along a short last axis takes several times as long.
        """
        if not safe:
            logits -= logits.amax(1, keepdim=True)
        weights = logits.exp_()
        return weights.div_(_row_sums(weights))


def _all_reward_agreement(terms: Sequence[tuple[Lattice, Tensor]]) -> bool:
    return all(matrix.ndim == 0 and float(matrix) >= 0 for _, matrix in terms)


def _row_sums(rows: Tensor) -> Tensor:
    """The sum of each row of (N, L), (N, 1).

    Not a product with ones, which is faster still: which order a matrix product adds in may depend on the threads at
    hand, and a pixel undecided between two labels doubles a last-digit difference in every step.
    """
    columns = rows.unbind(1)
    if len(columns) > 4:
        return rows.sum(1, keepdim=True)
    total = columns[0].clone()
    for column in columns[1:]:
        total += column
    return total[:, None]


def check_unary(unary: Tensor | NDArray[np.float32]) -> None:
    """Nothing, for a finite unary (L, H, W) with at least one label and one pixel; UserError otherwise."""
    if unary.ndim != 3 or 0 in unary.shape:
        raise UserError(f"The CRF's unary has shape {tuple(unary.shape)}; it must be (labels, height, width), none 0.")
    if not bool(torch.isfinite(torch.as_tensor(unary)).all()):
        raise UserError("The CRF's unary is not finite everywhere; raise the unary floor above 0.")


def _label_matrix(compat: Compatibility, labels: int, device: torch.device) -> Tensor:
    """What a message for label l' adds to the logit of label l: (), (L,) or symmetric (L, L), float32."""
    given = torch.tensor(compat, dtype=torch.float32, device=device)
    if not bool(torch.isfinite(given).all()) or bool((given.abs() > _LARGEST_COMPAT).any()):
        raise UserError(f"A CRF weight is {compat}; it must be a number of at most {_LARGEST_COMPAT:g}.")
    if given.ndim == 0:
        return given
    if given.shape not in {(labels,), (labels, labels)}:
        raise UserError(f"The CRF's compatibility has shape {tuple(given.shape)}; there are {labels} labels.")
    if given.ndim == 1:
        return -given
    return (given + given.t()) * -0.5


def _weighed(points: Tensor, matrix: Tensor) -> Tensor:
    if matrix.ndim < 2:
        return points.mul_(matrix)
    # Not matmul: a process-wide setting may allow its products to be rounded to bfloat16 or TF32.
    return torch.stack([(points * row).sum(1) for row in matrix], 1)
