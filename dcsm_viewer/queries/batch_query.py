"""Another image than the one on show, settled by the same engine while it is idle: for runs over folders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class BatchQuestion:
    """result: the answer is the settled Result of the query's request, the very one a batch would make.

    card: the ModelCard of the request's settings. Neither touches what is kept of the image on show.
    """

    wanted: Literal["result", "card"]
