"""What the window may ask of the library of models, as plain values; called away from the window's thread.

The engine is imported inside: torch takes seconds, and the window never imports it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from dcsm_viewer.core.types import ModelCard, SourceImage

if TYPE_CHECKING:
    from dcsm_viewer.engine.networks.input_spec import InputSpec

# The names the engine knows (a test holds the two together), with words for a box. "" leaves it to the file.
INPUT_SPEC_TITLES: Mapping[str, str] = MappingProxyType(
    {
        "": "As the file says",
        "caffe": "Caffe: BGR minus means",
        "caffe-rgb": "RGB minus Caffe's means",
        "dcsm-m": "As dcsm.m: RGB minus BGR means",
        "torchvision": "torchvision: RGB, mean and std",
        "efficientnet-lite": "EfficientNet-Lite: RGB, (v - 127) / 128",
    }
)


@dataclass(frozen=True, slots=True)
class ImportJob:
    """A weights file to keep under `name`. title "" is the name; classes None are those the file names or implies;
    convention is a key of INPUT_SPEC_TITLES, mean and std, three numbers with commas each, go before it. head "" is the
    one that is guessed. layers: names or globs with commas, "" for the proposed ones.
    """

    path: Path
    name: str
    title: str = ""
    classes: Path | None = None
    convention: str = ""
    mean: str = ""
    std: str = ""
    head: Literal["", "softmax", "sigmoid"] = ""
    layers: str = ""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """A model that is there now, the sentences about how it was read, and all models with it."""

    name: str
    notes: tuple[str, ...]
    models: tuple[ModelCard, ...]


def import_model(order: ImportJob) -> ImportResult:
    """Raises UserError with one sentence for whatever is wrong with file, name or class list."""
    from dcsm_viewer.engine.model_cache import model_cards
    from dcsm_viewer.engine.weights.library import import_weights

    entry = import_weights(
        order.path,
        order.name,
        title=order.title or None,
        class_names_file=order.classes,
        convention=_convention(order),
        head=order.head or None,
        layer_names=tuple(name.strip() for name in order.layers.split(",") if name.strip()),
    )
    return ImportResult(entry.name, (*entry.notes, *entry.network_notes), model_cards())


def preview_sentences(order: ImportJob, image: SourceImage | None) -> tuple[str, ...]:
    """Look at a weights file without keeping it, and say what it is and how `image` scores under both heads.

    Raises UserError as `import_model`.
    """
    from dcsm_viewer.engine.model_preview import preview_model

    found = preview_model(
        order.path, image, class_names_file=order.classes, convention=_convention(order), head=order.head or None
    )
    scores = (
        f"{head}: " + ", ".join(f"{name} {score:.2f}" for name, score in best) + "."
        for head, best in found.scores.items()
    )
    layers = f"Layers: {', '.join(found.layer_names)}."
    return (
        *found.notes,
        layers,
        f"Read as {found.head}. The open image under each head:" * bool(found.scores),
        *scores,
    )


def _convention(order: ImportJob) -> InputSpec | None:
    from dcsm_viewer.engine.weights.input_spec_names import input_spec_named, input_spec_of

    if order.mean or order.std:
        return input_spec_of(order.mean or None, order.std or None, "rgb", "0..1")
    return input_spec_named(order.convention) if order.convention else None


def fetch_vgg16(progress: Callable[[int, int], None], still_wanted: Callable[[], bool]) -> ImportResult | None:
    """Torchvision's published VGG-16, or None once `still_wanted` said no. `progress` hears (bytes there, in all)
    from another thread.

    Raises UserError where there is no network, no room, or torchvision cannot be imported.
    """
    from dcsm_viewer.engine.model_cache import model_cards
    from dcsm_viewer.engine.weights.torchvision_weights import CancelledError, fetch_torchvision_vgg16

    try:
        entry = fetch_torchvision_vgg16(progress, still_wanted=still_wanted)
    except CancelledError:
        return None
    return ImportResult(entry.name, entry.notes, model_cards())
