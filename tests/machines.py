"""The test suite as other processors would run it: `make test-machines`, or `python -m tests.machines [pytest words]`.

Float32 sums come out differently by the width of the instructions and by the number of threads; a tolerance that fits
one machine fails on another. Each configuration tells torch and its libraries to use no more than some processor has.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LOGS = Path("out") / "test-machines"
THREADS = (1, 2)
# torch's own kernels, oneDNN's convolutions, MKL's and OpenBLAS's (NumPy's) matrix products.
INSTRUCTIONS: dict[str, dict[str, str]] = {
    "native": {},
    "AVX2": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "OPENBLAS_CORETYPE": "Haswell",
    },
    "SSE4.1": {
        "ATEN_CPU_CAPABILITY": "default",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
        "OPENBLAS_CORETYPE": "Nehalem",
    },
}


@dataclass(frozen=True, slots=True)
class Configuration:
    """One processor to stand for: the instructions it has, and threads."""

    instructions: str
    threads: int

    @property
    def name(self) -> str:
        return f"{self.instructions}, {self.threads} thread{'' if self.threads == 1 else 's'}"

    @property
    def log(self) -> Path:
        return LOGS / f"{self.instructions.lower()}-{self.threads}.txt"

    def environment(self, given: Mapping[str, str]) -> dict[str, str]:
        """`given` without its own limits, and with this configuration's."""
        limits = {name for chosen in INSTRUCTIONS.values() for name in chosen}
        threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(self.threads))
        kept = {name: value for name, value in given.items() if name not in limits}
        return kept | INSTRUCTIONS[self.instructions] | threads


def why_not(instructions: str, machine: str, widest: str) -> str | None:
    """Return why a processor cannot stand for one with these instructions, None where it can.

    Parameters
    ----------
    instructions : a key of INSTRUCTIONS
    machine : what `platform.machine` says
    widest : what torch uses unlimited ('AVX512', 'AVX2', 'DEFAULT', ...)
    """
    if instructions == "native":
        return None
    if machine.lower() not in {"x86_64", "amd64"}:
        return f"this processor is {machine}, not x86-64"
    if instructions == "AVX2" and not widest.startswith("AVX"):
        return "this processor has no AVX2"
    return None


def run_all(
    wanted: Sequence[Configuration], command: Sequence[str], on_note: Callable[[str], None]
) -> list[Configuration]:
    """Run `command` once a configuration, its output in the configuration's log; return those that failed."""
    LOGS.mkdir(parents=True, exist_ok=True)
    failed = []
    for one in wanted:
        began_s = time.monotonic()
        with one.log.open("w", encoding="utf-8") as log:
            code = subprocess.call(
                command, env=one.environment(os.environ), stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
            )
        lines = one.log.read_text("utf-8", "replace").splitlines()
        result = "passed" if code == 0 else f"FAILED ({code}), see {one.log}"
        on_note(f"{one.name}: {result}; {_summary(lines)}; {time.monotonic() - began_s:.0f} s")
        if code:
            failed.append(one)
            for line in lines:
                if line.startswith(("FAILED", "ERROR")):
                    on_note(f"    {line}")
    return failed


def _summary(lines: Sequence[str]) -> str:
    """pytest's last line without its frame and its time: '1272 passed, 1 skipped'."""
    last = lines[-1] if lines else "no output"
    return re.sub(r" in [\d.]+s.*$", "", last.strip("= "))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(words: Sequence[str]) -> int:
    """0 where every configuration that applies passed."""
    import torch

    machine, widest = platform.machine(), torch.backends.cpu.get_cpu_capability()
    wanted = []
    for instructions in INSTRUCTIONS:
        if reason := why_not(instructions, machine, widest):
            _say(f"{instructions}: does not apply, {reason}")
        else:
            wanted += [Configuration(instructions, threads) for threads in THREADS]
    failed: list[Configuration] = []
    for one in wanted:
        processes = max(1, min(4, os.cpu_count() or 1) // one.threads)
        command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", str(processes), *words)
        failed += run_all([one], command, _say)
    _say(f"{len(wanted) - len(failed)} of {len(wanted)} configurations passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
