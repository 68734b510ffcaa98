"""Scenes with exact masks, to train and to measure with: `python -m research.scenes --help`."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.atomic import atomic_path
from dcsm_viewer.io.datasets.labelled_image import VOC_CLASSES
from research.pictures.appearance import EVALUATION, TRAINING
from research.pictures.asset_pool import AssetPool, Part, part_of
from research.pictures.backgrounds import Backgrounds, gather_backgrounds
from research.pictures.contact_sheet import contact_sheet
from research.pictures.cutout import list_cutouts
from research.pictures.fetch import fetched
from research.pictures.scene import make_scene
from research.pictures.sources import SIDES, Side, of_side
from research.pictures.voc_folder import WrittenScene, write_lists, write_scene

# As photographs of VOC are: most lie, one in six stands.
SIZES = ((500, 375), (480, 360), (500, 333), (375, 500), (480, 320), (500, 375))
DEFAULT_SETS: dict[Side, tuple[tuple[Part, int], ...]] = {
    "training": (("train", 4000), ("val", 200)),
    "evaluation": (("val", 240),),
}


@dataclass(frozen=True, slots=True)
class SceneJob:
    """What is to be made: `count` scenes of one part of one side, from the cutouts and backgrounds below `material`."""

    side: Side
    part: Part
    count: int
    seed: int
    out: Path
    material: Path
    size: tuple[int, int] | None = None


def make_objects(side: Side, sources: Path, material: Path, report: Callable[[str], None]) -> None:
    """Fetches the side's sources below `sources` and makes cutouts and backgrounds of them below `material`.

    Packages, icons and renders that are there already are not made again. Raises UserError with what is missing.
    """
    for source in of_side(side):
        fetched(source, sources, report)
    objects = material / "objects" / side
    if side == "evaluation":
        from research.pictures.photographs import collect_photographs

        collect_photographs(sources, objects, report)
    else:
        from research.pictures.figures import gather_figures
        from research.pictures.icons import draw_icons
        from research.pictures.model_views import default_views, render_models

        for source in of_side(side):
            if source.name in ("noto", "fluent-emoji", "fluent-emoji-flat", "twemoji"):
                draw_icons(source, sources / source.name, objects, report)
            elif source.name == "fluent-emoji-3d":
                names = sources / "noto" / "package" / "chars.json"
                gather_figures(source, sources / source.name, names, objects, report)
            elif source.name == "sweethome3d-furniture":
                render_models(source, sources / source.name, objects, default_views, 0, report)
    gather_backgrounds(side, sources, material / "backgrounds" / side, report)


def make_scenes(order: SceneJob, report: Callable[[str], None], workers: int = 2) -> list[WrittenScene]:
    """The scenes that were written, in order. Raises UserError where there is nothing to make them of."""
    _asset_pool(order.side, order.part, order.material)  # a missing stock is said once, before the workers start
    began = time.monotonic()
    written: list[WrittenScene] = []
    for one in _all(order, workers):
        written.append(one)
        if len(written) % 100 == 0 or len(written) == order.count:
            each = (time.monotonic() - began) / len(written)
            left = each * (order.count - len(written))
            so_far = f"{order.side}/{order.part}: {len(written)} of {order.count} scenes"
            report(f"{so_far}, {each:.3f} s each, {left:.0f} s left")
    write_lists(order.part, written, order.out)
    return written


def _all(order: SceneJob, workers: int) -> Iterator[WrittenScene]:
    make = partial(_one, order)
    if workers <= 1:
        yield from map(make, range(order.count))
        return
    # Spawned on every system alike: a fork of a process with threads may hang.
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        yield from pool.map(make, range(order.count), chunksize=8)


def _one(order: SceneJob, index: int) -> WrittenScene:
    assets, backgrounds = _asset_pool(order.side, order.part, order.material)
    appearance = EVALUATION if order.side == "evaluation" else TRAINING
    # Size and quality come from the scene's own stream too, set apart from what is drawn inside.
    rng = np.random.default_rng([order.seed, index, 1])
    size = order.size or SIZES[int(rng.integers(len(SIZES)))]
    low, high = appearance.jpeg_quality
    quality = int(rng.integers(low, high + 1))
    # The two parts of a side are other scenes even with the same seed and number.
    shifted = order.seed * 2 + (order.part == "val")
    made = make_scene(shifted, index, size, assets, backgrounds, appearance)
    return write_scene(made, f"{order.side[:5]}_{order.part}_{index:06d}", quality, order.out)


@lru_cache(maxsize=1)
def _asset_pool(side: Side, part: Part, material: Path) -> tuple[AssetPool, Backgrounds]:
    cutouts = list_cutouts(material / "objects" / side)
    backgrounds = material / "backgrounds" / side
    if side == "evaluation":
        return AssetPool.of(cutouts), Backgrounds(backgrounds, patterns=0.0)
    return AssetPool.of(part_of(cutouts, part), distractors=0.35), Backgrounds(backgrounds, patterns=0.3)


def counts_table(written: Sequence[WrittenScene]) -> str:
    """Lines of class, scenes in which it is seen, objects of it, and origins they were cut from."""
    scenes = Counter(name for one in written for name in one.classes)
    objects = Counter(name for one in written for name, _ in one.objects)
    origins = {name: {origin for one in written for own, origin in one.objects if own == name} for name in VOC_CLASSES}
    lines = [f"{name:12s} {scenes[name]:6d} {objects[name]:6d} {len(origins[name]):5d}" for name in VOC_CLASSES]
    return "\n".join([f"{'class':12s} scenes objects origins", *lines])


def _natural(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text} is no whole number of 0 or more")
    return int(text)


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no size; write it as 480x360") from error
    if not (64 <= width <= 4096 and 64 <= height <= 4096):
        raise argparse.ArgumentTypeError(f"{text} is out of range: 64 to 4096 px on each side")
    return width, height


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m research.scenes", description=__doc__)
    parser.add_argument("--side", choices=SIDES, help="which side to make; without it, all default sets of both")
    parser.add_argument("--part", choices=("train", "val"), help="which part of the training side (default: train)")
    parser.add_argument("--count", type=_natural, help="how many scenes")
    parser.add_argument("--seed", type=_natural, default=0)
    parser.add_argument("--out", type=Path, help="the folder to write to (default: out/scenes/SIDE)")
    parser.add_argument("--size", type=_size, help="WIDTHxHEIGHT in px (default: sizes as in VOC)")
    parser.add_argument("--sources", type=Path, default=Path("out/sources"), help="where fetched packages lie")
    parser.add_argument("--material", type=Path, default=Path("out"), help="where objects/ and backgrounds/ lie")
    parser.add_argument("--no-fetch", action="store_true", help="use the cutouts and backgrounds that are there")
    parser.add_argument("--sheet", type=Path, help="a PNG of the first 24 scenes of the last set, with their masks")
    parser.add_argument("--workers", type=_natural, default=2, help="processes")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, or 1 with one sentence on stderr."""
    given = _parser().parse_args(arguments)

    def report(sentence: str) -> None:
        sys.stderr.write(sentence + "\n")
        sys.stderr.flush()

    sides: tuple[Side, ...] = (given.side,) if given.side else SIDES
    try:
        for side in sides:
            sets = DEFAULT_SETS[side]
            if given.part or given.count is not None:
                part: Part = given.part or sets[0][0]
                sets = ((part, given.count if given.count is not None else dict(sets).get(part, 200)),)
            if not given.no_fetch:
                make_objects(side, given.sources, given.material, report)
            for part, count in sets:
                out = given.out or Path("out/scenes") / side
                order = SceneJob(side, part, count, given.seed, out, given.material, given.size)
                written = make_scenes(order, report, given.workers)
                report(counts_table(written))
                if given.sheet is not None:
                    with atomic_path(given.sheet) as draft:
                        contact_sheet(out, [one.stem for one in written[:24]]).save(draft, format="PNG")
    except UserError as error:
        report(str(error))
        return 1
    except KeyboardInterrupt:
        report("Stopped; the scenes that were written stay, without a list of them.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
