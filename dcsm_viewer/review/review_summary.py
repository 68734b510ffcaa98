"""What a triage yields: masks accepted, rejected and edited, and how many pixels of each class that is."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from dcsm_viewer.io.markdown import plain, table
from dcsm_viewer.review.label_masks import BACKGROUND, IGNORE
from dcsm_viewer.review.review_file import ReviewEntry, ReviewFile


@dataclass(frozen=True, slots=True)
class ClassSummary:
    """One class: masks that show it, by verdict; its pixels in accepted masks, and their share of all pixels there."""

    name: str
    accepted: int
    rejected: int
    undecided: int
    pixels: int
    share: float


@dataclass(frozen=True, slots=True)
class ReviewSummary:
    """Masks of a folder by verdict, how many accepted ones were edited, and each class; most pixels first.

    `background` and `ignore` close the list. pixels: all of the accepted masks.
    """

    folder: str
    masks: int
    accepted: int
    rejected: int
    undecided: int
    edited: int
    pixels: int
    classes: tuple[ClassSummary, ...]


def summary_of(review_file: ReviewFile) -> ReviewSummary:
    entries = tuple(review_file.entries.values())
    by_verdict = {
        verdict: [entry for entry in entries if entry.verdict == verdict] for verdict in ("accepted", "rejected", None)
    }
    showing = {verdict: _masks_showing(found) for verdict, found in by_verdict.items()}
    pixels: Counter[str] = Counter()
    for entry in by_verdict["accepted"]:
        pixels.update(entry.pixels)
    total = sum(pixels.values())
    names = {name for counts in showing.values() for name in counts}
    # Background and 'ignore' are no classes: last, whatever their pixels.
    order = sorted(names, key=lambda name: (name == IGNORE, name == BACKGROUND, -pixels[name], name))
    return ReviewSummary(
        folder=str(review_file.folder),
        masks=len(entries),
        accepted=len(by_verdict["accepted"]),
        rejected=len(by_verdict["rejected"]),
        undecided=len(by_verdict[None]),
        edited=sum(entry.edit is not None for entry in by_verdict["accepted"]),
        pixels=total,
        classes=tuple(
            ClassSummary(
                name=name,
                accepted=showing["accepted"][name],
                rejected=showing["rejected"][name],
                undecided=showing[None][name],
                pixels=pixels[name],
                share=pixels[name] / total if total else 0.0,
            )
            for name in order
        ),
    )


def _masks_showing(entries: Iterable[ReviewEntry]) -> Counter[str]:
    return Counter(name for entry in entries for name, count in entry.pixels.items() if count)


def as_json(found: ReviewSummary) -> str:
    return json.dumps(asdict(found), indent=2, ensure_ascii=False) + "\n"


def as_csv(found: ReviewSummary) -> str:
    """One row a class; the line ends are those of the csv standard."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("class", "accepted", "rejected", "undecided", "pixels", "share"))
    for each in found.classes:
        writer.writerow((each.name, each.accepted, each.rejected, each.undecided, each.pixels, f"{each.share:.6f}"))
    return text.getvalue()


def as_markdown(found: ReviewSummary) -> str:
    summary = (
        f"{found.accepted:,} of {found.masks:,} masks accepted ({found.edited:,} of them edited by hand), "
        f"{found.rejected:,} rejected, {found.undecided:,} undecided. "
        f"The accepted masks have {found.pixels:,} pixels."
    )
    lines = [
        f"# Yield of {plain(found.folder)}",
        "",
        summary,
        "",
    ]
    cells = [
        (plain(each.name), *(f"{count:,}" for count in (each.accepted, each.rejected, each.undecided, each.pixels)),
         f"{100 * each.share:.2f} %")
        for each in found.classes
    ]  # fmt: skip
    head = ("class", "accepted", "rejected", "undecided", "pixels", "share")
    return "\n".join([*lines, table(head, cells)]) + "\n"
