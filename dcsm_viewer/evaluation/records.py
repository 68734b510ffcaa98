"""The figures of every image and row, kept in a file from which a stopped evaluation goes on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import UserError, read_only
from dcsm_viewer.io.atomic import raise_user_error
from dcsm_viewer.io.os_errors import reason_of
from dcsm_viewer.io.plain_file import plain_bytes, plain_json
from dcsm_viewer.metrics.confusion import Confusion
from dcsm_viewer.metrics.threshold_curve import ThresholdCounts

SCHEMA = 2  # 1 had other thresholds, and of the pointing game the strict hits alone


@dataclass(frozen=True, slots=True)
class Record:
    """What one row gave for one image.

    row: the digest of how the labels were made. files: the digest of image and true mask. scores: the image's of
    each class of the model, () for masks that came without. detected and candidates are class ids of the model;
    pointing_px says by label how far the class map's maximum lies from the class. curve is None for masks without maps.
    """

    stem: str
    row: str
    files: str
    confusion: Confusion
    curve: ThresholdCounts | None = None
    scores: tuple[float, ...] = ()
    detected: tuple[int, ...] = ()
    candidates: tuple[int, ...] = ()
    pointing_px: Mapping[int, float] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def key(self) -> tuple[str, str, str]:
        return self.stem, self.row, self.files


class RecordFile:
    """Records in a file of JSON lines, each with a check sum; lines are only ever added.

    A line that was cut off when the program was stopped, or damaged later, is passed over: its image is made again.
    """

    def __init__(self, path: Path, labels: int) -> None:
        self._path, self._labels = path, labels

    def read(self) -> dict[tuple[str, str, str], Record]:
        """Every whole record by its key; {} where there is no file."""
        try:
            stored = plain_bytes(self._path)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise UserError(f"{self._path} cannot be read ({reason_of(error)}); choose another folder.") from error
        records = (self._record(line) for line in stored.splitlines())
        return {record.key: record for record in records if record is not None}

    def start_anew(self) -> None:
        """Forget what is there."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise_user_error(error, self._path)

    def add(self, records: Sequence[Record]) -> None:
        """Puts these on the disk before it returns."""
        lines = b"".join(_line(record) for record in records)
        try:
            with self._path.open("ab") as stream:
                if stream.tell() and not self._ends_in_a_line():
                    stream.write(b"\n")
                stream.write(lines)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise_user_error(error, self._path)

    def _ends_in_a_line(self) -> bool:
        with self._path.open("rb") as stream:
            stream.seek(-1, os.SEEK_END)
            return stream.read(1) == b"\n"

    def _record(self, line: bytes) -> Record | None:
        check, _, body = line.partition(b" ")
        if check.decode("ascii", "replace") != _check(body):
            return None
        try:
            plain: Any = plain_json(body)
            if plain["schema"] != SCHEMA or plain["labels"] != self._labels:
                return None
            return _record_of(plain)
        except (ValueError, LookupError, TypeError, AttributeError):
            return None


def files_digest(*paths: Path) -> str:
    """Names the bytes of these files. Raises UserError for one that cannot be read."""
    digest = hashlib.sha256()
    for path in paths:
        try:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        except OSError as error:
            raise UserError(f"{path} cannot be read ({reason_of(error)}); check the data set.") from error
    return digest.hexdigest()[:16]


def _line(record: Record) -> bytes:
    body = json.dumps(_plain(record), separators=(",", ":"), ensure_ascii=True).encode("ascii")
    return f"{_check(body)} ".encode("ascii") + body + b"\n"


def _check(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:12]


def _plain(record: Record) -> dict[str, Any]:
    curve = record.curve
    return {
        "schema": SCHEMA,
        "labels": record.confusion.labels,
        "stem": record.stem,
        "row": record.row,
        "files": record.files,
        "confusion": [(int(row), int(column), int(count)) for row, column, count in _entries(record.confusion.counts)],
        "curve": None if curve is None else _plain_curve(curve),
        "scores": list(record.scores),
        "detected": list(record.detected),
        "candidates": list(record.candidates),
        "pointing_px": [[number, px] for number, px in record.pointing_px.items()],
        "seconds": round(record.seconds, 4),
    }


def _record_of(plain: Mapping[str, Any]) -> Record:
    labels = plain["labels"]
    counts = np.zeros((labels + 1, labels + 1), np.int64)
    for row, column, count in plain["confusion"]:
        counts[row, column] = count
    return Record(
        stem=plain["stem"],
        row=plain["row"],
        files=plain["files"],
        confusion=Confusion(read_only(counts)),
        curve=None if plain["curve"] is None else _curve_of(plain["curve"]),
        scores=tuple(plain["scores"]),
        detected=tuple(plain["detected"]),
        candidates=tuple(plain["candidates"]),
        pointing_px=dict(plain["pointing_px"]),
        seconds=plain["seconds"],
    )


def _plain_curve(curve: ThresholdCounts) -> dict[str, Any]:
    rows = zip(curve.numbers, curve.hits.tolist(), curve.given.tolist(), strict=True)
    return {"true": curve.true.tolist(), "rows": list(rows)}


def _curve_of(plain: Mapping[str, Any]) -> ThresholdCounts:
    numbers, hits, given = zip(*plain["rows"], strict=True)
    counts = (read_only(np.asarray(part, np.int64)) for part in (hits, given, plain["true"]))
    return ThresholdCounts(tuple(numbers), *counts)


def _entries(counts: NDArray[np.int64]) -> Iterator[tuple[int, int, int]]:
    for row, column in zip(*counts.nonzero(), strict=True):
        yield row, column, counts[row, column]
