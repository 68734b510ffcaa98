"""Works done side by side give what they give one after the other."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

from dcsm_viewer.engine.runtime.parallel_map import parallel_map

CPU = torch.device("cpu")

SCRIPT = """
import dcsm_viewer.engine, torch
from functools import partial
from dcsm_viewer.engine.runtime.parallel_map import parallel_map
torch.set_num_threads(3)
def work(at):
    if at == 99:
        raise KeyError("the one")
    return at, torch.get_num_threads(), torch.is_inference_mode_enabled()
for wanted in (True, False):
    with torch.inference_mode(wanted):
        print(parallel_map([partial(work, at) for at in range(7)], torch.device("cpu")))
try:
    parallel_map([partial(work, at) for at in (1, 99, 2)], torch.device("cpu"))
except KeyError as error:
    print(error)
print(torch.get_num_threads())
"""


def test_that_works_keep_their_order_each_with_one_thread_in_the_callers_mode() -> None:
    # In a process of its own: the number of threads belongs to the whole process.
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, env=dict(os.environ)
    ).stdout.splitlines()
    assert done[0] == str([(at, 1, True) for at in range(7)])
    assert done[1] == str([(at, 1, False) for at in range(7)])
    assert done[2:] == ["'the one'", "3"]


def test_that_an_error_of_one_work_is_raised() -> None:
    def broken() -> int:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        parallel_map([lambda: 1, broken], CPU)


def test_that_no_works_give_nothing() -> None:
    assert parallel_map([], CPU) == []
