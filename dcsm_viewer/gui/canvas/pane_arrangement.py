"""Where three panes go so that the image is as large as it can be in all of them; depends on shapes alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

from PySide6.QtCore import QRect, QSize

GAP_PX = 4
_SHARES = (0.5, 0.45, 0.4, 0.55, 0.6, 0.65, 0.35)
"""How much of the room the first pane, or the first pair, may take."""
_ENOUGH = 0.98
"""An image this much smaller counts as the same size: then what the panes show together decides."""

_LYING = 0.7
"""What is twice as wide as it must be can do with this much of its height."""

ImageAreaOf = Callable[[QSize], QSize]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Rectangles of the panes in reading order, and of what stands beside them, None where nothing does."""

    panes: tuple[QRect, ...]
    beside: QRect | None = None


def arrange_panes(
    area: QRect, image_shape: tuple[int, int], image_area_of: ImageAreaOf, beside: QSize | None = None
) -> Arrangement:
    """Three panes in `room`: one over two, one beside two, a row or a column.

    image_shape (H, W). room_of: the part of a pane of some size that is left for the image. beside: least size of
    something that wants a place among the panes: a cell of a square of four, else below a row, where it may be lower,
    or beside a column.
    The one with the largest smallest image wins, and among those about equal the one that shows most in all.
    """
    found = [] if beside is None else [*_with_fourth(area, beside)]
    if beside is None:
        found += [Arrangement(panes) for panes in _three(area)]
    if not found:
        # Too small for everything: those with a minimum size keep it, the panes share what is left.
        return _squeezed(area, beside)
    sizes = [[_image_px(image_area_of(pane.size()), image_shape) for pane in each.panes] for each in found]
    best = max(min(widths) for widths in sizes)
    fine = [index for index, widths in enumerate(sizes) if min(widths) >= _ENOUGH * best]
    return found[max(fine, key=lambda index: (sum(px * px for px in sizes[index]), -index))]


def _three(area: QRect) -> Iterator[tuple[QRect, ...]]:
    yield _row(area, (1 / 3, 1 / 3, 1 / 3))
    yield _column(area, (1 / 3, 1 / 3, 1 / 3))
    for share in _SHARES:
        first, second = _column(area, (share, 1 - share))
        yield (first, *_row(second, (0.5, 0.5)))
        first, second = _row(area, (share, 1 - share))
        yield (first, *_column(second, (0.5, 0.5)))


def _with_fourth(area: QRect, beside: QSize) -> Iterator[Arrangement]:
    for down, across in product(_SHARES, (0.5,)):
        above, below = _column(area, (down, 1 - down))
        cells = (*_row(above, (across, 1 - across)), *_row(below, (across, 1 - across)))
        if _fits(cells[3], beside):
            yield Arrangement(cells[:3], cells[3])
    panes, strip = _cut(area, below=round(_LYING * beside.height()))
    if panes.height() > 0 and strip.width() >= 2 * beside.width():
        yield Arrangement(_row(panes, (1 / 3, 1 / 3, 1 / 3)), strip)
    panes, strip = _cut(area, right=beside.width())
    if panes.width() > 0 and strip.height() >= beside.height():
        yield Arrangement(_column(panes, (1 / 3, 1 / 3, 1 / 3)), strip)


def _squeezed(area: QRect, beside: QSize | None) -> Arrangement:
    panes, strip = _cut(area, below=0 if beside is None else min(beside.height(), area.height() // 2))
    return Arrangement(_row(panes, (1 / 3, 1 / 3, 1 / 3)), strip)


def _fits(cell: QRect, least: QSize) -> bool:
    return cell.width() >= least.width() and cell.height() >= least.height()


def _image_px(area: QSize, image_shape: tuple[int, int]) -> float:
    """Width in px of the whole image fitted into `room`, per px of its own width."""
    return max(0.0, min(area.width() / image_shape[1], area.height() / image_shape[0]))


def _cut(area: QRect, *, below: int = 0, right: int = 0) -> tuple[QRect, QRect]:
    """What is left of `room`, and the strip cut off below or at the right."""
    if right:
        left = area.adjusted(0, 0, -right - GAP_PX, 0)
        return left, QRect(left.right() + 1 + GAP_PX, area.top(), right, area.height())
    upper = area.adjusted(0, 0, 0, -below - GAP_PX)
    return upper, QRect(area.left(), upper.bottom() + 1 + GAP_PX, area.width(), below)


def _row(area: QRect, shares: tuple[float, ...]) -> tuple[QRect, ...]:
    starts = _starts(area.left(), area.width(), shares)
    return tuple(QRect(start, area.top(), width, area.height()) for start, width in starts)


def _column(area: QRect, shares: tuple[float, ...]) -> tuple[QRect, ...]:
    starts = _starts(area.top(), area.height(), shares)
    return tuple(QRect(area.left(), start, area.width(), height) for start, height in starts)


def _starts(first: int, length: int, shares: tuple[float, ...]) -> list[tuple[int, int]]:
    """Start and length of each part; equal shares get equal lengths, so that equal panes show equal pictures."""
    free = max(0, length - GAP_PX * (len(shares) - 1))
    found, start = [], first
    for share in shares:
        part = int(free * share + 1e-9)
        found.append((start, part))
        start += part + GAP_PX
    return found
