"""Which activations a network has, and so for which of them the rules of a ReLU are defined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

RULES_OF_RELU = ("guided", "deconvnet")
_DEFINED = "take gradient or Grad-CAM"


@dataclass(frozen=True, slots=True)
class Activations:
    """The activations that one forward pass went through.

    relus: ReLU, ReLU6 and what amounts to one. gates: sigmoids that multiply whole channels (squeeze-and-excitation):
    no activations of the path, they pass gradients plainly. others: how many by name.
    """

    relus: int
    gates: int
    others: Mapping[str, int]

    @property
    def undefined(self) -> Mapping[str, str]:
        """Return, for each rule of a ReLU that this network has no definition of, the sentence that says why."""
        if self.relus and not self.others:
            return {}
        if not self.relus and not self.others:
            why = "this network has no ReLU"
        else:
            count = sum(self.others.values())
            names = " and ".join(sorted(self.others))
            verb = "is" if count == 1 else "are"
            why = f"{count} of {count + self.relus} activations {verb} {names}"
        names_of = {"guided": "Guided back-propagation", "deconvnet": "Deconvnet"}
        return {rule: f"{names_of[rule]} is not defined here: {why}; {_DEFINED}." for rule in RULES_OF_RELU}

    @property
    def note(self) -> str:
        """Return what to know of the gates, "" where there are none or where it does not matter."""
        if not self.gates or self.undefined:
            return ""
        verb = "sigmoid scales" if self.gates == 1 else "sigmoids scale"
        return f"{self.gates} {verb} whole channels; gradients pass them plainly, also where they are guided."


class ActivationCounter:
    """Counts the activations of a forward pass as they are called."""

    def __init__(self) -> None:
        self._relus = 0
        self._gates = 0
        self._others: Counter[str] = Counter()

    def count_relu(self) -> None:
        """Count one ReLU."""
        self._relus += 1

    def count(self, func: Callable[..., Any], result: object) -> None:
        """Count the call of `func` if that is an activation."""
        name = _NAMES.get(func)
        if name is None or not isinstance(result, Tensor):
            return
        if name in _SIGMOIDS and result.numel() == result.shape[0] * max(result.shape[1:], default=1):
            self._gates += 1
        else:
            self._others[name] += 1

    def counted(self) -> Activations:
        """Return what was counted so far."""
        return Activations(self._relus, self._gates, dict(self._others))


_SIGMOIDS = frozenset(("sigmoid", "hard sigmoid"))
_FUNCTIONS: dict[str, tuple[str, ...]] = {
    "SiLU": ("silu",),
    "GELU": ("gelu",),
    "hard swish": ("hardswish",),
    "Mish": ("mish",),
    "ELU": ("elu", "elu_"),
    "SELU": ("selu", "selu_"),
    "CELU": ("celu", "celu_"),
    "leaky ReLU": ("leaky_relu", "leaky_relu_"),
    "randomized leaky ReLU": ("rrelu", "rrelu_"),
    "PReLU": ("prelu",),
    "softplus": ("softplus",),
    "softsign": ("softsign",),
    "tanh": ("tanh", "tanh_"),
    "hard tanh": ("hardtanh", "hardtanh_"),
    "sigmoid": ("sigmoid", "sigmoid_"),
    "hard sigmoid": ("hardsigmoid",),
}
_NAMES: dict[Callable[..., Any], str] = {
    getattr(home, function): name
    for name, functions in _FUNCTIONS.items()
    for function in functions
    for home in (F, torch, Tensor)
    if hasattr(home, function)
}
