"""The grid of maps by layer and scale."""
