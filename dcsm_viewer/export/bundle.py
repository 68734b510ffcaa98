"""One result to all its files: written, read back, then put in place together, the recipe last."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from dcsm_viewer.core.types import Result, UserError
from dcsm_viewer.export.export_format import Format
from dcsm_viewer.export.format_checks import check_image_name, refused_formats
from dcsm_viewer.export.format_registry import FORMATS, WITH_STAGES
from dcsm_viewer.export.own_exports import check_targets, earlier_files
from dcsm_viewer.export.recipe import RecipeOutput, recipe_of, sha256_of, write_recipe
from dcsm_viewer.export.report import Report
from dcsm_viewer.export.result_checks import segmentation_of
from dcsm_viewer.io.atomic import raise_user_error, temporary_path

# Another export into the same folder may take an empty folder away again before a file of this one lies in it.
_TRIES = 100


@dataclass(frozen=True, slots=True)
class Export:
    """The files that were written: paths in the order of the formats asked for, then the recipe; the read-back of each
    file.
    """

    paths: tuple[Path, ...]
    reports: tuple[tuple[str, Report], ...]


def export_result(
    result: Result, folder: str | os.PathLike[str], stem: str, formats: Sequence[str], *, stages: bool = False
) -> tuple[Path, ...]:
    """Write a result's files as `export_with_reports` does and return their paths only.

    Parameters
    ----------
    result
        A settled result with labels.
    folder
        Made if its parent exists.
    stem
        File name of the export without suffix.
    formats
        Names in FORMATS.
    stages
        Add the raw maps to the npz.

    Returns
    -------
    tuple of Path
        The files of each format, then the recipe `<stem>.json`.

    Raises
    ------
    UserError
        As `export_with_reports`.
    """
    return export_with_reports(result, folder, stem, formats, stages=stages).paths


def export_with_reports(
    result: Result, folder: str | os.PathLike[str], stem: str, formats: Sequence[str], *, stages: bool = False
) -> Export:
    """Write the files of a result and its recipe, and read them back by their consumers' rules.

    All are written aside and read back there; only when all hold are they moved to their names, so that a failure
    leaves what was there before. The same result gives the same bytes.

    Parameters
    ----------
    result
        A settled result with labels.
    folder
        Made if its parent exists.
    stem
        File name of the export without suffix.
    formats
        Names in FORMATS.
    stages
        Add the raw maps to the npz.

    Returns
    -------
    Export
        The paths written and what reading each back found.

    Raises
    ------
    UserError
        An unknown format, a stem that is no file name, a result that is not final, a target that is the source
        image itself or a file that no recipe there names, a folder that cannot be written, or a file that does not
        read back.
    """
    folder = Path(folder)
    chosen = _chosen(formats, WITH_STAGES if stages else FORMATS)
    _check_stem(stem)
    segmentation_of(result)
    targets = [each.path(folder, stem) for each in chosen] + [folder / f"{stem}.json"]
    for sentence in refused_formats(result.model.class_names, formats).values():
        raise UserError(sentence)
    check_image_name(result.request.image.path or result.request.image.name, stem, formats)
    check_targets(folder, stem, formats, result.request.image.path)
    earlier = earlier_files(folder, stem, targets)
    try:
        with ExitStack() as undo:
            drafts = [draft_beside(target, folder, undo) for target in targets]
            reports, outputs = [], []
            for each, draft, target in zip(chosen, drafts, targets, strict=False):
                each.write(result, draft)
                report = _held(each, draft, result, stem)
                relative = target.relative_to(folder).as_posix()
                reports.append((each.name, report))
                outputs.append(RecipeOutput(relative, each.name, sha256_of(draft), report.sentences))
            recipe = recipe_of(result, folder, outputs, stages=stages, earlier=earlier)
            write_recipe(recipe, drafts[-1])
            for draft, target in zip(drafts, targets, strict=True):
                draft.replace(target)
    except OSError as error:
        raise_user_error(error, targets[0])
    return Export(tuple(targets), tuple(reports))


def draft_beside(target: Path, folder: Path, undo: ExitStack) -> Path:
    """Return a path beside `target` where what a file says of its neighbours holds as in its final folder.

    Parameters
    ----------
    target
        The final path, in `folder` or a folder below it; folders between are made.
    folder
        The folder of the export.
    undo
        Gets the callbacks that remove what has not been moved to its name by then.

    Returns
    -------
    Path
        A temporary name in the folder of `target`.
    """
    part = temporary_path(target)
    draft = part.with_name(f"{part.name}{target.suffix}")
    for _ in range(_TRIES):
        _make_rooms(target, folder, undo)
        with suppress(FileNotFoundError):
            draft.touch(exist_ok=False)  # from here on the folder is not empty
            break
    undo.callback(draft.unlink, missing_ok=True)
    return draft


def _make_rooms(target: Path, folder: Path, undo: ExitStack) -> None:
    between = target.parent.relative_to(folder).parts
    for depth in range(len(between) + 1):
        subfolder = folder.joinpath(*between[:depth])
        if not subfolder.is_dir():
            subfolder.mkdir(exist_ok=True)
            undo.callback(_remove_if_empty, subfolder)


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _held(each: Format, draft: Path, result: Result, stem: str) -> Report:
    report = each.verify(draft, result)
    if report.ok:
        return report
    raise UserError(
        f"{stem} was not exported: its {each.name} file did not read back ({report.sentences[0]}); "
        "check the disk and try again."
    )


def _chosen(formats: Sequence[str], known: dict[str, Format]) -> list[Format]:
    unknown = [name for name in formats if name not in known]
    if unknown or not formats:
        wrong = f"There is no export format {unknown[0]!r}" if unknown else "No export format was chosen"
        raise UserError(f"{wrong}; choose from {', '.join(known)}.")
    return [file for name in dict.fromkeys(formats) for file in known[name].files]


def _check_stem(stem: str) -> None:
    # Windows would read "a:b" as a hidden stream of the file a; elsewhere these marks are part of people's names.
    forbidden = "/\0" + ('\\:*?"<>|' if os.name == "nt" else "")
    if stem in {"", ".", ".."} or any(mark in stem for mark in forbidden):
        raise UserError(f"{stem!r} is no file name; choose one without a path.")
