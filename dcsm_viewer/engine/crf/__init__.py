"""The fully connected CRF: lattices built once, mean field in steps. docs/crf.md shows how to use it on its own."""

from __future__ import annotations
