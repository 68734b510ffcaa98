from __future__ import annotations

from threading import Event

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dcsm_viewer.gui.link.background_tasks import BackgroundTasks


def test_that_an_answer_comes_home_to_the_windows_thread(qtbot: QtBot) -> None:
    errands, answers = BackgroundTasks("test"), list[int]()
    errands.send(lambda: 7, answers.append, lambda _: None)
    qtbot.waitUntil(lambda: answers == [7])
    errands.stop()


def test_that_an_answer_still_on_its_way_when_stopped_sends_for_nothing_more(qtbot: QtBot) -> None:
    errands, answers, is_done = BackgroundTasks("test"), list[int](), Event()

    def send_again(value: int) -> None:
        answers.append(value)
        errands.send(lambda: 8, answers.append, lambda _: None)

    def work() -> int:
        is_done.set()
        return 7

    errands.send(work, send_again, lambda _: None)
    assert is_done.wait(10)
    errands.stop()
    QApplication.processEvents()
    assert answers == []
