"""The forward and backward passes of one request: scores and raw maps per scale, each piece made once per key."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcsm_viewer.core.layer_memory import gradient_bytes
from dcsm_viewer.core.settings import MethodSettings
from dcsm_viewer.core.types import Request, Stage, UserError
from dcsm_viewer.engine.baselines.cam_maps import baseline_maps, baseline_of
from dcsm_viewer.engine.baselines.torch_modules import cam_layer
from dcsm_viewer.engine.cache import Cache
from dcsm_viewer.engine.model_cache import Model
from dcsm_viewer.engine.networks.layer_choice import chosen_layers
from dcsm_viewer.engine.networks.network import ForwardState
from dcsm_viewer.engine.runtime.device import Compute
from dcsm_viewer.engine.runtime.device_memory import total_memory
from dcsm_viewer.engine.stages.gradients import raw_maps
from dcsm_viewer.engine.stages.preprocess import (
    Placement,
    image_in_input,
    network_input,
    place_on_canvas,
    positions_on_image,
)
from dcsm_viewer.engine.stopwatch import Stopwatch

MOST_OF_MEMORY = 0.5  # that the gradients of one class may take: the pass itself and the maps need some too
Checkpoint = Callable[[Stage, str], None]


@dataclass(frozen=True, slots=True)
class NetworkPasses:
    """The passes of the network over one image under one MethodSettings.

    `checkpoint(stage, text)` is called before every expensive piece; it reports progress, or raises to abandon.
    `all_layers`: a backward pass keeps the maps of all layers it passes, so that switching one on costs nothing.
    """

    request: Request
    model: Model
    compute: Compute
    stopwatch: Stopwatch
    forward_cache: Cache
    checkpoint: Checkpoint
    all_layers: bool

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the user about how it was computed: the device and precision chosen."""
        return tuple(
            dict.fromkeys(note for note in (self.compute.note, self._baseline_note, *self.model.card.notes) if note)
        )

    @property
    def _baseline_note(self) -> str:
        if self.compute.dtype == torch.float64 and baseline_of(self.method.attribution) is not None:
            return "The maps of this baseline are float32: its package makes no others."
        return ""

    @property
    def method(self) -> MethodSettings:
        """The method of the request."""
        return self.request.settings.method

    @property
    def layers(self) -> tuple[str, ...]:
        """The wanted layers, in the network's order.

        Raises UserError for a layer that this network does not have.
        """
        network = self.model.network
        if baseline_of(self.method.attribution) is not None:
            # The baselines have their own layer; a choice among DCSM's is none of theirs.
            return (cam_layer(self.model),)
        name = self.model.card.name
        return chosen_layers(
            self.method.layers or network.layer_names, network.gradient_layers, name, network.layer_names
        )

    def canvas(self) -> tuple[Tensor, Placement]:
        """Return the canvas, float64 (3, S, S), and where the image lies on it."""
        method, image = self.method, self.request.image
        key = (image.digest, method.canvas_px, method.fit)
        return self.stopwatch.get("preprocess", key, lambda: place_on_canvas(image.rgb, method))

    def scores(self, scale: int) -> NDArray[np.floating]:
        """Score in [0, 1] of every class at this scale, (C,): float64 where that is the precision, else float32."""
        if not self.has_scores(scale):
            self.checkpoint("classify", f"{scale} px")
        return self.stopwatch.get("classify", self._key(scale), lambda: self._scores(scale))

    def has_scores(self, scale: int) -> bool:
        """Return True if the scores of this scale are there."""
        return self.stopwatch.has("classify", self._key(scale))

    def raw(self, scale: int, class_ids: Sequence[int]) -> Mapping[int, Mapping[str, Tensor]]:
        """M (h, w) of each class and wanted layer; classes never asked for before go back one by one."""
        missing = [class_id for class_id in class_ids if not self.has_raw(scale, class_id)]
        if missing:
            self._make_raw(scale, missing)
        return {class_id: self._maps(scale, class_id) for class_id in class_ids}

    def has_raw(self, scale: int, class_id: int) -> bool:
        """Return True if the raw maps of this class at this scale are there, for all wanted layers."""
        return all(self.stopwatch.has("saliency", self._map_key(scale, class_id, layer)) for layer in self.layers)

    def _check_memory(self, scale: int, layers: Collection[str]) -> None:
        """Raise UserError, before anything is computed, where the gradients of a class cannot fit into memory."""
        chosen = [layer for layer in self.model.card.layers if layer.name in layers]
        if not chosen:  # the layers of the networks written by hand are few
            return
        wanted, there = gradient_bytes(chosen, scale), total_memory(self.compute.device)
        if there is not None and wanted > MOST_OF_MEMORY * there:
            raise UserError(
                f"The gradients of {len(layers)} layers take {wanted / 2**30:.1f} GB at {scale} px, and this machine "
                f"has {there / 2**30:.1f} GB; choose fewer layers or smaller scales."
            )

    def _make_raw(self, scale: int, class_ids: Sequence[int]) -> None:
        state, baseline = self._forward_state(scale), baseline_of(self.method.attribution)
        layers = set(self.layers) | set(self.model.network.layer_names if self.all_layers else ())
        self._check_memory(scale, layers)

        def on_progress(text: str) -> None:
            self.checkpoint("saliency", f"{scale} px, {text}")

        def found() -> Iterator[tuple[int, dict[str, Tensor]]]:
            if baseline is not None:
                return baseline_maps(baseline, self.model, self._network_input(scale), class_ids, on_progress)
            return raw_maps(self.model, state, class_ids, tuple(layers), self.method, on_progress)

        def make() -> None:
            for class_id, maps in found():
                for layer, raw in maps.items():
                    self.stopwatch.put("saliency", self._map_key(scale, class_id, layer), raw)

        self.stopwatch.timed("saliency", make, pieces=len(class_ids))

    def _maps(self, scale: int, class_id: int) -> dict[str, Tensor]:
        def lost() -> Tensor:
            raise UserError("The raw maps of this run do not fit into memory; choose fewer classes, layers or scales.")

        keys = {layer: self._map_key(scale, class_id, layer) for layer in self.layers}
        return {layer: self.stopwatch.get("saliency", key, lost) for layer, key in keys.items()}

    def _map_key(self, scale: int, class_id: int, layer: str) -> tuple[Hashable, ...]:
        return (*self.maps_key(scale), class_id, layer)

    def maps_key(self, scale: int) -> tuple[Hashable, ...]:
        """Return what the raw maps of a scale read, but for class and layer."""
        return (*self._key(scale), self.method.attribution, self.method.channel_reduction)

    @property
    def forward_key(self) -> tuple[Hashable, ...]:
        """What a forward pass reads, but for the scale."""
        method, settings = self.method, self.request.settings
        network = (self.model.card.weights_digest, settings.vocabulary, self.compute)
        return (self.request.image.digest, method.canvas_px, method.fit, *network)

    def _key(self, scale: int) -> tuple[Hashable, ...]:
        return (*self.forward_key, scale)

    def _scores(self, scale: int) -> NDArray[np.floating]:
        logits = self._forward(scale).logits
        on_image = positions_on_image(self.canvas()[1], (logits.shape[2], logits.shape[3]))
        scores: NDArray[np.floating] = self.model.class_head.scores(logits, on_image.to(logits.device)).cpu().numpy()
        return scores

    def _forward_state(self, scale: int) -> ForwardState[Any]:
        """The forward pass of this scale; made again, and counted again, if it had to give way."""
        if self._key(scale) in self.forward_cache:
            return self._forward(scale)
        return self.stopwatch.timed("classify", lambda: self._forward(scale))

    def _forward(self, scale: int) -> ForwardState[Any]:
        return self.forward_cache.get(self._key(scale), lambda: self._run_forward(scale))

    def _run_forward(self, scale: int) -> ForwardState[Any]:
        return self.model.network.forward(self._network_input(scale), image_in_input(self.canvas()[1], scale))

    def _network_input(self, scale: int) -> Tensor:
        canvas, _ = self.canvas()
        # In float64 and on the CPU up to here, so that every device and precision sees the same picture.
        pixels = network_input(canvas, scale, self.model.network.convention)
        return pixels.to(self.compute.device, self.compute.dtype)
