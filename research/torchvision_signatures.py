"""Write the keys and shapes of torchvision's classifiers, by which the program recognises a state_dict.

    python -m research.torchvision_signatures

To be run again when the pinned torchvision changes; tests compare the file with what is installed.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import torchvision  # type: ignore[import-untyped]  # ships no type information

from dcsm_viewer.engine.weights.architectures.module_building import torchvision_module
from dcsm_viewer.engine.weights.architectures.signatures import with_class_count, without_memory

OUT = Path("dcsm_viewer") / "engine" / "weights" / "data" / "torchvision_classifiers.json.gz"


def signature(name: str) -> dict[str, tuple[int, ...]]:
    """Return the shape of each tensor of one of torchvision's classifiers, built without values."""
    with without_memory():
        some, others = (torchvision_module(name, classes).state_dict() for classes in (7, 9))
    return with_class_count(some, others)


def classifiers() -> list[str]:
    """Return the names of torchvision's classifiers."""
    return sorted(torchvision.models.list_models(module=torchvision.models))


def main() -> None:
    table = {name: signature(name) for name in classifiers()}
    packed = gzip.compress(json.dumps(table, separators=(",", ":")).encode(), mtime=0)
    OUT.write_bytes(packed)
    sys.stdout.write(f"{OUT}: {len(table)} networks, {len(packed)} bytes\n")


if __name__ == "__main__":
    main()
