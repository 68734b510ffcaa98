"""What a user reads has the field's terms: none of the words in the table of tests/words.py is left."""

from __future__ import annotations

import pytest

from tests.words import PACKAGE, ROOT, WORDS, Text, Word, page, strings_of, texts


@pytest.fixture(scope="module")
def read() -> tuple[Text, ...]:
    return tuple(texts())


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.new)
def test_that_a_user_reads_the_new_word_only(word: Word, read: tuple[Text, ...]) -> None:
    left = [f"{each.path}:{each.line}: {hit[0]!r}" for each in read if (hit := word.pattern.search(each.text))]
    assert not left, f"say {word.new!r} instead:\n" + "\n".join(left)


def test_that_the_window_the_command_line_the_settings_and_every_page_are_read(read: tuple[Text, ...]) -> None:
    paths = {each.path for each in read}
    for path in (
        "README.md", "docs/walk-through.md", "docs/shortcuts.md", "dcsm_viewer/core/settings.py",
        "dcsm_viewer/gui/tool_registry.py", "dcsm_viewer/cli/train_command.py",
    ):  # fmt: skip
        assert path in paths
    assert any(path.startswith("docs/tools/") for path in paths)
    assert "docs/glossary.md" not in paths, "it lists the words to avoid"


def test_that_an_old_word_is_found_in_an_f_string_and_over_a_line_break() -> None:

    assert any(each.text == "Replace …?" for each in strings_of(PACKAGE / "gui" / "commands" / "confirm_dialog.py"))
    assert Word("pixel ledger", "").pattern.search("see the Pixel\nledger")
    assert not Word("pixel ledger", "").pattern.search("pixel ledgers")
    assert any("keys" in each.text.lower() for each in page(ROOT / "docs" / "shortcuts.md"))
