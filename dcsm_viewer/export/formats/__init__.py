"""Export formats: one module a consumer, each with write() and verify()."""
