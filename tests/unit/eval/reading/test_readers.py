"""What reads documents: our loaders, and only those libraries that are there."""

from pathlib import Path

import pytest

from eval.reading import readers
from eval.reading.readers import MARKDOWN, OURS, Reader, UnreadError


def test_ours_gives_the_words_of_the_stored_text(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# Keys\n\nA ~~red~~ key.", encoding="utf-8")
    assert OURS.words(path, MARKDOWN) == ["keys", "a", "key"]


def test_ours_says_why_a_document_is_kept_out(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"caf\xe9")
    with pytest.raises(UnreadError, match="expected Markdown text in UTF-8"):
        OURS.words(path, MARKDOWN)


def test_a_library_that_is_not_installed_is_named_and_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    there = Reader("there", {}, ("pypdf",))
    gone = Reader("gone", {}, ("pypdf", "no-such-distribution"))
    monkeypatch.setattr(readers, "_libraries", lambda: iter([there, gone]))
    assert readers.installed() == [there]
    assert readers.missing() == ["gone"]
    assert there.version().startswith("there 6.")
