"""The suite under other processors' instructions: which configurations apply, and what is told of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests import machines
from tests.machines import INSTRUCTIONS, Configuration, run_all, why_not

NATIVE, AVX2, SSE = (Configuration(name, threads) for name, threads in zip(INSTRUCTIONS, (1, 2, 1), strict=True))


@pytest.fixture(autouse=True)
def logs_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "LOGS", tmp_path / "logs")


@pytest.mark.parametrize(
    ("machine", "widest", "applying"),
    [
        ("x86_64", "AVX512", ["native", "AVX2", "SSE4.1"]),
        ("AMD64", "AVX2", ["native", "AVX2", "SSE4.1"]),
        ("x86_64", "DEFAULT", ["native", "SSE4.1"]),
        ("arm64", "DEFAULT", ["native"]),
        ("aarch64", "SVE256", ["native"]),
    ],
)
def test_that_only_what_a_processor_can_stand_for_applies(machine: str, widest: str, applying: list[str]) -> None:
    assert [name for name in INSTRUCTIONS if why_not(name, machine, widest) is None] == applying


def test_that_a_configuration_that_does_not_apply_says_why() -> None:
    assert why_not("AVX2", "arm64", "DEFAULT") == "this processor is arm64, not x86-64"
    assert why_not("AVX2", "x86_64", "DEFAULT") == "this processor has no AVX2"


def test_that_limits_of_the_caller_do_not_reach_the_native_run() -> None:
    given = {"ATEN_CPU_CAPABILITY": "default", "OMP_NUM_THREADS": "7", "HOME": "/home"}
    environment = NATIVE.environment(given)
    assert environment.keys() & INSTRUCTIONS["AVX2"].keys() == set()
    assert (environment["OMP_NUM_THREADS"], environment["HOME"]) == ("1", "/home")
    assert AVX2.environment(given).items() >= {"ATEN_CPU_CAPABILITY": "avx2", "OMP_NUM_THREADS": "2"}.items()


def test_that_every_configuration_is_told_and_the_failed_ones_name_their_tests() -> None:
    script = (
        "import os, sys\n"
        "bad = os.environ.get('ONEDNN_MAX_CPU_ISA') == 'SSE41'\n"
        "print('FAILED tests/a.py::test_that_b' if bad else 'fine')\n"
        "print('= 1 failed, 2 passed in 3.21s =' if bad else '= 3 passed in 65.00s (0:01:05) =')\n"
        "sys.exit(bad)"
    )
    told: list[str] = []
    failed = run_all([NATIVE, AVX2, SSE], (sys.executable, "-c", script), told.append)
    assert failed == [SSE]
    assert [line.partition(";")[0] for line in told[:3]] == [
        "native, 1 thread: passed",
        "AVX2, 2 threads: passed",
        f"SSE4.1, 1 thread: FAILED (1), see {SSE.log}",
    ]
    assert "; 3 passed; " in told[0]
    assert told[3] == "    FAILED tests/a.py::test_that_b"


@pytest.mark.parametrize(("fails", "code"), [(False, 0), (True, 1)])
def test_that_one_failed_configuration_fails_the_command(
    fails: bool, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(machines, "run_all", lambda wanted, _command, _say: list(wanted) if fails else [])
    assert machines.main([]) == code
    assert capsys.readouterr().out.splitlines()[-1].endswith("configurations passed.")
