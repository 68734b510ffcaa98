"""A slice of `python -m benchmarks.fuzz`: damaged files are read or refused in a sentence, and nothing else happens."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from benchmarks import fuzz
from benchmarks.fuzz_mutations import mutated
from dcsm_viewer.io import image_decoder as decode

CASES = 510  # ten rounds


pytestmark = [  # as in the program, where Pillow's warnings go nowhere
    pytest.mark.filterwarnings("ignore::UserWarning:PIL"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:PIL"),
    pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning"),
]


def test_that_no_reader_trips_over_a_damaged_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    tallies = fuzz.run(range(CASES), 0, tmp_path)
    assert {name: tally.faults for name, tally in tallies.items() if tally.faults} == {}
    # Damage that nothing is left of, or that leaves all as it was, would try nothing.
    assert all(tally.counts["refused"] for tally in tallies.values())
    assert sum(tally.counts["read"] for tally in tallies.values()) > CASES // 20
    assert capfd.readouterr() == ("", "")


def test_that_a_fault_of_a_reader_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def trip(*_: object) -> None:
        raise KeyError("a fault")

    monkeypatch.setattr(decode, "used_chunks_only", trip)
    monkeypatch.setattr(decode, "DAMAGE", (OSError,))
    found = fuzz.run(range(40), 0, tmp_path)["image"]
    assert found.counts["fault"] == len(found.faults) == sum(found.counts.values()) > 0
    assert "KeyError: 'a fault' (test_readers.py" in found.faults[0][1]


def test_that_a_case_is_the_same_whenever_it_is_made() -> None:
    made = [mutated(b'{"a": [1, 2]}', b"other", random.Random("0 7")) for _ in range(2)]
    assert made[0] == made[1]
