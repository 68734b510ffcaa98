"""What a file says when it is read back by the rules of those who will use it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that was looked at: whether it held, and the sentence that says so."""

    ok: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Report:
    """The findings of reading one file back.

    ok: everything held. sentences: what was looked at, one each, failures first.
    """

    ok: bool
    sentences: tuple[str, ...]

    @classmethod
    def of(cls, findings: Iterator[Finding]) -> Report:
        """Collect findings into a report."""
        seen = list(findings)
        failed = tuple(finding.sentence for finding in seen if not finding.ok)
        ok = tuple(finding.sentence for finding in seen if finding.ok)
        return cls(not failed, failed + ok)


def finding(ok: bool, *, good: str, bad: str) -> Finding:
    """Make a finding with the sentence that fits.

    Parameters
    ----------
    ok
        Whether the rule holds.
    good, bad
        The sentence for each case.

    Returns
    -------
    Finding
        With `good` or `bad`.
    """
    return Finding(ok, good if ok else bad)


def unreadable(path: Path, error: Exception) -> Finding:
    """Make the finding that a file cannot be read back."""
    return Finding(ok=False, sentence=f"{path} cannot be read back: {error}.")
