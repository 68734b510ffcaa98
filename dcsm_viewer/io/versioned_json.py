"""The program's own JSON files: one dataclass each with a schema number, written whole and read strictly."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.atomic import atomic_write
from dcsm_viewer.io.os_errors import reason_of
from dcsm_viewer.io.plain_file import plain_bytes, plain_json
from dcsm_viewer.io.renamed_fields import upgraded_fields
from dcsm_viewer.io.unknown_keys import unknown_keys

if TYPE_CHECKING:
    from pydantic import TypeAdapter

ContentT = TypeVar("ContentT")


@dataclass(frozen=True)
class JsonFile(Generic[ContentT]):
    """A kind of file, and the words of its error messages.

    content: the dataclass, with `schema` among its fields. kind: as "recipe". keys: what no file of this kind lacks.
    choose: what the user should have chosen. mend: what helps where a file is damaged.
    """

    content: type[ContentT]
    kind: str
    schema: int
    keys: frozenset[str]
    choose: str
    mend: str

    def write(self, content: ContentT, path: Path) -> Path:
        """JSON at `path`, whole or not at all; floats as their shortest decimals, which read back to the same bits.

        Raises UserError where it cannot be written.
        """
        document = self._adapter.dump_python(content, mode="json")
        text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        with atomic_write(path) as stream:
            stream.write(text.encode())
        return path

    def read(self, path: Path) -> ContentT:
        """Raises UserError for a file that is missing, of another kind, damaged, or of another version of the program.

        A key this version does not know makes it another version's: leaving it out would be another result.
        """
        from pydantic import ValidationError

        document = self._document(path)
        found = document["schema"]
        if not isinstance(found, int) or isinstance(found, bool) or found not in {1, self.schema}:
            raise UserError(
                f"{path} is a {self.kind} of schema {repr(found)[:40]} and this version reads {self.schema}; "
                "open it with the version that wrote it."
            )
        try:
            if found != self.schema:
                document = {**upgraded_fields(document), "schema": self.schema}
            content = self._adapter.validate_json(json.dumps(document), strict=True)
        except RecursionError:
            raise UserError(f"{path} is damaged: it is nested too deeply; {self.mend}.") from None
        except ValidationError as wrong:
            first = wrong.errors(include_url=False, include_context=False)[0]
            location = ".".join(str(step) for step in first["loc"]) or "its beginning"
            raise UserError(f"{path} is damaged at {location} ({first['msg']}); {self.mend}.") from None
        unknown = unknown_keys(document, self._adapter.dump_python(content, mode="json"))
        if unknown:
            raise UserError(f"{path} holds {unknown}, which this version does not know; update the program.")
        return content

    def _document(self, path: Path) -> dict[str, object]:
        try:
            document = plain_json(plain_bytes(path))
        except FileNotFoundError:
            raise UserError(f"{path} is not there; choose another {self.kind}.") from None
        except OSError as error:
            raise UserError(f"{path} cannot be read ({reason_of(error)}); choose another {self.kind}.") from None
        except ValueError:
            raise UserError(f"{path} is not a {self.kind}: it holds no JSON; choose {self.choose}.") from None
        if not isinstance(document, dict) or not {"schema", *self.keys} <= set(document):
            raise UserError(f"{path} is not a {self.kind} of this program; choose {self.choose}.")
        return document

    @cached_property
    def _adapter(self) -> TypeAdapter[ContentT]:
        from pydantic import TypeAdapter  # 0.1 s that the window's start need not wait for

        return TypeAdapter(self.content)
