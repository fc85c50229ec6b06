"""Web pages: what a reader sees is read, what is hidden is not."""

from collections.abc import Callable

import pytest

from ingest.errors import LoadError
from ingest.loading import html
from ingest.parsed import Parsed

Texts = Callable[[Parsed], list[str]]


def _body(content: str) -> Parsed:
    return html.load(f"<!doctype html><html><body>{content}</body></html>".encode())


def test_the_title_is_that_of_the_page_and_else_the_first_heading() -> None:
    assert (
        html.load(b"<html><head><title> AI \n policy </title></head><body><p>x</p></body></html>").title == "AI policy"
    )
    assert _body("<h1>Camera policy</h1><p>x</p>").title == "Camera policy"
    assert _body("<p>x</p>").title is None


def test_headings_make_the_path_and_stay_outside(texts: Texts) -> None:
    document = _body("<h1>A</h1><p>One.</p><h2>B <em>b</em></h2><p>Two.</p><h1>C</h1><p>Three.</p>")
    assert texts(document) == ["One.", "Two.", "Three."]
    assert [part.locator.headings for part in document.sections] == [("A",), ("A", "B b"), ("C",)]


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>secret()</script>",
        "<style>.secret{}</style>",
        "<template><p>secret</p></template>",
        "<noscript>secret</noscript>",
        "<!-- secret -->",
        "<p hidden>secret</p>",
        '<p hidden="">secret</p>',
        '<span aria-hidden="true">secret</span>',
        '<div style="display: none">secret</div>',
        '<div style="DISPLAY:NONE">secret</div>',
        '<div style="visibility:hidden">secret</div>',
        '<span style="font-size:0px">secret</span>',
        '<span style="opacity: 0">secret</span>',
        '<style>.x, #y { color: red; display: none }</style><p class="a x">secret</p><p id="y">secret</p>',
        "<nav>secret</nav>",
        "<header>secret</header>",
        "<footer>secret</footer>",
        "<aside>secret</aside>",
        '<div role="navigation">secret</div>',
        "<p><del>secret</del><s>secret</s></p>",
        "<button>secret</button><select><option>secret</option></select><textarea>secret</textarea>",
        "<svg><text>secret</text></svg>",
        '<table><tr><th>A<th hidden>secret</tr><tr><td>1<td style="display:none">secret</tr></table>',
        "<ul><li hidden>secret</li><li>seen</li></ul>",
    ],
)
def test_what_a_reader_does_not_see_is_not_read(hidden: str) -> None:
    document = _body(f"<p>Before.</p>{hidden}<p>After.</p>")
    assert "secret" not in document.text
    assert document.text.startswith("Before.")
    assert document.text.endswith("After.")


def test_text_beside_something_hidden_is_kept() -> None:
    assert _body("<p>Keep <b hidden>not</b> this <!-- x -->too.</p>").text == "Keep this too."
    assert _body('<p style="opacity: 0.5">Faint.</p><p style="font-size:0.9em">Small.</p>').text == "Faint.\n\nSmall."


def test_a_header_within_the_article_belongs_to_it() -> None:
    assert (
        _body("<main><header><h1>T</h1><p>Lead.</p></header><aside>Note.</aside></main>").text == "T\n\nLead.\n\nNote."
    )


def test_only_the_main_part_is_read_if_there_is_one() -> None:
    assert _body("<div>Menu</div><main><p>Text.</p></main><div>Share</div>").text == "Text."


def test_wrapped_lines_are_one_sentence() -> None:
    assert _body("<p>Keep masters\n   for <b>ten</b>\nyears.</p>").text == "Keep masters for ten years."


def test_lists_are_marked_and_nested_lists_follow() -> None:
    document = _body(
        '<ul><li>One<ol start="3"><li>Deep</li><li>Deeper</li></ol></li><li><p>Two</p><p>More.</p></li></ul>'
    )
    assert document.text == "- One\n3. Deep\n4. Deeper\n- Two\nMore."


def test_rows_say_by_themselves_what_they_mean() -> None:
    document = _body(
        "<table><caption>Formats</caption><thead><tr><th>Codec</th><th>Resolution</th></tr></thead>"
        "<tr><td>ProRes 422 HQ</td><td>3840x2160</td></tr><tr><td>DNxHR</td><td></td></tr></table>"
    )
    assert document.text == "Formats\n\nCodec: ProRes 422 HQ; Resolution: 3840x2160\nCodec: DNxHR"


def test_a_cell_that_spans_rows_stands_in_each() -> None:
    document = _body("<table><tr><th>Kind<th>Format</tr><tr><td rowspan=2>Audio<td>WAV</tr><tr><td>FLAC</tr></table>")
    assert document.text == "Kind: Audio; Format: WAV\nKind: Audio; Format: FLAC"


def test_two_columns_without_a_header_are_names_and_values() -> None:
    document = _body("<table><tr><td>Region</td><td>North</td></tr><tr><td>Contact</td><td>Desk 4</td></tr></table>")
    assert document.text == "Region: North\nContact: Desk 4"


def test_a_table_for_looks_is_ordinary_content() -> None:
    assert _body("<table><tr><td><p>One.</p><ul><li>a</li></ul></td></tr></table>").text == "One.\n\n- a"


def test_definitions_name_their_term() -> None:
    assert _body("<dl><dt>Proxy</dt><dd>A small copy.</dd><dt>Master</dt><dd>The original.</dd></dl>").text == (
        "Proxy: A small copy.\n\nMaster: The original."
    )


def test_preformatted_text_keeps_its_lines() -> None:
    assert _body("<pre><code>a:\n  b: 1\n</code></pre>").text == "a:\n  b: 1"


def test_images_are_their_alternative_text() -> None:
    assert _body('<p>Press <img src="x.png" alt="the red button"> twice.</p>').text == "Press the red button twice."


def test_a_page_that_is_no_text_is_refused() -> None:
    with pytest.raises(LoadError, match=r"expected a web page \(HTML\), got a PDF"):
        html.load(b"%PDF-1.7 ...")


def test_an_entity_cannot_read_a_file() -> None:
    page = b'<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]><html><body><p>a &x; b</p></body></html>'
    assert "root:" not in html.load(page).text
