"""All benchmarks one after the other: `make bench`. Their JSON lines go to out/benchmarks.json, their tables here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "out" / "benchmarks.json"

# Each in a process of its own, so that none starts with what another left in memory.
BENCHMARKS: tuple[tuple[str, ...], ...] = (
    ("benchmarks.window", "--runs", "3"),
    ("benchmarks.tools", "--runs", "3"),
    ("benchmarks.triage",),
    ("benchmarks.changes",),
    ("benchmarks.subtraction",),
    ("benchmarks.crf", "speed"),
    ("benchmarks.engine",),
    ("benchmarks.engine", "--agreement"),
    ("benchmarks.peers",),
    ("benchmarks.memory", "vgg16"),
    ("benchmarks.memory", "growth"),
)


def measured(module: tuple[str, ...]) -> list[dict[str, Any]]:
    """The JSON lines of one benchmark; the rest of what it says is shown."""
    sys.stdout.write(f"\n== {' '.join(module)}\n")
    sys.stdout.flush()
    done = subprocess.run([sys.executable, "-m", *module], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    found = []
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            found.append({"benchmark": module[0], **json.loads(line)})
        else:
            sys.stdout.write(f"{line}\n")
    if done.returncode:
        raise SystemExit(f"{module[0]} ended with {done.returncode}")
    return found


if __name__ == "__main__":
    everything = [line for module in BENCHMARKS for line in measured(module)]
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"\n{OUT.relative_to(ROOT)} holds all of it.\n")
