"""The command line: `dcsm-viewer [IMAGE...]` opens the window, subcommands do the rest."""

from __future__ import annotations

import sys

COMMANDS = ("gui", "export", "models", "doctor", "replay", "evaluate", "train", "convert")


def main(arguments: list[str] | None = None) -> None:
    """Runs the program and exits: 0 all well, 1 some inputs failed, 2 bad usage."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    # Without a subcommand the words are the window's: pictures to open, and its options.
    if not words or words[0] not in (*COMMANDS, "--help", "--version"):
        words.insert(0, "gui")
    # Here and not above, so that `import dcsm_viewer.cli` costs nothing.
    from typer import Exit

    from dcsm_viewer.cli.cli_app import app
    from dcsm_viewer.cli.terminal import told_stdout

    if "--help" not in words:
        app(words, prog_name="dcsm-viewer")
    try:
        with told_stdout():  # what typer itself prints
            app(words, prog_name="dcsm-viewer")
    except Exit as end:
        sys.exit(end.exit_code)
