"""File names for exports that do not collide."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

# What formats put between an image's stem and their suffix.
OWN_KINDS = frozenset({".overlay", ".coco", ".cvat"})
# Files of the program's own beside exports: triage.json, yield.json, window.png (the window's picture in out/). An
# image of such a name would have its recipe or mask there.
OWN_NAMES = frozenset({"triage", "yield", "window"})


def stems_for(paths: Iterable[str | os.PathLike[str]]) -> dict[str, str]:
    """Choose an export stem for each path: its own where it is unique, else with as many folders as tell them apart.

    a/dog.jpg and b/dog.jpg become a_dog and b_dog; dog.jpg and dog.png of one folder dog_jpg and dog_png. Case does not
    count, as half of the file systems do not tell it apart. An image named as a file of the program's own (triage.jpg,
    whose recipe would be triage.json) gets its suffix, too: triage_jpg. The same set gives the same stems in any order.
    """
    unnamed = sorted({os.fspath(path) for path in paths})
    stems: dict[str, str] = {}
    deepest = max((len(Path(path).parts) for path in unnamed), default=0)
    for depth in range(deepest):
        for with_suffix in (False, True):
            wished = {path: _stem(Path(path), depth, with_suffix=with_suffix) for path in unnamed}
            shared = Counter(stem.casefold() for stem in (*wished.values(), *stems.values()))
            stems |= {path: stem for path, stem in wished.items() if shared[stem.casefold()] == 1}
            unnamed = [path for path in unnamed if path not in stems]
    for path in unnamed:
        # Only contrived names get here ("a_b/c.jpg" beside "a/b_c.jpg"): count on.
        used = {stem.casefold() for stem in stems.values()}
        stem = Path(path).stem
        stems[path] = next(name for n in range(2, len(used) + 3) if (name := f"{stem}-{n}").casefold() not in used)
    return stems


def _stem(path: Path, depth: int, *, with_suffix: bool) -> str:
    # A URL's "s3:" is no folder, and no part of a name on Windows.
    folders = [part for part in path.parent.parts if part != path.anchor and not part.endswith(":")]
    # dog.overlay.png beside dog.jpg: its labels would take the place of the dog's overlay.
    inner = Path(path.stem)
    plain = f"{inner.stem}_{inner.suffix.removeprefix('.')}" if inner.suffix.casefold() in OWN_KINDS else path.stem
    own = f"{plain}_{path.suffix.removeprefix('.')}" if with_suffix else plain
    stem = "_".join([*folders[max(0, len(folders) - depth) :], own])
    return f"{stem}_{path.suffix.removeprefix('.') or 'image'}" if stem.casefold() in OWN_NAMES else stem
