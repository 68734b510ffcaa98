"""The values of a label image: 0 background, class id + 1, 255 ignore; so that many classes fit into 8 bits."""

from __future__ import annotations

IGNORE_INDEX = 255  # VOC's "void"
MAX_CLASSES = IGNORE_INDEX - 1
