"""Documents that were made to be dear to read, or that happen to be: made by code, a function each, nothing on disk.

`HOSTILE` names them by what they are, with the extension they come under. Whether they can be read, and what is read of
them, is not said here: only that reading ends in time and within the memory of the child that parses.
"""

import functools
import io
import zipfile
import zlib
from collections.abc import Callable, Iterable

_WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
_SECONDS = 8 * 3600
_CUE_S = 3


def pdf(objects: dict[int, bytes], *, root: int = 1) -> bytes:
    """Return a PDF of these objects, by their numbers; the one of `root` is the catalogue."""
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    places: dict[int, int] = {}
    for number, content in objects.items():
        places[number] = out.tell()
        out.write(b"%d 0 obj\n%b\nendobj\n" % (number, content))
    start = out.tell()
    size = max(objects) + 1
    rows = [b"%010d 00000 n \n" % places[n] if n in places else b"0000000000 65535 f \n" for n in range(size)]
    out.write(b"xref\n0 %d\n%b" % (size, b"".join(rows)))
    out.write(b"trailer\n<< /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, root, start))
    return out.getvalue()


def stream(content: bytes, entries: bytes = b"", *, packed: bool = True) -> bytes:
    """Return a stream object; packed ones are small however long their content is."""
    data = zlib.compress(content, 9) if packed else content
    kind = b"/Filter /FlateDecode" if packed else b""
    return b"<< /Length %d %b %b >>\nstream\n%b\nendstream" % (len(data), kind, entries, data)


def _written(text: str) -> bytes:
    return b"BT /F 11 Tf 72 700 Td (%b) Tj ET" % text.encode("ascii")


def _one_page(
    content: bytes, *, box: str = "0 0 595 842", entries: str = "", more: dict[int, bytes] | None = None
) -> bytes:
    """Return a PDF of one page with these drawing commands, which may use the objects in `more` (from 10 on)."""
    resources = f"<< /Font << /F 5 0 R >> {entries} >>"
    page = f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents 4 0 R /Resources {resources} >>"
    return pdf(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: page.encode("ascii"),
            4: stream(content),
            5: _FONT,
            **(more or {}),
        }
    )


def page_that_takes_minutes_to_draw() -> bytes:
    """Forms that draw each other ten times, eight deep: a hundred million strokes from 3 KB."""
    forms = {
        10 + depth: stream(
            b"0 0 m 500 700 l S\n" if depth == 8 else b"/X Do\n" * 10,
            b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /X %d 0 R >> >>"
            % (11 + depth),
        )
        for depth in range(9)
    }
    return _one_page(_written("Masters are kept.") + b" /X Do", entries="/XObject << /X 10 0 R >>", more=forms)


def page_of_see_through_shapes() -> bytes:
    """Twenty thousand curves, each laid over the page in a blend mode."""
    curve = b"/G gs 0 0 m 100 842 495 0 595 842 c 595 0 0 842 0 0 c f\n"
    more = {10: b"<< /Type /ExtGState /BM /ColorDodge /ca 0.5 >>"}
    return _one_page(
        _written("Masters are kept.") + b"\n" + curve * 20_000, entries="/ExtGState << /G 10 0 R >>", more=more
    )


def page_of_200_inches() -> bytes:
    """The largest page that the format has."""
    return _one_page(_written("Masters are kept."), box="0 0 14400 14400")


def page_of_a_billion_points() -> bytes:
    """A page larger than the format has."""
    return _one_page(_written("Masters are kept."), box="0 0 1000000000 1000000000")


def tiny_pages() -> bytes:
    """Ten thousand pages with a sentence each."""
    pages = {
        10 + n: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 190 20] /Contents %d 0 R "
        b"/Resources << /Font << /F 5 0 R >> >> >>" % (20_000 + n)
        for n in range(10_000)
    }
    kids = b" ".join(b"%d 0 R" % number for number in pages)
    words = "the sort of word that is not said".split()
    texts = {
        20_000 + n: stream(b"BT /F 8 Tf 5 5 Td (Rule %d is %b.) Tj ET" % (n, words[n % 8].encode()), packed=False)
        for n in range(10_000)
    }
    return pdf(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, len(pages)),
            5: _FONT,
            **pages,
            **texts,
        }
    )


def font_bomb() -> bytes:
    """A font program of a quarter of a gigabyte, and a table of characters of as much, in 5 KB."""
    program = _packed_twice(256)
    more = {
        10: b"<< /Type /Font /Subtype /TrueType /BaseFont /Bomb /FirstChar 32 /LastChar 33 /Widths [500 500] "
        b"/FontDescriptor 11 0 R /ToUnicode 13 0 R >>",
        11: b"<< /Type /FontDescriptor /FontName /Bomb /Flags 32 /FontBBox [0 0 1000 1000] /ItalicAngle 0 /Ascent 800 "
        b"/Descent -200 /CapHeight 700 /StemV 80 /FontFile2 12 0 R >>",
        12: b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%b\nendstream" % (len(program), program),
        13: b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%b\nendstream" % (len(program), program),
    }
    return _one_page(b"BT /B 11 Tf 72 700 Td (!!) Tj ET " + _written("Kept."), entries="", more=more).replace(
        b"/F 5 0 R >>", b"/F 5 0 R /B 10 0 R >>", 1
    )


@functools.cache
def _packed_twice(mebibytes: int) -> bytes:
    packer = zlib.compressobj(1)
    once = b"".join(packer.compress(bytes(1 << 20)) for _ in range(mebibytes)) + packer.flush()
    return zlib.compress(once, 9)


def content_bomb() -> bytes:
    """Drawing commands of a quarter of a gigabyte, in 3 KB."""
    packed = _packed_twice(256)
    bomb = b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%b\nendstream" % (len(packed), packed)
    return _one_page(b"", more={4: bomb})


def form_of_5000_fields() -> bytes:
    """A form with five thousand fields, each filled in."""
    fields = {
        10 + n: b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (field %d) /V (value %d) /P 3 0 R /Rect [%d %d %d %d] "
        b"/DA (/F 6 Tf) >>" % (n, n, 10 + n % 50 * 11, 10 + n // 50 * 8, 20 + n % 50 * 11, 17 + n // 50 * 8)
        for n in range(5000)
    }
    every = b" ".join(b"%d 0 R" % number for number in fields)
    return pdf(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [%b] /DR << /Font << /F 5 0 R >> >> >> >>" % every,
            2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Annots [%b] "
            b"/Resources << /Font << /F 5 0 R >> >> >>" % every,
            4: stream(_written("Who fills this in is asked.")),
            5: _FONT,
            **fields,
        }
    )


def images_only() -> bytes:
    """Two hundred scanned pages, a million dots each, and not one word."""
    image = stream(
        bytes(1000 * 1000),
        b"/Type /XObject /Subtype /Image /Width 1000 /Height 1000 /ColorSpace /DeviceGray /BitsPerComponent 8",
    )
    pages = {
        10 + n: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /XObject << /I 5 0 R >> >> >>"
        for n in range(200)
    }
    kids = b" ".join(b"%d 0 R" % number for number in pages)
    return pdf(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, len(pages)),
            4: stream(b"595 0 0 842 0 0 cm /I Do"),
            5: image,
            **pages,
        }
    )


def image_of_many_dots() -> bytes:
    """An image that says it has ten thousand million dots."""
    image = stream(
        b"x", b"/Type /XObject /Subtype /Image /Width 100000 /Height 100000 /ColorSpace /DeviceRGB /BitsPerComponent 8"
    )
    return _one_page(
        _written("Kept.") + b" 595 0 0 842 0 0 cm /I Do", entries="/XObject << /I 10 0 R >>", more={10: image}
    )


def pages_in_a_circle() -> bytes:
    """A tree of pages that holds itself."""
    return pdf({1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 100000000 >>"})


def values_nested_deeply() -> bytes:
    """A hundred thousand lists in each other, where a page has its commands."""
    return _one_page(_written("Kept."), more={4: b"[" * 100_000 + b"]" * 100_000})


def _docx(body: Iterable[str], head: str = "") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Override PartName="/word/document.xml" '
            'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
            'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
            'Target="word/document.xml"/></Relationships>',
        )
        text = "".join(body)
        archive.writestr("word/document.xml", f"{head}<w:document {_WORD}><w:body>{text}</w:body></w:document>")
    return buffer.getvalue()


def _paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def empty_paragraphs() -> bytes:
    """A hundred thousand paragraphs without a word, and one with some."""
    return _docx([*["<w:p/>"] * 100_000, _paragraph("Masters are kept.")])


def tables_in_tables() -> bytes:
    """Tables fifty deep."""
    inner = _paragraph("Masters are kept.")
    for depth in range(50):
        inner = f"<w:tbl><w:tr><w:tc>{_paragraph(f'level {depth}')}{inner}<w:p/></w:tc></w:tr></w:tbl>"
    return _docx([inner])


def word_of_entities() -> bytes:
    """A name that stands for ten others, nine deep."""
    names = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    return _docx([_paragraph("&e9;")], head=f'<!DOCTYPE w:document [<!ENTITY e0 "kept ">{names}]>')


def wide_word_table() -> bytes:
    """A table whose cells span ten thousand columns, in a thousand rows."""
    cell = f'<w:tc><w:tcPr><w:gridSpan w:val="10000"/></w:tcPr>{_paragraph("kept")}</w:tc>'
    return _docx(["<w:tbl>", *[f"<w:tr>{cell * 3}</w:tr>"] * 1000, "</w:tbl>"])


def deep_html() -> bytes:
    """Two thousand elements in each other."""
    return b"<html><body><p>Seen.</p>" + b"<div>" * 2000 + b"Masters are kept." + b"</div>" * 2000 + b"</body></html>"


def table_of_spans() -> bytes:
    """680 KB of cells that each span a hundred rows and columns."""
    return b"<table>" + b"<tr>" + b'<td rowspan="100" colspan="100">kept' * 20_000 + b"</table>"


def rows_of_spans() -> bytes:
    """As much, in rows of their own."""
    return (
        b"<table>" + b'<tr><td rowspan="100" colspan="100">kept<td rowspan="100" colspan="100">x' * 9000 + b"</table>"
    )


def style_without_braces() -> bytes:
    """A style sheet of a megabyte without one brace."""
    return b"<style>" + b"a b c d e f g h .i > j, " * 43_000 + b"</style><p>Masters are kept.</p>"


def style_of_many_rules() -> bytes:
    """Four thousand rules that hide something, on ten thousand elements."""
    rules = b"".join(b".c%d > p ~ .d%d { display: none }\n" % (n, n) for n in range(4000))
    return b"<style>" + rules + b"</style>" + b'<p class="c1 d2">Masters are kept.</p>' * 10_000


def many_small_elements() -> bytes:
    """A hundred thousand elements beside each other."""
    return b"<p>" + b"<b>kept</b> " * 100_000


def markdown_of_brackets() -> bytes:
    """Fifty thousand brackets that are never closed, and stars that mark nothing."""
    return b"Masters are kept.\n\n" + b"[" * 50_000 + b"\n\n" + b"*a _b " * 30_000 + b"\n\n" + b"`" * 40_000


def front_matter_of_aliases() -> bytes:
    """A list that names ten others, nine deep, before a text."""
    lines = ["a0: &a0 [kept]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10))]
    return ("---\n" + "\n".join(lines) + "\ntitle: *a9\n---\n\nMasters are kept.\n").encode()


def transcript_of_8_hours() -> bytes:
    """Eight hours of speech, a cue every three seconds."""

    def cue(second: int) -> str:
        return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.000"

    cues = (
        f"{cue(s)} --> {cue(s + _CUE_S)}\n<v Ada>so we keep the masters{'.' if s % 4 == 0 else ''}\n"
        for s in range(0, _SECONDS, _CUE_S)
    )
    return ("WEBVTT\n\n" + "\n".join(cues)).encode()


def one_line() -> bytes:
    """A line of 2 MB without the end of a sentence."""
    return b"Masters are kept " * 120_000


def short_lines() -> bytes:
    """Two hundred thousand lines of a letter each."""
    return b"a\n" * 200_000


HOSTILE: dict[str, Callable[[], bytes]] = {
    "page that takes minutes to draw.pdf": page_that_takes_minutes_to_draw,
    "page of see-through shapes.pdf": page_of_see_through_shapes,
    "page of 200 inches.pdf": page_of_200_inches,
    "page of a billion points.pdf": page_of_a_billion_points,
    "tiny pages.pdf": tiny_pages,
    "font bomb.pdf": font_bomb,
    "content bomb.pdf": content_bomb,
    "form of 5,000 fields.pdf": form_of_5000_fields,
    "images only.pdf": images_only,
    "image of many dots.pdf": image_of_many_dots,
    "pages in a circle.pdf": pages_in_a_circle,
    "values nested deeply.pdf": values_nested_deeply,
    "empty paragraphs.docx": empty_paragraphs,
    "tables in tables.docx": tables_in_tables,
    "entities.docx": word_of_entities,
    "wide table.docx": wide_word_table,
    "deep.html": deep_html,
    "table of spans.html": table_of_spans,
    "rows of spans.html": rows_of_spans,
    "style without braces.html": style_without_braces,
    "style of many rules.html": style_of_many_rules,
    "many small elements.html": many_small_elements,
    "brackets.md": markdown_of_brackets,
    "front matter of aliases.md": front_matter_of_aliases,
    "transcript of 8 hours.txt": transcript_of_8_hours,
    "one line.txt": one_line,
    "short lines.txt": short_lines,
}
