"""Distinct class maps from raw maps."""
