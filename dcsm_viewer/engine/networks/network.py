"""What every network offers the engine: one forward that keeps its ReLU masks, and a batched backward through them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import torch
from torch import Tensor

from dcsm_viewer.core.settings import BackwardMode
from dcsm_viewer.engine.networks.input_spec import InputSpec

INPUT = "input"  # the layer name under which the derivative at the network input is asked for (Simonyan et al.)

MasksT = TypeVar("MasksT")
Rectangle = tuple[range, range]  # rows, columns


@dataclass(frozen=True, slots=True)
class ForwardState(Generic[MasksT]):
    """One forward pass: logits (1, C, h, w), and the ReLU masks its backward needs, shared by all classes."""

    logits: Tensor
    masks: MasksT


class Network(Protocol[MasksT]):
    """A fully convolutional classifier with explicit derivatives; weights are never changed.

    `layer_names` are the layers DCSM uses, earliest first; `gradient_layers` all that can be asked for; `classes` is
    C, the channels of the logits.
    """

    layer_names: tuple[str, ...]
    gradient_layers: tuple[str, ...]
    convention: InputSpec
    classes: int

    def forward(self, network_input: Tensor, on_image: Rectangle | None = None) -> ForwardState[MasksT]:
        """Run a forward pass: logits and ReLU masks of a (1, 3, h, w) input that follows `convention`.

        on_image: rows and columns of the input that depend on the image, all of them if left out. Around them is the
        constant canvas, where a max-pool finds equal values only.
        """
        ...

    def backward(
        self, state: ForwardState[MasksT], grad_outputs: Tensor, layers: Sequence[str], mode: BackwardMode
    ) -> Iterator[tuple[str, Tensor]]:
        """Yield derivatives at the wanted layers, latest layer first; stops at the earliest wanted one.

        Parameters
        ----------
        state
            Of the forward pass.
        grad_outputs
            (K, C, h, w), the derivative at the logits of each of K classes.
        layers
            Names of the wanted layers.
        mode
            How the gradient passes a ReLU.

        Returns
        -------
        Iterator
            (layer, derivative (K, channels, h, w)). A yielded tensor is overwritten by the next step: reduce it
            before asking for more.
        """
        ...

    def to(self, device: torch.device, dtype: torch.dtype) -> Network[MasksT]:
        """Return the same network with its weights there and in that precision."""
        ...


def relu_backward(gradient: Tensor, mask: Tensor, mode: BackwardMode) -> Tensor:
    """Propagate a gradient back through a ReLU, in place.

    guided: g [x>0] [g>0] (Springenberg et al. 2015); gradient: g [x>0]; deconvnet: g [g>0] (Zeiler and Fergus 2014).

    Parameters
    ----------
    gradient
        (K, ch, h, w).
    mask
        bool (1, ch, h, w), where the ReLU let its input through.
    mode
        The rule.

    Returns
    -------
    Tensor
        `gradient`, overwritten.
    """
    if mode != "deconvnet":
        gradient.mul_(mask)
    if mode != "gradient":
        gradient.clamp_(min=0)
    return gradient
