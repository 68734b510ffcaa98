"""Widgets that several tools and views share."""
