"""Which device and precision compute, chosen by the settings, checked by trying, reported as used."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from functools import cache

import torch
import torch.nn.functional as F

from dcsm_viewer.core.settings import DeviceOption, PrecisionOption
from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.runtime.device_errors import first_line, is_device_fault, is_out_of_memory

PROBES = 4  # the first of them warms up
_DTYPES = {"float32": torch.float32, "float64": torch.float64, "bfloat16": torch.bfloat16}
RETRY_S = 60.0  # a fault may have gone by then: another program's memory freed, a driver started again


@dataclass(frozen=True, slots=True)
class _Fault:
    """reason: the first line of the error. while_in_use: it had computed before, in this process."""

    reason: str
    at_s: float
    while_in_use: bool


_faults: dict[str, _Fault] = {}
_working: set[str] = set()


@dataclass(frozen=True, slots=True)
class Compute:
    """Device and dtype in use, and a sentence where they are not what was wished for."""

    device: torch.device
    dtype: torch.dtype
    note: str = ""

    @property
    def device_name(self) -> str:
        """What the window shows: "cpu" or "cuda (NVIDIA H100)"."""
        if self.device.type == "cuda":
            return f"cuda ({torch.cuda.get_device_name(self.device)})"
        return self.device.type

    @property
    def precision_name(self) -> str:
        """The precision as the settings name it."""
        return str(self.dtype).removeprefix("torch.")


def choose(device: DeviceOption, precision: PrecisionOption) -> Compute:
    """Choose the fastest available device that really computes. float32 is the exact mode: TF32 is switched off for it.

    `auto` precision is float32: bfloat16 moves more labels than the half per cent that would go unnoticed
    (docs/performance.md), so it is taken only when asked for, with a note where it is not even faster. float64 is the
    reference mode: on the CPU, and on CUDA where that is demanded by name. Raises UserError where a device is demanded
    by name that is not there, or cannot compute in this precision.
    """
    # Process-wide, but the engine is the only one here that computes.
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    dtype = _DTYPES.get(precision, torch.float32)
    if dtype == torch.float64:
        return _in_float64(device)
    compute = _on_device(device, dtype)
    if dtype != torch.bfloat16:
        return compute
    try:
        speedup = bfloat16_speedup(compute.device.type)
    except RuntimeError as error:
        if is_out_of_memory(error) or is_device_fault(error):
            return compute  # no fault of the precision's: the first stage meets it again, and is answered there
        cannot = f"This {compute.device.type} does not compute in bfloat16 ({first_line(error)}); float32 is used."
        return replace(compute, dtype=torch.float32, note=_both(compute.note, cannot))
    if speedup < 1:
        slow = f"bfloat16 is slower than float32 on this {compute.device.type}, and less exact."
        return replace(compute, note=_both(compute.note, slow))
    return compute


def _in_float64(device: DeviceOption) -> Compute:
    """The CPU, unless CUDA is demanded: `auto` means the same reference on every machine."""
    if device == "mps":
        raise UserError("The device mps cannot compute in float64: choose the device cpu, or float32.")
    if device == "auto":
        note = "float64 is computed on the cpu unless cuda is chosen by name." if _is_present("cuda") else ""
        note = "mps has no float64; using the cpu." if _is_present("mps") else note
        return Compute(torch.device("cpu"), torch.float64, note)
    return _on_device(device, torch.float64)


def on_cpu(compute: Compute, reason: str) -> Compute:
    """Return the CPU in place of the device of `compute`, with a note that says why."""
    note = f"The {compute.device.type} could not go on ({reason}); this was computed on the cpu."
    return Compute(torch.device("cpu"), compute.dtype, _both(compute.note, note))


def use_deterministic_algorithms(device: torch.device) -> None:
    """Let CUDA sum in the same order every time, for this process; other devices do so by themselves."""
    if device.type != "cuda":
        return
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when cuBLAS is first used
    torch.backends.cudnn.benchmark = False
    # An operation without such an algorithm is named in a warning; the training goes on.
    torch.use_deterministic_algorithms(mode=True, warn_only=True)


def mark_faulty(device: torch.device, reason: str) -> None:
    """Leave this device alone for RETRY_S, or until it is chosen by name again."""
    _working.discard(device.type)
    _faults[device.type] = _Fault(reason, time.monotonic(), while_in_use=True)


def forget_faults() -> None:
    """Try every device again when it is next chosen."""
    _working.clear()
    _faults.clear()


def _both(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


@cache
def bfloat16_speedup(device_type: str) -> float:
    """Measure how much faster a convolution of VGG-16's middle runs in bfloat16 than in float32; some 0.2 s, once."""
    device = torch.device(device_type)
    best_s = {torch.float32: float("inf"), torch.bfloat16: float("inf")}
    for _ in range(PROBES):
        for dtype in (torch.float32, torch.bfloat16):
            x = torch.ones(1, 256, 56, 56, device=device, dtype=dtype).contiguous(memory_format=torch.channels_last)
            weight = torch.ones(256, 256, 3, 3, device=device, dtype=dtype).contiguous(
                memory_format=torch.channels_last
            )
            begin = time.perf_counter()
            # Asking for one number waits for the device.
            F.conv2d(x, weight, padding=1)[0, 0, 0, 0].item()
            best_s[dtype] = min(best_s[dtype], time.perf_counter() - begin)
    return best_s[torch.float32] / best_s[torch.bfloat16]


def _on_device(device: DeviceOption, dtype: torch.dtype) -> Compute:
    if device == "auto":
        for name in ("cuda", "mps"):
            if _is_present(name):
                fault = _fault(name, at_once=False)
                if fault is None:
                    return Compute(torch.device(name), dtype)
                return Compute(
                    torch.device("cpu"), dtype, f"{name} is present but fails ({fault.reason}); using the cpu."
                )
        return Compute(torch.device("cpu"), dtype)
    if device != "cpu":
        if not _is_present(device):
            raise UserError(
                f"The device {device} cannot be used: torch finds none on this machine. Choose auto or cpu."
            )
        fault = _fault(device, at_once=True)
        if fault is not None and fault.while_in_use:
            # It served this session until it broke: the CPU goes on, with a note.
            return Compute(torch.device("cpu"), dtype, f"The {device} has failed ({fault.reason}); using the cpu.")
        if fault is not None:
            raise UserError(f"The device {device} cannot be used: {fault.reason}. Choose auto or cpu.")
    return Compute(torch.device(device), dtype)


def _is_present(name: str) -> bool:
    return torch.cuda.is_available() if name == "cuda" else torch.backends.mps.is_available()


def _fault(name: str, *, at_once: bool) -> _Fault | None:
    """Why this device does not compute, None if it does. `at_once`: a fault is not believed without another try."""
    if name in _working:
        return None
    known = _faults.get(name)
    if known is not None and not at_once and time.monotonic() - known.at_s < RETRY_S:
        return known
    try:
        device = torch.device(name)
        F.conv2d(torch.ones(1, 3, 8, 8, device=device), torch.ones(4, 3, 3, 3, device=device)).sum().item()
    except RuntimeError as error:
        in_use = known is not None and known.while_in_use
        _faults[name] = _Fault(first_line(error), time.monotonic(), while_in_use=in_use)
        return _faults[name]
    _faults.pop(name, None)
    _working.add(name)
    return None
