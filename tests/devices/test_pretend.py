"""The pretend device refuses what the real one refuses."""

from __future__ import annotations

import pytest
import torch

from dcsm_viewer.engine.networks import efficientnet_lite
from tests.devices.pretend import pretended

GATE = torch.tensor([[[[-0.0, 0.0, 1e-30, 3.0, 5.9999995, 6.0]]]])


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_that_mixed_devices_and_numpy_of_a_device_tensor_are_refused(name: str) -> None:
    with pretended(name):
        there, here = torch.ones(3, device=name), torch.ones(3)
        assert there.device.type == name
        assert (there + 1).cpu().numpy().tolist() == [2, 2, 2]
        with pytest.raises(RuntimeError, match="same device"):
            there + here
        with pytest.raises(TypeError, match="numpy"):
            there.numpy()


def test_that_mps_has_no_float64_and_a_hardtanh_backward_open_at_its_bounds() -> None:
    with pretended("mps"):
        there = GATE.to("mps")
        with pytest.raises(TypeError, match="float64"):
            there.double()
        passed = torch.ops.aten.hardtanh_backward(torch.ones_like(there), there, 0, 6)
        assert passed.cpu().flatten().tolist() == [1, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_that_gates_of_relu6_are_shut_at_0_and_6_on_every_device(name: str) -> None:
    here = efficientnet_lite._relu6_backward(torch.ones_like(GATE), GATE, "gradient")
    with pretended(name):
        there = efficientnet_lite._relu6_backward(torch.ones_like(GATE).to(name), GATE.to(name), "gradient").cpu()
    assert here.flatten().tolist() == [0, 0, 1, 1, 1, 0]
    assert there.flatten().tolist() == here.flatten().tolist()
