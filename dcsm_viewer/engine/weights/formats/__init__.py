"""Read weight files: one module a format."""
