"""Web pages: what a reader sees is read, what is hidden is not."""

import time
from collections.abc import Callable

import pytest

from ingest.errors import LoadError
from ingest.loading.web import html
from ingest.parsed import Parsed

Texts = Callable[[Parsed], list[str]]
PAGE = "<!doctype html><html><body>"


def _body(content: str) -> Parsed:
    return html.load(f"<!doctype html><html><body>{content}</body></html>".encode())


def _kinds(document: Parsed) -> dict[str, int]:
    return {note.kind: note.count for note in document.notes}


def test_the_title_is_that_of_the_page_and_else_the_first_heading() -> None:
    assert (
        html.load(b"<html><head><title> AI \n policy </title></head><body><p>x</p></body></html>").title == "AI policy"
    )
    assert _body("<h1>Camera policy</h1><p>x</p>").title == "Camera policy"
    assert _body("<p>x</p>").title is None
    assert html.load(b"<title>Leave - Intranet</title><h1>Leave</h1><p>x</p>").title == "Leave"
    assert html.load(b"<title>Leave and pay</title><h1>Leave</h1><p>x</p>").title == "Leave and pay"


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
        "<nav>secret</nav>",
        "<header>secret</header>",
        "<footer>secret</footer>",
        '<div role="navigation">secret</div>',
        "<p><del>secret</del><s>secret</s></p>",
        "<button>secret</button><select><option>secret</option></select><textarea>secret</textarea>",
        "<svg><title>secret</title><path/></svg>",
        "<dialog>secret</dialog><div popover>secret</div>",
        '<table><tr><th>A<th hidden>secret</tr><tr><td>1<td style="display:none">secret</tr></table>',
        "<table><tbody hidden><tr><td>secret<td>secret</tbody><tbody><tr><td>1<td>2</table>",
        "<dl><dt hidden>secret</dt><dd><del>secret</del></dd><dt>Term</dt><dd>Seen.</dd></dl>",
        "<ul><li hidden>secret</li><li>seen</li></ul>",
        '<a href="#main">Skip to the secret</a>',
        '<aside><ul><li><a href="1">secret</a></li><li><a href="2">secret</a></li></ul></aside>',
        '<div class="cookie-banner">secret <button>Accept</button></div>',
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


def test_beside_the_main_part_only_what_says_something_is_read() -> None:
    assert _body("<div>Menu</div><main><p>Text.</p></main><div>Share</div>").text == "Text."
    said = "<p>The office stays closed on the first of May.</p>"
    assert _body(f"<div>{said}</div><main><p>Text.</p></main>").text == (
        "The office stays closed on the first of May.\n\nText."
    )


def test_a_hidden_main_part_hides_nothing_else() -> None:
    assert _body("<main hidden><p>secret</p></main><div><p>Page.</p></div>").text == "Page."


def test_an_aside_with_a_link_in_its_sentence_is_read() -> None:
    assert _body('<p>A.</p><aside>Read <a href="1">the rules for visitors</a>.</aside>').text == (
        "A.\n\nRead the rules for visitors."
    )


def test_a_page_of_links_alone_is_read() -> None:
    assert _body('<nav><a href="1">Leave</a></nav>').text == "Leave"


@pytest.mark.parametrize(
    "opened",
    [
        "<details><summary>Q</summary>Seen.</details>",
        "<h3><button aria-expanded=false aria-controls=a>Q</button></h3><div id=a hidden>Seen.</div>",
        "<div hidden=until-found>Seen.</div>",
        "<div><button aria-expanded=false>Q</button></div><div hidden>Seen.</div>",
        '<div class="expand-control">Q</div><div class="expand-content" style="display:none">Seen.</div>',
        "<style>.panel{display:none}</style><button class=accordion>Q</button><div class=panel>Seen.</div>",
        "<style>.c{max-height:0;overflow:hidden}</style><button>Q</button><div class=c>Seen.</div>",
    ],
)
def test_what_a_reader_can_open_is_read(opened: str) -> None:
    assert "Seen." in _body(f"<p>A.</p>{opened}").text


def test_a_window_that_a_button_opens_is_told() -> None:
    assert _kinds(_body("<p>A.</p><button popovertarget=w>More</button><div popover id=w>Two words</div>")) == {
        "navigation": 1,
        "collapsed": 2,
    }


def test_a_panel_stands_under_the_name_of_its_tab(texts: Texts) -> None:
    document = _body(
        "<h1>Logs</h1><ul role=tablist><li role=tab>Linux<li role=tab>Windows</ul><div role=tabpanel>Ninety days.</div>"
        "<div role=tabpanel hidden>Thirty days.</div><p>After.</p>"
    )
    assert texts(document) == ["Ninety days.", "Thirty days.", "After."]
    assert [part.locator.headings[1:] for part in document.sections] == [("Linux",), ("Windows",), ()]


def test_each_text_is_stored_or_left_out_for_a_reason() -> None:
    document = _body(
        "<nav><a href=1>Home page</a></nav><h1>Pay</h1><p>Kept <s>not these</s> words.</p>"
        "<h2>Bonus</h2><p style='display:none'>three hidden words</p><p style='color:#fff'>white</p>"
        "<iframe src=x></iframe>"
        "<img src=x.png><input value=filled>"
    )
    assert {note.kind: (note.count, note.where) for note in document.notes} == {
        "navigation": (2, ()),
        "struck_text": (2, ("Pay",)),
        "hidden_text": (3, ("Pay › Bonus",)),
        "unseen_text": (1, ("Pay › Bonus",)),
        "embedded": (1, ("Pay › Bonus",)),
        "pictures": (1, ("Pay › Bonus",)),
        "form_fields": (1, ("Pay › Bonus",)),
    }


def test_text_that_the_walk_never_meets_is_told() -> None:
    assert _kinds(_body("<table><tr>two words<td>a<td>b</tr></table>")) == {"unlike_second_look": 2}


def test_numbers_are_those_on_the_page() -> None:
    lists = "<ol type=a><li>x<li value=5>y</ol><ol reversed><li>x<li>y</ol><ol type=I start=4><li>x</ol>"
    assert _body(lists).text == "a. x\ne. y\n2. x\n1. y\nIV. x"
    assert _body("<style>ol{list-style:none}</style><ol><li>x</ol>").text == "- x"
    counted = "ol{counter-reset:i;list-style:none}li{counter-increment:i}li::before{content:counters(i,'.') ' '}"
    assert _body(f"<style>{counted}</style><ol><li>x<ol><li>y<li>z</ol></ol>").text == "1 x\n1.1 y\n1.2 z"


def test_a_note_follows_the_paragraph_that_refers_to_it() -> None:
    assert (
        _body(
            "<p>All take part.<sup><a href='#n'>1</a></sup> Next.</p><p>Later.</p>"
            "<div class=footnotes><ol><li id=n>Except interns.</ol></div>"
        ).text
        == "All take part. Next.\n\nExcept interns.\n\nLater."
    )


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
    assert document.text == "Formats\n\nCodec; Resolution\nCodec: ProRes 422 HQ; Resolution: 3840x2160\nCodec: DNxHR"


def test_a_cell_that_spans_rows_stands_in_each() -> None:
    document = _body("<table><tr><th>Kind<th>Format</tr><tr><td rowspan=2>Audio<td>WAV</tr><tr><td>FLAC</tr></table>")
    assert document.text == "Kind; Format\nKind: Audio; Format: WAV\nKind: Audio; Format: FLAC"


def test_two_columns_without_a_header_are_names_and_values() -> None:
    document = _body("<table><tr><td>Region</td><td>North</td></tr><tr><td>Contact</td><td>Desk 4</td></tr></table>")
    assert document.text == "Region: North\nContact: Desk 4"


def test_a_table_for_looks_is_ordinary_content() -> None:
    assert _body("<table><tr><td><p>One.</p><ul><li>a</li></ul></td></tr></table>").text == "One.\n\n- a"


def test_definitions_name_their_term() -> None:
    assert _body("<dl><dt>Proxy</dt><dd>A small copy.</dd><dt>Master</dt><dd>The original.</dd></dl>").text == (
        "Proxy: A small copy.\n\nMaster: The original."
    )


def test_a_definition_may_hold_more_than_a_line() -> None:
    assert _body("<dl><dt>A</dt><dt>B</dt><dd><p>One.</p><ul><li>x</ul></dd><dt>Why?</dt><dd>So.</dd></dl>").text == (
        "A, B: One.\n\n- x\n\nWhy? So."
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


@pytest.mark.parametrize(
    "page",
    [
        f"{PAGE}{'<div>' * 2000}x",
        f"{PAGE}{'<table><tr><th>h<th>b<tr><td>a<td>' * 50}x",
        PAGE + "<table>" + ("<tr>" + "<td rowspan=100 colspan=100>x</td>" * 20 + "</tr>") * 200 + "</table>",
        f"<style>{'display:none ' * 80_000}</style>{PAGE}x",
        f"<style>{'{display' * 30_000}</style>{PAGE}x",
        f"<style>div:has(p){{display:none}} p~p.x{{opacity:0}}</style>{PAGE}{'<p class=x>x' * 5000}",
        f"{PAGE}<p>{'<button>x</button>' * 5000}",
    ],
)
def test_a_bomb_costs_seconds(page: str) -> None:
    began = time.process_time()
    html.load(page.encode())
    assert time.process_time() - began < 12  # seconds; each takes 0.1 to 3 of a quiet machine


def test_a_page_that_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(LoadError, match="nested too deeply"):
        html.load(f"{PAGE}{'<div>' * 5000}x".encode())
