"""The first exp, log and tanh of a process, made by one thread alone."""

from __future__ import annotations

import torch


def warm_up_mkl() -> None:
    """Make the first calls of MKL's exp, log and tanh, so that they are exact to float32 from here on.

    WORKAROUND: torch 2.13 on the CPU takes them from MKL, which sets itself up in the first call. If two threads make
    it at once, one of them now and then works with 1e-4 relative error: in a tenth of 24 fresh processes half of the
    first large exp was off. One value is never shared out among threads. Costs some microseconds.
    """
    torch.ones(1).exp_().log_().tanh_().sigmoid_()
