"""What of a page is seen, by styles of elements and by style sheets."""

import pytest

from ingest.loading.web import html


def _text(styled: str, sheet: str = "") -> str:
    return html.load(f"<html><head><style>{sheet}</style></head><body>{styled}<p>End.</p></body></html>".encode()).text


@pytest.mark.parametrize(
    "style",
    [
        "display:none",
        "DISPLAY : None",
        "d\\69splay:n\\6fne",
        "visibility:hidden",
        "opacity:0.0",
        "opacity:0%",
        "filter:opacity(0)",
        "font-size:1px",
        "font:0/0 a",
        "color:#fff",
        "color:white;background:#fefefe",
        "color:rgba(0,0,0,0)",
        "-webkit-text-fill-color:transparent",
        "position:absolute;left:-9999px",
        "position:fixed;inset:-200vh",
        "margin-left:-9999px",
        "text-indent:-999em",
        "position:absolute;clip:rect(0,0,0,0)",
        "clip-path:inset(50%)",
        "height:0;overflow:hidden",
        "width:1px;height:1px;overflow:hidden",
        "transform:scale(0)",
        "transform:translateX(-9999px)",
        "content-visibility:hidden",
        "text-decoration:line-through",
        "text-decoration-line:underline line-through",
    ],
)
def test_hidden_by_its_own_style(style: str) -> None:
    assert _text(f"<p style='{style}'>secret</p>") == "End."


@pytest.mark.parametrize(
    "style",
    [
        "color:white;background:#000",
        "color:white;background:url(x)",
        "color:transparent;text-shadow:0 0 2px #000",
        "opacity:.5",
        "height:0",
        "font-size:8px",
        "position:absolute;left:10px",
        "text-indent:2em",
        "transform:scale(1.2)",
        "clip-path:none",
    ],
)
def test_seen_whatever_its_style_says_besides(style: str) -> None:
    assert _text(f"<p style='{style}'>Seen.</p>") == "Seen.\n\nEnd."


@pytest.mark.parametrize(
    ("sheet", "page"),
    [
        (".x, #y{display:none}", "<p class='a x'>secret</p><p id=y>secret</p>"),
        (".a .b{display:none}", "<div class=a><p class=b>secret</p></div>"),
        (".a>p:nth-child(2n){display:none}", "<div class=a><b hidden></b><p>secret</p></div>"),
        ("p+p.x{display:none}", "<p hidden></p><p class=x>secret</p>"),
        (
            "p{display:none!important} #x{display:block}",
            "<p id=x>secret</p><style>p:last-child{display:block!important}</style>",
        ),
        ("@media screen and (min-width:600px){.x{display:none}}", "<p class=x>secret</p>"),
        ("@supports (display:grid){.x{display:none}}", "<p class=x>secret</p>"),
        (".n{.x{display:none} &.y{opacity:0}}", "<div class=n><p class=x>secret</p></div><p class='n y'>secret</p>"),
        (":root{--c:#fff} .x{color:var(--c)}", "<p class=x>secret</p>"),
        (".x:focus-visible, .y{display:none}", "<p class=y>secret</p>"),
        ("body{background:#000;color:#fff} p{color:#eee} .x{color:#010101}", "<p class=x>secret</p>"),
        (".\\31 x{display:none}", "<p class=1x>secret</p>"),
    ],
)
def test_hidden_by_a_sheet(sheet: str, page: str) -> None:
    assert _text(page, sheet) == "End."


@pytest.mark.parametrize(
    ("sheet", "page"),
    [
        ("@media print{.x{display:none}}", "<p class=x>Seen.</p>"),
        ("@media (max-width:600px){.x{display:none}}", "<p class=x>Seen.</p>"),
        ("#x{display:block} p{display:none} p:last-child{display:block}", "<p id=x>Seen.</p>"),
        ("@layer a{#x{display:none}} .y{display:block}", "<p id=x class=y>Seen.</p>"),
        ("div{visibility:hidden} p{visibility:visible}", "<div><p>Seen.</p></div>"),
        ("div{font-size:0} p{font-size:16px}", "<div>secret<p>Seen.</p></div>"),
        (".x:hover{display:none}", "<p class=x>Seen.</p>"),
        ("del{text-decoration:none}", "<p><del>Seen.</del></p>"),
        (".x::before{content:'Se'}", "<p class=x>en.</p>"),
    ],
)
def test_seen_whatever_a_sheet_says_besides(sheet: str, page: str) -> None:
    assert _text(page, sheet) == "Seen.\n\nEnd."


def test_a_sheet_that_is_too_large_is_told() -> None:
    page = f"<style>{'.a{display:none}' + '/**/' * 70_000}</style><body><p class=a>secret</p><p>End.</p>"
    document = html.load(page.encode())
    assert document.text == "End."  # its first part is judged
    assert [(note.kind, note.count) for note in document.notes] == [("hidden_text", 1), ("styles_not_judged", 1)][::-1]
