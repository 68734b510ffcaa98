"""`dcsm-viewer convert`: masks of other programs in, masks in the export's formats out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dcsm_viewer.cli.terminal import BAD_USAGE, FAILED, print_json, print_message, sentences

Masks = Annotated[
    Path,
    typer.Argument(help="A COCO or labelme JSON, a CVAT XML, or a folder of PNGs, labelme JSONs or YOLO text files."),
]
Images = Annotated[Path, typer.Option("--images", help="The folder of the images; matched by path, then by stem.")]
Out = Annotated[Path, typer.Option("--out", help="Folder to write to; made if it is missing.")]
Formats = Annotated[list[str], typer.Option("--format", help="An export format; several times for several.")]
ClassMap = Annotated[
    Path | None, typer.Option(help="CSV of theirs,ours, or a JSON object; an empty name leaves a class out.")
]


def convert(masks: Masks, images: Images, out: Out, formats: Formats, class_map: ClassMap = None) -> None:
    """Masks of other programs in the formats of the export, one JSON line an image."""
    with sentences(BAD_USAGE):
        from dcsm_viewer.batch.convert_masks import conversion_of, convert_masks

        order = conversion_of(masks, images, out, formats, class_map)
    source = order.source
    print_message(f"{masks}: {source.kind}, {len(source.masks)} images, {len(source.class_names)} classes.")
    for sentence in source.problems:
        print_message(sentence)
    is_fine = not source.problems
    with sentences(FAILED):
        for outcome in convert_masks(order):
            print_json(outcome)
            for sentence in outcome.problems:
                print_message(sentence)
            is_fine = is_fine and not outcome.problems
    if not is_fine:
        raise typer.Exit(FAILED)
