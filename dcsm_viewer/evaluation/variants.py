"""One row of an evaluation: settings, and whether the true classes of every image are told."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version

from dcsm_viewer.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Variant:
    """One row. values: what the sweep set, as text by axis; labels_given: the true image-level labels are known."""

    name: str
    settings: Settings
    labels_given: bool
    values: Mapping[str, str] = field(default_factory=dict)

    def digest(self, weights_digest: str) -> str:
        """Names everything that changes this row's figures but image and truth; the row's name is no part of it."""
        # Two device options may be the same device; what it computes may differ from another's all the same.
        told = repr((version("dcsm-viewer"), self.settings, self.labels_given, weights_digest))
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def for_image(self, label_ids: Sequence[int], strange_ids: Sequence[int]) -> Settings:
        """The settings for one image with these true classes; classes the data set does not know are never found."""
        choice = replace(
            self.settings.choice,
            image_labels=tuple(sorted(label_ids)) if self.labels_given else self.settings.choice.image_labels,
            excluded=tuple(strange_ids),
        )
        return replace(self.settings, choice=choice)


def in_evaluation_order(variants: Sequence[Variant]) -> tuple[Variant, ...]:
    """The largest N first, so that all classes go back through the network together."""
    return tuple(sorted(variants, key=lambda variant: -variant.settings.method.min_candidates))
