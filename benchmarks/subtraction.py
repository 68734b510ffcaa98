"""How long raw maps take to become class maps, beside the literal form, in one run.

Prints one JSON line a case and then a table: median and quartiles of wall time, the least, and the median of
processor time (all threads together; on a busy machine read that, with one thread), ms.

    python benchmarks/subtraction.py --rounds 9 --threads 2
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dcsm_viewer.core.method_presets import PRESETS
from dcsm_viewer.core.settings import MethodSettings
from dcsm_viewer.engine.stages.class_selection import Detection
from dcsm_viewer.engine.stages.preprocess import Placement, crop, placement_for
from dcsm_viewer.engine.stages.subtraction.accumulate import Contribution
from dcsm_viewer.engine.stages.subtraction.class_maps import Key, chosen_maps, contribution_at, focus_maps, subtract

# Strides of the layers, px of network input a value.
NETWORKS = {"efficientnet-lite0": (4, 8, 16, 16, 32), "vgg16": (4, 4, 4, 8, 8, 8, 16, 16, 16)}
CASES = (("efficientnet-lite0", 4, 4), ("efficientnet-lite0", 4, 2), ("vgg16", 5, 5), ("vgg16", 5, 2))


def made_maps(network: str, method: MethodSettings, classes: int) -> dict[Key, Tensor]:
    torch.manual_seed(0)
    return {
        (scale, f"layer {depth}"): torch.rand(classes, -(-scale // stride), -(-scale // stride)) ** 2
        for scale in method.scales
        for depth, stride in enumerate(NETWORKS[network])
    }


def literal(raw: Mapping[Key, Tensor], detection: Detection, method: MethodSettings, placement: Placement) -> Tensor:
    """Preset `paper` as it is written down: up-sample every map, subtract every pair at canvas size."""
    side = method.canvas_px
    sums = torch.zeros(len(detection.detected_ids), side, side)
    for (scale, _), maps in raw.items():
        up = F.interpolate(maps[None], size=(side, side), mode="bilinear", align_corners=False)[0]
        for row, class_id in enumerate(detection.detected_ids):
            if class_id not in detection.detected_at[scale]:
                continue
            for rival in range(len(up)):
                if rival != row:
                    difference = up[row] - up[rival]
                    if difference.max() > 0:
                        difference = torch.tanh(method.alpha * (difference / difference.max()))
                        sums[row] += difference.clamp(min=1e-20)
    maps = crop(sums, placement)
    maps = torch.tanh(method.alpha * maps / maps.amax(dim=(1, 2), keepdim=True))
    return maps / maps.amax(dim=(1, 2), keepdim=True)


def distinct_only(
    raw: Mapping[Key, Tensor], detection: Detection, method: MethodSettings, placement: Placement
) -> list[Contribution]:
    return [contribution_at(s, maps, detection, method, placement) for s, maps in chosen_maps(raw, method).items()]


def timed(work: Callable[[], object], rounds: int) -> dict[str, float]:
    work()
    taken, worked = [], []
    for _ in range(rounds):
        start, busy = time.perf_counter(), time.process_time()
        work()
        taken.append((time.perf_counter() - start) * 1e3)
        worked.append((time.process_time() - busy) * 1e3)
    low, _, high = statistics.quantiles(taken, n=4)
    return {
        "median_ms": statistics.median(taken),
        "q1_ms": low,
        "q3_ms": high,
        "least_ms": min(taken),
        "processor_ms": statistics.median(worked),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    table = []
    with torch.inference_mode():
        for network, classes, detected in CASES:
            method = replace(PRESETS["paper"], min_candidates=classes)
            found = frozenset(range(detected))
            detection = Detection(tuple(range(classes)), tuple(range(detected)), dict.fromkeys(method.scales, found))
            placement = placement_for((500, 500), method)
            raw = made_maps(network, method, classes)
            made = (raw, detection, method, placement)
            works: dict[str, Callable[[], object]] = {
                "literal, distinct only": partial(literal, *made),
                "distinct only": partial(distinct_only, *made),
                "distinct and raw": partial(subtract, *made),
                "quick look, 125 px": partial(subtract, *made, side_px=125),
                "focus": partial(focus_maps, *made, 0),
            }
            apart = (
                subtract(raw, detection, method, placement).class_maps - literal(raw, detection, method, placement)
            ).abs()
            for name, work in works.items():
                row = {
                    "network": network,
                    "candidates": classes,
                    "detected": detected,
                    "work": name,
                    "threads": arguments.threads,
                    "rounds": arguments.rounds,
                    "torch": torch.__version__,
                    "machine": platform.machine(),
                    "largest_difference_from_literal": float(apart.max()),
                    **timed(work, arguments.rounds),
                }
                print(json.dumps(row))
                table.append(row)
    columns = ("median_ms", "q1_ms", "q3_ms", "least_ms", "processor_ms")
    print(f"\n{'network':20} {'K':>2} {'T':>2}  {'work':24}" + "".join(f"{column:>14}" for column in columns))
    for row in table:
        numbers = "".join(f"{row[column]:14.1f}" for column in columns)
        print(f"{row['network']:20} {row['candidates']:>2} {row['detected']:>2}  {row['work']:24}{numbers}")


if __name__ == "__main__":
    main()
