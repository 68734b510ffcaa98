"""What a run says of its speed, by a clock the test sets."""

from __future__ import annotations

from dcsm_viewer.batch.throughput import WINDOW_SIZE, Throughput


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_that_rate_and_time_left_follow_from_what_is_done() -> None:
    clock = Clock()
    throughput = Throughput(601, clock)
    clock.now += 0.5
    assert throughput.after(resumed=False) == "2.0 images/s, 5 min left"
    clock.now += 1.5
    assert throughput.after(resumed=False) == "1.0 images/s, 10 min left"


def test_that_slow_runs_are_told_by_seconds_an_image_and_hours() -> None:
    clock = Clock()
    throughput = Throughput(2001, clock)
    clock.now += 9
    assert throughput.after(resumed=False) == "9.0 s an image, 5.0 h left"


def test_that_images_done_before_do_not_make_the_run_look_quick_or_slow() -> None:
    clock = Clock()
    throughput = Throughput(104, clock)
    clock.now += 1
    throughput.after(resumed=False)
    for _ in range(50):
        clock.now += 0.01
        assert throughput.after(resumed=True) == ""
    clock.now += 1
    assert throughput.after(resumed=False) == "1.0 images/s, 52 s left"


def test_that_the_rate_is_that_of_late() -> None:
    clock = Clock()
    throughput = Throughput(1000, clock)
    for _ in range(WINDOW_SIZE):
        clock.now += 10
        throughput.after(resumed=False)
    for _ in range(WINDOW_SIZE):
        clock.now += 1
        words = throughput.after(resumed=False)
    assert words.startswith("1.0 images/s")


def test_that_the_last_image_leaves_nothing_to_say() -> None:
    clock = Clock()
    throughput = Throughput(1, clock)
    clock.now += 1
    assert throughput.after(resumed=False) == ""
