"""A box for one number that also understands 1e-5, for values far below what decimals can show."""

from __future__ import annotations

from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QDoubleSpinBox, QWidget
from typing_extensions import override

from dcsm_viewer.core.parameter_rows import Limit
from dcsm_viewer.gui.widgets.number_locale import readable

_PLAIN_DECIMALS = 4
# Decimal points and minus signs of other keyboards. Digits of any script are numbers to Python already.
_READ_AS = str.maketrans({",": ".", "\u066b": ".", "\u2212": "-"})


class NumberBox(QDoubleSpinBox):
    """Range, step and unit as the limit says."""

    def __init__(self, limit: Limit, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._limit = limit
        self.setLocale(readable(self.locale()))
        self.setDecimals(limit.decimals)
        self.setRange(limit.low, limit.high)
        self.setSingleStep(limit.step)
        if limit.unit:
            self.setSuffix(f" {limit.unit}")
        # A value half typed must not start a computation.
        self.setKeyboardTracking(False)

    @override
    def textFromValue(self, value: float) -> str:
        if self._limit.decimals <= _PLAIN_DECIMALS:
            return super().textFromValue(value)
        return f"{value:.3g}"

    @override
    def valueFromText(self, text: str) -> float:
        try:
            return float(self._bare(text))
        except ValueError:
            return self.value()

    @override
    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        bare = self._bare(text)
        try:
            value = float(bare)
        except ValueError:
            state = QValidator.State.Intermediate if _may_become_number(bare) else QValidator.State.Invalid
            return state, text, position
        inside = self.minimum() <= value <= self.maximum()
        return (QValidator.State.Acceptable if inside else QValidator.State.Intermediate), text, position

    @override
    def stepBy(self, steps: int) -> None:
        if self._limit.decimals <= _PLAIN_DECIMALS:
            super().stepBy(steps)
            return
        self.setValue(self.value() * 10.0**steps)

    def _bare(self, text: str) -> str:
        return text.removesuffix(self.suffix()).strip().translate(_READ_AS)


def _may_become_number(text: str) -> bool:
    return all(mark.isdecimal() or mark in ".eE+-" for mark in text)
