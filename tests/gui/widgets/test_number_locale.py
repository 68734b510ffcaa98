"""Numbers in boxes can be read back in every locale: no digits, minus or point that only people read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QSpinBox
from pytestqt.qtbot import QtBot

from dcsm_viewer.core.parameters import LIMITS
from dcsm_viewer.gui.tool_registry import TOOLS
from dcsm_viewer.gui.widgets.number_box import NumberBox
from dcsm_viewer.gui.widgets.number_locale import readable
from tests.e2e.conftest import Desk, _desk
from tests.gui.engines import InstantEngine

LOCALES = ("ar_EG", "fa_IR", "ps_AF", "mr_IN", "sv_SE", "de_DE", "en_US", "C")


@pytest.fixture
def locale(request: pytest.FixtureRequest) -> Iterator[QLocale]:
    before = QLocale()
    QLocale.setDefault(QLocale(request.param))
    yield QLocale()
    QLocale.setDefault(before)


@pytest.fixture
def desk_there(locale: QLocale, qtbot: QtBot) -> Iterator[Desk]:
    assert locale.name()
    yield from _desk(InstantEngine(), qtbot)


@pytest.mark.parametrize("locale", LOCALES, indirect=True)
@pytest.mark.parametrize("name", LIMITS)
def test_that_a_number_box_reads_what_it_writes(locale: QLocale, name: str, qtbot: QtBot) -> None:
    box = NumberBox(LIMITS[name])
    qtbot.addWidget(box)
    assert box.locale() == readable(locale)
    for value in (box.minimum(), box.maximum(), (box.minimum() + box.maximum()) / 2):
        box.setValue(value)
        text = box.text()
        assert text.isascii() or not LIMITS[name].unit.isascii()
        assert box.validate(text, 0)[0] == QValidator.State.Acceptable, text
        # Three digits are shown of what needs many decimals, half a step of the others.
        assert box.valueFromText(text) == pytest.approx(box.value(), rel=5e-3, abs=0.5 * 10.0 ** -box.decimals())


@pytest.mark.parametrize("locale", ["ar_EG", "fa_IR", "sv_SE", "de_DE"], indirect=True)
def test_that_every_box_of_the_window_and_its_tools_reads_what_it_writes(desk_there: Desk) -> None:
    for spec in TOOLS:
        desk_there.window.tools.show(spec.name)
    boxes = desk_there.window.findChildren(QAbstractSpinBox)
    assert len(boxes) > 10
    for box in boxes:
        assert isinstance(box, QSpinBox | QDoubleSpinBox)
        assert readable(box.locale()) == box.locale(), box.accessibleName()
        assert box.validate(box.text(), 0)[0] == QValidator.State.Acceptable


@pytest.mark.parametrize("typed", ["۲٫۵", "٢٫٥", "2,5", "2.5", "２.5"])
def test_that_digits_of_other_keyboards_are_read(typed: str, qtbot: QtBot) -> None:
    box = NumberBox(LIMITS["method.alpha"])
    qtbot.addWidget(box)
    assert box.validate(typed, 0)[0] == QValidator.State.Acceptable
    assert box.valueFromText(typed) == 2.5
