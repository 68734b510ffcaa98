from __future__ import annotations

from dataclasses import fields, replace
from typing import get_args

import pytest

from dcsm_viewer.core.method_presets import PRESET_DESCRIPTIONS, PRESET_TITLES, PRESETS, is_modified
from dcsm_viewer.core.parameters import check
from dcsm_viewer.core.settings import MethodSettings, PresetName, Settings


def test_that_every_preset_has_constants_a_title_and_a_description() -> None:
    names = set(get_args(PresetName))
    assert set(PRESETS) == set(PRESET_TITLES) == set(PRESET_DESCRIPTIONS) == names
    assert all(method.preset == name for name, method in PRESETS.items())


def test_that_the_default_settings_are_the_papers_found_by_the_mean_and_normalised_by_layer_without_its_last_tanh() -> (
    None
):
    assert PRESETS["tuned"] == MethodSettings()
    assert PRESETS["paper"] == MethodSettings(preset="paper", score_reduction="max", normalise="pair", final_tanh=True)


@pytest.mark.parametrize("name", get_args(PresetName))
def test_that_a_preset_lies_within_the_limits_and_is_not_modified(name: PresetName) -> None:
    check(Settings(method=PRESETS[name]))
    assert not is_modified(PRESETS[name])


@pytest.mark.parametrize("name", get_args(PresetName))
def test_that_any_changed_constant_is_a_modification(name: PresetName) -> None:
    other = PRESETS["caffe" if name != "caffe" else "paper"]
    for field in fields(MethodSettings):
        if field.name != "preset" and getattr(other, field.name) != getattr(PRESETS[name], field.name):
            assert is_modified(replace(PRESETS[name], **{field.name: getattr(other, field.name)})), field.name
    assert is_modified(replace(PRESETS[name], threshold=0.31))
