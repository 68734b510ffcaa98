"""How well networks tell which classes photographs show: `python -m research.recognition --help`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core import parameters
from dcsm_viewer.core.scores import image_scores
from dcsm_viewer.core.settings import MethodSettings, Settings
from dcsm_viewer.core.types import Request, SourceImage, Stage, UserError
from dcsm_viewer.engine.cache import Cache
from dcsm_viewer.engine.model_cache import ModelCache
from dcsm_viewer.engine.runtime.device import choose
from dcsm_viewer.engine.stages.network_passes import NetworkPasses
from dcsm_viewer.engine.stopwatch import Stopwatch
from dcsm_viewer.evaluation.recognition_figures import Recognition, figures_of, markdown_of, recognition_of
from dcsm_viewer.io.atomic import atomic_write, ensure_folder
from dcsm_viewer.io.datasets import Dataset, csv_dataset
from dcsm_viewer.io.images import read_image


class Recogniser:
    """One network asked for its scores alone: forward passes, those of an image as `evaluate` takes them."""

    def __init__(self, settings: Settings) -> None:
        """Raises UserError for settings that cannot be used and weights that are not there."""
        parameters.check(settings)
        self._settings = settings
        self._compute = choose(settings.device, settings.precision)
        self._model = ModelCache().get(settings.model, settings.vocabulary, self._compute)

    @property
    def class_names(self) -> tuple[str, ...]:
        return self._model.card.class_names

    def scores(self, image: SourceImage) -> NDArray[np.float32]:
        """(classes,) in [0, 1], those the engine gives for the image."""
        # Nothing is asked for twice, so nothing is kept.
        request, stopwatch = Request(0, image, self._settings), Stopwatch(Cache(0))
        passes = NetworkPasses(request, self._model, self._compute, stopwatch, Cache(0), _go_on, all_layers=False)
        method = self._settings.method
        return image_scores(np.stack([passes.scores(scale) for scale in method.scales]), method)


def _go_on(_stage: Stage, _text: str) -> None:
    """Somebody waits for every figure, so nothing is abandoned."""


def recognised(dataset: Dataset, settings: Settings, report: Callable[[str], None]) -> Recognition:
    """The figures of one network on all images. Raises UserError for an image that cannot be read."""
    recogniser = Recogniser(settings)
    begin, rows = time.monotonic(), []
    for index, example in enumerate(dataset.examples, start=1):
        rows.append(recogniser.scores(read_image(example.image)))
        left = (time.monotonic() - begin) / index * (len(dataset.examples) - index)
        report(f"{settings.model}: {index}/{len(dataset.examples)} {example.image.name}, {left:.0f} s left")
    return recognition_of(settings.model, dataset, recogniser.class_names, np.stack(rows))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m research.recognition", description=__doc__)
    parser.add_argument("labels", type=Path, help="a CSV of image,label,label, paths relative to it")
    parser.add_argument("--model", action="append", help="a model's name or weights file; several for several")
    parser.add_argument("--vocabulary", choices=("voc", "imagenet"), default="voc", help="of networks of ImageNet's")
    parser.add_argument("--scales", type=_scales, default=MethodSettings().scales, help="in px, written as 400,500")
    parser.add_argument(
        "--score-reduction",
        choices=("max", "mean"),
        default=MethodSettings().score_reduction,
        help="an image scores the best of the scales or their mean",
    )
    parser.add_argument("--out", type=Path, help="a Markdown file for the tables")
    return parser


def _scales(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} are no scales; write them as 400,500,600") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, or 1 with one sentence on stderr. One JSON line a model on stdout."""
    given = _parser().parse_args(arguments)

    def report(sentence: str) -> None:
        sys.stderr.write(sentence + "\n")
        sys.stderr.flush()

    found: list[Recognition] = []
    try:
        dataset = csv_dataset(given.labels)
        for model in dict.fromkeys(given.model or [Settings().model]):
            method = MethodSettings(scales=given.scales, score_reduction=given.score_reduction)
            found.append(recognised(dataset, Settings(model, given.vocabulary, method), report))
            sys.stdout.write(json.dumps(figures_of(found[-1])) + "\n")
            sys.stdout.flush()
        if given.out is not None:
            ensure_folder(given.out.absolute().parent)
            with atomic_write(given.out) as file:
                file.write(markdown_of(found).encode())
    except UserError as error:
        report(str(error))
        return 1
    except KeyboardInterrupt:
        report("Stopped; the models that were measured are on the lines above.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
