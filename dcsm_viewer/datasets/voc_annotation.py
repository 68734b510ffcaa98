"""The class names in one of VOC's annotation files."""

from __future__ import annotations

from pathlib import Path
from xml.parsers import expat

from dcsm_viewer.values import UserError

_NAME_OF_AN_OBJECT = ("annotation", "object", "name")  # <part> of an <object> has a name too: head, hand, foot


def annotated_names(path: Path) -> tuple[str, ...]:
    """The names of all objects, in the file's order, as often as they stand there; difficult ones too.

    Raises UserError naming file and line for what is not XML, and for a file that defines entities, which no
    annotation needs and a hostile one can make huge.
    """
    open_tags: list[str] = []
    names: list[str] = []
    text: list[str] = []

    def opened(tag: str, _attributes: dict[str, str]) -> None:
        open_tags.append(tag)
        text.clear()

    def closed(_tag: str) -> None:
        if tuple(open_tags) == _NAME_OF_AN_OBJECT:
            names.append("".join(text).strip())
        open_tags.pop()

    def entity(*_declared: object) -> None:
        raise UserError(f"{path}, line {parser.CurrentLineNumber}, defines an entity; write the names out.")

    parser = expat.ParserCreate()
    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.CharacterDataHandler = text.append
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(path.read_bytes(), True)  # noqa: FBT003 - expat takes it by place only
    except OSError as trouble:
        raise UserError(f"The annotation {path} cannot be read ({trouble.strerror}); check the path.") from None
    except expat.ExpatError as trouble:
        what = expat.errors.messages.get(trouble.code, "damaged")
        raise UserError(
            f"The annotation {path} is no XML at line {trouble.lineno} ({what}); get the file again."
        ) from None
    return tuple(names)
