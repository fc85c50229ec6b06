"""Markdown, as handbooks are written: front matter, template tags, tables, raw HTML."""

from collections.abc import Callable

import pytest

from ingest.errors import LoadError
from ingest.loading.web import markdown
from ingest.parsed import Parsed

Texts = Callable[[Parsed], list[str]]


def _text(content: str) -> str:
    return markdown.load(content.encode()).text


def test_the_title_comes_from_the_front_matter_and_else_from_the_first_heading() -> None:
    assert markdown.load(b"---\ntitle: Leave policy\n---\n# Other\n\nText.").title == "Leave policy"
    assert markdown.load(b"Intro.\n\n# Leave policy\n\nText.").title == "Leave policy"
    assert markdown.load(b"## Not one\n\nText.").title is None
    assert markdown.load(b'+++\ntitle = "Pay"\n+++\nText.').title == "Pay"


def test_front_matter_that_is_no_yaml_costs_only_the_title() -> None:
    document = markdown.load(b"---\ntitle: [broken\n---\n\nText.")
    assert (document.title, document.text) == (None, "Text.")


def test_text_between_two_rules_is_no_front_matter() -> None:
    assert _text("---\n\nText between.\n\n---\n\nMore.") == "Text between.\n\nMore."


def test_sections_follow_the_headings(texts: Texts) -> None:
    document = markdown.load(b"# A\n\nOne\nline.\n\n## B {#b}\n\nTwo.\n\nSetext\n------\n\nThree.")
    assert texts(document) == ["One line.", "Two.", "Three."]
    assert [part.locator.headings for part in document.sections] == [("A",), ("A", "B"), ("A", "Setext")]


def test_lists_are_read_with_their_numbers() -> None:
    assert _text("1. First\n   line\n2. Second\n   - deep\n\n3. Third") == "1. First line\n2. Second\n- deep\n3. Third"


def test_tables_become_sentences() -> None:
    assert _text("| Codec | Use |\n|---|---|\n| ProRes | Edit<br>and grade |\n| H.264 | Proxy. |") == (
        "Codec; Use\nCodec: ProRes; Use: Edit and grade\nCodec: H.264; Use: Proxy."
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
        "{{< secret >}}",
        "{/* secret */}",
        "import Secret from 'secret'",
        "*[secret]: secret",
        "{>>secret<<}{--secret--}",
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


@pytest.mark.parametrize(
    ("callout", "text"),
    [
        ('!!! warning "Tapes"\n\n    Used tapes\n    go.\n', "Tapes\n\nUsed tapes go."),
        ("??? note\n    One.\n\n    - a\n", "Note\n\nOne.\n\n- a"),
        ('!!! danger ""\n    One.', "One."),
        ("> [!NOTE]\n> One.", "Note\nOne."),
        ("::: tip\nOne.\n:::", "Tip\n\nOne."),
        (":::note[Name]\nOne.\n:::", "Name\n\nOne."),
        ("```{warning}\nOne.\n```", "Warning\n\nOne."),
        ("<aside>\n**One.**\n\n</aside>", "One."),
        ("<details>\n<summary>Why</summary>\n\nOne.\n\n</details>", "Why\n\nOne."),
    ],
)
def test_callouts_are_read_with_the_names_that_readers_see(callout: str, text: str) -> None:
    assert _text(f"A.\n\n{callout}\n\nB.") == f"A.\n\n{text}\n\nB."


def test_what_looks_like_a_callout_in_code_is_code() -> None:
    assert _text("```\n!!! note\n{% if %}\n```") == "!!! note\n{% if %}"


@pytest.mark.parametrize(
    "tabs",
    [
        '=== "Linux"\n\n    Ninety.\n\n=== "Windows"\n\n    Thirty.\n',
        '<TabItem label="Linux">\n\nNinety.\n\n</TabItem>\n<TabItem label="Windows">\n\nThirty.\n\n</TabItem>',
    ],
)
def test_tabs_name_what_is_in_them_and_nothing_else(tabs: str, texts: Texts) -> None:
    document = markdown.load(f"# Logs\n\n{tabs}\n\nAfter.".encode())
    assert texts(document) == ["Ninety.", "Thirty.", "After."]
    assert [part.locator.headings for part in document.sections] == [("Logs", "Linux"), ("Logs", "Windows"), ("Logs",)]


def test_a_footnote_follows_the_paragraph_that_refers_to_it() -> None:
    assert _text("All take part.[^1] Next.\n\nLater.\n\n[^1]: Except interns.") == (
        "All take part. Next.\n\nExcept interns.\n\nLater."
    )


def test_raised_numbers_join_nothing() -> None:
    assert _text("For 3<sup>1</sup> years, 7¹ days, 10<sup>6</sup> x.\n\n1 Not all.\n\n¹ Nor these.") == (
        "For 3 years, 7 days, 10^6 x.\n\n1 Not all.\n\n¹ Nor these."
    )


def test_formulas_tasks_and_definitions() -> None:
    assert _text("Costs $5 and $6. $E=m*c*c$") == "Costs $5 and $6. $E=m*c*c$"
    assert _text("- [ ] open\n- [x] done") == "- ☐ open\n- ☑ done"
    assert _text("Term\n: Means this.") == "Term: Means this."
    assert _text("The {~~old~>new~~} one.") == "The new one."


def test_a_picture_without_a_description_is_told() -> None:
    assert [note.kind for note in markdown.load(b"Text ![](x.png).").notes] == ["pictures"]
