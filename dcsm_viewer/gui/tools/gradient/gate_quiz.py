"""Predict, then reveal: will guided back-propagation let this derivative through? With a running score."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dcsm_viewer.gui.canvas.value_ranges import short
from dcsm_viewer.queries.gradient_query import Gate, GateChannel, Unit


@dataclass(frozen=True, slots=True)
class Quiz:
    """The score over all gates, and how many channels of `gate_of` have been predicted."""

    right: int = 0
    answered: int = 0
    gate_of: Unit | None = None
    revealed: int = 0
    verdict: str = ""

    def at(self, gate: Gate) -> Quiz:
        """The same score; another gate starts from its first channel."""
        return self if gate.unit == self.gate_of else replace(self, gate_of=gate.unit, revealed=0, verdict="")

    def open_question(self, gate: Gate) -> GateChannel | None:
        """The channel to predict next, None when all of the gate are revealed."""
        revealed = self.at(gate).revealed
        return gate.channels[revealed] if revealed < len(gate.channels) else None

    def predict(self, gate: Gate, *, passes: bool) -> Quiz:
        """The score after this prediction, and what there is to say about it."""
        here = self.at(gate)
        channel = here.open_question(gate)
        if channel is None:
            return here
        is_right = channel.passes("guided") == passes
        verdict = f"{'Right' if is_right else 'No'}: {_reason(channel)}"
        return replace(
            here, right=here.right + is_right, answered=here.answered + 1, revealed=here.revealed + 1, verdict=verdict
        )

    def question(self, gate: Gate) -> str:
        channel = self.open_question(gate)
        if channel is None:
            return "All channels of this gate are revealed; click another unit."
        return (
            f"Channel {channel.channel}: {_number(channel.activation)} before the ReLU, "
            f"{_number(channel.incoming['guided'])} arrives. Does guided let it through?"
        )

    @property
    def score(self) -> str:
        return f"{self.right} of {self.answered} right" if self.answered else "nothing yet"


def _reason(channel: GateChannel) -> str:
    up = "was open on the way up" if channel.is_open else "was closed on the way up"
    derivative = channel.incoming["guided"]
    down = "is above 0" if derivative > 0 else "is 0" if derivative == 0 else "is below 0"
    fate = "passes" if channel.passes("guided") else "is blocked"
    joint = "and" if channel.is_open == (derivative > 0) else "but"
    return f"the gate {up} ({_number(channel.activation)}) {joint} {_number(derivative)} {down}, so it {fate}."


def _number(value: float) -> str:
    return short(value).replace("-", "−") if value < 0 else short(value)
