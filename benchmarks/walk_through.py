"""Makes docs/pictures/walk: every view and every tool, light in a large window and dark in a small one, side by side.

python -m benchmarks.walk_through                  # all of them
python -m benchmarks.walk_through --only figure
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from PIL import Image

from benchmarks.screenshots import GAP_PX, PICTURES, Shared, save
from benchmarks.screenshots_c import Condition, Shot, settled, take
from dcsm_viewer.gui.app import AppComponents
from dcsm_viewer.gui.tool_registry import TOOLS

FOLDER = PICTURES / "walk"
LARGE, SMALL = (1280, 800), (1024, 700)
SHRUNK = 0.55
ANSWER_S = 6.0
"""What a tool asks the engine is there by then; the picture shows what is there, settled or not."""

VIEWS = ("compare", "grid", "overlay", "labels")


def names() -> tuple[str, ...]:
    """Views first, then the tools in the order of their menu."""
    return (*VIEWS, *(spec.name for spec in TOOLS))


def shown(name: str, parts: AppComponents) -> Iterator[Condition]:
    yield settled(parts)
    actions = parts.window.menus.actions
    if name == "compare_ab":
        actions["edit.keep"].trigger()
        actions["n.down"].trigger()
        yield settled(parts)
    actions[f"view.{name}" if name in VIEWS else f"tools.{name}"].trigger()
    if name == "ledger":
        # A pixel of the dog.
        parts.window.stack.pixel_clicked.emit(380, 260)
    if name not in VIEWS:
        yield _after(ANSWER_S)


def _after(seconds: float) -> Callable[[], bool]:
    end = time.perf_counter() + seconds
    return lambda: time.perf_counter() > end


def beside(left: Image.Image, right: Image.Image) -> Image.Image:
    """Both shrunk by the same factor, tops in one line."""
    pair = [
        picture.convert("RGB").resize((round(picture.width * SHRUNK), round(picture.height * SHRUNK)), Image.LANCZOS)  # type: ignore[attr-defined]  # Pillow keeps the old name
        for picture in (left, right)
    ]
    paper = Image.new("RGB", (sum(one.width for one in pair) + GAP_PX, max(one.height for one in pair)), "white")
    paper.paste(pair[0], (0, 0))
    paper.paste(pair[1], (pair[0].width + GAP_PX, 0))
    return paper


def make(only: str | None) -> None:
    engine = Shared()
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder) / "large.png", Path(folder) / "small.png"
        for name in names():
            if only in {None, name}:
                take(Shot(name, partial(shown, name), "light", LARGE), engine, large)
                take(Shot(name, partial(shown, name), "dark", SMALL), engine, small)
                save(beside(Image.open(large), Image.open(small)), FOLDER / f"{name}.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", choices=names())
    make(parser.parse_args().only)
