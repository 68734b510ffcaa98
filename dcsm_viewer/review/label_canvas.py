"""Labels that can be painted on, with an undo step a stroke."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from dcsm_viewer.core.types import read_only
from dcsm_viewer.review.brush import BrushFootprint
from dcsm_viewer.review.exported_result import Labels

_ROOM_BYTES = 128 << 20


@dataclass(frozen=True, slots=True)
class _PaintStep:
    """What stood in a box before a stroke, and what stands there after it."""

    box: tuple[slice, slice]
    before: Labels = field(repr=False, compare=False)
    after: Labels = field(repr=False, compare=False)

    @property
    def bytes(self) -> int:
        return self.before.nbytes + self.after.nbytes


class LabelCanvas:
    """Labels (H, W) and the strokes on them. The longest past strokes are forgotten when they fill 128 MiB."""

    def __init__(self, labels: Labels) -> None:
        self._labels: Labels = labels.copy()
        self._untouched: Labels | None = None
        self._undo: list[_PaintStep] = []
        self._redo: list[_PaintStep] = []

    @property
    def labels(self) -> Labels:
        """As they are now; a read-only view that follows later strokes."""
        shown: Labels = read_only(self._labels)  # type: ignore[assignment]  # either type stays what it is
        return shown

    @property
    def can_undo(self) -> bool:
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        return bool(self._redo)

    @property
    def is_in_stroke(self) -> bool:
        return self._untouched is not None

    def begin(self) -> None:
        """The brush comes down: all until `end` is one step."""
        self.end()
        self._untouched = self._labels.copy()

    def paint(self, footprint: BrushFootprint, label: int) -> None:
        """These pixels get this label, within a stroke."""
        assert self._untouched is not None, "begin a stroke first"
        self._labels[footprint.box][footprint.covered] = label

    def replace(self, labels: Labels) -> None:
        """All labels at once, within a stroke."""
        assert self._untouched is not None, "begin a stroke first"
        self._labels[:] = labels

    def end(self) -> bool:
        """The brush is lifted; whether the stroke changed any label."""
        untouched, self._untouched = self._untouched, None
        if untouched is None:
            return False
        changed = untouched != self._labels
        if not changed.any():
            return False
        rows, cols = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
        box = (slice(int(rows[0]), int(rows[-1]) + 1), slice(int(cols[0]), int(cols[-1]) + 1))
        self._undo.append(_PaintStep(box, untouched[box].copy(), self._labels[box].copy()))
        self._redo = []
        while len(self._undo) > 1 and sum(step.bytes for step in self._undo) > _ROOM_BYTES:
            self._undo.pop(0)
        return True

    def undo(self) -> bool:
        """Undo the last stroke; return False if there is none."""
        self.end()
        if not self._undo:
            return False
        step = self._undo.pop()
        self._labels[step.box] = step.before
        self._redo.append(step)
        return True

    def redo(self) -> bool:
        """Whether there was a stroke to make again."""
        if not self._redo:
            return False
        step = self._redo.pop()
        self._labels[step.box] = step.after
        self._undo.append(step)
        return True
