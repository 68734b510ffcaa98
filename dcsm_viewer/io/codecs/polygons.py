"""Masks as polygons through the centres of their boundary pixels, as programs that fill polygons mean them.

labelme (Pillow) and ultralytics (OpenCV) set every pixel within a polygon and those on its line. A polygon through
the centres of the boundary pixels therefore has exactly the mask's pixels; one along their edges would have more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import find_objects, label

Point = tuple[int, int]  # column, row

TOLERANCE = 1.0  # px
LARGEST_DIFFERENCE = 0.005  # of the mask's area
_FARTHEST = 100_000  # px; the guard of images allows no side as long
_TURNS = ((1, 0), (0, 1), (-1, 0), (0, -1))  # right, down, left, up


def polygons_of(mask: NDArray[np.bool_], tolerance: float = TOLERANCE) -> list[list[Point]]:
    """Trace a mask (H, W): a polygon for each piece without holes, of whole pixel coordinates (column, row).

    Pieces are connected by edges; one with holes is cut into pieces without. Points that lie within `tolerance` (px) of
    the line between others are left out (Douglas-Peucker), less of them where the pixels would differ in more than
    0.5 % of the piece's area; 0 gives exactly the pixels.
    """
    found = []
    for piece, top, left in _simple_pieces(mask):
        ring = _ring(piece)
        found.append([(x + left, y + top) for x, y in _within(ring, piece, tolerance)])
    return found


def filled(points: Sequence[tuple[float, float]], height: int, width: int) -> NDArray[np.bool_]:
    """Fill a polygon by Pillow's rule, as labelme does: what is within, and its line.

    Parameters
    ----------
    points
        (column, row) in px, 0 at the centre of the first pixel.
    height, width
        Of the mask, px.

    Returns
    -------
    ndarray
        bool (height, width).

    Raises
    ------
    ValueError
        As `check_points`.
    """
    check_points(points)
    canvas = Image.new("L", (width, height))
    ImageDraw.Draw(canvas).polygon([(float(x), float(y)) for x, y in points], fill=1, outline=1)
    return np.asarray(canvas).astype(bool)


def check_points(points: Sequence[tuple[float, float]]) -> None:
    """Raise ValueError for points so far away that no image has them."""
    if not all(abs(value) <= _FARTHEST for point in points for value in point):
        raise ValueError(f"a polygon has a point more than {_FARTHEST} px away")


def _simple_pieces(mask: NDArray[np.bool_]) -> Iterator[tuple[NDArray[np.bool_], int, int]]:
    """Pieces without holes, cropped, with the row and column of their first pixel."""
    numbers, _ = label(mask)
    for number, box in enumerate(find_objects(numbers), 1):
        piece = numbers[box] == number
        row = _first_row_of_a_hole(piece)
        if row is None:
            yield piece, box[0].start, box[1].start
            continue
        for begin, end in ((0, row + 1), (row + 1, piece.shape[0])):
            for part, top, left in _simple_pieces(piece[begin:end]):
                yield part, top + box[0].start + begin, left + box[1].start


def _first_row_of_a_hole(piece: NDArray[np.bool_]) -> int | None:
    """Middle row of the first hole: background that no path over edges or corners leads out of."""
    around = np.pad(~piece, 1, constant_values=True)
    numbers, count = label(around, structure=np.ones((3, 3)))
    if count < 2:
        return None
    outside = numbers[0, 0]
    rows = np.flatnonzero(((numbers > 0) & (numbers == (2 if outside == 1 else 1))).any(axis=1)) - 1
    return int(rows[0] + rows[-1]) // 2


def _ring(piece: NDArray[np.bool_]) -> list[Point]:
    """Corners of the boundary of a piece without holes, moved to the centres of the pixels within."""
    padded = np.pad(piece, 1)
    column = int(np.flatnonzero(piece[0])[0])
    start = (column, 0, 0)
    x, y, way = start
    corners: list[Point] = []
    while True:
        step_x, step_y = _TURNS[way]
        x, y = x + step_x, y + step_y
        # The pixels ahead of the corner (x, y), with the piece at the right hand.
        ahead_right = _pixel(padded, x, y, way, right=True)
        ahead_left = _pixel(padded, x, y, way, right=False)
        before = way
        if not ahead_right:
            way = (way + 1) % 4
        elif ahead_left:
            way = (way - 1) % 4
        if way != before:
            corners.append(_inward(x, y, before, way))
        if (x, y, way) == start:
            return [each for index, each in enumerate(corners) if each != corners[index - 1]] or corners[:1]


def _pixel(padded: NDArray[np.bool_], x: int, y: int, way: int, *, right: bool) -> bool:
    (ahead_x, ahead_y), (side_x, side_y) = _TURNS[way], _TURNS[(way + (1 if right else 3)) % 4]
    column, row = x + (ahead_x + side_x - 1) // 2, y + (ahead_y + side_y - 1) // 2
    return bool(padded[row + 1, column + 1])


def _inward(x: int, y: int, before: int, after: int) -> Point:
    """The pixel at the right hand of both edges of a corner."""
    sides = [_TURNS[(way + 1) % 4] for way in (before, after)]
    side_x, side_y = sum(each[0] for each in sides), sum(each[1] for each in sides)
    return x + (side_x - 1) // 2, y + (side_y - 1) // 2


def _within(ring: list[Point], piece: NDArray[np.bool_], tolerance: float) -> list[Point]:
    allowed = LARGEST_DIFFERENCE * int(piece.sum())
    while tolerance >= 0.25:
        simple = _simplified(ring, tolerance)
        if int((filled(_three(simple), *piece.shape) != piece).sum()) <= allowed:
            return _three(simple)
        tolerance *= 0.8
    return _three(ring)


def _three(ring: list[Point]) -> list[Point]:
    """At least three points, as readers want them: those of a single pixel or line once more."""
    return ring if len(ring) > 2 else [*ring, *[ring[-1]] * (3 - len(ring))]


def _simplified(ring: list[Point], tolerance: float) -> list[Point]:
    if len(ring) < 4:
        return ring
    points = np.array(ring, dtype=np.float64)
    far = int(((points - points[0]) ** 2).sum(axis=1).argmax())
    closed = np.concatenate([points, points[:1]])
    keep = np.zeros(len(closed), dtype=bool)
    keep[[0, far, -1]] = True
    spans = [(0, far), (far, len(closed) - 1)]
    while spans:
        begin, end = spans.pop()
        if end - begin < 2:
            continue
        distances = _distances(closed[begin + 1 : end], closed[begin], closed[end])
        most = int(distances.argmax())
        if distances[most] > tolerance:
            keep[begin + 1 + most] = True
            spans += [(begin, begin + 1 + most), (begin + 1 + most, end)]
    return [each for each, kept in zip(ring, keep[:-1], strict=True) if kept]


def _distances(
    points: NDArray[np.float64], begin: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    line = end - begin
    length = float(np.hypot(*line))
    between = points - begin
    if length == 0:
        zero: NDArray[np.float64] = np.hypot(between[:, 0], between[:, 1])
        return zero
    found: NDArray[np.float64] = np.abs(line[0] * between[:, 1] - line[1] * between[:, 0]) / length
    return found
