"""What the engine's tests share."""

from __future__ import annotations

import pytest

from dcsm_viewer.engine.model_cache import ModelCache


@pytest.fixture(scope="session")
def model_cache() -> ModelCache:
    """Loaded once for all tests; a shelf holds weights only, never what was made of an image."""
    return ModelCache()
