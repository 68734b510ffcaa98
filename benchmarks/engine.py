"""Where an image's time goes with EfficientNet-Lite0: each pass, and how soon the maps are there, in turns in one run.

Passes are measured beside a matrix product, the limit that `share` is a share of (floating point operations of the
pass over the product's rate, both in processor time). The last rows are the whole engine with its weights loaded and
nothing else kept: until the first partial maps, until settled maps without a CRF, until settled labels with one.
`--agreement` instead compares labels in bfloat16 with those in float32 over the sample photographs.

    python -m benchmarks.engine --rounds 7 --threads 2
    python -m benchmarks.engine --agreement
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

# Any room of the engine before torch: it decides how torch's threads wait.
from dcsm_viewer.engine.engine import Engine  # isort: skip

import torch  # isort: skip

from benchmarks.rounds import gflop_of, in_turns, machine, matrix_product
from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import ALL_PARTS, Request, Result, SourceImage, Stage
from dcsm_viewer.engine.model_cache import Model, ModelCache
from dcsm_viewer.engine.networks.network import ForwardState
from dcsm_viewer.engine.runtime.device import choose
from dcsm_viewer.engine.stages.gradients import raw_maps
from dcsm_viewer.engine.stages.preprocess import network_input, place_on_canvas
from dcsm_viewer.io.images import read_image
from dcsm_viewer.queries.query import Report

SAMPLES = sorted((Path(__file__).resolve().parent.parent / "resources" / "samples").glob("*.jpg"))
CLASSES = (1, 6, 11, 14)


def until_first_maps(model_cache: ModelCache, image: SourceImage, settings: Settings) -> None:
    reports: list[Report] = []

    def still_wanted(_: Stage) -> bool:
        return not any(isinstance(report, Result) for report in reports)

    Engine(model_cache).run(Request(0, image, settings), still_wanted, reports.append)
    assert not still_wanted("saliency")


def until_settled(model_cache: ModelCache, image: SourceImage, settings: Settings) -> Result:
    return Engine(model_cache).settle(Request(0, image, settings), want=ALL_PARTS)


def backward(model: Model, state: ForwardState[Any], settings: Settings) -> list[object]:
    layers = model.network.layer_names
    return list(raw_maps(model, state, CLASSES, layers, settings.method, lambda _: None))


def measure(rounds: int, threads: int) -> None:
    settings = Settings()
    bare = replace(settings, crf=replace(settings.crf, enabled=False))
    image = read_image(str(next(path for path in SAMPLES if path.stem == "dog-bicycle")))
    model_cache = ModelCache()
    model = model_cache.get(settings.model, settings.vocabulary, choose("cpu", "float32"))
    canvas, _ = place_on_canvas(image.rgb, settings.method)
    product, product_gflop = matrix_product(torch.float32)
    works: dict[str, Callable[[], object]] = {"matrix product": product}
    gflop = {"matrix product": product_gflop}
    for scale in settings.method.scales:
        pixels = network_input(canvas, scale, model.network.convention).float()
        state = model.network.forward(pixels)
        works[f"forward, {scale} px"] = partial(model.network.forward, pixels)
        works[f"backward of {len(CLASSES)}, {scale} px"] = partial(backward, model, state, settings)
    for name, work in works.items():
        gflop.setdefault(name, gflop_of(work))
    works["first partial maps"] = partial(until_first_maps, model_cache, image, bare)
    works["settled maps, no CRF"] = partial(until_settled, model_cache, image, bare)
    works["settled, with CRF"] = partial(until_settled, model_cache, image, settings)
    rows = in_turns(works, rounds)
    best = product_gflop / rows["matrix product"]["processor_ms"]
    for name, row in rows.items():
        row |= {"work": name, "gflop": gflop.get(name, 0.0), "rounds": rounds, **machine(threads)}
        row["share"] = row["gflop"] / row["processor_ms"] / best
        print(json.dumps(row))
    columns = ("gflop", "median_ms", "q1_ms", "q3_ms", "processor_ms")
    print(f"\n{'work':24}" + "".join(f"{column:>14}" for column in columns) + f"{'share':>8}")
    for name, row in rows.items():
        numbers = "".join(f"{row[column]:14.1f}" for column in columns)
        print(f"{name:24}{numbers}{row['share']:8.0%}")


def compare_precisions() -> None:
    settings, model_cache = Settings(), ModelCache()
    print(f"{'image':20}{'labels equal':>14}{'before CRF':>14}")
    for path in SAMPLES:
        image = read_image(str(path))
        exact = until_settled(model_cache, image, settings).segmentation
        quick = until_settled(model_cache, image, replace(settings, precision="bfloat16")).segmentation
        assert exact is not None
        assert quick is not None
        row = {
            "image": path.stem,
            "labels_equal": float((exact.labels == quick.labels).mean()),
            "labels_equal_before_crf": float((exact.labels_before_crf == quick.labels_before_crf).mean()),
        }
        print(json.dumps(row))
        print(f"{path.stem:20}{row['labels_equal']:14.2%}{row['labels_equal_before_crf']:14.2%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--agreement", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    with torch.inference_mode():
        if arguments.agreement:
            compare_precisions()
        else:
            measure(arguments.rounds, arguments.threads)


if __name__ == "__main__":
    main()
