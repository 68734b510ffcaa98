"""`dcsm-viewer [gui] [IMAGE...]`: the window, or its picture; without a display the same job headless."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from dcsm_viewer.cli import options as o
from dcsm_viewer.cli.terminal import BAD_USAGE, FAILED, print_message, sentences
from dcsm_viewer.core.types import UserError

if TYPE_CHECKING:
    from dcsm_viewer.gui.screen_probe import Screen

Images = Annotated[list[str] | None, typer.Argument(help="Images or folders to open.")]
Screenshot = Annotated[Path | None, typer.Option(help="Wait until the result has settled, save the window, and end.")]
Size = Annotated[str | None, typer.Option(help="Width and height of the window in px, as 1280x800.")]
Theme = Annotated[Literal["system", "light", "dark"] | None, typer.Option(help="Colours of the window.")]
View = Annotated[Literal["compare", "grid", "overlay", "labels"], typer.Option(help="The view to start with.")]

HEADLESS_OUT = Path("out")


def gui(
    images: Images = None,
    screenshot: Screenshot = None,
    size: Size = None,
    theme: Theme = None,
    view: View = "compare",
    model: o.ModelOption = "lite0-voc",
    vocabulary: o.VocabularyOption = "voc",
    preset: o.PresetOption = "tuned",
    n: o.NOption = None,
    threshold: o.ThresholdOption = None,
    scales: o.ScalesOption = None,
    no_crf: o.NoCrfOption = False,
    device: o.DeviceParameter = "auto",
    precision: o.PrecisionParameter = "auto",
) -> None:
    """Opens the window."""
    with sentences(BAD_USAGE):
        settings = o.settings_from(
            model=model,
            vocabulary=vocabulary,
            preset=preset,
            device=device,
            precision=precision,
            method={"min_candidates": n, "threshold": threshold, "scales": o.numbers(scales)},
            crf={"enabled": False if no_crf else None},
            crf_preset=None,
            top1=False,
        )
        window_size = _size(size)
    from dcsm_viewer.gui.screen_probe import ScreenProbe

    probe = ScreenProbe()  # while the window's modules are loaded
    missing = _load_window()
    screen = probe.found()
    paths = images or []
    if screenshot is None and screen.error:
        same = {"model": model, "vocabulary": vocabulary, "preset": preset, "n": n, "threshold": threshold}
        same |= {"scales": scales, "no_crf": no_crf, "device": device, "precision": precision}
        screenshot = _headless(paths, screen, same)
    elif not screen.offscreen:
        print_message(f"No picture of the window can be made. {screen.error}")
        raise typer.Exit(FAILED)
    if missing is not None:
        raise missing  # Qt itself works: what is missing is not the system's
    from dcsm_viewer.gui.app import run_window

    with sentences(FAILED):
        code = run_window(
            paths, screenshot=screenshot, settings=settings, size=window_size, theme=theme, view=view, screen=screen
        )
    raise typer.Exit(code)


def _load_window() -> ImportError | None:
    """Load the window's modules; the error, where Qt's libraries are missing."""
    try:
        import dcsm_viewer.gui.app  # noqa: F401  # loaded while the probe runs
    except ImportError as error:
        return error
    return None


def _headless(paths: list[str], screen: Screen, options: dict[str, Any]) -> Path:
    """Where the window's picture goes on a machine without a screen, after the results have been written beside it."""
    if not paths:
        print_message(f"{screen.error} Name an image, or use `dcsm-viewer export IMAGE --out DIR`.")
        raise typer.Exit(FAILED)
    results = "results and a picture of the window" if screen.offscreen else "results"
    print_message(f"{screen.error} Doing the same job without a window, {results} in {HEADLESS_OUT}/.")
    from dcsm_viewer.cli.export_command import export

    export(inputs=paths, out=HEADLESS_OUT, **options)
    if not screen.offscreen:
        raise typer.Exit
    return _free_picture(HEADLESS_OUT)


def _free_picture(folder: Path) -> Path:
    """window.png of this program's, or where that is a file of the user's the next number that is not."""
    from dcsm_viewer.io.own_files import claim

    for number in range(1, 1000):
        name = "window.png" if number == 1 else f"window-{number}.png"
        with suppress(UserError):
            claim(folder, (name,))
            return folder / name
    return folder / "window.png"


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    width, cross, height = text.partition("x")
    if not (cross and width.isdigit() and height.isdigit() and int(width) and int(height)):
        print_message(f"--size {text!r} is no window size; write for example 1280x800.")
        raise typer.Exit(BAD_USAGE)
    return int(width), int(height)
