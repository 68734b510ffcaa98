from __future__ import annotations

from pathlib import Path

import pytest

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.weights.class_list import read_class_list


@pytest.mark.parametrize(
    ("name", "text", "names"),
    [
        ("a.txt", "cat\ndog\n", ("cat", "dog")),
        ("a.txt", "\ufeffcat\r\ndog\r\n\r\n", ("cat", "dog")),
        ("a.txt", "007\n1e3\nnan\n-1", ("007", "1e3", "nan", "-1")),
        ("a.txt", "  great white shark \nété", ("great white shark", "été")),
        ("a.json", '["cat", "dog"]', ("cat", "dog")),
        ("a.json", "[1, 2.50, 30]", ("1", "2.50", "30")),
        ("a.json", '{"1": "dog", "0": "cat"}', ("cat", "dog")),
        ("a.json", '{"0": "7", "1": "007"}', ("7", "007")),
        ("a.json", '{"0": ["n01440764", "tench"], "1": ["n01443537", "goldfish"]}', ("tench", "goldfish")),
        ("a.json", '{"dog": 1, "cat": 0}', ("cat", "dog")),
        ("a.json", '{"10": 1, "20": 0}', ("20", "10")),
        ("a.txt", '["cat", "dog"]', ("cat", "dog")),
    ],
)
def test_that_a_class_list_is_read_in_the_order_of_the_outputs(
    name: str, text: str, names: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text, "utf-8", newline="")

    assert read_class_list(tmp_path / name) == names


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"cat\n\ndog\n", "Entry 2"),
        (b"cat\ndog\ncat\n", "names 'cat' twice, as entries 1 and 3"),
        (b"caf\xe9\n", "not UTF-8"),
        (b"cat\x00dog\n", "no class name"),
        (b'["cat", ', "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b'["cat", null]', "holds null"),
        (b'["cat", true]', "holds true"),
        (b'{"0": "cat", "2": "dog"}', "must number its 2 classes 0 to 1"),
        (b'{"cat": 0, "dog": 0}', "must number its 2 classes 0 to 1"),
        (b'{"cat": "dog"}', "another kind"),
        (b"{}", "another kind"),
        (b'"cat"', "another kind"),
    ],
)
def test_that_a_bad_class_list_is_named_in_one_sentence(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / ("names.json" if content.startswith(b'"') else "names.txt")
    path.write_bytes(content)

    with pytest.raises(UserError) as caught:
        read_class_list(path)

    assert words in str(caught.value)
    assert path.name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_that_a_missing_class_list_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_class_list(tmp_path / "none.txt")


def test_that_a_huge_class_list_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "huge.txt").write_bytes(b"cat\n" * 1_100_000)

    with pytest.raises(UserError, match="larger than 4 MB"):
        read_class_list(tmp_path / "huge.txt")


@pytest.mark.parametrize(
    "text",
    [
        'id,name\n0,cat\n1,"dog, big"\n',
        'id;name\n0;cat\n1;"dog, big"\n',
        '"class_id","class_name"\n0,"cat"\n1,"dog, big"\n',
        'name\tid\ncat\t0\n"dog, big"\t1\n',
        '0,cat\n1,"dog, big"\n',
    ],
)
def test_that_a_table_of_ids_and_names_gives_the_names_without_header_and_quotes(tmp_path: Path, text: str) -> None:
    path = tmp_path / "classes.csv"
    path.write_text(text, encoding="utf-8")
    assert read_class_list(path) == ("cat", "dog, big")


def test_that_a_key_given_twice_is_no_class_list(tmp_path: Path) -> None:
    path = tmp_path / "classes.json"
    path.write_text('{"0": "cat", "0": "dog"}', encoding="utf-8")
    with pytest.raises(UserError, match="a key occurs twice"):
        read_class_list(path)
