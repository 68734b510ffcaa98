"""Words that a user no longer reads, each with the one that took its place, and where a user reads.

A pattern is a regular expression over whole words, without regard to case; a space matches any white space, so that a
phrase that a docs file breaks over two lines is found. Patterns are longer than the word where the word alone is
ordinary English ('force', 'pin', 'drop').
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "dcsm_viewer"


class Word(NamedTuple):
    """`old` is the pattern of what is gone, `new` what is said instead.

    is_label: gone as the whole text of a button, a menu entry or a setting only, because in a sentence the words are
    ordinary English.
    """

    old: str
    new: str
    is_label: bool = False

    @property
    def pattern(self) -> re.Pattern[str]:
        if self.is_label:
            return re.compile(rf"\A(?:{self.old})\W*\Z", re.IGNORECASE)
        return re.compile(rf"(?<!\w)(?:{self.old.replace(' ', chr(92) + 's+')})(?!\w)", re.IGNORECASE)


class Text(NamedTuple):
    """One text that a user reads, and where it stands: a file, and a line in it."""

    path: str
    line: int
    text: str


WORDS = (
    # Tools.
    Word("pixel ledger", "Pixel inspector"),
    Word("threshold desk", "Threshold tuning"),
    Word("sanity bench", "Weight randomization test"),
    Word("(?:backprop )?microscope", "Gradient inspector"),
    Word("triage of masks|the triage", "Review masks"),
    Word("lessons?", "Tutorials, tutorial"),
    Word("run(?:ning)? over (?:a|the) folder|folder run", "Batch export"),
    Word("pipeline strip|strip of stages", "Pipeline"),
    Word("workbench", "Tools"),
    # Classes.
    Word("strikes? (?:the class )?out|struck out|struck", "Exclude, excluded"),
    Word("pin", "Always compare", is_label=True),
    Word("pin the class|pinned|(?:no|forget) pins", "Always compare the class, always compared"),
    Word("force", "Mark as present", is_label=True),
    Word("force (?:it|the class)|forced|strikes and forces", "Mark the class as present, marked as present"),
    Word("forget pins, strikes and forces", "Reset class overrides"),
    # Actions.
    Word("keeps? what is on show", "Save snapshot"),
    Word("kept results?", "Snapshot"),
    Word("use again", "Restore settings"),
    Word("drop", "Delete snapshot", is_label=True),
    Word("forgets the (?:chosen|kept) result", "Deletes the snapshot"),
    Word("blink before and after", "Toggle last change"),
    Word("compute again", "Recompute"),
    Word("makes? the (?:change|stroke) taken back again", "Redoes the last undone change"),
    Word("one (?:candidate class|random layer) less", "One fewer candidate class"),
    Word("take over|taking over", "Re-export"),
    Word("yield report", "Summary report"),
    Word("change keys", "Customize shortcuts"),
    Word("take it over", "Reassign"),
    Word("leaf on from there", "Duplicate tab"),
    # Settings.
    Word("found by", "Score over scales", is_label=True),
    Word("gate by scale", "Skip scales below threshold"),
    Word("maps for", "Compute maps for", is_label=True),
    Word("level follows map", "Adaptive background level"),
    Word("channels speaks|speaks most", "Channel reduction"),
    Word("places where the rival is stronger", "Negative differences"),
    Word("measured best", "Tuned (default)"),
    # Sentences.
    Word("that comes? along", "bundled"),
    Word("device that answers", "fastest available device"),
    Word("maps are of older settings", "Maps are out of date"),
    Word("account of (?:the|a) (?:pixel|label)|whole account", "Pixel values"),
    Word("(?:maps|q) on show (?:dis)?agrees?|. disagrees", "differ from the displayed maps"),
    Word("unsure", "ignore (255)"),
    Word("calm(?:est)? stretch", "most stable interval"),
    Word("by lot|a lot decides", "ties broken randomly"),
    Word("maps notice", "how much the maps change"),
    Word("(?:the )?mask on the desk", "Selected mask"),
    Word("leave alone what is done", "Skip images already exported with the same settings"),
    Word("images a step, over all processes", "Global batch size"),
    Word("as if found", "as if detected"),
    # Options.
    Word("--outputs-of", "--frozen-head"),
    Word("--remember", "--feature-reg"),
    Word("--views", "--cached-epochs"),
    # Pages.
    Word("the house|rooms|manners|traps already sprung", "Architecture, Packages, Threading rules, Known pitfalls"),
    Word("honest limits", "Limitations"),
    Word("believes in", "wrongly detects"),
    Word("what was awkward", "the changelog"),
)  # fmt: skip

NOT_READ = {"CHANGELOG.md", "glossary.md"}
"""Pages that name old words on purpose; so do the decisions."""

_HIDDEN = {"--outputs-of", "--remember", "--views"}
"""Old spellings of options, which still work and which no help shows."""

_DOTTED = re.compile(r"[a-z0-9_.-]+")
"""A name, not a word: an action's id, a setting's key, a tool's stored name, a part of a file's name."""


def texts() -> Iterator[Text]:
    """Everything that a user reads: strings of the window and the command line, settings, README and docs."""
    for folder in ("gui", "cli"):
        for path in sorted((PACKAGE / folder).rglob("*.py")):
            yield from strings_of(path)
    for name in ("settings", "method_presets", "crf_presets", "parameters"):
        yield from strings_of(PACKAGE / "core" / f"{name}.py")
    yield from page(ROOT / "README.md")
    for path in sorted((ROOT / "docs").rglob("*.md")):
        if path.name not in NOT_READ and "decisions" not in path.parts:
            yield from page(path)


def page(path: Path) -> Iterator[Text]:
    """A page's words by paragraphs; without targets of links, code and file names, which are names."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\]\([^)\n]*\)", "]", text)
    text = re.sub(r"`(?!--)[^`\n]*`", "`", text)
    line = 1
    for paragraph in text.split("\n\n"):
        yield Text(str(path.relative_to(ROOT)), line, paragraph)
        line += paragraph.count("\n") + 2


def strings_of(path: Path) -> Iterator[Text]:
    """String literals that are no docstring and no name; the parts of an f-string joined, with … for its values."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped.update(id(part) for part in node.values)
            parts = (str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
            text = "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            text = node.value
        else:
            continue
        is_name = _DOTTED.fullmatch(text) is not None and not text.startswith("--")
        if not is_name and text not in _HIDDEN:
            yield Text(str(path.relative_to(ROOT)), node.lineno, text)
