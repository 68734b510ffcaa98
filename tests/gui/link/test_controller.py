"""Changes become requests, reports become changes: scripted, with the real thread and engines that wait for permits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import Failure, Progress, Request, UserError
from dcsm_viewer.gui.link.controller import Controller
from dcsm_viewer.gui.state.settings_edits import with_field
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import Paint
from dcsm_viewer.worker.engine_thread import Listener
from tests.gui.engines import READY, GatedEngine, InstantEngine, answer
from tests.results import make_image


class Session:
    """A store with its controller; `asked` is filled by a thread that never starts, unless the test starts it."""

    def __init__(self, engine: InstantEngine) -> None:
        self.engine = engine
        self.store = Store()
        self.controller = Controller(self.store, engine.make)

    def alpha(self, value: float) -> None:
        self.store.edit(with_field(self.store.state.settings, "method.alpha", value))

    def request(self) -> Request:
        """The request the controller must have asked last."""
        state = self.store.state
        assert state.image is not None
        assert state.pending_serial is not None
        return Request(state.pending_serial, state.image, state.settings, state.focus)


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    assert qtbot is not None
    made = Session(GatedEngine())
    yield made
    for _ in range(50):
        made.engine.permits.release()  # type: ignore[attr-defined]  # a GatedEngine
    assert made.controller.stop(5), "the engine's thread goes on"


def test_that_an_image_is_asked_for_once(session: Session) -> None:
    session.store.change(image=make_image())
    assert session.store.state.pending_serial == 1
    session.store.change(view="grid")
    assert session.store.state.pending_serial == 1


def test_that_what_only_changes_the_paint_asks_nobody(session: Session) -> None:
    session.store.change(image=make_image())
    session.controller.on_report(answer(session.request()))
    assert session.store.state.pending_serial is None
    session.store.change(paint=Paint(opacity=0.1, colormap="viridis", range_mode="shared", kind="raw"), view="labels")
    assert session.store.state.pending_serial is None


def test_that_image_settings_and_focus_each_ask_anew(session: Session) -> None:
    session.store.change(image=make_image())
    session.alpha(4.0)
    assert session.store.state.pending_serial == 2
    session.store.change(focus=3)
    assert session.store.state.pending_serial == 3
    session.store.change(image=make_image(seed=5))
    assert session.store.state.pending_serial == 4


def test_that_a_settled_result_ends_the_request(session: Session) -> None:
    session.store.change(image=make_image())
    session.controller.on_report(Progress(1, "classify", 1, 8, "classify 500 px"))
    assert "classify" in repr(session.store.state.progress)
    result = answer(session.request())
    session.controller.on_report(result)
    assert session.store.state.result is result
    assert (session.store.state.pending_serial, session.store.state.progress) == (None, None)


def test_that_a_partial_result_is_shown_and_more_is_awaited(session: Session) -> None:
    session.store.change(image=make_image())
    partial = answer(session.request(), completeness="partial")
    session.controller.on_report(partial)
    assert session.store.state.result is partial
    assert session.store.state.pending_serial == 1


def test_that_a_result_for_older_settings_of_the_image_is_shown_while_the_hand_moves(session: Session) -> None:
    session.store.change(image=make_image())
    older = answer(session.request())
    session.alpha(4.0)
    session.controller.on_report(older)
    assert session.store.state.result is older
    assert session.store.state.pending_serial == 2


def test_that_maps_ahead_of_their_labels_keep_those_on_the_screen(session: Session) -> None:
    session.store.change(image=make_image())
    first = answer(session.request())
    session.controller.on_report(first)
    session.alpha(4.0)
    session.controller.on_report(replace(answer(session.request()), completeness="preview", segmentation=None))
    shown = session.store.state.result
    assert shown is not None
    assert shown.request.settings.method.alpha == 4.0
    assert shown.segmentation is first.segmentation
    session.store.change(image=make_image(seed=3))
    session.controller.on_report(replace(answer(session.request()), completeness="preview", segmentation=None))
    assert session.store.state.result is not None
    assert session.store.state.result.segmentation is None


def test_that_an_older_result_never_replaces_a_newer_one(session: Session) -> None:
    session.store.change(image=make_image())
    older = answer(session.request())
    session.alpha(4.0)
    newer = answer(session.request())
    session.controller.on_report(newer)
    session.controller.on_report(older)
    assert session.store.state.result is newer


def test_that_a_result_for_another_image_is_dropped(session: Session) -> None:
    session.store.change(image=make_image())
    other = answer(session.request())
    session.store.change(image=make_image(seed=5))
    session.controller.on_report(other)
    assert session.store.state.result is None


def test_that_a_result_for_another_vocabulary_is_dropped(session: Session) -> None:
    session.store.change(image=make_image())
    other = answer(session.request())
    session.store.change(settings=replace(session.store.state.settings, vocabulary="imagenet"))
    session.controller.on_report(other)
    assert session.store.state.result is None


def test_that_a_failure_keeps_the_last_good_result(session: Session) -> None:
    session.store.change(image=make_image())
    good = answer(session.request())
    session.controller.on_report(READY)
    session.controller.on_report(good)
    session.alpha(4.0)
    session.controller.on_report(Failure(2, "Out of memory; choose smaller scales."))
    state = session.store.state
    assert state.result is good
    assert (state.failure, state.pending_serial) == ("Out of memory; choose smaller scales.", None)


def test_that_a_failure_of_an_overtaken_request_is_not_shown(session: Session) -> None:
    session.controller.on_report(READY)
    session.store.change(image=make_image())
    session.alpha(4.0)
    session.controller.on_report(Failure(1, "Out of memory."))
    assert session.store.state.failure is None
    assert session.store.state.pending_serial == 2


def test_that_the_next_request_clears_the_failure(session: Session) -> None:
    session.controller.on_report(READY)
    session.store.change(image=make_image())
    session.controller.on_report(Failure(1, "Out of memory."))
    session.alpha(4.0)
    assert session.store.state.failure is None


def test_that_settings_out_of_range_are_refused_in_a_sentence_and_not_asked(session: Session) -> None:
    session.store.change(image=make_image())
    session.alpha(99.0)
    assert session.store.state.pending_serial == 1
    assert "Alpha (method.alpha) is 99" in str(session.store.state.failure)


def test_that_after_a_cancel_late_reports_change_nothing(session: Session) -> None:
    session.store.change(image=make_image())
    late = answer(session.request())
    session.controller.cancel()
    session.controller.on_report(Progress(1, "classify", 1, 8, "classify 500 px"))
    session.controller.on_report(late)
    state = session.store.state
    assert (state.result, state.pending_serial, state.progress) == (None, None, None)
    assert "Cancelled" in str(state.message)


def test_that_asking_again_after_a_cancel_is_a_new_request(session: Session) -> None:
    session.store.change(image=make_image())
    session.controller.cancel()
    session.controller.ask_again()
    assert session.store.state.pending_serial == 2


def test_that_the_thread_answers_through_the_bridge(session: Session, qtbot: QtBot) -> None:
    session.controller.start()
    session.store.change(image=make_image())
    qtbot.waitUntil(lambda: session.store.state.progress is not None)
    assert session.store.state.engine is READY
    session.engine.permits.release()  # type: ignore[attr-defined]  # a GatedEngine
    qtbot.waitUntil(lambda: session.store.state.result is not None)
    assert session.store.state.pending_serial is None


def test_that_of_many_changes_while_the_engine_is_busy_only_the_last_is_run(session: Session, qtbot: QtBot) -> None:
    session.controller.start()
    session.store.change(image=make_image())
    qtbot.waitUntil(lambda: len(session.engine.ran) == 1)
    for step in range(20):
        session.alpha(4.0 + step / 10)
    session.engine.permits.release()  # type: ignore[attr-defined]  # a GatedEngine
    qtbot.waitUntil(lambda: len(session.engine.ran) == 2)
    assert session.engine.ran[1].settings.method.alpha == 5.9


def test_that_an_engine_that_cannot_be_built_says_so_to_every_wish(qtbot: QtBot) -> None:
    def no_engine(_report: Listener) -> InstantEngine:
        raise UserError("torch is not installed; run make.")

    store = Store()
    controller = Controller(store, no_engine)
    controller.start()
    qtbot.waitUntil(lambda: store.state.failure is not None)
    store.change(image=make_image(), failure=None)
    assert store.state.failure == "torch is not installed; run make."
    assert store.state.pending_serial is None
    assert controller.stop(5)


def test_that_settings_given_at_the_start_are_those_asked_for(session: Session) -> None:
    settings = Settings(precision="float32")
    session.store.change(settings=settings)
    session.store.change(image=make_image())
    assert session.request().settings == settings


def test_that_settings_whose_result_is_on_show_again_ask_nobody_and_end_what_runs(session: Session) -> None:
    session.store.change(image=make_image())
    session.controller.on_report(answer(session.request()))
    session.alpha(4.0)
    late = session.request()
    session.store.undo()
    assert session.store.state.pending_serial is None
    shown = session.store.state.result
    session.controller.on_report(answer(late))
    assert session.store.state.result is shown
    session.alpha(4.0)
    assert session.store.state.pending_serial == 3
