"""What the reading of a Word document left out or never thought of is said, by kind, count and place."""

from ingest.loading.word import document as word
from tests.support.word_files import heading_styles, p, r, word_file

OPEN = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"


def told(content: bytes) -> list[tuple[str, int, tuple[str, ...]]]:
    return [(note.kind, note.count, note.where) for note in word.load(content).notes]


def test_each_kind_is_told_with_its_count_and_the_heading_it_stands_under() -> None:
    body = p("Pay", style="Heading1") + p(
        runs=r("Text. ") + r("a b", "<w:vanish/>") + r(" and ") + r("c", "<w:vanish/>")
    )
    body += p("Leave", style="Heading1") + p(runs=r("More ") + r("se", "<w:strike/>") + r("cret", "<w:strike/>"))
    body += p(runs="<w:moveFrom>" + r("moved away") + "</w:moveFrom><w:moveTo>" + r("here") + "</w:moveTo>")
    assert told(word_file(body, styles=heading_styles())) == [
        ("hidden_text", 3, ("Pay",)),
        ("struck_text", 1, ("Leave",)),
        ("deletions", 2, ("Leave",)),
    ]


def test_comments_are_told_where_their_mark_stands_and_those_without_a_mark_too() -> None:
    comments = f'<w:comment w:id="1">{p("two words")}</w:comment><w:comment w:id="2">{p("lost")}</w:comment>'
    body = p("Pay", style="Heading1") + p(runs=r("Text.") + '<w:r><w:commentReference w:id="1"/></w:r>')
    assert told(word_file(body, styles=heading_styles(), comments=comments)) == [("comments", 3, ("Pay",))]


def test_pictures_charts_objects_and_embedded_documents_are_told() -> None:
    picture = "<w:r><w:drawing><wp:inline><wp:docPr descr='alt text'/><pic:pic/></wp:inline></w:drawing></w:r>"
    chart = '<w:r><w:drawing><c:chart r:id="x"/></w:drawing></w:r>'
    sheet = "<w:r><w:object><v:shape><v:imagedata/></v:shape><o:OLEObject/></w:object></w:r>"
    body = p(runs=r("Text.") + picture + chart + sheet) + '<w:altChunk r:id="y"/>'
    assert told(word_file(body)) == [("pictures", 1, ()), ("charts", 1, ()), ("embedded", 2, ())]


def test_text_in_a_part_that_nobody_thought_of_is_told() -> None:
    inside = "<x xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'><w:t>three new words</w:t></x>"
    relation = f'<Relationship Id="n" Type="{OPEN}/novelty" Target="new.xml"/>'
    relations = f'<Relationships xmlns="{RELATIONS}">{relation}</Relationships>'
    content = word_file(p("Text."), {"word/new.xml": inside, "word/_rels/document.xml.rels": relations})
    assert told(content) == [("unlike_second_look", 3, ())]


def test_notes_that_no_mark_refers_to_are_told() -> None:
    assert told(word_file(p("Text."), footnotes=f'<w:footnote w:id="4">{p("Lost text.")}</w:footnote>')) == [
        ("footnotes", 1, ())
    ]


def test_text_in_an_unknown_wrapper_is_read() -> None:
    body = f"<w:newBlock>{p(runs='<w:newInline>' + r('Read.') + '</w:newInline>')}</w:newBlock>"
    assert word.load(word_file(body)).text == "Read."
