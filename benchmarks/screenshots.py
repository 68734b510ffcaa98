"""Makes docs/pictures from the real program, the README's picture among them.

python -m benchmarks.screenshots            # all of them
python -m benchmarks.screenshots --only grid
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PySide6.QtCore import QRect

from dcsm_viewer.engine.networks.class_head import voc_groups
from dcsm_viewer.gui import app as program
from dcsm_viewer.gui.app import AppComponents, run_window
from dcsm_viewer.gui.files.image_loader import sample_paths
from dcsm_viewer.gui.state.view_state import Paint, ViewName, ViewState
from dcsm_viewer.gui.theme import Theme
from dcsm_viewer.worker.engine_thread import EngineLike, Listener, create_engine

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
README = "readme"
GAP_PX = 8


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture of the window on the first sample. `class_name` None shows the best class."""

    name: str
    class_name: str | None = None
    view: ViewName = "compare"
    theme: Theme = "light"
    size: tuple[int, int] = (1280, 800)
    paint: Paint = field(default_factory=Paint)


SHOTS = (
    Shot("compare-dog", "dog"),
    Shot("compare-bicycle", "bicycle"),
    Shot("grid", "dog", view="grid", theme="dark"),
    Shot("overlay-labels", view="overlay", paint=Paint(overlay_of="labels")),
    Shot("labels", view="labels"),
    Shot("small", "bicycle", size=(1024, 700), theme="dark"),
)
# Wide and flat, so that the three panes lie beside each other; the second is set below the first.
PAIR = tuple(Shot(f"readme-{name}", name, size=(1700, 560)) for name in ("dog", "bicycle"))


# The tools' pictures, each module in a process of its own.
OTHERS = (
    "benchmarks.screenshots_a",
    "benchmarks.screenshots_b",
    "benchmarks.screenshots_c",
    "benchmarks.screenshots_d",
    "benchmarks.walk_through",
)


class Shared:
    """One engine for all pictures; each window's thread ends before the next one starts."""

    def __init__(self) -> None:
        self._engine: EngineLike | None = None
        self._ready: Any = None

    def make(self, report: Listener) -> EngineLike:
        if self._engine is None:
            self._engine = create_engine(self._keep)
        report(self._ready)
        return self._engine

    def _keep(self, ready: object) -> None:
        self._ready = ready


def take(shot: Shot, engine: Shared, folder: Path) -> QRect:
    """Where in the picture, now in `folder`, the panes are.

    Raises SystemExit where the picture shows a failure.
    """
    build = program.build
    made: list[AppComponents] = []

    def with_class(state: ViewState, *rest: Any) -> AppComponents:
        focus = None if shot.class_name is None else voc_groups().names.index(shot.class_name)
        made.append(build(replace(state, focus=focus), *rest))
        return made[0]

    program.build = with_class  # type: ignore[assignment]  # the same parts, with a class chosen
    try:
        code = run_window(
            sample_paths()[:1],
            screenshot=folder / f"{shot.name}.png",
            make_engine=engine.make,
            size=shot.size,
            theme=shot.theme,
            view=shot.view,
            paint=shot.paint,
        )
    finally:
        program.build = build
    if code:
        raise SystemExit(f"{shot.name} shows a failure")
    stack = made[0].window.stack
    return QRect(stack.mapTo(made[0].window, stack.rect().topLeft()), stack.size())


def stacked(pictures: Sequence[Image.Image]) -> Image.Image:
    """One below the other, with a little air between."""
    width = max(picture.width for picture in pictures)
    height = sum(picture.height for picture in pictures) + GAP_PX * (len(pictures) - 1)
    paper = Image.new("RGB", (width, height), pictures[0].getpixel((0, 0)))
    top = 0
    for picture in pictures:
        paper.paste(picture, (0, top))
        top += picture.height + GAP_PX
    return paper


def save(picture: Image.Image, path: Path) -> None:
    """As small as a PNG gets without losing anything."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # All its colours: a palette of 256 would draw steps into the maps that are not there.
    picture.convert("RGB").save(path, optimize=True)
    sys.stdout.write(f"{path} {picture.width} x {picture.height} px, {path.stat().st_size // 1024} KiB\n")


def make(only: str | None) -> None:
    engine = Shared()
    with tempfile.TemporaryDirectory() as folder:
        for shot in SHOTS:
            if only in {None, shot.name}:
                take(shot, engine, Path(folder))
                save(Image.open(Path(folder) / f"{shot.name}.png"), PICTURES / f"{shot.name}.png")
        if only in {None, README}:
            rows = []
            for shot in PAIR:
                panes = take(shot, engine, Path(folder))
                picture = Image.open(Path(folder) / f"{shot.name}.png").convert("RGB")
                rows.append(picture.crop((panes.left(), panes.top(), panes.right() + 1, panes.bottom() + 1)))
            save(stacked(rows), PICTURES / f"{README}.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", choices=[README, *(shot.name for shot in SHOTS)])
    chosen = parser.parse_args().only
    make(chosen)
    for module in OTHERS if chosen is None else ():
        subprocess.run([sys.executable, "-m", module], check=True)
