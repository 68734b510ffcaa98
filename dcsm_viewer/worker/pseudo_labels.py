"""What an export needs beyond the result: the labels of its consumers' own CRFs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dcsm_viewer.core.types import Result
from dcsm_viewer.export.consumer_maps import maps_over_own_maximum
from dcsm_viewer.export.format_registry import rules_of


def with_seeds(result: Result, formats: Sequence[str]) -> Result:
    """`result` with the seeds that `formats` ask for (names of export.FORMATS); itself where they ask for none.

    Takes a CRF for each rule, so it is no work for the window's thread. The backend is that of the result's settings.
    Raises UserError for a result that is not settled.
    """
    missing = [rule for rule in rules_of(formats) if rule not in result.seeds]
    if not missing:
        return result
    # Torch takes seconds to import, and who only lists formats does not need it.
    from dcsm_viewer.engine.pseudo_label_crf import seed_probabilities

    made = seed_probabilities(
        maps_over_own_maximum(result), result.request.image.rgb, missing, result.request.settings.crf.backend
    )
    return replace(result, seeds={**result.seeds, **made})
