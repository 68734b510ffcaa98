"""Frozen values, settings, parameters, presets and scores; no Qt, no torch."""
