"""Only the accepted masks of a folder, as edited, with lists and the summary, to train on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcsm_viewer.core.types import UserError
from dcsm_viewer.export.bundle import draft_beside
from dcsm_viewer.export.formats.voc_png import write_indices
from dcsm_viewer.export.own_exports import stranger_among
from dcsm_viewer.export.recipe import Recipe, RecipeOutput, sha256_of, write_recipe
from dcsm_viewer.io.atomic import atomic_write, ensure_folder, raise_user_error
from dcsm_viewer.io.own_files import claim
from dcsm_viewer.io.relative_path import way_to
from dcsm_viewer.io.urls import is_url
from dcsm_viewer.review.exported_result import Exported, read_exported
from dcsm_viewer.review.label_edits import read_edit
from dcsm_viewer.review.label_masks import index_image
from dcsm_viewer.review.review_file import ReviewEntry, ReviewFile
from dcsm_viewer.review.review_summary import as_csv, as_json, as_markdown, summary_of

MASKS_FOLDER = "SegmentationClass"
LISTS_FOLDER = "ImageSets/Segmentation"
YIELD_FILES = ("yield.json", "yield.csv", "yield.md")
_LIST_FILES = tuple(f"{LISTS_FOLDER}/{name}.txt" for name in ("accepted", "edited", "rejected"))
_LABEL_IMAGES = frozenset({"voc", "voc-layout"})
EDITED_NOTE = "Its labels were edited by hand: the label images are as edited, other formats as computed."


@dataclass(frozen=True, slots=True)
class AcceptedExport:
    """What was written: stems of the masks, and (stem, reason) of those that could not be."""

    out: Path
    masks: tuple[str, ...]
    failures: tuple[tuple[str, str], ...]


def export_accepted(
    review_file: ReviewFile, out: Path, report: Callable[[int, int], bool] = lambda _done, _of: True
) -> AcceptedExport:
    """The accepted masks in `out`: palette PNGs in SegmentationClass, their other formats copied, lists and yield.

    `report(done, of)` hears of every mask and says whether to go on. Every file appears whole; one mask that fails
    stops nothing. Raises UserError for the export folder itself as `out`, and where nothing is accepted.
    """
    if os.path.realpath(out) == os.path.realpath(review_file.folder):
        raise UserError(f"{out} is the folder looked through; choose another for the accepted masks.")
    accepted = [entry for entry in review_file.entries.values() if entry.verdict == "accepted"]
    if not accepted:
        raise UserError("No mask is accepted yet, so there is nothing to export; accept some first.")
    for subfolder in (MASKS_FOLDER, LISTS_FOLDER):
        ensure_folder(out / subfolder)
    claim(out, (*_LIST_FILES, *YIELD_FILES))
    written: list[ReviewEntry] = []
    failures: list[tuple[str, str]] = []
    for done, entry in enumerate(accepted):
        if not report(done, len(accepted)):
            break
        try:
            _write_one(review_file.folder, entry, out)
            written.append(entry)
        except UserError as error:
            failures.append((entry.stem, str(error)))
    _write_lists(review_file, written, out)
    report(len(accepted), len(accepted))
    return AcceptedExport(out, tuple(entry.stem for entry in written), tuple(failures))


def _write_one(folder: Path, entry: ReviewEntry, out: Path) -> None:
    exported = read_exported(folder, entry.stem)
    labels = exported.labels if entry.edit is None else read_edit(folder, entry.edit, exported.labels)
    indices, meanings = index_image(labels, exported.detected_ids)
    mask = RecipeOutput(f"{MASKS_FOLDER}/{entry.stem}.png", "voc-layout", "")
    files = [mask, *(output for output in exported.recipe.outputs if output.path != mask.path)]
    recipe = out / f"{entry.stem}.json"
    _check_targets(folder, files, out)
    stranger = stranger_among(out, entry.stem, [*(out / file.path for file in files), recipe])
    if stranger is not None:
        raise UserError(f"{stranger} is there already and no recipe names it, so it stays; choose another folder.")
    try:
        with ExitStack() as undo:
            drafts = {out / file.path: draft_beside(out / file.path, out, undo) for file in files}
            written = []
            for file, draft in zip(files, drafts.values(), strict=True):
                if file is mask or (entry.edit is not None and file.format in _LABEL_IMAGES):
                    _write_mask(indices, draft)
                    written.append(replace(file, sha256=sha256_of(draft), checks=()))
                else:
                    _copy(folder, file, draft)
                    written.append(file)
            # Last, and ready before the first file takes its place: it tells whose they are, also of a killed run.
            drafts[recipe] = draft_beside(recipe, out, undo)
            moved = _moved(exported, written, meanings, folder, out, edited=entry.edit is not None)
            write_recipe(moved, drafts[recipe])
            for target, draft in drafts.items():
                draft.replace(target)
    except OSError as error:
        raise_user_error(error, recipe)


def _check_targets(folder: Path, files: list[RecipeOutput], out: Path) -> None:
    """Raise UserError for a recipe that leads out of its folder."""
    for file in files:
        if not Path(os.path.realpath(out / file.path)).is_relative_to(os.path.realpath(out)):
            raise UserError(f"{folder / file.path} is not there; export the image once more.")


def _write_mask(indices: NDArray[np.uint8], path: Path) -> None:
    write_indices(indices, path)
    with Image.open(path) as written:
        is_same = written.mode == "P" and np.array_equal(np.array(written), indices)
    if not is_same:
        raise UserError(f"{path} did not read back as it was written; check the disk and try again.")


def _copy(folder: Path, output: RecipeOutput, draft: Path) -> None:
    source = folder / output.path
    if not source.is_file():
        raise UserError(f"{source} is not there; export the image once more.")
    shutil.copyfile(source, draft)
    with draft.open("rb+") as stream:
        os.fsync(stream.fileno())
    if sha256_of(draft) != output.sha256:
        raise UserError(f"{source} is not what its recipe says any more; export the image once more.")


def _moved(
    exported: Exported,
    outputs: list[RecipeOutput],
    meanings: dict[int, int],
    folder: Path,
    out: Path,
    *,
    edited: bool,
) -> Recipe:
    """The recipe for its new folder, its image found from there."""
    recipe = exported.recipe
    path = recipe.image.path
    if path is not None and not is_url(path) and not Path(path).is_absolute():
        path = way_to(os.path.realpath(folder / path), out)
    return replace(
        recipe,
        image=replace(recipe.image, path=path),
        outputs=tuple(outputs),
        earlier_files=(),
        index_meanings={index: exported.class_names[class_id] for index, class_id in meanings.items()}
        if edited
        else recipe.index_meanings,
        notes=(*recipe.notes, EDITED_NOTE) if edited else recipe.notes,
    )


def _write_lists(review_file: ReviewFile, written: list[ReviewEntry], out: Path) -> None:
    lists = {
        "accepted": [entry.stem for entry in written],
        "edited": [entry.stem for entry in written if entry.edit is not None],
        "rejected": [entry.stem for entry in review_file.entries.values() if entry.verdict == "rejected"],
    }
    for name, stems in lists.items():
        _write_text(out / LISTS_FOLDER / f"{name}.txt", "".join(f"{stem}\n" for stem in stems))
    write_summary(review_file, out)


def write_summary(review_file: ReviewFile, out: Path) -> tuple[Path, ...]:
    """yield.json, yield.csv and yield.md in `out`. Raises UserError where files of the user's have these names."""
    claim(out, YIELD_FILES)
    found = summary_of(review_file)
    files = dict(zip(YIELD_FILES, (as_json(found), as_csv(found), as_markdown(found)), strict=True))
    for name, text in files.items():
        _write_text(out / name, text)
    return tuple(out / name for name in files)


def _write_text(path: Path, text: str) -> None:
    with atomic_write(path) as stream:
        stream.write(text.encode("utf-8", "backslashreplace"))
