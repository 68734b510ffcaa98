"""What the engine finds on this machine, in plain values."""

from __future__ import annotations

from typing import Any

import torch

from dcsm_viewer.engine.crf import available_backends
from dcsm_viewer.engine.model_cache import model_cards
from dcsm_viewer.engine.runtime.device import choose
from dcsm_viewer.engine.runtime.torch_pair import pair_trouble
from dcsm_viewer.engine.weights.library import model_folder


def engine_facts() -> dict[str, Any]:
    """Devices with a word on each, the one `auto` takes, threads, models with digests, CRF backends."""
    compute = choose("auto", "auto")
    cuda = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    return {
        "devices": {
            "cpu": f"{torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}",
            "cuda": cuda or "none that torch can use",
            "mps": "present" if torch.backends.mps.is_available() else "none that torch can use",
        },
        "torchvision": pair_trouble() or "fits torch",
        "auto takes": f"{compute.device_name}, {compute.precision_name}"
        + (f" ({compute.note})" if compute.note else ""),
        "models": {
            card.name: f"{len(card.class_names)} classes, sha256 {card.weights_digest[:12]}" for card in model_cards()
        },
        "model folder": str(model_folder()),
        "crf backends": {each.backend: each.note for each in available_backends()},
    }
