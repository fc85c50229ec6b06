"""The package of a Word document: whatever its parts are called, and refused by name if it is none."""

import pytest

from ingest.errors import LoadError
from ingest.loading.word import document as word
from tests.support.word_files import heading_styles, p, r, word_file, zipped

KEYS = "Lost keys are reported within two hours."
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
STRICT = "http://purl.oclc.org/ooxml"


def package(part: str, content: str | bytes, *, kind: str = OFFICE, mode: str = "") -> bytes:
    own = (
        f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r" Type="{kind}" Target="{part}"{mode}/></Relationships>'
    )
    return zipped({"_rels/.rels": own, part.lstrip("/"): content})


def test_the_main_part_is_found_by_its_relationship_whatever_its_name() -> None:
    assert word.load(word_file(p(KEYS), main="word/document2.xml")).text == KEYS
    assert word.load(word_file(p(KEYS), main="text/Main%20part.xml".replace("%20", " "))).text == KEYS


def test_a_strict_document_is_read() -> None:
    content = (
        f'<w:document xmlns:w="{STRICT}/wordprocessingml/main" xmlns:m="{STRICT}/officeDocument/math"><w:body><w:p>'
        '<w:r><w:t>Some </w:t></w:r><w:r><w:rPr><w:vanish w:val="on"/></w:rPr><w:t>secret</w:t></w:r>'
        "<m:oMath><m:r><m:t>text</m:t></m:r></m:oMath></w:p></w:body></w:document>"
    )
    kind = f"{STRICT}/officeDocument/relationships/officeDocument"
    assert word.load(package("word/document.xml", content, kind=kind)).text == "Some text"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "without a password, got an encr",
        ),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.text"}), "got an OpenDocument file"),
        (package("xl/workbook.xml", "<workbook/>"), r"got a spreadsheet: save it as \.docx or \.pdf"),
        (package("ppt/presentation.xml", "<presentation/>"), "got a presentation"),
        (package("word/document.xml", "<w:document"), r"got one that is damaged \(XMLSyntaxError\)"),
        (package("word/document.xml", "<x/>", mode=' TargetMode="External"'), "a ZIP archive without a Word document"),
        (package("word/document.xml", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'), "got one that declares entities"),
        (
            package("word/document.xml", '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x []><x/>'.encode("utf-16")),
            "got one that declares entities",
        ),
        (zipped({f"{number}.xml": "" for number in range(10_001)}), "of at most 10000 parts, got 10001"),
    ],
)
def test_what_is_no_word_document_is_refused_by_name(content: bytes, reason: str) -> None:
    with pytest.raises(LoadError, match=reason):
        word.load(content)


def test_parts_outside_the_archive_are_not_asked_for() -> None:
    relations = (
        f'<Relationships xmlns="{RELATIONS}"><Relationship Id="s" Type="x/styles" Target="http://nowhere.test/s" '
    )
    relations += (
        'TargetMode="External"/><Relationship Id="t" Type="x/theme" Target="../../../etc/passwd"/></Relationships>'
    )
    content = word_file(p(KEYS), {"word/_rels/document.xml.rels": relations})
    assert word.load(content).text == KEYS


def test_what_headers_and_footers_on_pages_say_is_kept_once_at_the_end_and_a_page_number_says_nothing() -> None:
    section = '<w:sectPr><w:headerReference w:type="default" r:id="header"/>'
    section += '<w:footerReference w:type="{}" r:id="footer"/>{}</w:sectPr>'
    page = p(runs=r("Page ") + '<w:fldSimple w:instr=" PAGE ">' + r("3") + "</w:fldSimple>")
    parts = {"header": p("Valid until May"), "footer": page + p("Not for guests")}
    body = p("Pay", style="Heading1") + p("Text.")

    def read(kind: str, more: str = "") -> list[str]:
        document = word.load(word_file(body + section.format(kind, more), None, styles=heading_styles(), **parts))
        assert [part.locator.kind for part in document.sections] == ["heading", "document"]
        assert document.notes == ()
        return document.text.split("\n\n")

    assert read("default") == ["Pay", "Text.", "Valid until May", "Not for guests"]
    assert read("first") == read("even") == ["Pay", "Text.", "Valid until May"]
    assert read("first", "<w:titlePg/>")[2:] == ["Valid until May", "Not for guests"]
