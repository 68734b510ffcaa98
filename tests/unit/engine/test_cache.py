"""What the engine keeps: by key, within its room, and for the image at hand."""

from __future__ import annotations

import numpy as np

from dcsm_viewer.engine.cache import Cache


def a_hundred_bytes() -> np.ndarray:
    return np.zeros(100, np.uint8)


def test_that_the_longest_unused_gives_way_and_the_newest_stays_however_large() -> None:
    cache = Cache(250)
    for key in ("a", "b", "a", "c"):
        cache.get(key, a_hundred_bytes)
    assert ["a" in cache, "b" in cache, "c" in cache] == [True, False, True]
    cache.put("huge", np.zeros(1000, np.uint8))
    assert "huge" in cache
    assert cache.used_bytes == 1000


def test_that_an_owner_finds_its_own_and_nothing_of_the_one_before() -> None:
    cache = Cache(10**6)
    cache.clear_for_image("cat.jpg")
    cache.put("maps", a_hundred_bytes())
    cache.clear_for_image("cat.jpg")
    assert "maps" in cache
    cache.clear_for_image("dog.jpg")
    assert "maps" not in cache
    assert cache.used_bytes == 0
