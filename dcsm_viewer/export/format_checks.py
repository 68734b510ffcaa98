"""What formats cannot hold by their consumers' rules: names of classes and of images. Asked before any work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.text_lines import is_one_line


def cvat_name(name: str) -> str:
    """Return the name as it can stand in a labelmap.txt: without the marks that divide its lines."""
    return name.replace(":", " ").replace("\n", " ").replace("\r", " ").replace("#", " ").strip()


def _as_it_is(name: str) -> str:
    return name


# Formats whose readers know a class by its name: how they write it, and the names that mean something else to them.
_BY_NAME: Mapping[str, tuple[str, Callable[[str], str], tuple[str, ...]]] = {
    "cvat": ("CVAT", cvat_name, ("background", "ignore")),
    "labelme": ("labelme", _as_it_is, ("_background_", "__ignore__")),
    "labelme-polygons": ("labelme", _as_it_is, ("_background_", "__ignore__")),
    "label-studio": ("Label Studio", _as_it_is, ()),
}
_LISTS = frozenset({"cvat", "voc-layout"})  # formats with a list of images, one a line


def refused_formats(class_names: Sequence[str], formats: Sequence[str]) -> dict[str, str]:
    """Return by format, of those that cannot tell these classes apart, a sentence that says why and what to do."""
    found = {name: _clash(class_names, *_BY_NAME[name]) for name in formats if name in _BY_NAME}
    return {name: sentence for name, sentence in found.items() if sentence}


def check_image_name(path: str, stem: str, formats: Sequence[str]) -> None:
    """Check that an image's name and folder can stand in the files of some formats.

    Parameters
    ----------
    path
        Of the image.
    stem
        Of its export.
    formats
        Names in FORMATS.

    Raises
    ------
    UserError
        It cannot; names the format and the remedy.
    """
    try:
        f"{path}{stem}".encode()
    except UnicodeEncodeError:
        raise UserError(
            f"The name of {path!a} is not UTF-8, so no recipe can hold it; rename the image or its folder."
        ) from None
    listed = [name for name in formats if name in _LISTS]
    if listed and not is_one_line(f"{PurePath(path).name}{stem}"):
        raise UserError(f"{path!a} has a line break in its name, which {listed[0]}'s list cannot hold; rename it.")


def _clash(
    class_names: Sequence[str], consumer: str, written: Callable[[str], str], reserved: Sequence[str]
) -> str | None:
    """A sentence on the first class whose name the consumer cannot tell from another; capitals do not count."""
    end = f"so {consumer} files cannot be made; leave that format out, or name the model's classes otherwise."
    seen: dict[str, str] = {}
    for name in class_names:
        key = written(name).casefold()
        if not key:
            return f"The class {name!r} has no name that {consumer} can write, {end}"
        if key in reserved:
            return f"A class is called {name!r}, which means something else to {consumer}, {end}"
        if key in seen:
            both = f"{seen[key]!r} and {name!r}"
            return f"{consumer} goes by names, and the classes {both} have one name there, {end}"
        seen[key] = name
    return None
