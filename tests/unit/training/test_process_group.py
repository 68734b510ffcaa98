"""Two processes as torchrun starts them: what they learn together, and how they end."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from dcsm_viewer.engine.weights.read import read_weights
from dcsm_viewer.training.initial_weights import load_initial_weights
from dcsm_viewer.training.loop import train
from tests.patience import PATIENCE_S
from tests.unit.training.tiny import tiny_order

ROOT = Path(__file__).parents[3]
RATE = 0.01
# Three steps on the sums of two halves of a batch; each step amplifies the rounding (EPS32) of the one before.
LEARNED_ALIKE = 1e-2

_ONE_OF_TWO = """
import sys
from dataclasses import replace
from pathlib import Path
import torch
torch.set_num_threads(1)
import dcsm_viewer.training.trainable.trainable_vgg16 as network
from dcsm_viewer.training.loop import train
from tests.unit.training.tiny import tiny_order

network.DROPOUT = 0.0
folder, out, ending = sys.argv[1:]
order = tiny_order(Path(folder), Path(out), epochs=1, augmentation="paper", head_lr=0.01, ema_decay=0.0)

def still_wanted():
    if ending == "error":
        raise OSError("a disk that went away")
    return True

failure = None
try:
    train(order, lambda event: None, still_wanted)
except OSError as error:
    failure = error  # its traceback is kept, as the one a command's exit carries along
tasks = Path("/proc/self/task")
print(ending, failure, *sorted((task / "comm").read_text().strip() for task in tasks.glob("*")), sep="\\n")
"""


@dataclass(frozen=True)
class Ended:
    """How one of the processes ended."""

    code: int
    lines: list[str]
    complaint: str


def two_processes(folder: Path, out: Path, ending: str = "well") -> list[Ended]:
    tiny_order(folder, out)  # the images and the start weights, before both look for them
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = os.environ | {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _ONE_OF_TWO, str(folder), str(out), ending],
            env=shared | {"RANK": str(rank), "LOCAL_RANK": str(rank), "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    output = [process.communicate(timeout=PATIENCE_S) for process in processes]
    return [
        Ended(process.returncode, out.splitlines(), err) for process, (out, err) in zip(processes, output, strict=True)
    ]


def test_that_two_processes_learn_what_one_learns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Each process has its own dropout, so only a network without it can be compared.
    monkeypatch.setattr("dcsm_viewer.training.trainable.trainable_vgg16.DROPOUT", 0.0)
    ended = two_processes(tmp_path, tmp_path / "two")
    assert [one.code for one in ended] == [0, 0], ended
    order = tiny_order(tmp_path, tmp_path / "one", epochs=1, augmentation="paper", head_lr=RATE, ema_decay=0.0)
    alone = train(order, lambda _event: None, lambda: True)
    assert alone.weights is not None
    there, here = read_weights(tmp_path / "two" / "weights.safetensors"), read_weights(alone.weights)
    start = load_initial_weights(order.recipe.start, order.training.class_names, 0).tensors
    for name, tensor in here.tensors.items():
        # AdamW divides each gradient by its own size: where a gradient is all rounding, so is the sign of its step, and
        # one value may differ by the whole learning rate. What all values of a tensor learned is compared as one.
        learned = (tensor - start[name]).norm()
        assert (there.tensors[name] - tensor).norm() <= LEARNED_ALIKE * learned, name
    assert not torch.allclose(start["fc8.weight"], here.tensors["fc8.weight"], atol=RATE / 2)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the names of a process's threads")
@pytest.mark.parametrize("ending", ["well", "error"])
def test_that_no_thread_of_the_group_outlives_the_training(ending: str, tmp_path: Path) -> None:
    for one in two_processes(tmp_path, tmp_path / "two", ending):
        assert one.code == 0, one.complaint
        assert one.lines[:1] == [ending]
        assert ("disk" in one.lines[1]) == (ending == "error")
        assert not [name for name in one.lines[2:] if "gloo" in name or "tcpstore" in name], one.lines
