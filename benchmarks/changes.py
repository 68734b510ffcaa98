"""How soon the engine answers a moved slider: first picture and exact maps; every raw map made before, 500x375.

Networks: EfficientNet-Lite0 with its weights, VGG-16 of full widths with random ones (nine layers, three scales). Of
the candidates `detected` are given as the image's labels. Nothing that a change makes is kept for its next turn; the
full CRF is not waited for. Milliseconds from the request until the report, median and quartiles over the rounds.

    python -m benchmarks.changes --rounds 7 --threads 2
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

# Any room of the engine before torch: it decides how torch's threads wait.
from dcsm_viewer.engine.engine import Engine  # isort: skip

import torch  # isort: skip

from benchmarks.memory import MadeVgg16, made_image
from benchmarks.rounds import machine
from dcsm_viewer.core.settings import MethodSettings, Settings
from dcsm_viewer.core.types import Request, Result
from dcsm_viewer.engine.model_cache import ModelCache
from dcsm_viewer.queries.query import Report

CASES = (("efficientnet-lite0", 4, 2), ("vgg16", 5, 2), ("vgg16", 5, 5), ("vgg16", 20, 2), ("vgg16", 20, 20))
VGG_LAYERS = tuple(f"conv{block}_{at}" for block in (3, 4, 5) for at in (1, 2, 3))


@dataclass
class Arrivals:
    """When which result came, ms after the request."""

    began: float = field(default_factory=time.perf_counter)
    first: float | None = None
    exact: float | None = None

    def take(self, report: Report) -> None:
        if not isinstance(report, Result):
            return
        now = (time.perf_counter() - self.began) * 1e3
        self.first = now if self.first is None else self.first
        if self.exact is None and report.focus is not None and report.focus.class_map is not None:
            height, width = report.request.image.shape
            raw = next(iter(report.focus.raw.values()), None)
            if raw is not None and raw.shape == (height, width):
                self.exact = now


def changes(method: MethodSettings, layers: tuple[str, ...]) -> Iterator[tuple[str, MethodSettings]]:
    yield "N", replace(method, min_candidates=method.min_candidates - 1)
    yield "alpha", replace(method, alpha=method.alpha + 0.5)
    yield "a layer off", replace(method, layers=layers[1:])
    yield "a scale off", replace(method, scales=method.scales[:-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    table = []
    with torch.inference_mode():
        for network, candidates, detected in CASES:
            model_cache = MadeVgg16() if network == "vgg16" else ModelCache()
            layers = VGG_LAYERS if network == "vgg16" else ("block4", "block7", "block10", "block14", "block15")
            table += list(measured(Engine(model_cache), network, layers, candidates, detected, arguments))
    print(f"\n{'network':20} {'K':>3} {'T':>3}  {'change':14}{'first ms':>20}{'exact ms':>20}")
    for row in table:
        numbers = "".join(
            f"{f'{row[name][1]:.0f} ({row[name][0]:.0f}-{row[name][2]:.0f})':>20}" for name in ("first", "exact")
        )
        print(f"{row['network']:20} {row['candidates']:>3} {row['detected']:>3}  {row['change']:14}{numbers}")


def measured(
    engine: Engine, network: str, layers: tuple[str, ...], candidates: int, detected: int, arguments: argparse.Namespace
) -> Iterator[dict[str, Any]]:
    image = made_image(0, 375, 500)
    settings = Settings(device="cpu")
    method = replace(settings.method, min_candidates=min(5, candidates), layers=layers)
    choice = replace(settings.choice, image_labels=tuple(range(detected)), always_compared=tuple(range(candidates)))
    settings = replace(settings, method=method, choice=choice)
    serial = 0

    def ask(wanted: MethodSettings, *, labels: bool = False) -> Arrivals:
        nonlocal serial
        serial += 1
        arrivals = Arrivals()
        request = Request(serial, image, replace(settings, method=wanted))
        engine.run(request, lambda stage: labels or stage != "segmentation", arrivals.take)
        return arrivals

    ask(method, labels=True)
    for name, changed in changes(method, layers):
        turns = []
        for _ in range(arguments.rounds + 1):
            clear_maps(engine)
            turns.append(ask(changed))
        rows = turns[1:]  # the first one warms up
        row: dict[str, Any] = {"network": network, "candidates": candidates, "detected": detected, "change": name}
        for which in ("first", "exact"):
            values = [value for arrivals in rows if (value := getattr(arrivals, which)) is not None]
            row[which] = statistics.quantiles(values, n=4) if len(values) > 1 else [float("nan")] * 3
        print(json.dumps(row | {"rounds": arguments.rounds, **machine(arguments.threads)}))
        yield row


def clear_maps(engine: Engine) -> None:
    """Drops all but what a hand on a slider finds there too: raw maps, their small samples, the CRF's lattices."""
    kept = engine._cached
    lasting = {("subtraction", "sampled"), ("segmentation", "lattice")}
    remade = [key for key in kept._cached if key[0] in {"subtraction", "segmentation"} and key[:2] not in lasting]  # type: ignore[index]  # all keys are tuples
    for key in remade:
        kept._used_bytes -= kept._cached.pop(key)[1]


if __name__ == "__main__":
    main()
