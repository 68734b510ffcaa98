"""The pictures of the sanity bench, faithfulness, the microscope and the lessons, from the real program.

python -m benchmarks.screenshots_b                 # all of them
python -m benchmarks.screenshots_b --only sanity
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image

from benchmarks.screenshots import Shared, save
from benchmarks.screenshots_c import FOLDER, Condition, Shot, settled, take
from dcsm_viewer.gui.app import AppComponents
from dcsm_viewer.gui.tools.faithfulness.faithfulness_tool import FaithfulnessTool
from dcsm_viewer.gui.tools.gradient.gradient_tool import GradientTool
from dcsm_viewer.gui.tools.randomization.randomization_tool import RandomizationTool
from dcsm_viewer.gui.tools.tutorials.tutorials_tool import TutorialsTool


def sanity(count: int, parts: AppComponents) -> Iterator[Condition]:
    yield settled(parts)
    parts.window.menus.actions["tools.sanity"].trigger()
    page = parts.window.tools.page("sanity")
    assert isinstance(page, RandomizationTool)
    yield lambda: page.series is not None and page.series.is_whole
    page.layers.slider.setValue(count)


def faithfulness(step: int, parts: AppComponents) -> Iterator[Condition]:
    yield settled(parts)
    parts.window.menus.actions["tools.faithfulness"].trigger()
    page = parts.window.tools.page("faithfulness")
    assert isinstance(page, FaithfulnessTool)
    yield lambda: page.known is not None and page.known.is_whole
    page.share.slider.setValue(step)


def microscope(step: int, predictions: tuple[bool, ...], parts: AppComponents) -> Iterator[Condition]:
    yield settled(parts)
    parts.window.menus.actions["tools.microscope"].trigger()
    page = parts.window.tools.page("microscope")
    assert isinstance(page, GradientTool)
    yield lambda: page.known is not None and page.known.is_whole
    page.layers.slider.setValue(step)
    image = parts.store.state.image
    assert image is not None
    page.view.pixel_clicked.emit(round(0.52 * image.shape[0]), round(0.33 * image.shape[1]))
    yield lambda: page.shown_gate is not None
    page.gate.quiz.setChecked(bool(predictions))
    for passes in predictions:
        page.gate.predicted.emit(passes)


def lesson(name: str, index: int, answer: int, parts: AppComponents) -> Iterator[Condition]:
    yield settled(parts)
    parts.window.menus.actions["tools.lessons"].trigger()
    tool = parts.window.tools.docks["lessons"].widget()
    assert isinstance(tool, TutorialsTool)
    if not name:
        return
    tool.start(name)
    for _ in range(index):
        yield settled(parts)
        tool.forward()
    yield settled(parts)
    tool.answer(answer)
    yield lambda: tool.run is not None and tool.run.verdict is not None


SHOTS: tuple[Shot, ...] = (
    Shot("sanity", partial(sanity, 3)),
    Shot("sanity-dark", partial(sanity, 9), theme="dark", size=(1024, 700)),
    Shot("microscope", partial(microscope, 5, ())),
    Shot("microscope-quiz", partial(microscope, 8, (False, True)), theme="dark", size=(1024, 700)),
    Shot("lessons", partial(lesson, "subtraction", 1, 2)),
    Shot("lessons-dark", partial(lesson, "crf", 1, 0), theme="dark", size=(1024, 700)),
    Shot("lessons-list", partial(lesson, "", 0, 0), size=(1024, 700)),
    Shot("faithfulness", partial(faithfulness, 3)),
    Shot("faithfulness-dark", partial(faithfulness, 5), theme="dark", size=(1024, 700)),
)


def make(only: str | None = None) -> None:
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
