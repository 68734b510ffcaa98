"""Every constant a user can set, in plain words: numbers with range and unit, choices with what each one means.

One table for sliders, boxes, CLI and checks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from dcsm_viewer.core.types import CrfSettings, MethodSettings, Settings, UserError


def option_of(field: str) -> str:
    """Return the spelling of a field's option: "--alpha" for method.alpha, "--crf-sharpness" for crf.sharpness."""
    return "--" + field.removeprefix("method.").replace(".", "-").replace("_", "-")


@dataclass(frozen=True, slots=True)
class Limit:
    """One number: `field` is its path in Settings ("method.alpha"); low and high are inclusive, in `unit`.

    `decimals` 0 means the value is an int. `default` comes from the dataclass that holds the field. `spelling` is the
    option of the command line where it does not follow from the field; `aliases` are older spellings, kept hidden.
    """

    field: str
    label: str
    low: float
    high: float
    step: float
    unit: str
    decimals: int
    explanation: str
    spelling: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def option(self) -> str:
        """The option of the command line that sets it ("--crf-sharpness")."""
        return self.spelling or option_of(self.field)

    @property
    def default(self) -> float:
        room, name = self.field.split(".")
        owner = MethodSettings() if room == "method" else CrfSettings()
        return float(getattr(owner, name))

    def read(self, settings: Settings) -> float:
        room, name = self.field.split(".")
        return float(getattr(getattr(settings, room), name))


_ALL = (
    Limit(
        "method.threshold", "Threshold", 0.0, 1.0, 0.01, "", 2,
        "A class scoring above this is detected and gets a map. Lower finds more classes, and more wrong ones.",
    ),
    Limit(
        "method.candidates", "N", 0, 10, 1, "classes", 0,
        "At least this many classes are compared: the detected ones, filled up with the next best. "
        "0 switches the subtraction off.",
        spelling="--n",
    ),
    Limit(
        "method.alpha", "Alpha", 0.1, 10.0, 0.1, "", 1,
        "Contrast of tanh(alpha x). Higher lifts weak evidence closer to the strongest.",
    ),
    Limit(
        "method.canvas_px", "Canvas", 100, 1024, 1, "px", 0,
        "The image is fitted into a square of this side; maps are compared there. Larger costs more time.",
        spelling="--canvas",
    ),
    Limit(
        "crf.iterations", "Iterations", 0, 50, 1, "steps", 0,
        "Mean-field steps. Labels seldom change after ten.",
    ),
    Limit(
        "crf.gaussian_sxy", "Smoothness width", 0.5, 50.0, 0.5, "px", 1,
        "How far apart two pixels may lie and still be pulled to the same label, whatever their colour.",
    ),
    Limit(
        "crf.gaussian_compat", "Smoothness weight", 0.0, 50.0, 0.5, "", 1,
        "How strongly neighbours are pulled to the same label. 0 switches this term off.",
    ),
    Limit(
        "crf.bilateral_sxy", "Appearance width", 1.0, 200.0, 1.0, "px", 1,
        "How far apart two pixels of similar colour may lie and still be pulled to the same label.",
    ),
    Limit(
        "crf.bilateral_srgb", "Appearance colour", 1.0, 100.0, 0.5, "grey levels", 1,
        "How different two colours may be and still count as similar. Small follows faint edges, and noise.",
    ),
    Limit(
        "crf.bilateral_compat", "Appearance weight", 0.0, 50.0, 0.5, "", 1,
        "How strongly pixels of similar colour are pulled to the same label. 0 switches this term off.",
    ),
    Limit(
        "crf.unary_floor", "Unary floor", 1e-20, 0.1, 1e-5, "", 20,
        "Least probability a class map can give; the unary is at most -log of it.",
    ),
    Limit(
        "crf.background", "Background level", 0.01, 0.99, 0.01, "", 2,
        "The class map value at which class and background are equally probable. Higher leaves less to the classes.",
    ),
    Limit(
        "crf.level_follows", "Level follows map", 0.0, 1.0, 0.05, "", 2,
        "How far each class map moves its background level to its own mean where it is bright. 0: one level for all.",
    ),
    Limit(
        "crf.sharpness", "Unary sharpness", 0.1, 10.0, 0.1, "", 1,
        "How sure the class maps are: the odds of class against background are raised to this power.",
    ),
)  # fmt: skip

LIMITS: dict[str, Limit] = {limit.field: limit for limit in _ALL}


@dataclass(frozen=True, slots=True)
class Option:
    """One value a choice can have, its title for a box, and what it means."""

    value: str | bool
    title: str
    words: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One constant that is chosen, not measured; `field` is its path in Settings ("method.fit")."""

    field: str
    label: str
    explanation: str
    options: tuple[Option, ...]
    spelling: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def option(self) -> str:
        """The option of the command line that sets it ("--upsampling")."""
        return self.spelling or option_of(self.field)

    @property
    def is_switch(self) -> bool:
        """Whether it is on or off."""
        return isinstance(self.options[0].value, bool)

    @property
    def summary(self) -> str:
        """The explanation and what every option means, in one line of help."""
        options = "; ".join(f"{option.value}: {option.words.rstrip('.')}" for option in self.options)
        return f"{self.explanation} {options}."

    @property
    def words(self) -> str:
        """The explanation and what every option means, for a tooltip of plain text."""
        return "\n".join((self.explanation, *(f"{option.title}: {option.words}" for option in self.options)))


_CHOICES = (
    Choice(
        "method.backward", "Backward", "How the gradient of a class goes back through the network.",
        (
            Option("guided", "Guided", "a ReLU lets through what is positive both ways, as the paper."),
            Option("gradient", "Gradient", "the plain derivative."),
            Option("deconvnet", "Deconvnet", "a ReLU looks at the way back alone."),
            Option("gradcam", "Grad-CAM", "a baseline, by the package grad-cam; has a layer of its own."),
            Option("finercam", "FinerCAM", "Grad-CAM of a class against the three nearest to it."),
        ),
    ),
    Choice(
        "method.fit", "Fit", "How the image gets into the square canvas.",
        (
            Option("pad", "Pad", "keeps its proportions, black around it."),
            Option("stretch", "Stretch", "fills the square, proportions lost."),
        ),
    ),
    Choice(
        "method.channel_max", "Channel maximum", "Which of a layer's channels speaks at a position.",
        (
            Option("absolute", "Absolute", "the one of largest magnitude, for or against."),
            Option("signed", "Signed", "the one that speaks most for the class."),
        ),
    ),
    Choice(
        "method.subtract_at", "Subtract at", "Where the maps of two classes are subtracted and normalised.",
        (
            Option("canvas", "Canvas", "enlarged first, then subtracted."),
            Option("layer", "Layer", "subtracted at the layer's own size, then enlarged."),
        ),
    ),
    Choice(
        "method.upsampling", "Up-sampling", "Where on the canvas a layer's values lie when it is enlarged.",
        (
            Option("half_pixel", "Half-pixel", "each in the middle of its field."),
            Option("corner", "Corner", "each in the upper left corner of its field, as the Caffe release."),
        ),
    ),
    Choice(
        "method.normalise", "Normalise", "What is divided by its maximum before tanh.",
        (
            Option("pair", "Pair", "each difference of two classes."),
            Option("pair_and_layer", "Pair, then layer", "each difference, then their sum for the class."),
            Option("layer", "Layer", "only the sum over all rivals."),
        ),
    ),
    Choice(
        "method.negatives", "Negatives", "What becomes of places where the rival is stronger.",
        (
            Option("floor", "Floor", "dropped; the class map ends at 1e-20, as in the release."),
            Option("keep", "Keep", "count against the class until the end."),
            Option("clamp", "Clamp", "dropped; the class map ends at 0."),
        ),
    ),
    Choice(
        "method.detect_by", "Found by", "Which score has to be above the threshold for a class to be found.",
        (
            Option("any", "Any scale", "the one at any scale, the best of them."),
            Option("mean", "Mean", "the mean over the scales."),
        ),
    ),
    Choice(
        "method.gate_by_scale", "Gate by scale", "Whether a class gathers evidence only at scales where it was found.",
        (
            Option(value=True, title="Gated", words="only where its score was above the threshold."),
            Option(value=False, title="All scales", words="at every scale."),
        ),
    ),
    Choice(
        "method.final_tanh", "Final tanh", "Whether the finished class map goes through tanh once more.",
        (
            Option(value=True, title="Once more", words="weak evidence comes nearer to the strongest."),
            Option(value=False, title="None", words="the sum as it is."),
        ),
    ),
    Choice(
        "method.maps_for", "Maps for", "Which classes get a map.",
        (
            Option("detected", "Detected", "those above the threshold."),
            Option("candidates", "Candidates", "the N best, whatever they score."),
        ),
    ),
)  # fmt: skip

CHOICES: dict[str, Choice] = {choice.field: choice for choice in _CHOICES}

SCALE_PX = Limit("method.scales", "Scale", 64, 1200, 1, "px", 0, "Side of the square the network sees.")


def check(settings: Settings) -> None:
    """Nothing, for settings in range.

    Raises UserError naming the setting, its value and what is allowed.
    """
    for limit in _ALL:
        value = limit.read(settings)
        if not (math.isfinite(value) and limit.low <= value <= limit.high):
            raise UserError(
                f"{limit.label} ({limit.field}) is {value:g}; it must lie between {limit.low:g} and {limit.high:g}."
            )
    scales = settings.method.scales
    if not scales or len(set(scales)) != len(scales):
        raise UserError(f"Scales are {scales}; choose at least one, each once, for example 400,500,600.")
    for scale in scales:
        if not SCALE_PX.low <= scale <= SCALE_PX.high:
            raise UserError(
                f"Scale {scale} px is out of range; it must lie between {SCALE_PX.low} and {SCALE_PX.high}."
            )
    clash = set(settings.choice.struck) & (set(settings.choice.pinned) | set(settings.choice.forced))
    if clash:
        raise UserError(f"Class ids {sorted(clash)} are both struck out and wanted; take one of the two back.")


def numeric_fields() -> tuple[str, ...]:
    """Paths of all int and float fields of MethodSettings and CrfSettings; a test holds LIMITS complete against it."""
    owners = (("method", MethodSettings()), ("crf", CrfSettings()))
    return tuple(
        f"{room}.{field.name}"
        for room, owner in owners
        for field in fields(owner)
        if isinstance(getattr(owner, field.name), int | float) and not isinstance(getattr(owner, field.name), bool)
    )
