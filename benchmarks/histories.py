"""Exports after random histories, replayed: do the same bytes come out, whatever was looked at before?

    python -m benchmarks.histories [--histories 10]

Each history asks the engine for other candidates, thresholds, scales, constants, classes and CRFs of one photograph,
gives some of them up half-way, and asks a tool's question now and then; then the export is done again by a new engine.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

from dcsm_viewer.core.settings import Settings
from dcsm_viewer.engine.model_cache import ModelCache
from dcsm_viewer.io.images import read_image
from tests.histories import differing
from tests.samples import SAMPLE

NETWORKS = ("lite0-voc", "vgg16-voc")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--histories", type=int, default=10)
    count = parser.parse_args().histories
    image, model_cache = read_image(str(SAMPLE)), ModelCache()
    for model in NETWORKS:
        settings = replace(Settings(), model=model, device="cpu")
        same = 0
        with tempfile.TemporaryDirectory() as folder:
            for seed, sentences in differing(model_cache, image, settings, range(count), Path(folder)):
                same += not sentences
                print(f"{model}, history {seed}: {' '.join(sentences) or 'the same bytes'}", flush=True)
        print(f"{model}: {same} of {count} histories gave the same bytes", flush=True)


if __name__ == "__main__":
    main()
