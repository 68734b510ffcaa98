"""The whole window, with an engine that computes nothing, for tests of what lies in it."""

from tests.e2e.conftest import blind_desk, desk, photos, slow_desk

__all__ = ["blind_desk", "desk", "photos", "slow_desk"]
