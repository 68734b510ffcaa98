"""The tables of numbers and choices against the settings they describe."""

from __future__ import annotations

from dataclasses import fields
from typing import Literal, get_args, get_origin, get_type_hints

import pytest

from dcsm_viewer.core.parameter_rows import Choice
from dcsm_viewer.core.parameters import CHOICES, LIMITS, numeric_fields
from dcsm_viewer.core.settings import MethodSettings

TUPLES = {"method.preset", "method.scales", "method.layers"}
HINTS = get_type_hints(MethodSettings)


def allowed(choice: Choice) -> set[object]:
    hint = HINTS[choice.field.removeprefix("method.")]
    if hint is bool:
        return {True, False}
    parts = (hint,) if get_origin(hint) is Literal else get_args(hint)
    return {value for part in parts for value in get_args(part)}


def test_that_every_constant_of_the_method_is_a_number_or_a_choice_in_plain_words() -> None:
    numbers = {field for field in LIMITS if field.startswith("method.")}
    assert {f"method.{field.name}" for field in fields(MethodSettings)} == numbers | set(CHOICES) | TUPLES
    assert set(numeric_fields()) == set(LIMITS)


@pytest.mark.parametrize("field", CHOICES)
def test_that_a_choice_offers_every_value_the_setting_can_have(field: str) -> None:
    choice = CHOICES[field]
    assert {option.value for option in choice.options} == allowed(choice)
    assert getattr(MethodSettings(), field.removeprefix("method.")) in allowed(choice)


@pytest.mark.parametrize("field", CHOICES)
def test_that_a_tooltip_names_every_option_and_its_meaning(field: str) -> None:
    choice = CHOICES[field]
    lines = choice.words.splitlines()
    assert lines[0] == choice.explanation
    assert [line.split(":")[0] for line in lines[1:]] == [option.title for option in choice.options]
    assert all(line.endswith(".") for line in lines)
