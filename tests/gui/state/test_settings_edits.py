"""What one thing the user does makes of the settings."""

from __future__ import annotations

import pytest

from dcsm_viewer.core.method_presets import PRESETS
from dcsm_viewer.core.parameters import LIMITS, check
from dcsm_viewer.core.settings import ClassChoice, Settings
from dcsm_viewer.gui.state import settings_edits as edits


@pytest.mark.parametrize("path", LIMITS)
def test_that_every_number_can_be_set_and_keeps_its_type(path: str) -> None:
    limit = LIMITS[path]
    settings = edits.with_field(Settings(), path, limit.high)
    section, name = path.split(".")
    value = getattr(getattr(settings, section), name)
    assert value == limit.high
    assert isinstance(value, int if limit.decimals == 0 else float)
    check(settings)


def test_that_striking_out_takes_back_pin_and_force() -> None:
    settings = edits.exclude(edits.mark_present(edits.always_compare(Settings(), 3, True), 3, True), 3, True)
    assert settings.choice == ClassChoice(excluded=(3,))
    check(settings)


@pytest.mark.parametrize("want", [edits.always_compare, edits.mark_present])
def test_that_wanting_a_class_takes_back_its_strike(want: object) -> None:
    assert callable(want)
    settings = want(edits.exclude(Settings(), 3, True), 3, True)
    assert settings.choice.excluded == ()
    check(settings)


def test_that_taking_back_a_pin_leaves_the_other_pins() -> None:
    settings = edits.always_compare(edits.always_compare(Settings(), 3, True), 1, True)
    assert settings.choice.always_compared == (1, 3)
    assert edits.always_compare(settings, 3, False).choice.always_compared == (1,)


def test_that_another_image_forgets_classes_but_not_the_wish_for_top1() -> None:
    settings = edits.use_top1(edits.always_compare(Settings(), 3, True), on=True)
    assert edits.for_another_image(settings).choice == ClassChoice(top1_if_none=True)


def test_that_another_model_starts_with_all_its_layers() -> None:
    settings = edits.with_field(Settings(), "method.layers", ("blocks.2",))
    assert edits.with_model(settings, "vgg16").method.layers == ()


def test_that_another_model_leaves_simonyans_saliency_at_the_input() -> None:
    settings = edits.with_model(edits.with_preset(Settings(), "simonyan"), "vgg16")
    assert settings.method == PRESETS["simonyan"]
