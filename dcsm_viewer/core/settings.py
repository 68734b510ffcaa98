"""Everything that changes the labels: frozen settings, each constant with its row of the parameter table.

A new constant is one field here: its slider, its option on the command line, its check and its help follow from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from dcsm_viewer.core.parameter_rows import Option, choice, number

BackwardMode = Literal["guided", "gradient", "deconvnet"]
BaselineName = Literal["gradcam", "finercam"]
AttributionMethod = BackwardMode | BaselineName
PresetName = Literal["paper", "tuned", "caffe", "formula", "simonyan", "gradcam", "finercam"]
Vocabulary = Literal["voc", "imagenet"]
DeviceOption = Literal["auto", "cpu", "cuda", "mps"]
PrecisionOption = Literal["auto", "float32", "float64", "bfloat16"]
CrfBackend = Literal["torch", "pydensecrf"]


@dataclass(frozen=True, slots=True)
class MethodSettings:
    """Every constant from network input to class maps. `engine.presets` holds the named sets.

    The defaults are the preset `tuned`, chosen by measurement (docs/evaluation.md): the authors' MatConvNet release
    (`paper`, docs/method.md) without its last tanh, each layer normalised once, classes found by their mean score.

    scales: sides of the square network input, px. canvas_px: side of the square the image is fitted into and
    maps are compared on. layers: names of the network's layers, () for all of them. min_candidates: N,
    the least number of candidate classes; 0 switches the subtraction off. score_reduction: whether the maximum or the
    mean of a class's scores over the scales has to be above the threshold. attribution: the attribution method: how
    gradients pass a ReLU, or the name of a baseline whose maps take the place of the raw saliency maps.
    """

    preset: PresetName = "tuned"
    threshold: float = number(
        0.5,
        "Threshold",
        low=0.0,
        high=1.0,
        step=0.01,
        decimals=2,
        explanation="A class scoring above this is detected and gets a map. "
        "Lower finds more classes, and more wrong ones.",
    )
    min_candidates: int = number(
        4,
        "N",
        low=0,
        high=10,
        step=1,
        decimals=0,
        unit="classes",
        explanation="At least this many classes are compared: the detected ones, filled up with the next best. "
        "0 switches the subtraction off: raw and distinct are then one map, at the canvas's and the image's size.",
        spelling="--n",
    )
    scales: tuple[int, ...] = (400, 500, 600)
    layers: tuple[str, ...] = ()
    alpha: float = number(
        3.0,
        "Alpha",
        low=0.1,
        high=10.0,
        step=0.1,
        decimals=1,
        explanation="Contrast of tanh(alpha x). Higher lifts weak evidence closer to the strongest.",
    )
    attribution: AttributionMethod = choice(  # noqa: RUF009  # declares a field
        "Attribution method",
        "How raw saliency maps are made from the score of a class.",
        (
            Option("guided", "Guided", "a ReLU lets through what is positive both ways, as the paper."),
            Option("gradient", "Gradient", "the plain derivative."),
            Option("deconvnet", "Deconvnet", "a ReLU looks at the way back alone."),
            Option("gradcam", "Grad-CAM", "a baseline, by the package grad-cam; has a layer of its own."),
            Option("finercam", "FinerCAM", "Grad-CAM of a class against the three nearest to it."),
        ),
        default="guided",
        spelling="--method",
        aliases=("--backward",),
    )
    canvas_px: int = number(
        500,
        "Canvas",
        low=100,
        high=1024,
        step=1,
        decimals=0,
        unit="px",
        explanation="The image is fitted into a square of this side; maps are compared there. Larger costs more time.",
        spelling="--canvas",
    )
    fit: Literal["letterbox", "stretch"] = choice(
        "Fit",
        "How the image gets into the square canvas.",
        (
            Option("letterbox", "Letterbox", "keeps its proportions, black around it.", aliases=("pad",)),
            Option("stretch", "Stretch", "fills the square, proportions lost."),
        ),
        default="letterbox",
    )
    channel_reduction: Literal["absolute", "signed"] = choice(
        "Channel reduction",
        "How the gradients of a layer's channels become one value a position.",
        (
            Option("absolute", "Absolute", "max |gradient|: the largest magnitude of either sign."),
            Option("signed", "Signed", "max gradient: the largest signed value."),
        ),
        default="absolute",
        aliases=("--channel-max",),
    )
    subtract_at: Literal["canvas", "layer"] = choice(
        "Subtract at",
        "Where the maps of two classes are subtracted and normalised.",
        (
            Option("canvas", "Canvas", "enlarged first, then subtracted."),
            Option("layer", "Layer", "subtracted at the layer's own size, then enlarged."),
        ),
        default="canvas",
    )
    upsampling: Literal["half_pixel", "corner"] = choice(
        "Up-sampling",
        "Where on the canvas a layer's values lie when it is enlarged.",
        (
            Option("half_pixel", "Half-pixel", "each in the middle of its field."),
            Option("corner", "Corner", "each in the upper left corner of its field, as the Caffe release."),
        ),
        default="half_pixel",
    )
    normalise: Literal["pair", "pair_and_layer", "layer"] = choice(
        "Normalise",
        "What is divided by its maximum before tanh.",
        (
            Option("pair", "Pair", "each difference of two classes."),
            Option("pair_and_layer", "Pair, then layer", "each difference, then their sum for the class."),
            Option("layer", "Layer", "only the sum over all rivals."),
        ),
        default="layer",
    )
    negative_mode: Literal["floor", "keep", "clamp"] = choice(
        "Negative differences",
        "How a difference is treated where the other class is stronger.",
        (
            Option("floor", "Floor", "set to 0; the class map is at least 1e-20, as in the release."),
            Option("keep", "Keep", "kept in the sum; they lower the class map."),
            Option("clamp", "Clamp", "set to 0; the class map is at least 0."),
        ),
        default="floor",
        aliases=("--negatives",),
    )
    score_reduction: Literal["max", "mean"] = choice(
        "Score over scales",
        "Which score has to be above the threshold for a class to be detected.",
        (
            Option("max", "Max", "the maximum over the scales.", aliases=("any",)),
            Option("mean", "Mean", "the mean over the scales."),
        ),
        default="mean",
        aliases=("--detect-by",),
    )
    skip_undetected_scales: bool = choice(
        "Skip scales below threshold",
        "Whether a class is summed only over scales where it was detected.",
        (
            Option(value=True, title="Skip", words="only where its score was above the threshold."),
            Option(value=False, title="All scales", words="at every scale."),
        ),
        default=True,
        aliases=("--gate-by-scale",),
    )
    final_tanh: bool = choice(
        "Final tanh",
        "Whether the finished class map goes through tanh once more.",
        (
            Option(value=True, title="Once more", words="weak evidence comes nearer to the strongest."),
            Option(value=False, title="None", words="the sum as it is."),
        ),
        default=False,
    )
    maps_for: Literal["detected", "candidates"] = choice(
        "Compute maps for",
        "Which classes get a map.",
        (
            Option("detected", "Detected", "those above the threshold."),
            Option("candidates", "Candidates", "the N best, whatever they score."),
        ),
        default="detected",
    )


@dataclass(frozen=True, slots=True)
class ClassChoice:
    """Overrides of the class selection by the user; all are class ids (0-based) of the vocabulary, ascending.

    always_compared: candidates (rivals) at any score. excluded: never candidates. force_detected: treated as detected
    at every scale. image_labels: if not None, exactly these are the detected classes (image-level labels).
    top1_if_none: when nothing is above the threshold, the best class counts as detected.
    """

    always_compared: tuple[int, ...] = ()
    excluded: tuple[int, ...] = ()
    force_detected: tuple[int, ...] = ()
    image_labels: tuple[int, ...] | None = None
    top1_if_none: bool = False


@dataclass(frozen=True, slots=True)
class CrfSettings:
    """The unary and the fully connected CRF; widths in px of the image and in grey levels, weights without unit.

    `unary_floor` bounds the unary at -log(unary_floor). `background` is the class map value at which background and
    class are equally probable, in (0, 1); `adaptive_background` how far each map moves that value to its own weighted
    mean, in [0, 1]; `sharpness` the power the odds of the maps are raised to. At 0.5, 0 and 1 a map is taken for a
    probability as it is. Defaults were chosen by measurement (docs/evaluation.md): the paper gives none.
    """

    enabled: bool = True
    backend: CrfBackend = "torch"
    iterations: int = number(
        10,
        "Iterations",
        low=0,
        high=50,
        step=1,
        decimals=0,
        unit="steps",
        explanation="Mean-field steps. Labels seldom change after ten.",
    )
    gaussian_sxy: float = number(
        3.0,
        "Smoothness width",
        low=0.5,
        high=50.0,
        step=0.5,
        decimals=1,
        unit="px",
        explanation="How far apart two pixels may lie and still be pulled to the same label, whatever their colour.",
    )
    gaussian_compat: float = number(
        3.0,
        "Smoothness weight",
        low=0.0,
        high=50.0,
        step=0.5,
        decimals=1,
        explanation="How strongly neighbours are pulled to the same label. 0 switches this term off.",
    )
    bilateral_sxy: float = number(
        80.0,
        "Appearance width",
        low=1.0,
        high=200.0,
        step=1.0,
        decimals=1,
        unit="px",
        explanation="How far apart two pixels of similar colour may lie and still be pulled to the same label.",
    )
    bilateral_srgb: float = number(
        8.0,
        "Appearance colour",
        low=1.0,
        high=100.0,
        step=0.5,
        decimals=1,
        unit="grey levels",
        explanation="How different two colours may be and still count as similar. "
        "Small follows faint edges, and noise.",
    )
    bilateral_compat: float = number(
        6.0,
        "Appearance weight",
        low=0.0,
        high=50.0,
        step=0.5,
        decimals=1,
        explanation="How strongly pixels of similar colour are pulled to the same label. 0 switches this term off.",
    )
    unary_floor: float = number(
        1e-5,
        "Unary floor",
        low=1e-20,
        high=0.1,
        step=1e-5,
        decimals=20,
        explanation="Least probability a class map can give; the unary is at most -log of it.",
    )
    background: float = number(
        0.5,
        "Background level",
        low=0.01,
        high=0.99,
        step=0.01,
        decimals=2,
        explanation="The class map value at which class and background are equally probable. "
        "Higher leaves less to the classes.",
    )
    adaptive_background: float = number(
        0.0,
        "Adaptive background level",
        low=0.0,
        high=1.0,
        step=0.05,
        decimals=2,
        explanation="How far each class map moves its background level to its own mean where it is bright. "
        "0: one level for all.",
        aliases=("--crf-level-follows",),
    )
    sharpness: float = number(
        1.0,
        "Unary sharpness",
        low=0.1,
        high=10.0,
        step=0.1,
        decimals=1,
        explanation="How sure the class maps are: the odds of class against background are raised to this power.",
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """All that changes the labels and nothing that only changes the paint."""

    model: str = "lite0-voc"
    vocabulary: Vocabulary = "voc"
    method: MethodSettings = field(default_factory=MethodSettings)
    choice: ClassChoice = field(default_factory=ClassChoice)
    crf: CrfSettings = field(default_factory=CrfSettings)
    device: DeviceOption = "auto"
    precision: PrecisionOption = "auto"
