"""What an error says of the device it came from: too little memory, or a device that no longer computes."""

from __future__ import annotations

import torch

# PyTorch raises most of these as plain RuntimeErrors; the text is all there is to go by.
_OUT_OF_MEMORY = (
    "out of memory",  # CUDA, and 'MPS backend out of memory'
    "GET was unable to find an engine",  # cuDNN found no algorithm whose workspace fits
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUSPARSE_STATUS_ALLOC_FAILED",
    "DefaultCPUAllocator",
    "Unable to allocate",  # numpy's MemoryError, where something turned it into another error
)
# After one of these every later call of the process on that device fails: CUDA's context is lost.
_FAULT = (
    "CUDA error",
    "device-side assert",
    "illegal memory access",
    "cudaErrorLaunchFailure",
    "unspecified launch failure",
    "uncorrectable ECC error",
    "CUBLAS_STATUS_EXECUTION_FAILED",
    "CUBLAS_STATUS_INTERNAL_ERROR",
    "CUDNN_STATUS_EXECUTION_FAILED",
    "CUDNN_STATUS_INTERNAL_ERROR",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether the error means that a device, or the machine, has too little memory for what was asked."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(text in str(error) for text in _OUT_OF_MEMORY)


def is_device_fault(error: BaseException) -> bool:
    """Return whether the error leaves the device unusable for the rest of the process."""
    if not isinstance(error, RuntimeError) or is_out_of_memory(error):
        return False
    accelerator_error = getattr(torch, "AcceleratorError", None)
    if accelerator_error is not None and isinstance(error, accelerator_error):
        return True
    return any(text in str(error) for text in _FAULT)


def first_line(error: BaseException) -> str:
    """Return the first line of the error's text, or the name of its type where it has none."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
