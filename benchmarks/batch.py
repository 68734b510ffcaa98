"""A run over many images by the command line: its speed, its memory, and whether kills and processes change a byte.

`growth`: images a second, and the least and the most resident memory while an image is computed, its median over the
last tenth of the images against that over the third. `kill`: the same images
with SIGKILL every few seconds and --resume until done; only the handling of files is at stake, so the method runs at
one small scale without CRF. `cluster`: two local workers against one process, the second time with a worker killed.

    python -m benchmarks.batch growth --images 2000
    python -m benchmarks.batch growth --images 100 --threads 1 --format voc
    python -m benchmarks.batch kill --images 2000 --every 8
    python -m benchmarks.batch cluster --images 200

Figures stand in docs/many-images.md, with how they were measured.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "resources" / "samples"
TENTHS = 10  # of the images, each of them looked at as one
WARM_UP = 2  # tenths, after which all caches are full
SIZE = (480, 360)
QUICK = ("--scales", "160", "--canvas", "160", "--no-crf", "--threads", "1")


def make_scenes(folder: Path, count: int) -> None:
    """`count` JPEGs of 480x360: parts of the sample photographs, turned, mirrored and set together, each once."""
    folder.mkdir(parents=True, exist_ok=True)
    photographs = [Image.open(path).convert("RGB") for path in sorted(SAMPLES.glob("*.jpg"))]
    for number in range(count):
        drawn = random.Random(number)
        scene = Image.new("RGB", SIZE)
        halves = drawn.sample(photographs, 2)
        for index, photograph in enumerate(halves):
            share = drawn.uniform(0.6, 1.0)
            width, height = (round(side * share) for side in photograph.size)
            left, top = drawn.randint(0, photograph.width - width), drawn.randint(0, photograph.height - height)
            part = photograph.crop((left, top, left + width, top + height)).resize((SIZE[0] // 2, SIZE[1]))
            if drawn.random() < 0.5:
                part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            scene.paste(part, (index * SIZE[0] // 2, 0))
        scene.save(folder / f"{number:05}.jpg", quality=90)


def command(folder: Path, out: Path, *words: str) -> list[str]:
    return [sys.executable, "main.py", "export", str(folder), "--out", str(out), "--device", "cpu", *words]


def resident_mib(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


class Watched:
    """The least and the most memory a process has held since it was last asked, looked at 50 times a second."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._seen: list[float] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def least_and_most_mib(self) -> tuple[float, float]:
        seen, self._seen = self._seen, []
        seen = seen or [resident_mib(self._pid)]
        return min(seen), max(seen)

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.02):
            self._seen.append(resident_mib(self._pid))


def growth(folder: Path, out: Path, words: Sequence[str]) -> None:
    held: list[tuple[float, float]] = []
    computed_s: list[float] = []
    with subprocess.Popen(
        command(folder, out, *words), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as running:
        assert running.stdout is not None
        begin = time.perf_counter()
        first = begin
        watched = Watched(running.pid)
        for line in running.stdout:
            outcome = json.loads(line)
            assert outcome["error"] is None, outcome["error"]
            first = time.perf_counter() if not held else first
            held.append(watched.least_and_most_mib())
            computed_s.append(outcome["seconds"])
        took = time.perf_counter() - first
        watched.stop()
    # How much one image needs depends on its classes, so single images say little: medians over many.
    tenths = [np.median(part, axis=0) for part in np.array_split(np.array(held), TENTHS)]
    warm, last = tenths[WARM_UP], tenths[-1]
    row = {
        "case": "growth",
        "images": len(held),
        "images_per_s": (len(held) - 1) / took,
        "seconds_an_image_median": float(np.median(computed_s)),
        "start_s": first - begin,
        "least_mib": [round(float(part[0]), 1) for part in tenths],
        "most_mib": [round(float(part[1]), 1) for part in tenths],
        "growth_of_least": float(last[0] / warm[0] - 1),
        "growth_of_most": float(last[1] / warm[1] - 1),
        "load": os.getloadavg(),
        "options": list(words),
    }
    print(json.dumps(row))


def kill(folder: Path, out: Path, every_s: float, words: Sequence[str]) -> None:
    wanted = ("--resume", *QUICK, *words)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(command(folder, out / "unbroken", *wanted), cwd=ROOT, check=True, **quiet)  # type: ignore[call-overload] # DEVNULL twice
    expected = digests(out / "unbroken")
    kills, done, drawn = 0, False, random.Random(0)
    while not done:
        running = subprocess.Popen(command(folder, out / "killed", *wanted), cwd=ROOT, **quiet)  # type: ignore[call-overload] # as above
        try:
            # Counted from the first new file on: the start of torch takes seconds and writes nothing.
            _until_it_writes(running, out / "killed")
            done = running.wait(drawn.uniform(0.3, 1.7) * every_s) == 0
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGKILL)
            running.wait()
            kills += 1
    found = digests(out / "killed")
    row = {"case": "kill", "files": len(expected), "kills": kills, "identical": found == expected}
    print(json.dumps(row))
    assert found == expected, sorted(found.items() ^ expected.items())[:10]


def _until_it_writes(running: subprocess.Popen[bytes], out: Path) -> None:
    newest = _newest(out)
    while running.poll() is None and _newest(out) == newest:
        time.sleep(0.05)


def _newest(out: Path) -> float:
    return out.stat().st_mtime if out.exists() else 0.0


def cluster(folder: Path, out: Path, words: Sequence[str]) -> None:
    wanted = ("--threads", "1", *words)
    took = {}
    for name, more in (("alone", ()), ("together", ("--workers", "2"))):
        begin = time.perf_counter()
        subprocess.run(
            command(folder, out / name, *wanted, *more),
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        took[name] = time.perf_counter() - begin
    with subprocess.Popen(
        command(folder, out / "killed", *wanted, "--workers", "2"),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as running:
        assert running.stdout is not None
        begin = time.perf_counter()
        for number, _ in enumerate(running.stdout, 1):
            if number == 3:
                os.kill(_a_worker_of(running.pid), signal.SIGKILL)
        took["killed"] = time.perf_counter() - begin
    alone = digests(out / "alone")
    row = {
        "case": "cluster",
        "files": len(alone),
        "together_identical": digests(out / "together") == alone,
        "killed_identical": digests(out / "killed") == alone,
        "seconds": took,
        "load": os.getloadavg(),
    }
    print(json.dumps(row))
    assert row["together_identical"]
    assert row["killed_identical"]


def _a_worker_of(driver: int) -> int:
    """The process that uses most memory of those the driver has started: a worker with torch loaded."""
    children = [int(pid) for pid in Path(f"/proc/{driver}/task/{driver}/children").read_text("ascii").split()]
    for task in Path(f"/proc/{driver}/task").iterdir():
        children += [int(pid) for pid in (task / "children").read_text("ascii").split()]
    return max(children, key=resident_mib)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=("growth", "kill", "cluster"))
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--every", type=float, default=5.0, help="seconds between kills, about")
    parser.add_argument("--folder", type=Path, help="images of your own instead of made ones")
    arguments, words = parser.parse_known_args()  # all others are options of `export`
    if not sys.platform.startswith("linux"):
        raise SystemExit("Memory and workers are read from /proc, which only Linux has.")
    with tempfile.TemporaryDirectory(prefix="dcsm-batch-") as temporary:
        folder = arguments.folder or Path(temporary) / "scenes"
        if arguments.folder is None:
            make_scenes(folder, arguments.images)
        out = Path(temporary) / "out"
        if arguments.case == "growth":
            growth(folder, out, words)
        elif arguments.case == "kill":
            kill(folder, out, arguments.every, words)
        else:
            cluster(folder, out, words)


if __name__ == "__main__":
    main()
