"""The class names in one of VOC's annotation files."""

from __future__ import annotations

import re
from pathlib import Path
from xml.parsers import expat

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.datasets.image_names import composed
from dcsm_viewer.io.os_errors import reason_of
from dcsm_viewer.io.plain_file import plain_bytes

_ROOT = "annotation"
_OBJECT = (_ROOT, "object")
_NAME = (*_OBJECT, "name")  # <part> of an <object> has a name too: head, hand, foot
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]{0,100}?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
# What expat decodes itself, by the byte order mark or the declaration.
_KNOWN_TO_EXPAT = frozenset({"utf-8", "utf8", "utf-16", "us-ascii", "iso-8859-1"})
_LARGER = {"gb2312": "gb18030", "gbk": "gb18030"}  # what Windows writes under the smaller name


def annotated_names(path: Path) -> tuple[str, ...]:
    """The names of all objects, in the file's order, as often as they stand there; difficult ones too.

    Raises UserError naming file and line for what is not XML, for another root than <annotation>, for an <object>
    without a <name> or outside of it (its label would be lost), for an encoding Python does not know, and for a file
    that defines entities, which no annotation needs and a hostile one can make huge.
    """
    try:
        stored = plain_bytes(path)
    except OSError as error:
        raise UserError(f"The annotation {path} cannot be read ({reason_of(error)}); check the path.") from None
    reading = _Reading(path)
    text, encoding = _decoded(path, stored)
    parser = expat.ParserCreate(encoding)
    reading.attach(parser)
    try:
        parser.Parse(text, True)  # noqa: FBT003 - expat takes it by place only
    except expat.ExpatError as error:
        what = expat.errors.messages.get(error.code, "damaged")
        raise UserError(
            f"The annotation {path} is no XML at line {error.lineno} ({what}); get the file again."
        ) from None
    except (LookupError, ValueError) as error:
        raise UserError(f"The annotation {path} cannot be decoded ({error}); save it as UTF-8.") from None
    return tuple(composed(name) for name in reading.names)


class _Reading:
    """What the parser has come across so far."""

    def __init__(self, path: Path) -> None:
        self.names: list[str] = []
        self._path = path
        self._open: list[str] = []
        self._text: list[str] = []
        self._named = False

    def attach(self, parser: expat.XMLParserType) -> None:
        self._parser = parser
        parser.StartElementHandler = self._opened
        parser.EndElementHandler = self._closed
        parser.CharacterDataHandler = self._text.append
        parser.EntityDeclHandler = self._entity

    def _opened(self, tag: str, _attributes: dict[str, str]) -> None:
        if not self._open and tag != _ROOT:
            raise self._refusal(f"begins with <{tag[:40]}>", "give VOC annotations, which begin with <annotation>")
        self._open.append(tag)
        self._text.clear()
        if tag == _OBJECT[-1]:
            if tuple(self._open) != _OBJECT:
                raise self._refusal("has an <object> inside another element", "put it right into <annotation>")
            self._named = False

    def _closed(self, _tag: str) -> None:
        if tuple(self._open) == _NAME:
            name = "".join(self._text).strip()
            if name:
                self._named = True
                self.names.append(name)
        elif tuple(self._open) == _OBJECT and not self._named:
            raise self._refusal("has an <object> without a <name>", "name its class, or take it out")
        self._open.pop()

    def _entity(self, *_declared: object) -> None:
        raise self._refusal("defines an entity", "write the names out")

    def _refusal(self, what: str, remedy: str) -> UserError:
        return UserError(f"{self._path}, line {self._parser.CurrentLineNumber}, {what}; {remedy}.")


def _decoded(path: Path, stored: bytes) -> tuple[bytes, str | None]:
    """The document and the encoding expat is to take it for, None for what it finds out itself."""
    declared = _ENCODING.match(stored[:400])
    if declared is None:
        return stored, None
    name = declared[1].decode("ascii").lower()
    if name in _KNOWN_TO_EXPAT:
        return stored, None
    try:
        return stored.decode(_LARGER.get(name, name)).encode("utf-8"), "utf-8"
    except LookupError:
        raise UserError(
            f"The annotation {path} is in the encoding '{name}', which is not known; save it as UTF-8."
        ) from None
    except ValueError:
        raise UserError(
            f"The annotation {path} is not in the encoding '{name}' that it declares; save it as UTF-8."
        ) from None
