"""What every pane of the subtraction matrix shows: a pure function of the state and the engine's answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import Result
from dcsm_viewer.gui.canvas.pane_content import Content
from dcsm_viewer.gui.canvas.result_access import class_name, completeness_mark, distinct_map, raw_map, shown_image
from dcsm_viewer.gui.canvas.sampling import MapLayer
from dcsm_viewer.gui.canvas.value_ranges import ColourRange, short
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.queries.matrix_query import ClassMatrix, Similarity

CellKind = Literal["taken", "left"]
CellPosition = tuple[int, int]
"""Row and column; the last column, K, is the distinct map."""

MOST = 12
"""More classes than this are not set side by side: they would be illegible."""

WHOLE = ColourRange(0.0, 1.0, "0..1", 1.0)


@dataclass(frozen=True, slots=True)
class MatrixContents:
    """K classes on show. cells: the range of what stands between them. signed: the places coloured around 0."""

    class_ids: tuple[int, ...]
    panes: dict[CellPosition, Content] = field(repr=False)
    cells: ColourRange
    signed: frozenset[CellPosition]
    left_out: int = 0


def matrix_contents(state: ViewState, matrix: ClassMatrix | None, kind: CellKind) -> MatrixContents:
    """Raw maps on the diagonal, what the column's class took of the row's elsewhere, distinct maps at the end.

    All panes of one kind share one range, so that they can be compared. Cells of a matrix of other candidates are
    taken where it has them: the old ones stay until the new ones are there.
    """
    result = state.result
    if result is None:
        return MatrixContents((), {}, WHOLE, frozenset())
    ids = result.candidate_ids[:MOST]
    maps = _cell_maps(ids, matrix, kind)
    negatives = kind == "taken" or result.request.settings.method.negative_mode == "keep"
    colours = _shared(maps, signed=negatives)
    panes: dict[CellPosition, Content] = {}
    for row, class_id in enumerate(ids):
        for column, other in enumerate(ids):
            if row == column:
                panes[row, column] = _diagonal(state, result, class_id)
            else:
                panes[row, column] = _cell(state, result, kind, (class_id, other), maps, colours)
        panes[row, len(ids)] = _end(state, result, matrix, class_id)
    signed = (
        frozenset(cell for cell in panes if cell[0] != cell[1] and cell[1] < len(ids)) if negatives else frozenset()
    )
    return MatrixContents(ids, panes, colours, signed, len(result.candidate_ids) - len(ids))


def similarity_words(matrix: ClassMatrix | None) -> str:
    """How alike the class maps are before and after the subtraction, as one number each."""
    if matrix is None:
        return "Similarity follows."
    if len(matrix.class_ids) < 2:
        return "One class alone is like no other: there is nothing to compare."
    pairs = matrix.before.pairs
    return (
        f"Mean correlation of two class maps ({pairs} pair{'s' * (pairs != 1)}): raw {_number(matrix.before)} "
        f"→ distinct {_number(matrix.after)}"
    )


def _number(similarity: Similarity) -> str:
    return "none" if similarity.mean is None else f"{similarity.mean:.2f}"


def _cell_maps(
    ids: tuple[int, ...], matrix: ClassMatrix | None, kind: CellKind
) -> dict[tuple[int, int], NDArray[np.float32]]:
    if matrix is None:
        return {}
    rows = {class_id: row for row, class_id in enumerate(matrix.class_ids)}
    return {
        (one, other): matrix.taken(rows[one], rows[other]) if kind == "taken" else matrix.left[rows[one], rows[other]]
        for one in ids
        for other in ids
        if one != other and one in rows and other in rows
    }


def _shared(maps: dict[tuple[int, int], NDArray[np.float32]], *, signed: bool) -> ColourRange:
    high = max((float(values.max(initial=0.0)) for values in maps.values()), default=0.0)
    if not signed:
        return ColourRange(0.0, high, f"shared 0..{short(high)}", high)
    far = max(high, -min((float(values.min(initial=0.0)) for values in maps.values()), default=0.0))
    return ColourRange(-far, far, f"shared ±{short(far)}", high)


def _cell(
    state: ViewState,
    result: Result,
    kind: CellKind,
    pair: tuple[int, int],
    maps: dict[tuple[int, int], NDArray[np.float32]],
    colours: ColourRange,
) -> Content:
    one, other = (class_name(result, class_id) for class_id in pair)
    title = f"{other} from {one}" if kind == "taken" else f"{one} − {other}"
    values = maps.get(pair)
    layer = None if values is None else MapLayer(values, colours)
    return Content(
        title,
        class_id=pair[1],
        image=shown_image(state),
        layer=layer,
        grey=True,
        waiting="" if layer else "The comparison follows.",
    )


def _diagonal(state: ViewState, result: Result, class_id: int) -> Content:
    values = raw_map(result, class_id)
    chosen = "on show" if class_id == state.shown_class else ""
    mark = ", ".join(part for part in (completeness_mark(result), chosen) if part)
    return Content(
        f"{class_name(result, class_id)} · raw",
        class_id=class_id,
        image=shown_image(state),
        layer=None if values is None else MapLayer(values, WHOLE),
        grey=True,
        waiting="" if values is not None else "The raw map follows.",
        mark=mark,
    )


def _end(state: ViewState, result: Result, matrix: ClassMatrix | None, class_id: int) -> Content:
    values = distinct_map(result, class_id)
    detected = class_id in result.detected_ids
    if values is None and matrix is not None:
        values = matrix.distinct.get(class_id)
    return Content(
        f"{class_name(result, class_id)} · distinct",
        class_id=class_id,
        image=shown_image(state),
        layer=None if values is None else MapLayer(values, WHOLE),
        grey=True,
        waiting="" if values is not None else "Not detected: its map follows.",
        mark=completeness_mark(result) if detected else "as if detected",
    )
