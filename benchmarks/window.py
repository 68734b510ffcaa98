"""How soon the window is there, how soon its maps, and how long it ever stands still: the real program, offscreen.

Every run is a process of its own. Prints one JSON line and then a table: the median over the runs and the least and
largest; gaps of a 16 ms timer of the window's thread are put together over all runs.

    python -m benchmarks.window --runs 3
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

# (what, most): of issue 2. Seconds, then ms.
MARK_TARGETS_S = {"painted": 1.5, "first image: first maps": 4.0, "first image: settled": 10.0}
GAP_TARGET_MS = 50.0
FIRST_TARGET_MS, EXACT_TARGET_MS = 50.0, 300.0


def one_session() -> dict[str, Any]:
    """What a fresh process measured; nothing it remembers is of the user's."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "HOME": home, "XDG_CONFIG_HOME": home, "APPDATA": home}
        command = [sys.executable, "-m", "benchmarks.window_session", "--began", repr(time.time())]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False
        )
    if done.returncode:
        raise SystemExit(f"the session ended with {done.returncode}:\n{done.stderr}")
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def spread(values: Sequence[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def together(sessions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """All runs as one: spreads of times, percentiles of gaps."""
    first = sessions[0]
    gaps = {
        phase: [gap for session in sessions for gap in session["gaps_ms"].get(phase, [])] for phase in first["gaps_ms"]
    }
    return {
        "what": "window",
        "runs": len(sessions),
        "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        "python": platform.python_version(),
        "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else None,
        "marks_s": {name: spread([session["marks_s"][name] for session in sessions]) for name in first["marks_s"]},
        "gaps_ms": {
            phase: {
                "p50": percentile(values, 0.5),
                "p99": percentile(values, 0.99),
                "max": max(values),
                "count": len(values),
            }
            for phase, values in gaps.items()
        },
        "changes_ms": {
            name: {
                part: spread([session["changes_ms"][name][part] for session in sessions])
                for part in first["changes_ms"][name]
            }
            for name in first["changes_ms"]
        },
        "paints_ms": {
            name: spread([value for session in sessions for value in session["paints_ms"][name]])
            for name in first["paints_ms"]
        },
    }


def table(found: Mapping[str, Any]) -> Iterable[str]:
    yield f"{found['runs']} runs, {found['machine']}, load {found['load']}"
    yield ""
    yield f"{'s since the process was started':46} {'median':>8} {'least':>8} {'most':>8}   target"
    for name, value in found["marks_s"].items():
        target = MARK_TARGETS_S.get(name)
        yield f"{name:46} {_numbers(value, 2)}   {_verdict(value['median'], target)}"
    yield ""
    yield f"{'gaps of a 16 ms timer, ms':46} {'p50':>8} {'p99':>8} {'max':>8}   target"
    for name, value in found["gaps_ms"].items():
        wide = f"{value['p50']:8.0f} {value['p99']:8.0f} {value['max']:8.0f}"
        yield f"{name:46} {wide}   {_verdict(value['p99'], GAP_TARGET_MS)}"
    yield ""
    yield f"{'ms from a change to the screen':46} {'first':>8} {'maps':>8} {'settled':>8}   targets"
    for name, value in found["changes_ms"].items():
        wide = " ".join(f"{value[part]['median']:8.0f}" for part in ("first", "exact_maps", "settled"))
        verdicts = f"{_verdict(value['first']['median'], FIRST_TARGET_MS)}, "
        yield f"{name:46} {wide}   {verdicts}{_verdict(value['settled']['median'], EXACT_TARGET_MS)}"
    yield ""
    yield f"{'ms of a repaint':46} {'median':>8} {'least':>8} {'most':>8}"
    for name, value in found["paints_ms"].items():
        yield f"{name:46} {_numbers(value, 1)}"


def _numbers(value: Mapping[str, float], digits: int) -> str:
    return " ".join(f"{value[name]:8.{digits}f}" for name in ("median", "least", "most"))


def _verdict(value: float, target: float | None) -> str:
    return "" if target is None else f"{'within' if value <= target else 'ABOVE'} {target:g}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=3)
    found = together([one_session() for _ in range(parser.parse_args().runs)])
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.write("\n".join(table(found)) + "\n")
