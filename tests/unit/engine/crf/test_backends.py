"""The door to the CRF: backends, kept lattices, cancelling, previews and presets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from dcsm_viewer.core.crf_presets import CRF_PRESETS
from dcsm_viewer.core.parameters import check
from dcsm_viewer.core.settings import CrfSettings, Settings
from dcsm_viewer.core.types import UserError, read_only
from dcsm_viewer.engine.crf import (
    Kernel,
    Lattice,
    MeanFieldStep,
    available_backends,
    begin,
    lattice_for,
    preview,
    pydensecrf_backend,
    reduced_rgb,
    run,
)
from tests.parity.crf_cases import photo_image, smooth_unary

RGB = photo_image(48, 63)
UNARY = torch.from_numpy(smooth_unary(3, 48, 63))


class LatticeCache:
    """Keeps lattices by kernel, as the engine's cache does, and counts what it had to build."""

    def __init__(self) -> None:
        self.kept: dict[Kernel, Lattice] = {}
        self.built: list[Kernel] = []

    def __call__(self, kernel: Kernel) -> Lattice:
        if kernel not in self.kept:
            self.built.append(kernel)
            self.kept[kernel] = lattice_for(kernel, RGB)
        return self.kept[kernel]


def test_that_a_moved_weight_builds_no_lattice_and_a_moved_width_one() -> None:
    cache = LatticeCache()
    begin(UNARY, RGB, CrfSettings(), lattices=cache)
    begin(UNARY, RGB, CrfSettings(bilateral_compat=4.0, gaussian_compat=1.0), lattices=cache)
    assert len(cache.built) == 2
    begin(UNARY, RGB, CrfSettings(bilateral_srgb=7.0), lattices=cache)
    assert len(cache.built) == 3


def test_that_a_kept_lattice_gives_the_result_of_a_fresh_one() -> None:
    cache = LatticeCache()
    begin(UNARY, RGB, CrfSettings(), lattices=cache).advance(10)
    kept, fresh = begin(UNARY, RGB, CrfSettings(), lattices=cache), begin(UNARY, RGB, CrfSettings())
    kept.advance(10)
    fresh.advance(10)
    assert np.array_equal(kept.q(), fresh.q())


def test_that_a_run_reports_each_step_and_stops_when_no_longer_wanted() -> None:
    reported: list[MeanFieldStep] = []
    inference = begin(UNARY, RGB, CrfSettings())
    steps = run(inference, 10, still_wanted=lambda: len(reported) < 3, reported=reported.append)
    assert steps == tuple(reported)
    assert [step.iteration for step in steps] == [1, 2, 3]
    assert inference.iteration == 3


def test_that_a_preview_shows_nearly_the_final_labels() -> None:
    wide = CRF_PRESETS["ssdd"].settings
    final = begin(UNARY, RGB, wide)
    final.advance(10)
    shown = preview(UNARY, RGB, wide, factor=2)
    assert shown.shape == (3, 48, 63)
    np.testing.assert_allclose(shown.sum(0), 1.0, rtol=0, atol=1e-4)
    assert np.mean(shown.argmax(0) == final.labels()) > 0.9


def test_that_a_reduced_image_is_the_mean_of_its_squares() -> None:
    rgb = np.arange(5 * 4 * 3, dtype=np.uint8).reshape(5, 4, 3)
    small = reduced_rgb(rgb, 2)
    assert small.shape == (3, 2, 3)
    np.testing.assert_array_equal(small[0, 0], np.round(rgb[:2, :2].mean((0, 1))))
    np.testing.assert_array_equal(small[2, 1], np.round(rgb[4:, 2:].mean((0, 1))))


def test_that_a_read_only_image_is_as_good_as_any() -> None:
    for backend in available_backends():
        if backend.usable:
            begin(UNARY, read_only(RGB), CrfSettings(backend=backend.backend)).advance(1)


def test_that_a_missing_pydensecrf_is_said_before_and_after_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pydensecrf_backend, "is_installed", lambda: False)
    ours, other = available_backends()
    assert ours.usable
    assert not other.usable
    assert "pip install pydensecrf2" in other.note
    with pytest.raises(UserError, match="pip install pydensecrf2"):
        begin(UNARY, RGB, CrfSettings(backend="pydensecrf"))


def test_that_a_unary_of_another_image_is_refused() -> None:
    with pytest.raises(UserError, match="the image has"):
        begin(UNARY[:, :40], RGB, CrfSettings())


@pytest.mark.parametrize("name", sorted(CRF_PRESETS))
def test_that_every_preset_is_within_the_limits_of_the_sliders(name: str) -> None:
    check(Settings(crf=CRF_PRESETS[name].settings))


def test_that_presets_are_the_published_numbers() -> None:
    def numbers(settings: CrfSettings) -> tuple[float, ...]:
        return (
            settings.iterations,
            settings.gaussian_sxy,
            settings.gaussian_compat,
            settings.bilateral_sxy,
            settings.bilateral_srgb,
            settings.bilateral_compat,
        )

    assert {name: numbers(preset.settings) for name, preset in CRF_PRESETS.items()} == {
        "tuned": (10, 3, 3, 80, 8, 6),
        "ssdd": (10, 3, 3, 80, 13, 10),
        "psa": (10, 3, 3, 80, 13, 10),
        "irn": (10, 3, 3, 50, 5, 10),
        "clip-es": (10, 1, 3, 67, 3, 4),
    }
    assert CRF_PRESETS["tuned"].settings == CrfSettings()
    assert (CRF_PRESETS["irn"].unary, CRF_PRESETS["irn"].confidence) == ("hard", 0.7)
    assert replace(CRF_PRESETS["irn"].settings, bilateral_sxy=80.0, bilateral_srgb=13.0) == CRF_PRESETS["ssdd"].settings


def test_that_no_preset_lets_levels_follow_the_maps() -> None:
    assert not any(preset.settings.adaptive_background for preset in CRF_PRESETS.values())
