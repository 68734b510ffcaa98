"""An answer that is not the whole one yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

ValueT_co = TypeVar("ValueT_co", covariant=True)


@dataclass(frozen=True, slots=True)
class PartialAnswer(Generic[ValueT_co]):
    """A value that goes to the window at once, because more is sure to follow.

    An answer without it waits until there is a better one or the end has come: only then is it known to be the last.
    """

    value: ValueT_co
