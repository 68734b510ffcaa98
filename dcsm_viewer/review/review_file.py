"""What was found and decided of every mask of a folder, kept in its triage.json; written whole after every step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dcsm_viewer.core.types import UserError
from dcsm_viewer.export.recipe import Recipe
from dcsm_viewer.io.atomic import atomic_write
from dcsm_viewer.io.os_errors import reason_of
from dcsm_viewer.io.plain_file import plain_bytes, plain_json
from dcsm_viewer.io.renamed_fields import renamed
from dcsm_viewer.review.doubt import Q_MARGIN, DoubtMeasures, measured
from dcsm_viewer.review.exported_result import list_stems, read_exported

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SCHEMA = 2
_OLDER = {"trouble": "error"}  # names of fields in schema 1
REVIEW_FILE_NAME = "triage.json"

Verdict = Literal["accepted", "rejected"]


@dataclass(frozen=True, slots=True)
class Edit:
    """Labels changed by hand. `file` is their .npy, from the folder; pixels: count by name, as in Measured.

    threshold: that of the class maps they began from, None where they began from the exported labels.
    """

    file: str
    pixels: dict[str, int]
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class ReviewEntry:
    """One mask. stamp: size and time of its .npz when it was measured; made: what the recipe says is its sha256.

    error: why it cannot be read, a sentence. A verdict belongs to the mask it was given for: it is dropped when the
    image was exported anew with other bytes.
    """

    stem: str
    measured: DoubtMeasures | None = None
    verdict: Verdict | None = None
    edit: Edit | None = None
    stamp: tuple[int, int] | None = None
    made: str | None = None
    error: str | None = None

    @property
    def pixels(self) -> dict[str, int]:
        """Count by name of the mask, edited or not; empty while nothing is known."""
        if self.edit is not None:
            return self.edit.pixels
        return {} if self.measured is None else self.measured.pixels


@dataclass(frozen=True, slots=True)
class ReviewFile:
    """The entries of a folder by stem, in the order of their names.

    absent: what is written of stems whose files are not there now; they may come back.
    """

    folder: Path
    entries: Mapping[str, ReviewEntry]
    absent: Mapping[str, ReviewEntry] = field(default_factory=dict)

    def with_entry(self, entry: ReviewEntry) -> ReviewFile:
        return replace(self, entries={**self.entries, entry.stem: entry})

    def with_entries(self, entries: Mapping[str, ReviewEntry]) -> ReviewFile:
        return replace(self, entries={**self.entries, **entries})


def open_review_file(folder: Path) -> ReviewFile:
    """The masks of the folder with all that was written of them before.

    Raises UserError for a folder without exports and for a triage.json that cannot be understood.
    """
    stems = list_stems(folder)
    known = _read(folder / REVIEW_FILE_NAME)
    entries = {stem: known.pop(stem, ReviewEntry(stem)) for stem in stems}
    return ReviewFile(folder, entries, known)


class ReviewFileWriter:
    """Writes a review file again and again; of ten thousand entries only those that changed are formatted again."""

    def __init__(self) -> None:
        self._lines: dict[str, tuple[ReviewEntry, str]] = {}

    def write(self, review_file: ReviewFile) -> None:
        """triage.json in the folder, one line an entry. Raises UserError where it cannot be written."""
        everything = {**review_file.absent, **review_file.entries}
        lines = [self._line(entry) for _, entry in sorted(everything.items())]
        head = f'{{"schema": {SCHEMA},\n"entries": {{\n'
        with atomic_write(review_file.folder / REVIEW_FILE_NAME) as stream:
            stream.write((head + ",\n".join(lines) + "\n}}\n").encode())

    def _line(self, entry: ReviewEntry) -> str:
        known = self._lines.get(entry.stem)
        if known is not None and known[0] is entry:
            return known[1]
        line = f"{json.dumps(entry.stem)}: {json.dumps(_plain(entry))}"
        self._lines[entry.stem] = (entry, line)
        return line


def write_review_file(review_file: ReviewFile) -> None:
    """Write a review file once."""
    ReviewFileWriter().write(review_file)


def with_doubt(folder: Path, entry: ReviewEntry) -> ReviewEntry:
    """The entry with its mask measured; the very same one if its file is as it was."""
    path = folder / f"{entry.stem}.npz"
    try:
        found = path.stat()
    except OSError as os_error:
        return replace(entry, error=f"{path} cannot be read ({reason_of(os_error)}); export the image once more.")
    stamp = (found.st_size, found.st_mtime_ns)
    if entry.measured is not None and entry.stamp == stamp and entry.error is None:
        return entry
    try:
        exported = read_exported(folder, entry.stem)
    except UserError as refused:
        return replace(entry, measured=None, stamp=None, error=str(refused))
    made = _made(exported.recipe)
    is_same = entry.made is None or entry.made == made
    return replace(
        entry,
        measured=measured(exported),
        stamp=stamp,
        made=made,
        verdict=entry.verdict if is_same else None,
        error=None,
    )


def sorted_by_doubt(entries: Mapping[str, ReviewEntry], q_margin: float = Q_MARGIN) -> tuple[str, ...]:
    """Stems, the most doubtful first; what cannot be read before all, what is not measured yet last."""

    def order(entry: ReviewEntry) -> tuple[int, float]:
        if entry.error is not None:
            return 0, 0.0
        return (2, 0.0) if entry.measured is None else (1, -entry.measured.doubt(q_margin))

    # Sorting keeps the order of names among equals.
    return tuple(entry.stem for entry in sorted(entries.values(), key=order))


def _made(recipe: Recipe) -> str:
    return next((output.sha256 for output in recipe.outputs if output.format == "npz"), "")


def _plain(entry: ReviewEntry) -> dict[str, object]:
    # Only what is there, so that ten thousand untouched entries stay small; asdict would copy every number.
    found: dict[str, object] = {
        name: value for name in ("verdict", "stamp", "made", "error") if (value := getattr(entry, name)) is not None
    }
    for name, part in (("measured", entry.measured), ("edit", entry.edit)):
        if part is not None:
            found[name] = {each.name: getattr(part, each.name) for each in fields(part)}
    return found


def _read(path: Path) -> dict[str, ReviewEntry]:
    try:
        document = plain_json(plain_bytes(path))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UserError(f"{path} cannot be read ({reason_of(error)}); move it away to begin the triage anew.") from None
    except ValueError:
        raise UserError(f"{path} cannot be understood; move it away to begin the triage anew.") from None
    if (
        not isinstance(document, dict) or not {"schema", "entries"} <= document.keys()
    ):  # the recipe of an image called triage, say
        raise UserError(f"{path} is no triage of this program, so it stays; move it away to begin one here.")
    schema = document["schema"]
    if not isinstance(schema, int) or isinstance(schema, bool) or schema not in {1, SCHEMA}:
        raise UserError(
            f"{path} has schema {repr(schema)[:40]} and this version reads {SCHEMA}; use the version that wrote it."
        )
    from pydantic import ValidationError

    try:
        names = _OLDER if schema == 1 else {}
        return _adapter().validate_python(
            {stem: {**renamed(entry, names), "stem": stem} for stem, entry in document["entries"].items()}
        )
    except (ValidationError, TypeError, AttributeError):
        raise UserError(f"{path} cannot be understood; move it away to begin the triage anew.") from None


def _adapter() -> TypeAdapter[dict[str, ReviewEntry]]:
    from pydantic import TypeAdapter  # 0.1 s that the window's start need not wait for

    return TypeAdapter(dict[str, ReviewEntry])
