"""How fast a run goes and how long it will take, in a few words."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

WINDOW_SIZE = 30  # images that the rate is taken over: what the machine does now, not what it did an hour ago


class Throughput:
    """Counts images of a run of `total`; those found done already take no time and do not count for the rate."""

    def __init__(self, total: int, clock: Callable[[], float] = time.perf_counter) -> None:
        self._left = total
        self._clock = clock
        self._recent = deque([clock()], maxlen=WINDOW_SIZE + 1)

    def after(self, *, resumed: bool) -> str:
        """One more is done: "1.2 images/s, 28 min left", or "" where there is nothing to say yet."""
        self._left -= 1
        now = self._clock()
        if resumed:
            # The time since the last one went into looking, not into computing.
            self._recent = deque((then + now - self._recent[-1] for then in self._recent), maxlen=WINDOW_SIZE + 1)
            return ""
        self._recent.append(now)
        spent = now - self._recent[0]
        if not self._left or spent <= 0:
            return ""
        rate = (len(self._recent) - 1) / spent
        return f"{_rate_words(rate)}, {_time_words(self._left / rate)} left"


def _rate_words(rate: float) -> str:
    return f"{rate:.1f} images/s" if rate >= 1 else f"{1 / rate:.1f} s an image"


def _time_words(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
