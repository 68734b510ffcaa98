"""Docstrings of the numeric packages: a verb first, and numpydoc sections from three on; plain words in all."""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.words import PACKAGE, ROOT

FOLDERS = ("core", "metrics", "export", "engine")
NO_VERB = frozenset(
    ("a", "all", "an", "as", "at", "by", "each", "every", "everything", "for", "from", "how", "if", "in", "it", "its",
     "like", "no", "none", "not", "nothing", "of", "on", "one", "only", "or", "per", "same", "so", "that", "the",
     "these", "this", "those", "to", "true", "false", "what", "where", "whether", "which", "who", "with", "without")
)  # fmt: skip
"""First words that are no verb; a first letter that is no capital is refused as well."""
SECTIONS_FROM = 3  # parameters

LITERARY = re.compile(
    r"\b(nobody|whoever|(?<!\d )doors?|errands?|ledgers?|desks?|inquir\w+|rungs?|ladders?|quick look|at hand|"
    r"fanc(?:y|ies)|"
    r"wish(?:es)?|speaks?|manners?|taken? back|given? back|by lot)\b",
    re.IGNORECASE,
)
"""Words and phrases for which the field has a term."""


class Public(NamedTuple):
    """A public function or method; `parameters` without self and cls."""

    path: Path
    name: str
    line: int
    docstring: str
    parameters: tuple[str, ...]
    is_property: bool

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}: {self.name}"


def public_functions(path: Path) -> Iterator[Public]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield from _functions(tree.body, path, "")


def _functions(body: list[ast.stmt], path: Path, owner: str) -> Iterator[Public]:
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from _functions(node.body, path, f"{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            parameters = tuple(each.arg for each in arguments if each.arg not in {"self", "cls"})
            decorators = {ast.unparse(each) for each in node.decorator_list}
            is_property = bool(decorators & {"property", "cached_property"})
            docstring = ast.get_docstring(node) or ""
            yield Public(path, owner + node.name, node.lineno, docstring, parameters, is_property)


def everything(folder: str) -> list[Public]:
    return [each for path in sorted((PACKAGE / folder).rglob("*.py")) for each in public_functions(path)]


def opens_with_a_verb(docstring: str) -> bool:
    first = docstring.split(maxsplit=1)[0].strip("`(,.:;") if docstring else ""
    return docstring[:1].isupper() and first.lower() not in NO_VERB


@pytest.mark.parametrize("folder", FOLDERS)
def test_that_every_public_function_says_what_it_does_with_a_verb_first(folder: str) -> None:
    wrong = [
        f"{each}: {each.docstring.splitlines()[0] if each.docstring else 'no docstring'}"
        for each in everything(folder)
        if not each.is_property and not opens_with_a_verb(each.docstring)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("folder", FOLDERS)
def test_that_functions_of_three_parameters_and_more_have_a_section_that_names_them_all(folder: str) -> None:
    wrong = []
    for each in everything(folder):
        _, _, section = each.docstring.partition("Parameters\n----------\n")
        lines = (line.partition(" :")[0] for line in section.splitlines() if not line.startswith(" "))
        named = {name for line in lines for name in line.split(", ")}
        if len(each.parameters) >= SECTIONS_FROM and not set(each.parameters) <= named:
            wrong.append(f"{each}: {sorted(set(each.parameters) - named)}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("folder", FOLDERS)
def test_that_every_public_property_says_what_it_is(folder: str) -> None:
    assert [str(each) for each in everything(folder) if each.is_property and not each.docstring] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_that_every_public_class_is_named_for_what_it_is(folder: str) -> None:
    questions = {"what", "how", "who", "where", "whether", "nothing", "everything"}
    wrong = []
    for path in sorted((PACKAGE / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                docstring = ast.get_docstring(node) or ""
                if not docstring[:1].isupper() or docstring.split()[0].lower() in questions:
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}")
    assert not wrong, "\n".join(wrong)


def comments_and_docstrings(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of everything in a module that is written for its reader."""
    text = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value
    for token in tokenize.generate_tokens(StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def test_that_comments_and_docstrings_have_plain_words() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {found[0]}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for line, text in comments_and_docstrings(path)
        if (found := LITERARY.search(" ".join(text.split())))
    ]
    assert not wrong, "\n".join(wrong)


def test_that_a_first_word_is_seen_for_what_it_is() -> None:
    assert opens_with_a_verb("Return the labels.")
    assert not any(map(opens_with_a_verb, ("The labels.", "(H, W) labels.", "`x` as text.", "Whether it is.", "")))
