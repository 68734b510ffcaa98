"""How the learning rate goes: up in a line, down along a cosine."""

from __future__ import annotations

import math

LEAST = 0.01


def rate_factor(step: int, steps: int, warm_up: int) -> float:
    """What the learning rate is multiplied with at `step` (from 0) of `steps`: (0, 1], at the end LEAST."""
    if step < warm_up:
        return (step + 1) / (warm_up + 1)
    along = (step - warm_up) / max(1, steps - 1 - warm_up)
    return LEAST + (1 - LEAST) * 0.5 * (1 + math.cos(math.pi * min(1.0, along)))
