"""The pictures of comparing, figures, tabs, history, the pipeline strip and keys, from the real program.

python -m benchmarks.screenshots_c                 # all of them
python -m benchmarks.screenshots_c --only figure
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from benchmarks.screenshots import PICTURES, Shared, save
from dcsm_viewer.gui.app import AppComponents, build
from dcsm_viewer.gui.files.image_loader import sample_paths
from dcsm_viewer.gui.files.user_settings import UserSettings
from dcsm_viewer.gui.screenshot import is_final, png_of
from dcsm_viewer.gui.state.settings_edits import with_field
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.theme import Theme, Themes
from dcsm_viewer.gui.tools.figure.figure_tool import FigureTool
from dcsm_viewer.gui.tools.pipeline.pipeline_tool import PipelineTool

FOLDER = PICTURES / "tools"
Condition = Callable[[], bool]
Script = Callable[[AppComponents], Iterator[Condition]]

_PAINTED_MS = 300
_TICK_MS = 20


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: `script` does what a user would, and yields what it waits for."""

    name: str
    script: Script
    theme: Theme = "light"
    size: tuple[int, int] = (1280, 800)


def settled(parts: AppComponents) -> Condition:
    return lambda: is_final(parts.store.state, waits=True)


def edited(parts: AppComponents, field: str, value: float) -> None:
    parts.store.edit(with_field(parts.store.state.settings, field, value))


def compared(mode: str, subject: str, parts: AppComponents) -> Iterator[Condition]:
    yield settled(parts)
    actions = parts.window.menus.actions
    actions["edit.keep"].trigger()
    edited(parts, "crf.bilateral_compat", 2.0)
    edited(parts, "method.min_candidates", 0)
    yield settled(parts)
    actions["tools.compare_ab"].trigger()
    comparison = replace(parts.store.state.comparison, mode=mode, subject=subject)  # type: ignore[arg-type]  # its own words
    parts.store.change(comparison=comparison)


def tool(name: str, parts: AppComponents) -> Iterator[Condition]:
    yield settled(parts)
    parts.window.menus.actions[f"tools.{name}"].trigger()


def figure_of(view: str, parts: AppComponents) -> Iterator[Condition]:
    yield settled(parts)
    parts.store.change(view=view)
    yield from tool("figure", parts)
    page = parts.window.tools.page("figure")
    assert isinstance(page, FigureTool)
    yield lambda: not page.preview.pixmap().isNull()


def strip(parts: AppComponents) -> Iterator[Condition]:
    yield from tool("pipeline", parts)
    page = parts.window.findChild(PipelineTool)
    assert page is not None
    edited(parts, "method.alpha", 4.0)
    yield settled(parts)
    page.choose("classify")


def stepped(parts: AppComponents) -> Iterator[Condition]:
    yield settled(parts)
    parts.window.menus.actions["edit.keep"].trigger()
    for field, value in (("method.min_candidates", 6), ("method.alpha", 4.0), ("crf.iterations", 5)):
        edited(parts, field, value)
    parts.store.undo()
    yield settled(parts)
    parts.window.menus.actions["tools.history"].trigger()


SHOTS: tuple[Shot, ...] = (
    Shot("compare-swipe", partial(compared, "swipe", "labels")),
    Shot("compare-side", partial(compared, "side", "labels"), size=(1024, 700)),
    Shot("compare-difference", partial(compared, "difference", "distinct"), theme="dark"),
    Shot("compare-labels-difference", partial(compared, "difference", "labels"), size=(1024, 700)),
    Shot("pipeline", strip),
    Shot("pipeline-dark", strip, theme="dark", size=(1024, 700)),
    Shot("history", stepped, theme="dark"),
    Shot("figure", partial(figure_of, "labels")),
    Shot("figure-grid", partial(figure_of, "grid"), theme="dark", size=(1024, 700)),
)


def take(shot: Shot, engine: Shared, path: Path) -> None:
    """The window of one shot, opened on the first sample and closed again; raises SystemExit on a failure."""

    def shoot(parts: AppComponents) -> None:
        path.write_bytes(png_of(parts.window))

    run_script(shot.script, engine, shoot, theme=shot.theme, size=shot.size)


def run_script(
    script: Script,
    engine: Shared,
    finish: Callable[[AppComponents], None],
    *,
    theme: Theme = "light",
    size: tuple[int, int] = (1280, 800),
) -> None:
    """Opens the real window on the first sample, does what `script` says, then `finish`, and closes it again."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    themes = Themes(app)
    parts = build(ViewState(), engine.make, themes, UserSettings())
    themes.choose(theme)
    parts.window.resize(*size)
    parts.window.restore_layout()
    parts.window.show()
    parts.controller.start()
    parts.image_loader.open_paths(sample_paths()[:1])
    steps = script(parts)
    until = next(steps)
    tick = QTimer(interval=_TICK_MS)

    def step() -> None:
        nonlocal until
        if parts.store.state.failure is not None:
            app.exit(1)
        elif until():
            try:
                until = next(steps)
            except StopIteration:
                tick.stop()
                QTimer.singleShot(_PAINTED_MS, app.quit)

    tick.timeout.connect(step)
    tick.start()
    code = app.exec()
    failure = parts.store.state.failure
    if not code:
        finish(parts)
    parts.window.close()
    parts.stop()
    themes.stop()
    parts.window.deleteLater()
    if code:
        raise SystemExit(f"The window shows a failure: {failure}")


def make(only: str | None) -> None:
    engine = Shared()
    with tempfile.TemporaryDirectory() as folder:
        for shot in SHOTS:
            if only in {None, shot.name}:
                path = Path(folder) / f"{shot.name}.png"
                take(shot, engine, path)
                save(Image.open(path), FOLDER / f"{shot.name}.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", choices=[shot.name for shot in SHOTS])
    make(parser.parse_args().only)
