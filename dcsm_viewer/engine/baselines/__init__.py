"""Class maps of other methods, for comparison."""
