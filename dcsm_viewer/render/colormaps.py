"""The colours of the maps: lookup tables by name, perceptual ones first."""

from __future__ import annotations

from functools import cache

import numpy as np
from cmap import Colormap
from numpy.typing import NDArray

from dcsm_viewer.core.types import UserError, read_only

POSITIVE = ("inferno", "viridis", "magma", "cividis", "turbo")
DIVERGING = ("vik", "coolwarm", "berlin")
# Jet shows edges where there are none (its lightness is not monotonic); offered because papers of 2016 use it.
ON_REQUEST = ("gray", "jet")

# Short names are ambiguous in cmap ("coolwarm" is drawn by two packages, a little differently), so each is pinned.
_FULL_NAME = {
    "inferno": "bids:inferno",
    "viridis": "bids:viridis",
    "magma": "bids:magma",
    "cividis": "cividis:cividis",
    "turbo": "google:turbo",
    "vik": "crameri:vik",
    "coolwarm": "matplotlib:coolwarm",
    "berlin": "crameri:berlin",
    "gray": "matlab:gray",
    "jet": "matlab:jet",
}


@cache
def lookup_table(name: str) -> NDArray[np.uint8]:
    """Read-only (256, 4) uint8 RGBA, low to high, of one of the names above or any other the package cmap knows.

    Raises UserError for an unknown name.
    """
    try:
        colormap = Colormap(_FULL_NAME.get(name, name))
    except ValueError:
        known = ", ".join(POSITIVE + DIVERGING + ON_REQUEST)
        raise UserError(f"There is no colormap called {name!r}; choose one of {known}.") from None
    return read_only(np.rint(np.asarray(colormap.lut(256)) * 255).astype(np.uint8))
