"""The rows of the table: our settings, one or a sweep of them, and masks that came from elsewhere."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass

from dcsm_viewer.core.types import UserError
from dcsm_viewer.evaluation.predictions import Predictions
from dcsm_viewer.evaluation.variants import Variant


@dataclass(frozen=True, slots=True)
class Row:
    """Either a variant of our settings or a folder of masks; `digest` names how its labels come about."""

    name: str
    digest: str
    variant: Variant | None = None
    predictions: Predictions | None = None


def rows_of(variants: Sequence[Variant], weights_digest: str, predictions: Sequence[Predictions]) -> tuple[Row, ...]:
    """Ours first. Raises UserError where two rows would be the same."""
    ours = [Row(variant.name, variant.digest(weights_digest), variant) for variant in variants]
    theirs = [Row(one.name, _digest(os.path.realpath(one.folder)), predictions=one) for one in predictions]
    rows = (*ours, *theirs)
    seen: dict[str, str] = {}
    for row in rows:
        if row.digest in seen:
            raise UserError(f"The rows '{seen[row.digest]}' and '{row.name}' are the same; name one of them only.")
        seen[row.digest] = row.name
    return rows


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
