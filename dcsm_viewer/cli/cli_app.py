"""The subcommands, and how their results and errors reach the terminal."""

from __future__ import annotations

import typer

from dcsm_viewer.cli import (
    convert_command,
    doctor_command,
    evaluate_command,
    export_command,
    gui_command,
    models_command,
    replay_command,
    train_command,
)
from dcsm_viewer.cli.terminal import told_stdout

app = typer.Typer(
    help="See why a CNN says 'dog' and 'bicycle' of the same photograph, and make masks of it. "
    "Without a subcommand the window opens.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("gui")(gui_command.gui)
app.command("export")(export_command.export)
app.command("convert")(convert_command.convert)
app.command("replay")(replay_command.replay)
app.command("evaluate")(evaluate_command.evaluate)
app.command("train")(train_command.train)
app.command("doctor")(doctor_command.doctor)
app.add_typer(models_command.app, name="models")


@app.callback(invoke_without_command=True)
def _version(version: bool = typer.Option(False, "--version", help="Say the version and stop.")) -> None:  # noqa: FBT003  # typer reads the parameter
    if version:
        from importlib.metadata import version as version_of

        with told_stdout():
            typer.echo(version_of("dcsm-viewer"))
        raise typer.Exit
