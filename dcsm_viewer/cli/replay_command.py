"""`dcsm-viewer replay`: does the recipe beside an export again and compares the bytes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from dcsm_viewer.cli.terminal import BAD_USAGE, FAILED, print_json, print_message, sentences

RecipeFile = Annotated[Path, typer.Argument(help="The .json beside an export.")]
Out = Annotated[Path, typer.Option("--out", help="Folder for the files made again.")]
Image = Annotated[Path | None, typer.Option("--image", help="The image, where it is not where the recipe says.")]


def replay(recipe: RecipeFile, out: Out, image: Image = None) -> None:
    """The files of a recipe made again; exit code 1 if their bytes are not the recorded ones."""
    with sentences(BAD_USAGE):
        if os.path.realpath(out) == os.path.realpath(recipe.parent):
            print_message(f"{out} is the recipe's own folder; choose another, or its files would be written over.")
            raise typer.Exit(BAD_USAGE)
        print_message("Loading the engine ...")
        from dcsm_viewer.batch.replay import replay as run_replay
        from dcsm_viewer.engine.engine import Engine

        replayed = run_replay(Engine(), recipe, out, image)
    print_json(replayed)
    for sentence in replayed.sentences:
        print_message(sentence)
    if replayed.sentences:
        raise typer.Exit(FAILED)
    print_message(f"{len(replayed.identical)} files, every byte as recorded.")
