"""The torch CRF beside pydensecrf in one run: speed, agreement, preview, memory, and the lattice's own error.

    python benchmarks/crf.py                      everything, table then JSON
    python benchmarks/crf.py speed agreement      only these (speed, agreement, memory, approximation)
    python benchmarks/crf.py speed --image photo.jpg --rounds 15

Both programs take turns within a round, so that whatever else the machine does falls on both; medians and quartiles.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dcsm_viewer.core.crf_presets import CRF_PRESETS
from dcsm_viewer.core.settings import CrfSettings
from dcsm_viewer.engine.crf import Kernel, Lattice, begin, lattice_for, lattices_for, pairwise_of, preview, run
from tests.parity.crf_cases import IMAGES, photo_image, smooth_unary
from tests.reference import dense_crf as reference

Row = dict[str, object]
SETTINGS = CrfSettings()


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds on the clock, and of all threads' processor time."""
    begun, begun_cpu = time.perf_counter(), time.process_time()
    work()
    return (time.perf_counter() - begun) * 1e3, (time.process_time() - begun_cpu) * 1e3


def spread(values: list[float]) -> Row:
    low, middle, high = statistics.quantiles(values, n=4)
    return {"median": round(middle, 2), "quartiles": [round(low, 2), round(high, 2)], "least": round(min(values), 2)}


def speed(rgb: NDArray[np.uint8], labels: int, rounds: int) -> list[Row]:
    """Ten iterations, by pydensecrf and by us: cold, with the lattices kept, measured step by step, and the preview."""
    height, width = rgb.shape[:2]
    unary = torch.from_numpy(smooth_unary(labels, height, width))
    kept: dict[Kernel, Lattice] = {each.kernel: lattice_for(each.kernel, rgb) for each in pairwise_of(SETTINGS)}
    theirs = replace(SETTINGS, backend="pydensecrf")
    tasks: dict[str, Callable[[], object]] = {
        "pydensecrf, build": lambda: begin(unary, rgb, theirs),
        "pydensecrf, build + 10 iterations": lambda: begin(unary, rgb, theirs).advance(10),
        "torch, build": lambda: lattices_for([each.kernel for each in pairwise_of(SETTINGS)], rgb),
        "torch, build + 10 iterations": lambda: begin(unary, rgb, SETTINGS).advance(10),
        "torch, lattices kept, 10 iterations": lambda: begin(unary, rgb, SETTINGS, lattices=kept.__getitem__).advance(
            10
        ),
        "torch, lattices kept, 10 measured steps": lambda: run(
            begin(unary, rgb, SETTINGS, lattices=kept.__getitem__), 10
        ),
        "torch, preview at 1/4, built": lambda: preview(unary, rgb, SETTINGS, factor=4).argmax(0),
        "torch, preview at 1/2, built": lambda: preview(unary, rgb, SETTINGS, factor=2).argmax(0),
    }
    found: dict[str, list[float]] = {name: [] for name in tasks}
    processor: dict[str, list[float]] = {name: [] for name in tasks}
    for task in tasks.values():
        task()
    for _ in range(rounds):
        for name, task in tasks.items():
            clock, cpu = timed(task)
            found[name].append(clock)
            processor[name].append(cpu)
    whole = found["pydensecrf, build + 10 iterations"]
    rows: list[Row] = []
    for name, values in found.items():
        ratios = [other / own for other, own in zip(whole, values, strict=True)]
        rows.append(
            {
                "what": f"{width}x{height}, {labels} labels: {name}",
                "ms": spread(values),
                "ratio": spread(ratios),
                "processor ms": round(statistics.median(processor[name]), 1),
            }
        )
    rows.append({"what": f"lattice points {[lattice.points for lattice in kept.values()]}"})
    return rows


def agreement() -> list[Row]:
    """Largest |Q - Q_pydensecrf| and least share of equal labels over every case."""
    cases = [(kind, labels, preset, (48, 64)) for kind in IMAGES for labels in (2, 4, 6, 21) for preset in CRF_PRESETS]
    cases += [("photo", labels, "ssdd", size) for labels in (2, 21) for size in ((1, 1), (1, 9), (3, 5), (333, 500))]
    cases += [(kind, 4, "ssdd", (1000, 1000)) for kind in ("photo", "noise")]
    least, offs = 1.0, []
    for kind, labels, preset, size in cases:
        rgb, unary = IMAGES[kind](*size), torch.from_numpy(smooth_unary(labels, *size))
        results = []
        for backend in ("torch", "pydensecrf"):
            inference = begin(unary, rgb, replace(CRF_PRESETS[preset].settings, backend=backend))
            inference.advance(10)
            results.append(inference.q())
        off = float(np.abs(results[0] - results[1]).max())
        least = min(least, float(np.mean(results[0].argmax(0) == results[1].argmax(0))))
        offs.append((off, f"{kind}, {labels} labels, {preset}, {size[0]}x{size[1]}"))
    offs.sort(reverse=True)
    over = sum(off > 1e-4 for off, _ in offs)
    # A pixel between two labels about doubles any rounding per step: float32 against float64 is as far off there.
    return [
        {
            "what": "agreement after 10 iterations",
            "cases": len(cases),
            "over 1e-4": over,
            "largest |dQ|": [f"{off:.1e} ({case})" for off, case in offs[:3]],
            "median |dQ|": f"{offs[len(offs) // 2][0]:.1e}",
            "least equal labels": least,
        }
    ]


def memory() -> list[Row]:
    """Peak resident memory of a fresh process at 2000 x 1500 with 21 labels, and before the CRF began."""
    done = subprocess.run(
        [sys.executable, __file__, "memory-child"], capture_output=True, text=True, check=True, timeout=900
    )
    row: Row = json.loads(done.stdout)
    return [row]


def memory_child() -> None:
    height, width, labels = 1500, 2000, 21
    rgb = photo_image(height, width)
    # Cheap to make: the peak must be the CRF's, not the test picture's.
    weights = torch.rand(labels, height // 20, width // 20, generator=torch.Generator().manual_seed(0))
    unary = torch.nn.functional.interpolate(-torch.log(weights.clamp(min=1e-5))[None], size=(height, width))[0]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    begun = time.perf_counter()
    inference = begin(unary, rgb, SETTINGS)
    built = time.perf_counter()
    inference.advance(2)
    seconds = (time.perf_counter() - built) / 2
    inference.labels()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    row = {
        "what": "2000x1500, 21 labels",
        "peak MB": round(peak),
        "peak MB before the CRF (torch, image, unary of 252 MB)": round(before),
        "build s": round(built - begun, 2),
        "step s": round(seconds, 2),
    }
    print(json.dumps(row))


def approximation() -> list[Row]:
    """One mean-field step on the lattice against the exact kernel in float64, 24 x 32 pixels."""
    rows: list[Row] = []
    for name, preset in CRF_PRESETS.items():
        settings = preset.settings
        for kind in ("photo", "noise"):
            rgb, unary = IMAGES[kind](24, 32), smooth_unary(4, 24, 32)
            index, colour = settings.bilateral_sxy, settings.bilateral_srgb
            near = reference.exact_kernel(reference.features(rgb, (settings.gaussian_sxy,) * 2, None))
            alike = reference.exact_kernel(reference.features(rgb, (index, index), (colour,) * 3))
            kernels = [
                (reference.normalised(near, "symmetric"), settings.gaussian_compat),
                (reference.normalised(alike, "symmetric"), settings.bilateral_compat),
            ]
            exact = reference.mean_field(unary.reshape(4, -1).astype(np.float64), kernels, 1)
            inference = begin(torch.from_numpy(unary), rgb, settings)
            inference.advance(1)
            off = np.abs(inference.q().reshape(4, -1) - exact)
            same = float(np.mean(inference.labels().ravel() == exact.argmax(0)))
            rows.append(
                {
                    "what": f"lattice against exact kernel, {name}, {kind}",
                    "mean |dQ|": round(float(off.mean()), 4),
                    "max |dQ|": round(float(off.max()), 3),
                    "equal labels": round(same, 4),
                }
            )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", default=["speed", "agreement", "memory", "approximation"])
    parser.add_argument("--image", type=Path, help="a photograph to use instead of the drawn one; resized to 500x375")
    parser.add_argument("--labels", type=int, nargs="*", default=[4, 21])
    parser.add_argument("--rounds", type=int, default=9)
    chosen = parser.parse_args()
    if chosen.parts == ["memory-child"]:
        memory_child()
        return
    rgb = photo_image(375, 500)
    if chosen.image is not None:
        rgb = np.array(Image.open(chosen.image).convert("RGB").resize((500, 375)))
    rows: list[Row] = []
    if "speed" in chosen.parts:
        for labels in chosen.labels:
            rows += speed(rgb, labels, chosen.rounds)
    for name, part in (("agreement", agreement), ("memory", memory), ("approximation", approximation)):
        if name in chosen.parts:
            rows += part()
    for row in rows:
        rest = "  ".join(f"{key} {value}" for key, value in row.items() if key != "what")
        print(f"{row['what']:<64} {rest}")
    load = [round(value, 1) for value in os.getloadavg()]
    print(f"load of the last 1, 5 and 15 minutes {load}, torch threads {torch.get_num_threads()}")
    machine = {
        "load": load,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
    }
    print(json.dumps({"machine": machine, "rows": rows}))


if __name__ == "__main__":
    main()
