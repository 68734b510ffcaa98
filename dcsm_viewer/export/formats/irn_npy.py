"""Class maps for IRN and those built on it (AdvCAM, ReCAM, CLIMS): coarse maps as a tensor, fine ones as an array."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import Result
from dcsm_viewer.export.codecs.pickled_npy import DictionaryDamagedError, load_dictionary, save_dictionary
from dcsm_viewer.export.codecs.torch_tensor import TorchTensor
from dcsm_viewer.export.consumer_maps import maps_over_own_maximum, over_own_maximum, require_detected
from dcsm_viewer.export.export_format import Format
from dcsm_viewer.export.report import Finding, Report, finding, unreadable
from dcsm_viewer.io.atomic import atomic_write

STRIDE = 4  # of `cam`: IRN's make_cam.py; its random walk enlarges by the same


def write(result: Result, path: Path) -> None:
    """Write an .npy as IRN's make_cam.py does; every map has maximum 1.

    `keys`: int64 tensor (T,), class ids from 0, ascending. `cam`: float32 tensor (T, ceil(H/4), ceil(W/4)), which IRN's
    label making puts on the GPU as it is. `high_res`: float32 array (T, H, W), for evaluation and CRF. Raises UserError
    without a detected class, on which IRN's label making stops.
    """
    require_detected(result, "IRN")
    with atomic_write(path) as stream:
        save_dictionary(stream, _content(result))


def verify(path: Path, result: Result) -> Report:
    """Read `path` as IRN's evaluation and label making do and compare it with `result`."""
    return Report.of(_findings(path, result))


def strided(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average maps over 4 x 4 px: (T, ceil(H/4), ceil(W/4)), each with maximum 1; the consumer enlarges them by 4.

    At the right and lower edges only pixels of the image count. IRN itself takes its maps from the network at that
    size; a mean loses no pixel and lies where the consumers' enlarging by 4 puts it.
    """
    height, width = maps.shape[1:]
    rows, cols = np.arange(0, height, STRIDE), np.arange(0, width, STRIDE)
    sums = np.add.reduceat(np.add.reduceat(maps.astype(np.float64), rows, axis=1), cols, axis=2)
    counts = np.outer(np.minimum(STRIDE, height - rows), np.minimum(STRIDE, width - cols))
    return over_own_maximum((sums / counts).astype(np.float32))


def _content(result: Result) -> dict[str, NDArray[np.generic] | TorchTensor]:
    maps = maps_over_own_maximum(result)
    return {
        "keys": TorchTensor(np.array(result.detected_ids, dtype=np.int64)),
        "cam": TorchTensor(strided(maps)),
        "high_res": maps,
    }


def _findings(path: Path, result: Result) -> Iterator[Finding]:
    try:
        found = load_dictionary(path)
    except DictionaryDamagedError as error:
        yield unreadable(path, error)
        return
    for name, expected in _content(result).items():
        there = found.get(name)
        kind = "tensor" if isinstance(expected, TorchTensor) else "array"
        values = expected.array if isinstance(expected, TorchTensor) else expected
        given = there.array if isinstance(there, TorchTensor) else there
        same = (
            type(there) is type(expected)
            and isinstance(given, np.ndarray)
            and given.dtype == values.dtype
            and given.flags.c_contiguous
            and np.array_equal(given, values)
        )
        size = " x ".join(str(side) for side in values.shape)
        yield finding(
            same,
            good=f"{name} is a {values.dtype} {kind} of {size}.",
            bad=f"{name} is missing, or no {values.dtype} {kind} of {size} with the maps' values.",
        )


FORMATS = (
    Format("irn", "Class maps for IRN, AdvCAM, ReCAM, CLIMS (.npy)", "irn/{stem}.npy", write, verify, position=50),
)
