"""What travels between the packages: frozen values, read-only arrays, no behaviour beyond their own consistency."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.settings import Settings

Stage = Literal["preprocess", "classify", "candidates", "saliency", "subtraction", "segmentation"]
Completeness = Literal["partial", "preview", "settled"]
# What of a Result may be left out: the labels, the raw class maps of the candidates, the maps of the class on display.
ResultPart = Literal["labels", "raw_class_maps", "focus"]
ALL_PARTS: frozenset[ResultPart] = frozenset(("labels", "raw_class_maps", "focus"))

STAGES: tuple[Stage, ...] = ("preprocess", "classify", "candidates", "saliency", "subtraction", "segmentation")


ScalarT = TypeVar("ScalarT", bound=np.generic)


def read_only(array: NDArray[ScalarT]) -> NDArray[ScalarT]:
    """Return the same values, C-contiguous and not writeable; a view where the input is contiguous already."""
    array = np.ascontiguousarray(array).view()
    array.flags.writeable = False
    return array


@dataclass(frozen=True, slots=True)
class SourceImage:
    """One opened image file. `rgb` is read-only uint8 (H, W, 3); `digest` names its pixels and shape.

    `notes` are sentences about what reading had to do ("Turned upright as its EXIF tag says.").
    """

    digest: str
    name: str
    rgb: NDArray[np.uint8] = field(repr=False, compare=False)
    path: str | None = None
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, rgb: NDArray[np.uint8], *, name: str, path: str | None = None, notes: tuple[str, ...] = ()
    ) -> SourceImage:
        """Copy pixels into an image with the digest of its shape and pixels.

        Parameters
        ----------
        rgb
            uint8 (H, W, 3).
        name
            As it is shown and exported.
        path
            Of its file; None where it has none, as for pasted pixels.
        notes
            Sentences about what reading had to do.

        Returns
        -------
        SourceImage
            With a read-only copy of `rgb`.
        """
        rgb = read_only(rgb.copy())
        digest = hashlib.sha256(repr(rgb.shape).encode() + rgb.tobytes()).hexdigest()
        return cls(digest, name, rgb, path, notes)

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) in pixels."""
        return self.rgb.shape[0], self.rgb.shape[1]


@dataclass(frozen=True, slots=True)
class Request:
    """One request of the user. `focus` is the class id whose maps per layer and scale are wanted, None for the best.

    `serial` grows; the newest request is the one with the largest.
    """

    serial: int
    image: SourceImage
    settings: Settings
    focus: int | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a running request: "saliency 500 px, class 3/4", step `done` of `total` in the whole run."""

    serial: int
    stage: Stage
    done: int
    total: int
    text: str


@dataclass(frozen=True, slots=True)
class Failure:
    """The request could not be done: one sentence that names the thing and the remedy."""

    serial: int
    message: str


@dataclass(frozen=True, slots=True)
class StageTime:
    """Milliseconds a stage took in this request, and how many of its pieces were made and how many reused.

    cached_bytes: memory of those pieces, made or reused; the ReLU masks of the passes, cached apart, do not count.
    """

    stage: Stage
    elapsed_ms: float
    made: int
    reused: int
    cached_bytes: int = 0


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """Describe one layer that maps can be made of.

    kind: the name of its module's class, or of its operation. size: (h, w) of its output, and stride: input pixels
    a position, both for an input of the network's reference size.
    """

    name: str
    kind: str
    channels: int
    stride: int
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Describe a network to the window and the exports: names and digests, no weights.

    layer_names are the layers DCSM uses, `gradient_layers` all that maps can be made of, earliest first, and `layers`
    what is known of each; empty until the model is loaded. architecture: as WeightsFile has it. head: how logits
    become scores, "sigmoid" or "softmax". undefined_methods: why a method of `MethodSettings.backward` cannot be used
    with this network, a sentence by method name. notes: what was found out or guessed about the network.
    """

    name: str
    title: str
    class_names: tuple[str, ...]
    layer_names: tuple[str, ...]
    weights_digest: str
    input_convention: str
    gradient_layers: tuple[str, ...] = ()
    architecture: str = ""
    head: str = ""
    layers: tuple[LayerInfo, ...] = ()
    undefined_methods: Mapping[str, str] = field(default_factory=dict, compare=False)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MapSums:
    """Plain sums, float32 (h, w): per layer over the scales, per scale over the layers; only of maps that are there.

    terms: of how many maps each is the sum. highest: the largest value of every map and sum by (scale, layer), where a
    sum has None in the place it was summed over.
    """

    of_layer: Mapping[str, NDArray[np.float32]] = field(repr=False, compare=False)
    of_scale: Mapping[int, NDArray[np.float32]] = field(repr=False, compare=False)
    terms_of_layer: Mapping[str, int]
    terms_of_scale: Mapping[int, int]
    highest: Mapping[tuple[int | None, str | None], float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FocusMaps:
    """Maps of one class per (scale, layer), at canvas resolution, cropped to the image: float32 (h, w).

    `raw` is M of the class, up-sampled as the method does. `distinct` is what the subtraction adds to the
    class's aggregate from that layer and scale, in [0, N-1]; it is missing where the class is gated out.
    raw_class_map (h, w) and class_map (H, W) are the aggregates without and with the subtraction. A class that
    was not detected is shown as if it had been (`detected` says which). The sums are made with the maps,
    so that the window has nothing to add up; None where they were not made.
    """

    class_id: int
    raw: Mapping[tuple[int, str], NDArray[np.float32]] = field(repr=False, compare=False)
    distinct: Mapping[tuple[int, str], NDArray[np.float32]] = field(repr=False, compare=False)
    raw_class_map: NDArray[np.float32] | None = field(default=None, repr=False, compare=False)
    class_map: NDArray[np.float32] | None = field(default=None, repr=False, compare=False)
    detected: bool = True
    raw_sums: MapSums | None = field(default=None, repr=False, compare=False)
    distinct_sums: MapSums | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Segmentation:
    """The labels of one image and how the CRF came to them.

    labels: integer (H, W), 0 background, class id + 1. `labels_before_crf` is the argmax of the unary.

    With a CRF also unary and q, float32 (T+1, H, W), background first, and per step the share of pixels whose
    label changed, the mean-field energy (free energy, nats per pixel) and the milliseconds; energy_before is that
    of the unary's softmax. step_labels: labels (H, W) after the steps `step_iterations` (from 1), ascending, the last
    equal to `labels`; uint8 where every label fits. Steps are left out where all would be too large to keep.
    """

    labels: NDArray[np.uint16] = field(repr=False, compare=False)
    labels_before_crf: NDArray[np.uint16] = field(repr=False, compare=False)
    unary: NDArray[np.float32] = field(repr=False, compare=False)
    q: NDArray[np.float32] | None = field(default=None, repr=False, compare=False)
    energy: tuple[float, ...] = ()
    changed: tuple[float, ...] = ()
    energy_before: float | None = None
    step_ms: tuple[float, ...] = ()
    step_labels: tuple[NDArray[np.uint8 | np.uint16], ...] = field(default=(), repr=False, compare=False)
    step_iterations: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SeedRule:
    """The way a consumer's own CRF is run for seeds: the name of its CRF_PRESETS, and its background.

    background: of a preset with a soft unary the power of (1 - largest map); with a hard one the threshold that a map
    must exceed.
    """

    preset: str
    background: float


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to one Request: all that is known about one image under one Settings, as far as `completeness` says.

    partial: some scales are missing. preview: all scales, computed at reduced size; an exact one follows.
    settled: final. scores: float32 (S, C) in [0, 1], rows as `scales`. candidate_ids: K class ids, detected ones
    ascending, then fill-ups by falling score. detected_ids: T class ids ascending; the classes that have maps.
    raw: per (scale, layer) float32 (K, h, w), native layer resolution over the whole network input.
    raw_class_maps: (K, h, w) aggregated without subtraction, at canvas resolution, cropped to the image; class_maps:
    (T, H, W) aggregated distinct maps, at image resolution; both in [0, 1]. notes: sentences for the user ("No
    class is above the threshold 0.5."). seeds: what consumers' own CRFs make of class_maps, probabilities float32
    (T+1, H, W), background first; only those that an export asked for (dcsm_viewer.worker.pseudo_labels).
    """

    request: Request
    completeness: Completeness
    model: ModelCard
    scales: tuple[int, ...]
    layers: tuple[str, ...]
    scores: NDArray[np.float32] = field(repr=False, compare=False)
    candidate_ids: tuple[int, ...]
    detected_ids: tuple[int, ...]
    raw: Mapping[tuple[int, str], NDArray[np.float32]] = field(repr=False, compare=False)
    raw_class_maps: NDArray[np.float32] = field(repr=False, compare=False)
    class_maps: NDArray[np.float32] = field(repr=False, compare=False)
    focus: FocusMaps | None
    segmentation: Segmentation | None
    times: tuple[StageTime, ...]
    device: str
    precision: str
    notes: tuple[str, ...] = ()
    seeds: Mapping[SeedRule, NDArray[np.float32]] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class EngineReady:
    """The engine is loaded: the device and precision really used, why, and the models that can be chosen."""

    device: str
    precision: str
    note: str
    models: tuple[ModelCard, ...]


class UserError(Exception):
    """Something the user can mend; its text is one sentence that names the thing and the remedy."""
