"""What a training says of itself while it runs, and the curve that is left of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TrainStep:
    """One step is done: `step` of `steps` in `epoch` (from 1) of `epochs`; images per second; seconds to the end."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    images_per_s: float
    left_s: float


@dataclass(frozen=True, slots=True)
class Epoch:
    """One point of the curve. loss: mean of the epoch, nats; rate: the classifier's learning rate at its end.

    validation_loss and mean_ap come with ap, by class name; all None where nothing is validated. mean_ap is over the
    classes that some validation image shows, the others have no ap.
    """

    epoch: int
    loss: float
    rate: float
    validation_loss: float | None
    mean_ap: float | None
    ap: dict[str, float] | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence for the user."""

    text: str


Event = TrainStep | Epoch | Note
