"""What code and docs cite by number is there: sections, steps and decisions of the pages in docs/."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.samples import ROOT

# "docs/method.md 10.2 step 6", "`method.md` 10.2 steps 3 and 4", "docs/architecture.md, section 4".
STEPS = r"steps? (?P<steps>\d(?:(?: and | to )\d)?)"
CITED = re.compile(r"(?P<page>[\w-]+)\.md`?(?:,? section|,)? (?P<section>\d+(?:\.\d+)?)\b(?!\s*%)" + rf"(?: {STEPS})?")
# Where the page is not named, it is the method: "10.2 step 6".
STEP = re.compile(r"(?P<section>\d+\.\d+) " + STEPS)
DECISION = re.compile(r"method\.md,? (A\d+)|[(,] ?(A\d{1,2})[),.:]")
FOLDERS = ("dcsm_viewer", "tests", "benchmarks", "docs")


def texts() -> Iterator[tuple[str, str]]:
    """(name, text) of everything that may cite, lines joined."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".md"} and path != Path(__file__):
                yield str(path.relative_to(ROOT)), " ".join(path.read_text("utf-8").split())


@cache
def sections(page: str) -> dict[str, int]:
    """By number the sections of a page, and how many numbered steps each has."""
    found: dict[str, int] = {}
    current = ""
    for line in (ROOT / "docs" / f"{page}.md").read_text("utf-8").splitlines():
        if heading := re.match(r"#{2,3} (\d+(?:\.\d+)?)\.? ", line):
            current = heading[1]
            found[current] = 0
        elif current and (step := re.match(r"(\d+)\. ", line)):
            found[current] = int(step[1])
    return found


def missing(page: str, section: str, steps: str | None) -> bool:
    there = sections(page)
    last = max(map(int, re.findall(r"\d+", steps))) if steps else 0
    return section not in there or last > there[section]


def test_that_every_section_and_step_that_is_cited_exists() -> None:
    cited = [
        (name, found[0], found["page"], found["section"], found["steps"])
        for name, text in texts()
        for found in CITED.finditer(text)
        if (ROOT / "docs" / f"{found['page']}.md").is_file()
    ]
    cited += [
        (name, found[0], "method", found["section"], found["steps"])
        for name, text in texts()
        for found in STEP.finditer(text)
    ]
    assert len(cited) > 20
    assert [f"{name}: {words}" for name, words, *where in cited if missing(*where)] == []


def test_that_every_decision_that_is_cited_exists() -> None:
    there = set(re.findall(r"^\| (A\d+) \|", (ROOT / "docs" / "method.md").read_text("utf-8"), re.MULTILINE))
    cited = {(name, found[1] or found[2]) for name, text in texts() for found in DECISION.finditer(text)}
    assert len(cited) > 10
    assert {(name, decision) for name, decision in cited if decision not in there} == set()


def test_that_no_step_of_the_releases_is_cited_without_its_section() -> None:
    bare = re.compile(r"dcsm\.m`?[,;]? \(?step \d")
    assert [name for name, text in texts() if bare.search(text)] == []
