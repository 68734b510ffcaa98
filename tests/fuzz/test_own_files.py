"""Files of the program that were damaged, or replaced by something that is no file: read, or refused in a sentence."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import fuzz_bases
from benchmarks.fuzz_mutations import mutated
from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.weights.class_list import read_class_list
from dcsm_viewer.engine.weights.model_entry import ModelEntry, entry_json, read_entry
from dcsm_viewer.engine.weights.read import read_weights
from dcsm_viewer.evaluation.records import RecordFile
from dcsm_viewer.export.npz_arrays import arrays_in
from dcsm_viewer.export.recipe import read_recipe
from dcsm_viewer.gui.files.sessions.session_load import load_session
from dcsm_viewer.review.label_edits import read_edit
from dcsm_viewer.review.review_file import (
    REVIEW_FILE_NAME,
    Edit,
    ReviewEntry,
    ReviewFile,
    open_review_file,
    write_review_file,
)
from dcsm_viewer.training import checkpoint

LABELS = np.zeros((3, 4), np.uint8)


def read_checkpoint(path: Path) -> object:
    assert path.name == checkpoint.NAME
    return checkpoint.load(path.parent, {}, "", torch.device("cpu"))


READERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "session": ("s.dcsm.json", load_session),
    "recipe": ("a.json", read_recipe),
    "review file": (REVIEW_FILE_NAME, lambda path: open_review_file(path.parent)),
    "model entry": ("model.json", read_entry),
    "evaluation records": ("records.jsonl", lambda path: RecordFile(path, 21).read()),
    "export archive": ("a.npz", lambda path: arrays_in(path, ("labels",))),
    "edit": ("edit.npy", lambda path: read_edit(path.parent, Edit(path.name, {}), LABELS)),
    "checkpoint": (checkpoint.NAME, read_checkpoint),
    "weights": ("w.pth", read_weights),
    "class list": ("names.json", read_class_list),
}
TOLERANT = {"evaluation records"}  # a damaged line is passed over, and its image made again
CONTENTS: dict[str, bytes] = {
    "empty": b"",
    "NUL": b"\0" * 64,
    "one brace": b"{",
    "list": b"[]",
    "null": b"null",
    "BOM alone": b"\xef\xbb\xbf",
    "UTF-16": '{"schema": 1}'.encode("utf-16"),
    "long integer": b'{"schema": 1' + b"0" * 5000 + b"}",
    "deep": b'{"schema": 1, "entries": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "deep schema": b'{"entries": {}, "schema": ' + b"[" * 500 + b"]" * 500 + b"}",
    "infinite": b'{"schema": 1, "name": 1e999, "entries": {"a": {"stamp": [1e999, NaN]}}}',
    "lone surrogate": b'{"schema": 1, "entries": {"a": {"verdict": "\\ud800"}}}',
}


@contextmanager
def ended(seconds: int) -> Iterator[None]:
    """Inside, what waits for a pipe is ended, so that the test fails and does not hang."""

    def stop(*_: object) -> None:
        raise AssertionError("it waits for a pipe")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "b.json").write_bytes(b"{}")
    (tmp_path / "b.npz").write_bytes(b"")
    return tmp_path


def refusal(reader: str, path: Path) -> str | None:
    """The sentence with which the file is refused, None where it is read."""
    try:
        with ended(20):
            READERS[reader][1](path)
    except UserError as error:
        sentence = str(error)
        assert path.name in sentence
        assert sentence.endswith(".")
        assert "\n" not in sentence
        assert "None" not in sentence
        assert len(sentence) < 600
        return sentence
    return None


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("reader", READERS)
def test_that_what_is_no_file_of_ours_is_refused_in_a_sentence(reader: str, content: str, folder: Path) -> None:
    path = folder / READERS[reader][0]
    path.write_bytes(CONTENTS[content])

    sentence = refusal(reader, path)

    assert (sentence is None) == (reader in TOLERANT)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("kind", ["folder", "pipe", "loop", "long name"])
@pytest.mark.parametrize("reader", READERS)
def test_that_what_is_no_file_at_all_is_refused_in_a_sentence(reader: str, kind: str, folder: Path) -> None:
    path = folder / READERS[reader][0]
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to(path)
    elif reader in ("review file", "checkpoint"):
        pytest.skip("its name is fixed")
    else:
        path = folder / ("n" * 300 + path.suffix)

    assert refusal(reader, path) is not None


def sound(reader: str, folder: Path) -> tuple[bytes, ...]:
    path = folder / READERS[reader][0]
    if reader == "session":
        return fuzz_bases.sessions(folder)
    if reader == "review file":
        entry = ReviewEntry("b", verdict="accepted", edit=Edit("triage/b.npy", {"cat": 3}, 0.5), stamp=(1, 2))
        write_review_file(ReviewFile(folder, {"b": entry}))
    elif reader == "model entry":
        entry_of = ModelEntry(
            name="model",
            title="Model",
            architecture="vgg16",
            sha256="a" * 64,
            source="s",
            licence="l",
            class_names=("a", "b"),
            convention="c",
        )
        path.write_text(entry_json(entry_of))
    elif reader == "edit":
        np.save(path, LABELS)
    else:
        checkpoint.save(folder, checkpoint.TrainingState("me", {}))
    return (path.read_bytes(),)


@pytest.mark.parametrize("reader", ["session", "review file", "model entry", "edit", "checkpoint"])
def test_that_mutated_files_are_read_or_refused_in_a_sentence(reader: str, folder: Path) -> None:
    bases = sound(reader, folder)
    path = folder / READERS[reader][0]
    refused = 0
    for case in range(25):
        draw = random.Random(f"0 {case}")
        path.write_bytes(mutated(draw.choice(bases), draw.choice(bases), draw))
        refused += refusal(reader, path) is not None
    assert refused
