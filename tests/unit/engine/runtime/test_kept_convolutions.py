"""Convolutions that oneDNN keeps compiled are few: images of ever other shapes must not fill the memory."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.samples import ROOT

WIDTHS = """
import dcsm_viewer.engine
import torch
weight = torch.ones(8, 8, 3, 3)
for width in ({widths}):
    torch.nn.functional.conv2d(torch.ones(1, 8, 64, width), weight)
"""


def found_compiled(widths: str) -> int:
    """How many convolutions over images of these widths, in this order, were compiled before; oneDNN itself tells."""
    environment = {name: value for name, value in os.environ.items() if name != "ONEDNN_PRIMITIVE_CACHE_CAPACITY"}
    script = WIDTHS.format(widths=widths)
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**environment, "ONEDNN_VERBOSE": "2"},
        capture_output=True,
        text=True,
        check=True,
    )
    made = [line for line in done.stdout.splitlines() if "create:" in line and ",convolution," in line]
    if not made:
        pytest.skip("torch does not use oneDNN on this machine")
    return sum("create:cache_hit" in line for line in made)


def test_that_the_newest_shapes_are_kept_compiled_and_old_ones_forgotten() -> None:
    assert found_compiled("64, 65, 66, 64") == 1
    assert found_compiled("*range(64, 264), 64") == 0
