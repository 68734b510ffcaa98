"""Only the accepted masks of a folder, as edited, with lists and the yield, for whoever trains on them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcsm_viewer.export.recipe import Recipe, RecipeOutput, sha256_of, write_recipe
from dcsm_viewer.export.voc_png import write_indices
from dcsm_viewer.imaging.urls import is_url
from dcsm_viewer.relative_path import way_to
from dcsm_viewer.triage.book import Book, Entry
from dcsm_viewer.triage.edits import read_edit
from dcsm_viewer.triage.exported import Exported, read_exported
from dcsm_viewer.triage.masks import index_image
from dcsm_viewer.triage.yields import as_csv, as_json, as_markdown, yield_of
from dcsm_viewer.values import UserError
from dcsm_viewer.whole_file import make_folder, replaced, whole_file

MASKS = "SegmentationClass"
LISTS = "ImageSets/Segmentation"
_LABEL_IMAGES = frozenset({"voc", "voc-layout"})
EDITED_NOTE = "Its labels were edited by hand: the label images are as edited, other formats as computed."


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was written: stems of the masks, and (stem, reason) of those that could not be."""

    out: Path
    masks: tuple[str, ...]
    failures: tuple[tuple[str, str], ...]


def export_accepted(book: Book, out: Path, report: Callable[[int, int], bool] = lambda _done, _of: True) -> Gathered:
    """The accepted masks in `out`: palette PNGs in SegmentationClass, their other formats copied, lists and yield.

    `report(done, of)` hears of every mask and says whether to go on. Every file appears whole; one mask that fails
    stops nothing. Raises UserError for the export folder itself as `out`, and where nothing is accepted.
    """
    if os.path.realpath(out) == os.path.realpath(book.folder):
        raise UserError(f"{out} is the folder looked through; choose another for the accepted masks.")
    accepted = [entry for entry in book.entries.values() if entry.verdict == "accepted"]
    if not accepted:
        raise UserError("No mask is accepted yet, so there is nothing to export; accept some first.")
    for place in (MASKS, LISTS):
        make_folder(out / place)
    written: list[Entry] = []
    failures: list[tuple[str, str]] = []
    for done, entry in enumerate(accepted):
        if not report(done, len(accepted)):
            break
        try:
            _write_one(book.folder, entry, out)
            written.append(entry)
        except UserError as error:
            failures.append((entry.stem, str(error)))
    _write_lists(book, written, out)
    report(len(accepted), len(accepted))
    return Gathered(out, tuple(entry.stem for entry in written), tuple(failures))


def _write_one(folder: Path, entry: Entry, out: Path) -> None:
    exported = read_exported(folder, entry.stem)
    labels = exported.labels if entry.edit is None else read_edit(folder, entry.edit, exported.labels)
    indices, meanings = index_image(labels, exported.detected_ids)
    mask = f"{MASKS}/{entry.stem}.png"
    _write_mask(indices, out / mask)
    outputs = [RecipeOutput(mask, "voc-layout", sha256_of(out / mask))]
    for output in exported.recipe.outputs:
        if output.path == mask:
            continue
        if entry.edit is not None and output.format in _LABEL_IMAGES:
            _write_mask(indices, out / output.path)
            outputs.append(replace(output, sha256=sha256_of(out / output.path), checks=()))
        else:
            _copy(folder, output, out)
            outputs.append(output)
    write_recipe(
        _moved(exported, outputs, meanings, folder, out, edited=entry.edit is not None), out / f"{entry.stem}.json"
    )


def _write_mask(indices: NDArray[np.uint8], path: Path) -> None:
    make_folder(path.parent)
    write_indices(indices, path)
    with Image.open(path) as written:
        held = written.mode == "P" and np.array_equal(np.array(written), indices)
    if not held:
        raise UserError(f"{path} did not read back as it was written; check the disk and try again.")


def _copy(folder: Path, output: RecipeOutput, out: Path) -> None:
    source, target = folder / output.path, out / output.path
    if not source.is_file() or not Path(os.path.realpath(target)).is_relative_to(os.path.realpath(out)):
        raise UserError(f"{source} is not there; export the image once more.")
    with replaced(target) as draft:
        shutil.copyfile(source, draft)
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


def _write_lists(book: Book, written: list[Entry], out: Path) -> None:
    lists = {
        "accepted": [entry.stem for entry in written],
        "edited": [entry.stem for entry in written if entry.edit is not None],
        "rejected": [entry.stem for entry in book.entries.values() if entry.verdict == "rejected"],
    }
    for name, stems in lists.items():
        _write_text(out / LISTS / f"{name}.txt", "".join(f"{stem}\n" for stem in stems))
    write_yield(book, out)


def write_yield(book: Book, out: Path) -> tuple[Path, ...]:
    """yield.json, yield.csv and yield.md in `out`."""
    found = yield_of(book)
    files = {"yield.json": as_json(found), "yield.csv": as_csv(found), "yield.md": as_markdown(found)}
    for name, text in files.items():
        _write_text(out / name, text)
    return tuple(out / name for name in files)


def _write_text(path: Path, text: str) -> None:
    with whole_file(path) as stream:
        stream.write(text.encode("utf-8", "backslashreplace"))
