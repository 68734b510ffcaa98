"""Records on the disk: what comes back after a stop at any byte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dcsm_viewer.core.types import UserError
from dcsm_viewer.evaluation.records import Record, RecordFile, files_digest
from dcsm_viewer.metrics.confusion import Confusion
from dcsm_viewer.metrics.threshold_curve import ThresholdCounts

LABELS = 4


def record(stem: str, row: str = "row") -> Record:
    random = np.random.default_rng(len(stem))
    truth = random.integers(0, LABELS, (6, 7), np.uint8)
    truth[0] = 255
    maps = random.random((2, 6, 7)).astype(np.float32)
    return Record(
        stem,
        row,
        "files",
        Confusion.of(truth, random.integers(0, LABELS, (6, 7), np.uint8), LABELS),
        ThresholdCounts.of(truth, maps, (1, 3), LABELS),
        scores=(0.25, 1 / 3),
        detected=(0, 2),
        candidates=(0, 2, 1),
        pointing_px={1: 0.0, 3: 12.5},
        seconds=0.5,
    )


def assert_same(one: Record, other: Record) -> None:
    assert one.curve is not None
    assert other.curve is not None
    np.testing.assert_array_equal(one.confusion.counts, other.confusion.counts)
    assert one.curve.numbers == other.curve.numbers
    for name in ("hits", "given", "true"):
        np.testing.assert_array_equal(getattr(one.curve, name), getattr(other.curve, name))
    for name in ("key", "scores", "detected", "candidates", "pointing_px", "seconds"):
        assert getattr(one, name) == getattr(other, name)


def test_that_records_come_back_as_they_were(tmp_path: Path) -> None:
    kept = RecordFile(tmp_path / "records.jsonl", LABELS)
    kept.add([record("a"), record("bb")])
    kept.add([record("a", "other row")])
    back = kept.read()
    assert len(back) == 3
    for one in (record("a"), record("bb"), record("a", "other row")):
        assert_same(back[one.key], one)


def test_that_a_file_cut_at_any_byte_loses_its_last_record_alone(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    kept = RecordFile(path, LABELS)
    kept.add([record("a")])
    first = path.stat().st_size
    kept.add([record("bb")])
    whole = path.read_bytes()
    # The last cut takes the line break alone: the record before it is whole.
    for cut in (first, first + 1, first + 12, first + 13, first + 14, len(whole) - 2):
        path.write_bytes(whole[:cut])
        assert list(kept.read()) == [record("a").key], cut
        kept.add([record("ccc")])
        assert list(kept.read()) == [record("a").key, record("ccc").key], cut


def test_that_a_damaged_line_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    kept = RecordFile(path, LABELS)
    kept.add([record("a"), record("bb")])
    damaged = path.read_bytes().replace(b'"stem":"a"', b'"stem":"x"')
    path.write_bytes(damaged)
    assert list(kept.read()) == [record("bb").key]


def test_that_records_of_another_number_of_classes_are_not_taken(tmp_path: Path) -> None:
    RecordFile(tmp_path / "records.jsonl", LABELS).add([record("a")])
    assert RecordFile(tmp_path / "records.jsonl", LABELS + 1).read() == {}


def test_that_an_image_or_mask_that_changed_has_another_digest(tmp_path: Path) -> None:
    image, mask = tmp_path / "a.jpg", tmp_path / "a.png"
    image.write_bytes(b"image")
    mask.write_bytes(b"mask")
    before = files_digest(image, mask)
    mask.write_bytes(b"musk")
    assert files_digest(image, mask) != before


def test_that_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not there, so records"):
        RecordFile(tmp_path / "gone" / "records.jsonl", LABELS).add([record("a")])
