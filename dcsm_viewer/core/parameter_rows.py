"""A row of the parameter table: a number with range and unit, or a choice with its options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


def option_of(path: str) -> str:
    """Return the spelling of a field's option: "--alpha" for method.alpha, "--crf-sharpness" for crf.sharpness."""
    return "--" + path.removeprefix("method.").replace(".", "-").replace("_", "-")


@dataclass(frozen=True, slots=True)
class Limit:
    """One number: `field` is its path in Settings ("method.alpha"); low and high are inclusive, in `unit`.

    `decimals` 0 means the value is an int. `spelling` is the option of the command line where it does not follow from
    the field; `aliases` are older spellings, kept hidden.
    """

    field: str
    label: str
    low: float
    high: float
    step: float
    unit: str
    decimals: int
    explanation: str
    spelling: str = ""
    aliases: tuple[str, ...] = ()
    default: float = 0.0

    @property
    def option(self) -> str:
        """The option of the command line that sets it ("--crf-sharpness")."""
        return self.spelling or option_of(self.field)


@dataclass(frozen=True, slots=True)
class Option:
    """One value a choice can have, its title for a box, and what it means. aliases: older names of the value."""

    value: str | bool
    title: str
    words: str
    aliases: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the value as text; "on" and "off" for those of a switch."""
        return self.value if isinstance(self.value, str) else ("on" if self.value else "off")


@dataclass(frozen=True, slots=True)
class Choice:
    """One constant that is chosen, not measured; `field` is its path in Settings ("method.fit")."""

    field: str
    label: str
    explanation: str
    options: tuple[Option, ...]
    spelling: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def option(self) -> str:
        """The option of the command line that sets it ("--upsampling")."""
        return self.spelling or option_of(self.field)

    def value_named(self, name: str) -> str | bool | None:
        """Return the value with this name, which may be an older one; None where there is none."""
        for option in self.options:
            if name == option.name or name in option.aliases:
                return option.value
        return None

    @property
    def is_switch(self) -> bool:
        """Whether it is on or off."""
        return isinstance(self.options[0].value, bool)

    @property
    def summary(self) -> str:
        """The explanation and what every option means, in one line of help."""
        options = "; ".join(f"{option.value}: {option.words.rstrip('.')}" for option in self.options)
        return f"{self.explanation} {options}."

    @property
    def words(self) -> str:
        """The explanation and what every option means, for a tooltip of plain text."""
        return "\n".join((self.explanation, *(f"{option.title}: {option.words}" for option in self.options)))


ROW = "row"  # the key of the metadata of a field


def number(
    default: float,
    label: str,
    *,
    low: float,
    high: float,
    step: float,
    decimals: int,
    explanation: str,
    unit: str = "",
    spelling: str = "",
    aliases: Sequence[str] = (),
) -> Any:
    """Declare a field of the settings that is a number.

    Parameters
    ----------
    default, low, high, step
        In `unit`; low and high are inclusive.
    label
        What stands beside the slider.
    decimals
        Of the number box; 0 for an int.
    explanation
        One or two sentences for the tooltip and the help of the command line.
    unit
        Of all four numbers, "" for none.
    spelling, aliases
        The option of the command line, if not the name of the field; older spellings, kept hidden.

    Returns
    -------
    Any
        A dataclass field with the row in its metadata.
    """
    row = Limit("", label, low, high, step, unit, decimals, explanation, spelling, tuple(aliases), float(default))
    return field(default=default, metadata={ROW: row})


def choice(
    label: str,
    explanation: str,
    options: tuple[Option, ...],
    *,
    default: str | bool,
    spelling: str = "",
    aliases: Sequence[str] = (),
) -> Any:
    """Declare a field of the settings that has one of some values.

    Parameters
    ----------
    label
        What stands beside the box.
    explanation
        What is chosen, for the tooltip and the help of the command line.
    options
        The values with titles and meanings; True and False for a switch.
    default
        The value of one of `options`.
    spelling, aliases
        As for `number`.

    Returns
    -------
    Any
        A dataclass field with the row in its metadata.
    """
    return field(default=default, metadata={ROW: Choice("", label, explanation, options, spelling, tuple(aliases))})
