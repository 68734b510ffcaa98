"""A device that is not at hand: tensors that claim to be on cuda or mps and compute on the CPU.

What the real device refuses is refused: operands of two devices in one operation, numpy of a device tensor, float64 on
mps. mps's hardtanh_backward is that of its kernel, which lets the bounds themselves through.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

from dcsm_viewer.engine import engine, stopwatch
from dcsm_viewer.engine.crf import products  # noqa: F401  # its probe of CSR products belongs to the CPU, not to here
from dcsm_viewer.engine.runtime import device, device_memory

GPU_BYTES = 8 * 1024**3
# A torch built without a device refuses it in C++, so both devices travel under one that every torch has.
CARRIER = torch.device("meta")


class Renamed(TorchFunctionMode):
    """Hands the claimed device to torch as the carrier."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.device:
            return func(*args, **(kwargs or {}))
        if func in {torch.Tensor.__getitem__, torch.Tensor.__setitem__}:
            # C++ would make the list a tensor of the carrier, without its numbers.
            args = (args[0], _with_tensors(args[1]), *args[2:])
        args, kwargs = tree_map(self._carrier, (args, kwargs or {}))
        if func is torch.Tensor.tolist and isinstance(args[0], PretendTensor):
            return args[0].held.tolist()
        if func is torch.tensor and kwargs.get("device") == CARRIER:
            # Its data would never reach a dispatch mode.
            return func(*args, **{**kwargs, "device": "cpu"}).to(CARRIER)
        return func(*args, **kwargs)

    def _carrier(self, each: Any) -> Any:
        is_name = isinstance(each, str) and each == self._name
        return CARRIER if is_name or (isinstance(each, torch.device) and each.type == self._name) else each


def _with_tensors(index: Any) -> Any:
    """The index of a getitem with tensors in place of lists of numbers."""
    if isinstance(index, tuple):
        return tuple(_with_tensors(each) for each in index)
    return torch.tensor(index, dtype=torch.long) if isinstance(index, list) else index


class PretendTensor(torch.Tensor):
    """`held` computes on the CPU; the wrapper has the device that is claimed."""

    held: torch.Tensor
    claimed: torch.device
    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]  # as torch documents it

    @property
    def device(self) -> torch.device:  # type: ignore[override]  # what torch itself sees is the carrier
        return self.claimed

    @staticmethod
    def __new__(cls, held: torch.Tensor, claimed: torch.device) -> Self:
        return torch.Tensor._make_wrapper_subclass(
            cls,
            held.size(),
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            device=CARRIER,
            requires_grad=False,
        )

    def __init__(self, held: torch.Tensor, claimed: torch.device) -> None:
        self.held, self.claimed = held, claimed

    def __repr__(self, **_: Any) -> str:  # type: ignore[override]  # of a wrapper
        return f"PretendTensor({self.device}, {self.held})"

    def tolist(self) -> Any:
        return self.held.tolist()

    def numpy(self, **_: Any) -> Any:
        raise TypeError(f"can't convert {self.device.type} device type tensor to numpy.")

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]  # torch calls it so
        cls, func: Any, _types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        claimed = next(each.device for each in tree_flatten((args, kwargs))[0] if isinstance(each, PretendTensor))
        return computed(func, args, kwargs or {}, claimed)


class PretendDevice(TorchDispatchMode):  # type: ignore[no-untyped-call]  # of torch
    """Under it `device=name` makes such tensors, and `.to(name)` does."""

    def __init__(self, name: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # of torch
        self.claimed = torch.device(name)

    def __torch_dispatch__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return computed(func, args, kwargs or {}, self.claimed)


def computed(func: Any, args: Any, kwargs: dict[str, Any], claimed: torch.device) -> Any:
    """What `func` gives on the CPU, wrapped where the device would have given a tensor of its own."""
    flat = [each for each in tree_flatten((args, kwargs))[0] if isinstance(each, torch.Tensor)]
    ours = [each for each in flat if isinstance(each, PretendTensor)]
    wanted = kwargs.get("device")
    name = func._schema.name
    lost = [each for each in flat if not isinstance(each, PretendTensor) and each.device.type == CARRIER.type]
    assert not lost, f"{name} was given a tensor whose numbers this pretend device lost on the way"
    if ours and name not in {"aten::copy_", "aten::_to_copy"}:
        strays = [each for each in flat if not isinstance(each, PretendTensor) and each.ndim and each.numel()]
        # Indices may stay on the CPU for cuda, everything else must not.
        if strays and name not in {
            "aten::index.Tensor",
            "aten::index",
            "aten::index_put",
            "aten::index_put_",
            "aten::_index_put_impl_",
        }:
            raise RuntimeError(f"Expected all tensors to be on the same device, but {name} found {claimed} and cpu")
    on_device = bool(ours) if wanted is None else torch.device(wanted).type == CARRIER.type
    if name == "aten::copy_":
        on_device = isinstance(args[0], PretendTensor)
    if claimed.type == "mps" and on_device and kwargs.get("dtype") == torch.float64:
        raise TypeError("Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64.")
    plain_args, plain_kwargs = tree_map(_unwrapped, (args, kwargs))
    if wanted is not None:
        plain_kwargs["device"] = torch.device("cpu")
    if plain_kwargs.get("pin_memory"):
        plain_kwargs["pin_memory"] = False
    if claimed.type == "mps" and on_device and name.startswith("aten::hardtanh_backward"):
        result = _hardtanh_backward_of_mps(*plain_args, **plain_kwargs)
    else:
        result = func(*plain_args, **plain_kwargs)
    # In-place operations and `out=` give the very tensor that they were given.
    same = {id(each.held): each for each in ours}

    def wrapped(each: Any) -> Any:
        if not isinstance(each, torch.Tensor):
            return each
        if id(each) in same:
            return same[id(each)]
        if not on_device:
            # A copy, as bringing it home is.
            return each.clone() if ours and wanted is not None else each
        if claimed.type == "mps" and each.dtype == torch.float64:
            raise TypeError("Cannot convert a MPS Tensor to float64 dtype: the MPS framework doesn't support float64.")
        return PretendTensor(each, claimed)

    return tree_map(wrapped, result)


def _unwrapped(each: Any) -> Any:
    return each.held if isinstance(each, PretendTensor) else each


def _hardtanh_backward_of_mps(
    gradient: torch.Tensor, given: torch.Tensor, low: float, high: float, grad_input: torch.Tensor | None = None
) -> torch.Tensor:
    result = torch.where((given < low) | (given > high), 0.0, gradient)
    return result if grad_input is None else grad_input.copy_(result)


@contextmanager
def pretended(name: str) -> Iterator[None]:
    """A machine whose only accelerator is `name`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(device, "_is_present", lambda asked: asked == name)
        patch.setattr(device.Compute, "device_name", property(lambda self: self.device.type))
        for module in (device_memory, stopwatch):
            patch.setattr(module, "synchronize", lambda _: None)
        patch.setattr(engine, "cache_bytes", lambda _: GPU_BYTES // 16)
        patch.setattr(engine, "empty_cache", lambda _: None)
        # torch's argument parser calls it before an operation reaches any mode.
        patch.setattr(torch.cuda, "_lazy_init", lambda: None)
        device.forget_faults()
        try:
            with PretendDevice(name), Renamed(name):
                yield
        finally:
            device.forget_faults()
