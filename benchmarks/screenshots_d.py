"""The pictures of the folder run and the triage, from the real program on the sample photographs.

python -m benchmarks.screenshots_d                 # all of them
python -m benchmarks.screenshots_d --only triage
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from benchmarks.screenshots import Shared, save
from benchmarks.screenshots_c import FOLDER, Condition, Shot, settled, take
from dcsm_viewer.gui.app import AppComponents
from dcsm_viewer.gui.files.image_loader import sample_paths
from dcsm_viewer.gui.tools.batch_export.batch_export_tool import BatchExportTool
from dcsm_viewer.gui.tools.review.review_tool import ReviewTool


def run_over_samples(out: Path, parts: AppComponents, *, with_a_bad_one: bool) -> Iterator[Condition]:
    """The samples, and with them a file that is no picture."""
    yield settled(parts)
    parts.window.menus.actions["tools.folder_run"].trigger()
    tool = parts.window.tools.docks["folder_run"].widget()
    assert isinstance(tool, BatchExportTool)
    if with_a_bad_one:
        bad = out / "cut-off.jpg"
        bad.write_bytes(Path(sample_paths()[0]).read_bytes()[:3000])
        parts.store.change(folder=(*parts.store.state.folder, str(bad)))
    # The line shows a name anybody could have, and the files go where they are thrown away.
    tool.form.out.setText(str(out / "masks"))
    tool.start.click()
    yield lambda: tool.job.progress.phase == "finished"
    tool.form.out.setText("/data/masks")
    tool.show_progress(replace(tool.job.progress, out="/data/masks"))


def look_through(out: Path, parts: AppComponents) -> Iterator[Condition]:
    yield from run_over_samples(out, parts, with_a_bad_one=False)
    parts.window.tools.docks["folder_run"].hide()
    parts.window.menus.actions["tools.triage"].trigger()
    tool = parts.window.stack.currentWidget()
    assert isinstance(tool, ReviewTool)
    tool.open_folder(str(out / "masks"))
    session = tool.session
    yield lambda: session.loaded_mask is not None and session.review_writer.is_idle and not tool.progress.isVisible()
    session.select("eagle")
    yield lambda: session.loaded_mask is not None
    session.decide("accepted")
    session.select("dog-bicycle")
    yield lambda: session.loaded_mask is not None and session.loaded_mask.stem == "dog-bicycle"
    tool.folder.setText("/data/masks")
    tool.bar.choose_label(255)
    pane, left = tool.panes.painted, Qt.MouseButton.LeftButton
    middle = pane.picture().center()
    QTest.mousePress(pane, left, pos=middle + QPoint(-60, 50))
    QTest.mouseMove(pane, middle + QPoint(20, 70))
    QTest.mouseRelease(pane, left, pos=middle + QPoint(70, 40))
    yield lambda: session.review_writer.is_idle


def shots(home: Path) -> tuple[Shot, ...]:
    """Each writes into a folder of its own below `home`."""

    def out(name: str) -> Path:
        (home / name).mkdir()
        return home / name

    return (
        Shot("triage", partial(look_through, out("triage"))),
        Shot("triage-dark", partial(look_through, out("triage-dark")), theme="dark", size=(1024, 700)),
        Shot("folder-run", partial(run_over_samples, out("folder-run"), with_a_bad_one=True)),
        Shot(
            "folder-run-dark",
            partial(run_over_samples, out("folder-run-dark"), with_a_bad_one=True),
            theme="dark",
            size=(1024, 700),
        ),
    )


def make(only: str | None) -> None:
    engine = Shared()
    with tempfile.TemporaryDirectory() as folder:
        for shot in shots(Path(folder)):
            if only in {None, shot.name}:
                path = Path(folder) / f"{shot.name}.png"
                take(shot, engine, path)
                save(Image.open(path), FOLDER / f"{shot.name}.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", choices=["triage", "triage-dark", "folder-run", "folder-run-dark"])
    make(parser.parse_args().only)
