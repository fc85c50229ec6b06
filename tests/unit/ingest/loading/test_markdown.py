"""Markdown, as handbooks are written: front matter, template tags, tables, raw HTML."""

from collections.abc import Callable

import pytest

from ingest.errors import LoadError
from ingest.loading import markdown
from ingest.parsed import Parsed

Texts = Callable[[Parsed], list[str]]


def _text(content: str) -> str:
    return markdown.load(content.encode()).text


def test_the_title_comes_from_the_front_matter_and_else_from_the_first_heading() -> None:
    assert markdown.load(b"---\ntitle: Leave policy\n---\n# Other\n\nText.").title == "Leave policy"
    assert markdown.load(b"Intro.\n\n# Leave policy\n\nText.").title == "Leave policy"
    assert markdown.load(b"## Not one\n\nText.").title is None


def test_front_matter_that_is_no_yaml_costs_only_the_title() -> None:
    document = markdown.load(b"---\ntitle: [broken\n---\n\nText.")
    assert (document.title, document.text) == (None, "Text.")


def test_sections_follow_the_headings(texts: Texts) -> None:
    document = markdown.load(b"# A\n\nOne\nline.\n\n## B {#b}\n\nTwo.\n\nSetext\n------\n\nThree.")
    assert texts(document) == ["One line.", "Two.", "Three."]
    assert [part.locator.headings for part in document.sections] == [("A",), ("A", "B"), ("A", "Setext")]


def test_lists_are_read_with_their_numbers() -> None:
    assert _text("1. First\n   line\n2. Second\n   - deep\n\n3. Third") == "1. First line\n2. Second\n- deep\n3. Third"


def test_tables_become_sentences() -> None:
    assert _text("| Codec | Use |\n|---|---|\n| ProRes | Edit<br>and grade |\n| H.264 | Proxy. |") == (
        "Codec: ProRes; Use: Edit and grade\nCodec: H.264; Use: Proxy."
    )


def test_links_are_their_text_and_images_their_description() -> None:
    assert _text("See [the *guide*](https://a.example) and ![a chart](x.png).") == "See the guide and a chart."


def test_code_is_kept_as_a_block() -> None:
    assert _text("Run:\n\n```sh\nmake run\n  make test\n```\n\nDone.") == "Run:\n\nmake run\n  make test\n\nDone."


@pytest.mark.parametrize(
    "hidden",
    [
        "<!-- secret -->",
        "<!-- secret\n\nsecret -->",
        "<div hidden>\n\nsecret **text**\n\n</div>",
        '<span style="display:none">secret</span>',
        "~~secret~~",
        "{% comment %}\nsecret\n{% endcomment %}",
        '{% include "secret.html" %}',
        "<script>secret</script>",
        "[//]: # (secret)",
        "<%= secret %>",
    ],
)
def test_what_is_hidden_is_not_read(hidden: str) -> None:
    text = _text(f"Before.\n\n{hidden}\n\nAfter.")
    assert "secret" not in text
    assert text == "Before.\n\nAfter."


def test_visible_inline_html_is_kept() -> None:
    assert _text("H<sub>2</sub>O and <abbr title='x'>AI</abbr>.") == "H2O and AI."


def test_a_template_tag_in_a_link_leaves_the_link_whole() -> None:
    assert _text('Read [the FAQ]({% page "/faq/" %}#top) first.') == "Read the FAQ first."


def test_a_template_tag_on_its_own_line_does_not_end_what_surrounds_it() -> None:
    page = '<table>\n<tr><td>Channel<td>\n{% slack "x" %}\n</tr>\n<tr><td>Region<td>North</tr>\n</table>'
    assert _text(page) == "Channel\nRegion: North"


def test_a_word_document_named_markdown_is_refused() -> None:
    with pytest.raises(LoadError, match=r"expected Markdown text, got a ZIP archive .*extension of what it is"):
        markdown.load(b"PK\x03\x04rest")
