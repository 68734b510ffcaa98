"""Damaged files through every reader: `python -m benchmarks.fuzz --cases 20000 --seed 0`.

Each case damages one sound file and reads it. A reader may take it or refuse it with a UserError of one sentence; any
other exception is a fault. The same seed and number give the same case: `--only NUMBER` does one again.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import fuzz_bases
from benchmarks.fuzz_mutations import mutated
from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.weights.class_list import read_class_list
from dcsm_viewer.export.recipe import read_recipe
from dcsm_viewer.gui.files.sessions.session_load import load_session
from dcsm_viewer.io.datasets import csv_dataset, labels_of_images, voc_dataset
from dcsm_viewer.io.datasets.class_names import read_class_names
from dcsm_viewer.io.datasets.voc_annotation import annotated_names
from dcsm_viewer.io.foreign_masks import paint, read_masks
from dcsm_viewer.io.images import read_image
from dcsm_viewer.io.masks import read_mask
from dcsm_viewer.review.exported_result import read_exported


@dataclass(frozen=True, slots=True)
class Reader:
    """What is read: `share` of all cases, the sound files, where the damaged one is put, and who reads it."""

    name: str
    share: int
    bases: tuple[bytes, ...]
    path: Path
    read: Callable[[Path], object]


@dataclass(slots=True)
class Tally:
    """What became of a reader's cases. faults: (case, reason); slowest: (seconds, case)."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[int, str]] = field(default_factory=list)
    stderr_bytes: int = 0
    slowest: tuple[float, int] = (0.0, -1)


def readers(folder: Path) -> tuple[Reader, ...]:
    """Every reader of users' files but those of weights, with a small data set for them in `folder`."""
    voc = folder / "VOC"
    for name in ("JPEGImages", "SegmentationClass", "Annotations", "ImageSets/Segmentation", "ImageSets/Main"):
        (voc / name).mkdir(parents=True)
    images, masks, annotations = fuzz_bases.images(), fuzz_bases.masks(), fuzz_bases.voc_annotations()
    small = next(one for one in images if one.startswith(b"\xff\xd8"))
    for name in fuzz_bases.NAMES:
        for location in (folder, voc / "JPEGImages"):
            (location / name).write_bytes(small)
        (voc / "SegmentationClass" / f"{Path(name).stem}.png").write_bytes(masks[0])
    (voc / "Annotations" / "a.xml").write_bytes(annotations[0])
    recipes = fuzz_bases.recipes(folder)
    archive = (folder / "a.npz").read_bytes()
    lists, paths = fuzz_bases.lists(), [str(folder / name) for name in fuzz_bases.NAMES]
    set_file = voc / "ImageSets" / "Segmentation" / "val.txt"
    presence = voc / "ImageSets" / "Main" / "dog_train.txt"
    (set_file.parent / "train.txt").write_bytes(lists[0])

    def data_set(path: Path) -> None:
        voc_dataset(voc, "train" if path != set_file else "val", strict=path != set_file)

    def class_list(path: Path) -> None:
        _each([lambda: read_class_list(path), lambda: read_class_names(path)])

    def table(path: Path) -> None:
        _each([lambda: labels_of_images(path, paths), lambda: csv_dataset(path)])

    def foreign_masks(path: Path) -> None:
        source = read_masks(path)
        problems = list(source.problems)
        for mask in source.masks:
            problems += paint(mask, (24, 32), dict.fromkeys(source.class_names, 1))[1]
        if problems:
            raise UserError(problems[0])

    (folder / "yolo").mkdir()
    return (
        Reader("image", 12, images, folder / "image", read_image),
        Reader("mask", 8, masks * 4 + images, folder / "mask.png", read_mask),
        Reader("label table", 3, fuzz_bases.tables(), folder / "labels.csv", table),
        Reader("image set", 3, lists, set_file, data_set),
        Reader("presence list", 1, (lists[1],), presence, data_set),
        Reader("class list", 3, fuzz_bases.class_lists(), folder / "names.txt", class_list),
        Reader("annotation", 3, annotations, folder / "a.xml", annotated_names),
        Reader("recipe", 4, recipes, folder / "r.json", read_recipe),
        Reader("export archive", 3, (archive,), folder / "a.npz", lambda path: read_exported(folder, path.stem)),
        Reader("COCO masks", 2, fuzz_bases.coco_masks(), folder / "coco.json", foreign_masks),
        Reader("labelme masks", 2, fuzz_bases.labelme_masks(), folder / "labelme.json", foreign_masks),
        Reader("CVAT masks", 2, fuzz_bases.cvat_masks(), folder / "cvat.xml", foreign_masks),
        Reader(
            "YOLO masks", 2, fuzz_bases.yolo_masks(), folder / "yolo" / "a.txt", lambda path: foreign_masks(path.parent)
        ),
        Reader("session", 3, fuzz_bases.sessions(folder), folder / "s.dcsm.json", load_session),
    )


def _each(reads: Sequence[Callable[[], object]]) -> None:
    """All of them, whatever the first refuses; raises the last refusal."""
    refused: UserError | None = None
    for read in reads:
        try:
            read()
        except UserError as error:
            _check(error)
            refused = error
    if refused is not None:
        raise refused


def _check(error: UserError) -> None:
    sentence = str(error)
    if not sentence.endswith(".") or "\n" in sentence or "Traceback" in sentence:
        raise AssertionError(f"no sentence: {sentence[:200]!r}")


def run(
    cases: Sequence[int], seed: int, folder: Path, report: Callable[[int], None] = lambda _: None
) -> dict[str, Tally]:
    """The tally of each reader over these cases; `report` is told the number of each."""
    every = readers(folder)
    plan = [reader for reader in every for _ in range(reader.share)]
    tallies = {reader.name: Tally() for reader in every}
    for case in cases:
        report(case)
        draw = random.Random(f"{seed} {case}")
        reader = plan[case % len(plan)]
        tally = tallies[reader.name]
        stored = mutated(draw.choice(reader.bases), draw.choice(reader.bases), draw)
        sound = reader.path.read_bytes() if reader.path.exists() else None
        reader.path.write_bytes(stored)
        begin = time.perf_counter()
        try:
            reader.read(reader.path)
            tally.counts["read"] += 1
        except UserError as error:
            tally.counts["refused"] += 1
            if str(error).rstrip(".") == str(error):
                tally.faults.append((case, f"no sentence: {error}"))
        except Exception as fault:  # noqa: BLE001 - whatever it is, it is a finding
            tally.counts["fault"] += 1
            last = traceback.extract_tb(fault.__traceback__)[-1]
            location = f"{Path(last.filename).name}:{last.lineno}"
            tally.faults.append((case, f"{type(fault).__name__}: {str(fault)[:160]} ({location})"))
        tally.slowest = max(tally.slowest, (time.perf_counter() - begin, case))
        if sound is None:
            reader.path.unlink()
        else:
            reader.path.write_bytes(sound)
    return tallies


@contextmanager
def stderr_into(path: Path) -> Iterator[None]:
    """What the process writes to stderr, by Python or by itself, goes into the file at `path`."""
    sys.stderr.flush()
    kept = os.dup(2)
    with path.open("wb") as stream:
        os.dup2(stream.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)


def _table(tallies: dict[str, Tally]) -> str:
    lines = [
        "| reader | read | refused | faults | slowest, ms (case) | first fault |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for name, tally in tallies.items():
        seconds, case = tally.slowest
        first = f"case {tally.faults[0][0]}: {tally.faults[0][1]}" if tally.faults else ""
        counts = " | ".join(str(tally.counts[kind]) for kind in ("read", "refused"))
        lines.append(f"| {name} | {counts} | {len(tally.faults)} | {1000 * seconds:.0f} ({case}) | {first} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 without faults, else 1."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="this case alone, with its traceback")
    given = parser.parse_args(arguments)
    cases = range(given.cases) if given.only is None else range(given.only, given.only + 1)
    begin = time.perf_counter()

    def report(case: int) -> None:
        if case and case % 1000 == 0:
            sys.stdout.write(f"{case} cases, {time.perf_counter() - begin:.0f} s\n")
            sys.stdout.flush()

    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "stderr"
        (Path(folder) / "files").mkdir()
        with stderr_into(written):
            tallies = run(cases, given.seed, Path(folder) / "files", report)
        stderr = written.read_bytes()
    faults = [(case, name, reason) for name, tally in tallies.items() for case, reason in tally.faults]
    sys.stdout.write(_table(tallies) + "\n")
    for case, name, reason in sorted(faults)[:40]:
        sys.stdout.write(f"case {case}, {name}: {reason}\n")
    if stderr:
        sys.stdout.write(f"written to stderr, {len(stderr)} bytes: {stderr[:600].decode('utf-8', 'replace')}\n")
    total = {"cases": len(cases), "seed": given.seed, "faults": len(faults), "stderr_bytes": len(stderr)}
    total["first_fault"] = min(faults)[0] if faults else None
    total["seconds"] = round(time.perf_counter() - begin, 1)
    sys.stdout.write(json.dumps(total) + "\n")
    return 1 if faults or stderr else 0


if __name__ == "__main__":
    sys.exit(main())
