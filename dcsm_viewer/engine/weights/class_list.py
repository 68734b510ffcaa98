"""Class names from a file somebody wrote: one a line, or JSON as a list or a dictionary."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.datasets.class_names import without_numbers
from dcsm_viewer.io.os_errors import reason_of
from dcsm_viewer.io.plain_file import plain_bytes
from dcsm_viewer.io.text_lines import lines_of

_MOST_BYTES = 4_000_000
# The first row of a table of ids and names, in either order.
_HEADER = re.compile(
    r"""["']?(?:id|index|class_?id|label|number|name|class|class_?name)["']?\s*[,;\t]\s*"""
    r"""["']?(?:id|index|class_?id|label|number|name|class|class_?name)["']?""",
    re.IGNORECASE,
)


def read_class_list(path: Path) -> tuple[str, ...]:
    """Class names by output id, from 0. Names that look like numbers stay the strings they are.

    Text: one name a line, in the order of the outputs, numbered from 0 or 1 or not ("0 cat", "cat: 0"), or CSV of ids
    and names with or without a header.
    JSON: ["cat", "dog"], {"0": "cat", "1": "dog"},
    {"0": ["n02123045", "tabby"]} (the last is the name), or {"cat": 0, "dog": 1}.

    Raises UserError naming what is wrong: no such file, not UTF-8, a gap in the ids, a name twice or empty.
    """
    try:
        raw = plain_bytes(path)
    except OSError as error:
        raise UserError(f"The class list {path} cannot be read ({reason_of(error)}); check the path.") from None
    if len(raw) > _MOST_BYTES:
        raise UserError(f"The class list {path.name} is larger than 4 MB; give a file with one class name a line.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"The class list {path.name} is not UTF-8 text; save it as UTF-8.") from None
    names = _from_json(path, text) if _looks_like_json(path, text) else _from_lines(path, text)
    _check(path, names)
    return names


def _looks_like_json(path: Path, text: str) -> bool:
    return path.suffix.lower() == ".json" or text.lstrip()[:1] in ("[", "{")


def _from_lines(path: Path, text: str) -> tuple[str, ...]:
    lines = [(number, line.strip()) for number, line in enumerate(lines_of(text), 1)]
    while lines and not lines[-1][1]:
        lines.pop()
    if len(lines) > 1 and _HEADER.fullmatch(lines[0][1]):
        del lines[0]
    return tuple(_unquoted(name) for _, name in without_numbers(path, lines))


def _unquoted(name: str) -> str:
    """The name that a CSV file holds in double quotes."""
    is_quoted = len(name) > 1 and name[0] == name[-1] == '"'
    return name[1:-1].replace('""', '"') if is_quoted else name


def _from_json(path: Path, text: str) -> tuple[str, ...]:
    try:
        # 1.50 must stay "1.50"; whole numbers are needed as ids.
        content: Any = json.loads(text, parse_float=str, object_pairs_hook=_each_key_once)
    except (ValueError, RecursionError) as error:
        raise UserError(f"The class list {path.name} is not valid JSON ({error}); mend it or use plain text.") from None
    if isinstance(content, list):
        return tuple(_name(path, item) for item in content)
    if isinstance(content, dict) and content:
        if all(type(value) is int for value in content.values()):
            return _by_id(path, {value: name for name, value in content.items()}, len(content))
        if all(key.isascii() and key.isdigit() for key in content):
            return _by_id(path, {int(key): _name(path, value) for key, value in content.items()}, len(content))
    raise UserError(
        f'The class list {path.name} is JSON of another kind; write ["cat", "dog"], {{"0": "cat"}} or {{"cat": 0}}.'
    )


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("a key occurs twice")
    return content


def _by_id(path: Path, names: dict[int, str], count: int) -> tuple[str, ...]:
    if sorted(names) != list(range(count)):
        raise UserError(f"The class list {path.name} must number its {count} classes 0 to {count - 1}, each once.")
    return tuple(names[class_id] for class_id in range(count))


def _name(path: Path, item: object) -> str:
    if isinstance(item, list) and item:
        item = item[-1]
    if isinstance(item, str):
        return item.strip()
    if type(item) is int:
        return str(item)
    raise UserError(
        f"The class list {path.name} holds {json.dumps(item)[:40]} where a class name should be; write a text."
    )


def _check(path: Path, names: tuple[str, ...]) -> None:
    if not names:
        raise UserError(f"The class list {path.name} is empty; write one class name a line.")
    seen: dict[str, int] = {}
    for number, name in enumerate(names, 1):
        if not name:
            raise UserError(f"Entry {number} of the class list {path.name} is empty; give every output a name.")
        if not name.isprintable() or len(name) > 200:
            raise UserError(
                f"Entry {number} of the class list {path.name} is no class name ({name[:40]!r}); write 1 to 200 "
                "printable characters."
            )
        if name in seen:
            raise UserError(
                f"The class list {path.name} names '{name}' twice, as entries {seen[name]} and {number}; give each "
                "output its own name."
            )
        seen[name] = number
