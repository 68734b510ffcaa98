"""Masks of other programs, one module a format; each drawn by its consumer's own rule."""

from __future__ import annotations

from dcsm_viewer.io.foreign_masks.detect_masks import read_masks
from dcsm_viewer.io.foreign_masks.paint_regions import paint
from dcsm_viewer.io.foreign_masks.read_mask import MaskSource, ReadMask, Region

__all__ = ["MaskSource", "ReadMask", "Region", "paint", "read_masks"]
