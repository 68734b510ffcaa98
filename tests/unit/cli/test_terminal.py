"""What scripts read from stdout: JSON lines in any locale, and a sentence where stdout takes no more."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dcsm_viewer.cli import main
from dcsm_viewer.cli.terminal import print_json
from dcsm_viewer.io.os_errors import sentence_on
from tests.samples import ROOT, SAMPLE

NAMES = ("犬.jpg", "wait\udc85now.jpg", "a\u2028b\x85c.jpg", 'qu"ote\n.jpg')
PUT = """
import typer
from dcsm_viewer.cli.terminal import print_json, print_message
app = typer.Typer(pretty_exceptions_enable=False)
@app.command()
def run(times: int) -> None:
    for number in range(times):
        print_json({"image": "\\u72ac.jpg", "number": number})
    print_message("all told")
app()
"""


def _run(*words: str, stdout: int, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        check=False,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | (environment or {}),
    )


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "gbk", "utf-8"])
def test_that_every_name_is_a_json_line_in_every_encoding(encoding: str) -> None:
    code = f"from dcsm_viewer.cli.terminal import print_json\nfor name in {NAMES!a}: print_json({{'image': name}})"
    run = _run("-c", code, stdout=subprocess.PIPE, environment={"PYTHONIOENCODING": encoding})
    assert (run.returncode, run.stderr) == (0, "")
    lines = run.stdout.split("\n")[:-1]
    assert [json.loads(line)["image"] for line in lines] == list(NAMES)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full, of Linux")
@pytest.mark.parametrize("words", [("-c", PUT, "3"), ("main.py", "--version"), ("main.py", "--help")])
def test_that_a_full_stdout_is_one_sentence_and_exit_1(words: tuple[str, ...]) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        run = _run(*words, stdout=full)
    finally:
        os.close(full)
    assert run.stderr.splitlines() == [
        "stdout is full, so the results could not be told; make room, or send them to another disk."
    ]
    assert run.returncode == 1


def test_that_a_reader_who_has_gone_is_one_sentence_and_exit_1() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        run = _run("-c", PUT, "3", stdout=writing)
    finally:
        os.close(writing)
    assert run.stderr.splitlines() == [
        "Whoever read the results on stdout has gone, so the program ends here; written files are whole."
    ]
    assert run.returncode == 1


def test_that_a_value_that_is_no_dataclass_is_told_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": 1})
    assert capsys.readouterr().out == '{"a": 1}\n'


@pytest.mark.parametrize(
    "words",
    [
        ("export", "{long}.jpg", "--out", "{out}"),
        ("export", "{photo}", "--out", "{out}/{long}"),
        ("export", "{photo}", "--out", "{out}", "--model", "{long}.pth"),
        ("export", "{photo}", "--out", "{out}", "--labels", "{long}.csv"),
        ("evaluate", "{long}", "--out", "{out}"),
        ("train", "{long}", "--out", "{out}"),
        ("models", "import", "{long}", "--name", "x"),
        ("replay", "{long}.json", "--out", "{out}"),
    ],
)
def test_that_a_name_too_long_is_one_sentence(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"long": "x" * 300, "photo": str(SAMPLE), "out": str(tmp_path / "out")}
    with pytest.raises(SystemExit) as ended:
        main([word.format(**given) for word in words])
    assert ended.value.code in {1, 2}
    output = capsys.readouterr().err
    assert "too long" in output
    assert "please report it" not in output


def test_that_a_link_to_itself_is_one_sentence() -> None:
    loop = OSError(errno.ELOOP, "Too many levels of symbolic links", "a.jpg")
    assert sentence_on(loop) == "a.jpg is a link that leads to itself; choose the file that is meant."
    assert sentence_on(ValueError("x")) is None
