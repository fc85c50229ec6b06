"""The title that was given, else the document's own, else its name; headings that only repeat it say nothing."""

import pytest

from indexes.documents import Locator
from ingest.loading.registry import load_document
from ingest.titles import titled


@pytest.mark.parametrize(
    ("given", "content", "expected"),
    [
        ("Given", b"# Own\n\nText.\n", "Given"),
        ("", b"# Own\n\nText.\n", "Own"),
        ("", b"Text.\n", "Ai use policy"),
    ],
)
def test_who_gives_a_document_its_title(given: str, content: bytes, expected: str) -> None:
    name = "legal/ai-use_policy.md" if content.startswith(b"#") else "legal/ai-use_policy.txt"
    document = titled(name, "a" * 64, load_document(name, content), given=given)
    assert (document.document, document.sha256, document.title) == (name, "a" * 64, expected)


def test_a_heading_that_repeats_the_title_is_no_place() -> None:
    parsed = load_document("legal/a.md", b"# Own\n\nOne.\n\n## Part\n\nTwo.\n")
    places = [section.locator for section in titled("legal/a.md", "a" * 64, parsed, given="").sections]
    assert places == [Locator("document"), Locator("heading", headings=("Part",))]
    places = [section.locator for section in titled("legal/a.md", "a" * 64, parsed, given="Other").sections]
    assert places == [Locator("heading", headings=("Own",)), Locator("heading", headings=("Own", "Part"))]
