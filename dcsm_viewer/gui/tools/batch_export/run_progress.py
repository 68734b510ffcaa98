"""How far a run over a folder is, how fast it goes and how long it will take: pure values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from dcsm_viewer.batch.run_batch import Outcome

Phase = Literal["idle", "running", "paused", "ending", "cancelled", "finished", "refused"]

ACTIVE: frozenset[Phase] = frozenset({"running", "paused", "ending"})
_RECENT = 20


@dataclass(frozen=True, slots=True)
class RunProgress:
    """One run as known so far.

    computed: images that were made in this run, resumed: that were done before, failures: (file, reason) of those
    that could not be. finished_s: when the last images were finished, in seconds of work, pauses left out.
    reason: why a run was refused or broke off; of a finished one, what to know of the files of all images; else "".
    """

    total: int = 0
    phase: Phase = "idle"
    computed: int = 0
    resumed: int = 0
    failures: tuple[tuple[str, str], ...] = ()
    finished_s: tuple[float, ...] = (0.0,)
    out: str = ""
    reason: str = ""

    @property
    def done(self) -> int:
        return self.computed + self.resumed + len(self.failures)

    @property
    def images_per_s(self) -> float | None:
        """Over the last images, None before the first one."""
        span = self.finished_s[-1] - self.finished_s[0]
        count = len(self.finished_s) - 1
        return count / span if count and span > 0 else None

    @property
    def left_s(self) -> float | None:
        """Seconds to go at this rate, None before it is known."""
        rate = self.images_per_s
        return None if rate is None else (self.total - self.done) / rate

    def after(self, outcome: Outcome, worked_s: float) -> RunProgress:
        """One image later; `worked_s` seconds of work since the beginning."""
        if outcome.error is not None:
            found = replace(self, failures=(*self.failures, (outcome.image, outcome.error)))
        elif outcome.resumed:
            # It took hardly any time, so it does not count for the rate.
            return replace(self, resumed=self.resumed + 1, finished_s=(*self.finished_s[:-1], worked_s))
        else:
            found = replace(self, computed=self.computed + 1)
        return replace(found, finished_s=(*self.finished_s, worked_s)[-_RECENT - 1 :])


def sentence(progress: RunProgress) -> str:
    """What the line under the progress bar says."""
    counts = _counts(progress)
    match progress.phase:
        case "idle":
            return "Nothing runs."
        case "refused":
            return progress.reason
        case "paused":
            return f"Paused after the current image. {counts}"
        case "ending":
            return f"Cancelling: files under way are finished. {counts}"
        case "cancelled":
            return f"Cancelled. {counts} With 'Resume' the next run goes on from here."
        case "finished":
            return f"Finished. {counts} Files are in {progress.out}. {progress.reason}".rstrip()
        case "running":
            return f"{counts} {_rate(progress)}"


def _counts(progress: RunProgress) -> str:
    parts = [f"{progress.computed:,} made"]
    if progress.resumed:
        parts.append(f"{progress.resumed:,} already done")
    if progress.failures:
        parts.append(f"{len(progress.failures):,} failed")
    return f"{progress.done:,} of {progress.total:,} images: {', '.join(parts)}."


def _rate(progress: RunProgress) -> str:
    rate, left = progress.images_per_s, progress.left_s
    if rate is None or left is None:
        return "The rate is known after the first image."
    speed = f"{rate:.2g} images a second" if rate >= 1 else f"{1 / rate:.2g} s an image"
    return f"{speed}, {duration(left)} left."


def duration(seconds: float) -> str:
    """12 s, 3 min 5 s, 2 h 10 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
