"""classes.txt in the ways people write a class list."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.weights.class_list import read_class_list
from dcsm_viewer.io.datasets.class_names import read_class_names


def _read(tmp_path: Path, text: str) -> tuple[str, ...]:
    (tmp_path / "classes.txt").write_bytes(text.encode())
    return read_class_names(tmp_path / "classes.txt")


@pytest.mark.parametrize(
    "text",
    [
        "cat\nguinea pig\n",
        "\ufeffcat\r\nguinea pig\r\n\r\n",
        "0 cat\n1 guinea pig\n",
        "1: cat\n2: guinea pig\n",
        "0,cat\n1,guinea pig\n",
        "cat;0\nguinea pig;1\n",
        "cat\t1\nguinea pig\t2\n",
        "background\ncat\nguinea pig\n",
        "0 background\n1 cat\n2 guinea pig\n",
        "__ignore__\n_background_\ncat\nguinea pig\n",
        "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:1,0,0::\nguinea pig:0,1,0::\nignore:2,2,1::\n",
        "n02123045 cat\nn02364673 guinea pig\n",
    ],
)
def test_that_a_class_list_is_read_in_its_dialect(tmp_path: Path, text: str) -> None:
    assert _read(tmp_path, text) == ("cat", "guinea pig")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("2 doors\n4 doors\n", ("2 doors", "4 doors")),
        ("1 seat\n2 seats\nmany\n", ("1 seat", "2 seats", "many")),
        ("tench, Tinca tinca\nray\n", ("tench, Tinca tinca", "ray")),
        ("a\u2028b\nc\x85d\n", ("a\u2028b", "c\x85d")),
    ],
)
def test_that_what_belongs_to_a_name_stays(tmp_path: Path, text: str, names: tuple[str, ...]) -> None:
    assert _read(tmp_path, text) == names


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("cat,dog,cow\n", "names several classes on one line"),
        ("cat;dog\ncow;pig\n", "line 1, is 'cat;dog'; write one class name a line"),
        ("0: cat\n2: dog\n", r"numbers its classes \[0, 2\]; number them from 0 or 1 in order"),
        ("cat\nbackground\n", "line 2, names 'background', which is label 0; put it on the first line"),
        ("cat\n\ncat\n", "line 3, names 'cat' twice"),
        ("background\n", "is empty"),
    ],
)
def test_that_a_list_that_cannot_be_served_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        _read(tmp_path, text)


def test_that_a_network_keeps_its_background_output(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("0: background\n1: cat\n", encoding="utf-8")
    assert read_class_list(tmp_path / "names.txt") == ("background", "cat")
