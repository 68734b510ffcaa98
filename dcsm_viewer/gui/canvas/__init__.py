"""Linked panes, the viewport they share, and the grid of maps."""
