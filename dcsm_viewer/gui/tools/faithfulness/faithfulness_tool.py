"""Deletion and insertion curves of the class on show, by its raw and its distinct map; the pointing game."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from dcsm_viewer.gui.canvas.result_access import distinct_map, raw_map
from dcsm_viewer.gui.link.background_tasks import BackgroundTasks
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.tools.analysis_target import AnalysisTarget, analysis_target_of, why_nothing
from dcsm_viewer.gui.tools.faithfulness.faithfulness_model import (
    PointingResult,
    RankedMap,
    areas_in_words,
    chart,
    pointed,
    ties_in_words,
)
from dcsm_viewer.gui.tools.faithfulness.faithfulness_view import FaithfulnessView
from dcsm_viewer.gui.tools.tool_context import Tool, ToolContext
from dcsm_viewer.gui.widgets.plot import Plot
from dcsm_viewer.gui.widgets.step_row import StepRow
from dcsm_viewer.gui.widgets.wrapped_text import wrapped
from dcsm_viewer.io.masks import read_mask
from dcsm_viewer.queries.faithfulness_query import CURVES, CurveName, Faithfulness, FaithfulnessQuestion, RankedBy
from dcsm_viewer.queries.query import Answer

STEPS = 20
_FIRST = 3
_MASKS = "Masks (*.png);;All files (*)"
_HOW = (
    "A map is faithful if the score falls fast when its first pixels are deleted, and rises fast when they are "
    "inserted. Grey and blurred images are out of distribution for the network: compare the two maps, "
    "do not rely on one curve."
)


class FaithfulnessTool(Tool):
    """Two panes of pixels in the maps' order, two plots, one share for all of them."""

    question = FaithfulnessQuestion

    def __init__(self, context: ToolContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._requested: Hashable = None
        self._target: AnalysisTarget | None = None
        self._known: Faithfulness | None = None
        self._maps: dict[RankedBy, RankedMap] = {}
        self._mask: tuple[str, NDArray[np.uint8]] | None = None
        self._game: dict[RankedBy, PointingResult] = {}
        self._failure = ""
        self._tasks: BackgroundTasks | None = None
        self.share = StepRow(
            "Share of pixels",
            "How many of the pixels, in the order of each map, are marked on the photograph.",
            self,
            back="Fewer pixels",
            forward="More pixels",
        )
        self.share.show_range(STEPS, _FIRST, suffix=f" of {STEPS}")
        self.load = QPushButton("Load mask...", self)
        self.load.setToolTip(
            "A palette PNG as VOC's: class id + 1, 0 background, 255 ignored. Starts the pointing game."
        )
        self.drop = QPushButton("Clear mask", self)
        self.drop.setToolTip("Ends the pointing game")
        self.view = FaithfulnessView(context.viewport, self)
        self.plots: dict[CurveName, Plot] = {name: Plot(f"{name.capitalize()} curve", self) for name in CURVES}
        self.words = wrapped("Areas under the curves", self)
        self.pointing = wrapped("Pointing game", self)
        self.how = wrapped("How to read it", self, _HOW)
        self._lay_out()
        self.share.moved.connect(self._on_share)
        self.load.clicked.connect(self._ask_for_mask)
        self.drop.clicked.connect(self._forget_mask)
        for plot in self.plots.values():
            plot.setToolTip("Click, or drag the line, to mark the pixels of a share.")
            plot.moved.connect(self._on_x)
            self.hear_plot(plot)

    @property
    def known(self) -> Faithfulness | None:
        """What is known so far."""
        return self._known

    @override
    def show_state(self, state: ViewState) -> None:
        target = analysis_target_of(state)
        if target is not None:
            if self._target is None or self._target.key != target.key:
                self._on_target(target)
            if self._requested is None:
                self._requested = target.key
                self.submit_query(target.result.request, FaithfulnessQuestion(target.class_id, STEPS))
        elif self._target is None or not self._target.is_still_on(state):
            self._target, self._known, self._requested = None, None, None
            self._maps, self._game = {}, {}
        self.view.show_state(state)
        self._show(state)

    @override
    def show_answer(self, answer: Answer) -> None:
        self._failure = answer.failure or ""
        if isinstance(answer.value, Faithfulness):
            self._known = answer.value
        self._show(self.context.store.state)

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._requested = None

    @override
    def stop(self) -> None:
        if self._tasks is not None:
            self._tasks.stop()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_wide = self.width() > 1.6 * self.height()
        self._body.setDirection(QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom)
        self._plots.setDirection(QBoxLayout.Direction.TopToBottom if is_wide else QBoxLayout.Direction.LeftToRight)

    def load_mask(self, path: str) -> None:
        """Reads the file away from the window's thread and plays the pointing game with it."""
        image = self.context.store.state.image
        if image is None:
            return
        if self._tasks is None:
            self._tasks = BackgroundTasks("masks", self)
        self._tasks.send(partial(read_mask, path, image.shape), partial(self._on_mask, image.digest), self._refuse_mask)

    def _on_mask(self, digest: str, mask: NDArray[np.uint8]) -> None:
        self._mask, self._failure = (digest, mask), ""
        self._play()
        self._show(self.context.store.state)

    def _refuse_mask(self, sentence: str) -> None:
        self.context.store.change(failure=sentence)

    def _forget_mask(self) -> None:
        self._mask = None
        self._play()
        self._show(self.context.store.state)

    def _ask_for_mask(self) -> None:
        image = self.context.store.state.image
        folder = str(Path(image.path).parent) if image is not None and image.path else str(Path.home())
        path, _kind = QFileDialog.getOpenFileName(self, "Load mask", folder, _MASKS)
        if path:
            self.load_mask(path)

    def _on_target(self, target: AnalysisTarget) -> None:
        self._target, self._known, self._failure, self._requested = target, None, "", None
        raw, distinct = raw_map(target.result, target.class_id), distinct_map(target.result, target.class_id)
        self._maps = {}
        if raw is not None:
            self._maps["raw"] = RankedMap.of(raw)
        if distinct is not None:
            self._maps["distinct"] = RankedMap.of(distinct)
        self._play()

    def _on_share(self, _step: int) -> None:
        self._show(self.context.store.state)

    def _on_x(self, _line: str, x: float) -> None:
        self.share.slider.setValue(round(x * STEPS))

    def _play(self) -> None:
        """Where each map points, while there is a mask of this very image."""
        self._game = {}
        if self._target is None or self._mask is None:
            return
        image, class_id = self._target.result.request.image, self._target.class_id
        digest, mask = self._mask
        if digest == image.digest:
            self._game = {by: pointed(ranked, image.shape, mask, class_id) for by, ranked in self._maps.items()}

    def _show(self, state: ViewState) -> None:
        share = self.share.value / STEPS
        self.view.show_share(self._maps, share, self._game)
        for name, plot in self.plots.items():
            plot.show_chart(chart(self._known, name, share, 1 / STEPS))
        known = self._known
        waiting = self._failure or why_nothing(state) or "The curves are being measured."
        self.words.setText(waiting if known is None else _all_words(known))
        self.load.setEnabled(state.image is not None)
        self.drop.setEnabled(self._mask is not None)
        self.pointing.setText(
            " ".join(f"The {by} map points: {found.words}." for by, found in self._game.items())
            or "Load a ground-truth mask for the pointing game."
        )

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.share, 1)
        head.addSpacing(8)
        head.addWidget(self.load)
        head.addWidget(self.drop)
        self._plots = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        for plot in self.plots.values():
            self._plots.addWidget(plot, 1)
        self._body = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._body.addWidget(self.view, 3)
        self._body.addLayout(self._plots, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 2, 6, 4)
        column.addLayout(head)
        column.addLayout(self._body, 1)
        for words in (self.words, self.pointing, self.how):
            column.addWidget(words)


def _all_words(known: Faithfulness) -> str:
    grey = ", ".join(f"{level:.0f}" for level in known.grey)
    measured = (
        f"Measured at {known.scale} px; deleted pixels become grey ({grey}), insertion starts from a blur of "
        f"{known.blur_px:.1f} px."
    )
    return "\n".join(line for line in (areas_in_words(known), f"{measured} {ties_in_words(known)}".strip()) if line)
