"""What the triage says of a mask and of the whole folder: pure functions."""

from __future__ import annotations

from collections.abc import Iterable

from dcsm_viewer.review.doubt import DoubtMeasures
from dcsm_viewer.review.review_file import ReviewEntry


def doubt_words(found: DoubtMeasures | None, q_margin: float) -> str:
    """The doubt and its parts, each in [0, 1]."""
    if found is None:
        return "not measured yet"
    if found.is_empty:
        return "doubt 1.00: no pixel is of any class"
    return (
        f"doubt {found.doubt(q_margin):.2f}: overlap {found.overlap:.2f}, flipped by the CRF {found.flipped:.2f}, "
        f"uncertain {found.uncertain(q_margin):.2f}, score near the threshold {found.narrow:.2f}"
    )


def verdict_words(entry: ReviewEntry) -> str:
    return ", ".join(part for part in (entry.verdict, "edited" if entry.edit is not None else None) if part)


def verdict_marks(entry: ReviewEntry) -> str:
    """The same in signs: accepted, rejected, a pencil for edited."""
    return {"accepted": "✓", "rejected": "✗", None: ""}[entry.verdict] + (" ✎" if entry.edit is not None else "")


def progress_words(entries: Iterable[ReviewEntry]) -> str:
    """How many masks are decided, and how."""
    entries = tuple(entries)
    accepted = sum(entry.verdict == "accepted" for entry in entries)
    rejected = sum(entry.verdict == "rejected" for entry in entries)
    edited = sum(entry.edit is not None for entry in entries)
    left = len(entries) - accepted - rejected
    return f"{accepted:,} accepted, {rejected:,} rejected, {left:,} to do; {edited:,} edited"
