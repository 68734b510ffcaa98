"""The pixel inspector: all contributions to one pixel, from the gradients to its label."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PixelQuestion:
    """What made the maps and the label of pixel (row, col) of the image what they are."""

    row: int
    col: int


@dataclass(frozen=True, slots=True)
class RivalEntry:
    """One comparison at one layer and scale; class_id of the rival, None where nothing is subtracted.

    raw: M of the rival at the place. difference: D = M - M of the rival. largest: the largest D that the method
    normalises by. scaled: alpha D / max D, what goes into tanh; None where only the sum over rivals is normalised.
    evidence: what the comparison gives its class: tanh(scaled), or max(D, 0).
    """

    class_id: int | None
    raw: float
    difference: float
    largest: float
    scaled: float | None
    evidence: float


@dataclass(frozen=True, slots=True)
class LayerEntry:
    """One class at one layer and scale. raw: M, the largest |gradient| over the channels, as the method samples it.

    evidence: that of the rivals added up. largest: its maximum where the sum is normalised once more, else None.
    added: what the layer adds to the class.
    """

    layer: str
    raw: float
    rivals: tuple[RivalEntry, ...]
    evidence: float
    largest: float | None
    added: float


@dataclass(frozen=True, slots=True)
class ScaleEntry:
    """One class at one scale, px. counts: whether the class was found there; if not, nothing is added."""

    scale: int
    counts: bool
    layers: tuple[LayerEntry, ...]
    added: float


@dataclass(frozen=True, slots=True)
class ClassEntry:
    """One candidate. total: all scales and layers added up; largest: the largest total of the class on the image.

    share: total / largest. value: the class map, after the last tanh and the floor where the method has them. A class
    that was not detected is accounted for as if it had been found at every scale.
    """

    class_id: int
    detected: bool
    scales: tuple[ScaleEntry, ...]
    total: float
    largest: float
    share: float
    value: float


@dataclass(frozen=True, slots=True)
class KernelEntry:
    """What all other pixels say through one kernel in the last step, per label, nats; weight as in the settings."""

    name: str
    weight: float
    messages: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class CrfEntry:
    """The last of `iterations` steps at the pixel, per label of `labels` (0 background, class id + 1).

    q is the softmax of -unary plus the messages of the kernels. why_not: a sentence where there is no such account.
    """

    labels: tuple[int, ...]
    iterations: int
    unary: tuple[float, ...]
    kernels: tuple[KernelEntry, ...]
    q_before: tuple[float, ...]
    q: tuple[float, ...]
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class SamplePosition:
    """A pixel of the canvas (row, col) and its weight in the image's pixel; the weights sum to 1."""

    row: int
    col: int
    weight: float


@dataclass(frozen=True, slots=True)
class PixelContributions:
    """The account. samples: where on the canvas the pixel lies, up to four places where the image was resized.

    Numbers of the classes are means over these places. crf is None until it is known.
    """

    question: PixelQuestion
    samples: tuple[SamplePosition, ...]
    classes: tuple[ClassEntry, ...]
    crf: CrfEntry | None = None
