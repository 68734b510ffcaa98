"""A review under way: the folder's review file, the selected mask, and the decisions."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from dcsm_viewer.core.types import Result
from dcsm_viewer.export import export_with_reports
from dcsm_viewer.gui.link.background_tasks import BackgroundTasks
from dcsm_viewer.gui.tools.review.doubt_scan import DoubtScan
from dcsm_viewer.gui.tools.review.loaded_mask import LoadedMask, load_mask_export
from dcsm_viewer.gui.tools.review.review_writer import ReviewWriter
from dcsm_viewer.review.accepted import AcceptedExport, export_accepted, write_summary
from dcsm_viewer.review.doubt import Q_MARGIN
from dcsm_viewer.review.exported_result import Labels
from dcsm_viewer.review.label_edits import edit_of
from dcsm_viewer.review.review_file import (
    ReviewEntry,
    ReviewFile,
    Verdict,
    open_review_file,
    sorted_by_doubt,
    with_doubt,
)
from dcsm_viewer.worker.pseudo_labels import with_seeds

_RESORTED_S = 3.0
"""A queue that moves under the hand more often than this cannot be read."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A decision that can be undone: the entry as it was."""

    stem: str
    verdict: Verdict | None


class ReviewSession(QObject):
    """Everything of the tool but its widgets; every decision is on its way to the disk when the call returns.

    Signals:
        listed: another order or another number of entries.
        changed(stem): this entry is another.
        loaded(mask): the selected mask, None while it is being read.
        surveyed(done, of): so many doubts are measured.
        said(sentence): what came of something, "" for nothing to say.
        export_progress(done, of): so many accepted masks are exported.
    """

    listed = Signal()
    changed = Signal(str)
    loaded = Signal(object)
    surveyed = Signal(int, int)
    message = Signal(str)
    export_progress = Signal(int, int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.review_file: ReviewFile | None = None
        self.order: tuple[str, ...] = ()
        self.q_margin = Q_MARGIN
        self.loaded_mask: LoadedMask | None = None
        self.current: str | None = None
        self.is_gathering = False
        self._steps: list[_Step] = []
        self._sorted_at = 0.0
        self._tasks = BackgroundTasks("triage-reader", self)
        self._exporting = BackgroundTasks("triage-export", self)
        self.review_writer = ReviewWriter(self)
        self._doubt_scan = DoubtScan(self)
        self._doubt_scan.news.connect(self._on_news)
        self._doubt_scan.ended.connect(self._end_survey)
        self.review_writer.failed.connect(self.message)

    @property
    def can_take_back(self) -> bool:
        return bool(self._steps)

    def entry(self, stem: str) -> ReviewEntry:
        assert self.review_file is not None, "no folder is open"
        return self.review_file.entries[stem]

    def open(self, folder: Path) -> None:
        """Lists the folder's masks and begins to measure their doubts; where it left off, if it was seen before."""
        self._doubt_scan.stop()
        self._tasks.send(partial(open_review_file, folder), self._on_review_file, self.message.emit)

    def select(self, stem: str | None) -> None:
        """Select this mask."""
        if stem == self.current:
            return
        self.current = stem
        self.loaded_mask = None
        self.message.emit("")
        self.loaded.emit(None)
        self._load()

    def step(self, by: int) -> None:
        """The next mask of the order, or the one before; nothing past either end."""
        if not self.order:
            return
        index = 0 if self.current not in self.order else self.order.index(self.current) + by
        if 0 <= index < len(self.order):
            self.select(self.order[index])

    def decide(self, verdict: Verdict | None) -> None:
        """Decide on the selected mask; then the next undecided one comes. Twice the same verdict takes nothing back."""
        stem = self.current
        if self.review_file is None or stem is None:
            return
        entry = self.entry(stem)
        if entry.verdict != verdict:
            self._steps.append(_Step(stem, entry.verdict))
            self._put(replace(entry, verdict=verdict))
        self._next_undecided(stem)

    def take_back(self) -> None:
        """The last decision is forgotten, and its mask comes back."""
        while self._steps:
            step = self._steps.pop()
            if self.review_file is not None and step.stem in self.review_file.entries:
                self._put(replace(self.entry(step.stem), verdict=step.verdict))
                self.select(step.stem)
                return

    def keep_labels(self, labels: Labels, threshold: float | None) -> None:
        """Set the labels of the selected mask after a stroke; the exported ones again are no edit."""
        loaded_mask, review_file = self.loaded_mask, self.review_file
        if loaded_mask is None or review_file is None:
            return
        entry = self.entry(loaded_mask.stem)
        if (labels == loaded_mask.exported.labels).all():
            if entry.edit is not None:
                self._put(replace(entry, edit=None))
                self.review_writer.drop_edit(review_file, entry.edit)
            return
        edit = edit_of(loaded_mask.exported, labels, threshold)
        self.review_writer.keep_edit(review_file, edit, labels.copy())
        self._put(replace(entry, edit=edit))

    def set_q_margin(self, q_margin: float) -> None:
        """Another limit for what counts as uncertain; the doubts are sorted anew."""
        if q_margin != self.q_margin:
            self.q_margin = q_margin
            self._sort()

    def take_over(self, result: Result) -> None:
        """The window's result replaces the export of the selected mask, in all its formats; its edits are dropped."""
        loaded_mask, review_file = self.loaded_mask, self.review_file
        if loaded_mask is None or review_file is None:
            return
        self.message.emit(f"Re-exporting {loaded_mask.stem}...")
        self._tasks.send(
            partial(_export_anew, review_file.folder, loaded_mask, result, self.entry(loaded_mask.stem)),
            self._on_anew,
            self.message.emit,
        )

    def export_accepted(self, out: Path) -> None:
        if self.review_file is None or self.is_gathering:
            return
        self.is_gathering = True
        work = partial(export_accepted, self.review_file, out, self._report_gathering)
        self._exporting.send(work, self._end_gathering, self._refuse_gathering)

    def stop_gathering(self) -> None:
        """After the mask under way."""
        self.is_gathering = False

    def write_summary(self) -> None:
        """yield.json, .csv and .md beside the masks."""
        if self.review_file is not None:
            self._tasks.send(
                partial(write_summary, self.review_file, self.review_file.folder),
                lambda files: self.message.emit(
                    f"Written to {files[0].parent}: {', '.join(file.name for file in files)}."
                ),
                self.message.emit,
            )

    def stop(self) -> None:
        self.is_gathering = False
        self._doubt_scan.stop()
        self._tasks.stop()
        self._exporting.stop()
        self.review_writer.stop()

    def _put(self, entry: ReviewEntry) -> None:
        assert self.review_file is not None, "an entry belongs to a book"
        self.review_file = self.review_file.with_entry(entry)
        self.review_writer.keep(self.review_file)
        self.changed.emit(entry.stem)

    def _on_review_file(self, review_file: ReviewFile) -> None:
        self.review_file, self._steps, self.current, self.loaded_mask = review_file, [], None, None
        self.loaded.emit(None)
        self.message.emit("")
        self._sort()
        # Those on show first: the doubtful ones known from before, then the rest.
        self._doubt_scan.start(review_file.folder, [review_file.entries[stem] for stem in self.order])
        undecided = self._undecided(self.order)
        self.select(undecided[0] if undecided else self.order[0])

    def _on_news(self, pairs: Sequence[tuple[ReviewEntry, ReviewEntry]], done: int) -> None:
        assert self.review_file is not None, "news are of the book that is open"
        self.review_file = self.review_file.with_entries(
            {after.stem: _joined(self.review_file.entries[after.stem], before, after) for before, after in pairs}
        )
        if pairs:
            if time.monotonic() - self._sorted_at > _RESORTED_S:
                self._sort()
            if any(after.stem == self.current for _, after in pairs):
                self.changed.emit(self.current)
        self.surveyed.emit(done, len(self.review_file.entries))

    def _end_survey(self) -> None:
        if self.review_file is not None:
            self._sort()
            self.review_writer.keep(self.review_file)

    def _sort(self) -> None:
        self._sorted_at = time.monotonic()
        self.order = () if self.review_file is None else sorted_by_doubt(self.review_file.entries, self.q_margin)
        self.listed.emit()

    def _next_undecided(self, stem: str) -> None:
        index = self.order.index(stem)
        # Round to the beginning: the most doubtful ones left lie there.
        undecided = self._undecided((*self.order[index + 1 :], *self.order[:index]))
        if undecided:
            self.select(undecided[0])
        else:
            self.message.emit("Every mask of the folder is decided.")

    def _undecided(self, stems: Sequence[str]) -> list[str]:
        return [stem for stem in stems if self.entry(stem).verdict is None]

    def _load(self) -> None:
        if self.review_file is not None and self.current is not None:
            entry = self.entry(self.current)
            self._tasks.send(
                partial(_read_if, self._is_current(entry.stem), self.review_file.folder, entry),
                self._on_mask_loaded,
                self.message.emit,
            )

    def _is_current(self, stem: str) -> Callable[[], bool]:
        return lambda: self.current == stem

    def _on_mask_loaded(self, loaded_mask: LoadedMask | None) -> None:
        if loaded_mask is not None and loaded_mask.stem == self.current:
            self.loaded_mask = loaded_mask
            if loaded_mask.note:
                self.message.emit(loaded_mask.note)
            self.loaded.emit(loaded_mask)

    def _on_anew(self, entry: ReviewEntry) -> None:
        self._put(entry)
        self._sort()
        if entry.stem == self.current:
            self.loaded_mask = None
            self.loaded.emit(None)
            self._load()
        self.message.emit(f"{entry.stem} is now as the window shows it.")

    def _report_gathering(self, done: int, of: int) -> bool:
        self.export_progress.emit(done, of)
        return self.is_gathering

    def _end_gathering(self, found: AcceptedExport) -> None:
        self.is_gathering = False
        words = f"{len(found.masks):,} accepted masks written to {found.out}."
        if found.failures:
            stem, reason = found.failures[0]
            words += f" {len(found.failures):,} could not be; the first is {stem}: {reason}"
        self.message.emit(words)
        self.export_progress.emit(0, 0)

    def _refuse_gathering(self, sentence: str) -> None:
        self.is_gathering = False
        self.message.emit(sentence)
        self.export_progress.emit(0, 0)


def _read_if(is_wanted: Callable[[], bool], folder: Path, entry: ReviewEntry) -> LoadedMask | None:
    """None for a mask that somebody already leafed past."""
    return load_mask_export(folder, entry) if is_wanted() else None


def _joined(now: ReviewEntry, before: ReviewEntry, after: ReviewEntry) -> ReviewEntry:
    """What was measured of the mask, with what was decided of it meanwhile."""
    was_dropped = before.verdict is not None and after.verdict is None
    verdict = None if was_dropped and now.verdict == before.verdict else now.verdict
    return replace(after, verdict=verdict, edit=now.edit)


def _export_anew(folder: Path, loaded_mask: LoadedMask, result: Result, entry: ReviewEntry) -> ReviewEntry:
    recipe = loaded_mask.exported.recipe
    formats = tuple(dict.fromkeys(output.format for output in recipe.outputs))
    export_with_reports(with_seeds(result, formats), folder, loaded_mask.stem, formats, stages=recipe.stages)
    if entry.edit is not None:
        (folder / entry.edit.file).unlink(missing_ok=True)
    return with_doubt(folder, replace(entry, measured=None, verdict=None, edit=None, made=None))
