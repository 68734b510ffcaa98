"""Figures of merit, each defined once: what the window shows of an image is what `evaluate` reports of it."""
