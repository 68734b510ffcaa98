"""Every number behind the labels in one .npz, without pickle."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import Result
from dcsm_viewer.export.export_format import Format
from dcsm_viewer.export.report import Finding, Report, finding, unreadable
from dcsm_viewer.export.result_checks import exact_labels, segmentation_of
from dcsm_viewer.io.atomic import atomic_write

_FIRST_ZIP_DAY = (1980, 1, 1, 0, 0, 0)


def arrays(result: Result, *, stages: bool) -> dict[str, NDArray[np.generic]]:
    """Return the file's arrays by name (docs/formats.md): S scales, K candidates, T detected classes, image (H, W).

    `unary` and `q` are there with a CRF only; `stages` adds `raw/<scale>/<layer>`, each float32 (K, h, w).
    """
    segmentation = segmentation_of(result)
    candidates = np.array(result.candidate_ids, dtype=np.int64)
    content: dict[str, NDArray[np.generic]] = {
        # Names that look like numbers stay strings: numpy's "U" arrays need no pickle.
        "class_names": np.array(result.model.class_names, dtype=np.str_),
        "candidate_ids": candidates,
        "detected_ids": np.array(result.detected_ids, dtype=np.int64),
        "scores": result.scores[:, candidates].astype(np.float32),
        "class_maps": result.class_maps.astype(np.float32),
        "labels": exact_labels(result),
    }
    if segmentation.q is not None:
        content["unary"] = segmentation.unary.astype(np.float32)
        content["q"] = segmentation.q.astype(np.float32)
    if stages:
        for (scale, layer), maps in sorted(result.raw.items()):
            content[f"raw/{scale}/{layer}"] = maps.astype(np.float32)
    return content


def write(result: Result, path: Path, *, stages: bool = False) -> None:
    """Write the .npz, the same bytes for the same arrays: no clock, and stored, as zlib's versions differ.

    Parameters
    ----------
    result
        A settled result with labels.
    path
        Of the file.
    stages
        Add the raw maps.
    """
    with atomic_write(path) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays(result, stages=stages).items():
            member = zipfile.ZipInfo(f"{name}.npy", _FIRST_ZIP_DAY)
            member.create_system = 3  # else it would tell Windows from the rest
            member.external_attr = 0o644 << 16
            with archive.open(member, "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.ascontiguousarray(array), allow_pickle=False)


def verify(path: Path, result: Result, *, stages: bool = False) -> Report:
    """Check that the file loads with allow_pickle=False and holds exactly the arrays of the result.

    Parameters
    ----------
    path
        Of the file.
    result
        What was written.
    stages
        Whether the raw maps were added.

    Returns
    -------
    Report
        A finding for each rule.
    """
    return Report.of(_findings(path, result, stages=stages))


def _findings(path: Path, result: Result, *, stages: bool) -> Iterator[Finding]:
    try:
        # Opened here, as numpy forgets to close a file it cannot load.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            found = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, KeyError, TypeError, zipfile.BadZipFile) as error:
        yield unreadable(path, error)
        return
    yield Finding(ok=True, sentence="It loads without pickle.")
    expected = arrays(result, stages=stages)
    missing, extra = sorted(expected.keys() - found.keys()), sorted(found.keys() - expected.keys())
    yield finding(
        not missing and not extra,
        good=f"It holds the {len(expected)} arrays of the contract.",
        bad=f"Arrays missing: {missing}; not in the contract: {extra}.",
    )
    for name in expected.keys() & found.keys():
        there, here = found[name], expected[name]
        if there.shape != here.shape or there.dtype != here.dtype:
            sentence = f"{name} is {there.dtype} {there.shape}, not {here.dtype} {here.shape}."
            yield Finding(ok=False, sentence=sentence)
        elif not np.array_equal(there, here, equal_nan=here.dtype.kind == "f"):
            yield Finding(ok=False, sentence=f"{name} holds other values than the result.")
    if "labels" in found:
        allowed = {0, *(class_id + 1 for class_id in result.detected_ids)}
        strange = sorted(set(np.unique(found["labels"]).tolist()) - allowed)
        yield finding(
            not strange,
            good="Only the background and detected classes occur.",
            bad=f"Labels {strange} are no detected class.",
        )


FORMATS = (Format("npz", "Every number (NumPy .npz)", "{stem}.npz", write, verify, position=20),)
