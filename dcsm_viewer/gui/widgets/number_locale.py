"""How numbers are written in boxes: so that the boxes, and the program's own readers, can read them back."""

from __future__ import annotations

from PySide6.QtCore import QLocale


def readable(locale: QLocale) -> QLocale:
    """Return `locale`, or C where it has digits, a minus or a decimal point of its own (Arabic, Persian, Swedish).

    The program writes and reads numbers in ASCII everywhere else; a decimal comma is read as well.
    """
    ascii_only = (locale.zeroDigit(), locale.negativeSign()) == ("0", "-") and locale.decimalPoint() in {".", ","}
    return locale if ascii_only else QLocale.c()


def settle_default() -> None:
    """Let all widgets made from now on write numbers that can be read back."""
    QLocale.setDefault(readable(QLocale()))
