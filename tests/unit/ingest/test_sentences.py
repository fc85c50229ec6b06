"""Sentences are exact spans of the stored text: what is quoted begins and ends where it should."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sentences import sentence_spans


def _sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Keep masters. Then review them!", ["Keep masters.", "Then review them!"]),
        ("One line\nAnother line", ["One line", "Another line"]),
        ("  Blank ends.  ", ["Blank ends."]),
        ("Use a tool, e.g. the approved one, for drafts.", ["Use a tool, e.g. the approved one, for drafts."]),
        ("Prefer papers of record, e.g. The Guardian. Ask.", ["Prefer papers of record, e.g. The Guardian.", "Ask."]),
        ("See No. 4 of the list. It holds.", ["See No. 4 of the list.", "It holds."]),
        ("See Fig. 3, pp. 3-4 and Art. 5. It holds.", ["See Fig. 3, pp. 3-4 and Art. 5.", "It holds."]),
        ("Is it allowed? No. Editors ask first.", ["Is it allowed?", "No.", "Editors ask first."]),
        ("We make art. Editors ask first.", ["We make art.", "Editors ask first."]),
        (
            "Masters, stems, etc. are kept. So are cuts, etc. Ask.",
            ["Masters, stems, etc. are kept.", "So are cuts, etc.", "Ask."],
        ),
        ("Ask Dr. Berg or Ms. Lind. They know.", ["Ask Dr. Berg or Ms. Lind.", "They know."]),
        ("It runs at 23.976 fps. Not at 24.", ["It runs at 23.976 fps.", "Not at 24."]),
        ("Why? Because.", ["Why?", "Because."]),
        ("It is forbidden?! Yes! Ask.", ["It is forbidden?!", "Yes!", "Ask."]),
        ("", []),
        ("\n \n", []),
    ],
)
def test_a_sentence_ends_where_a_reader_would_end_it(text: str, expected: list[str]) -> None:
    assert _sentences(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Under cl. 7.3 of the contract the supplier pays. | Form Ref. HR-12 has to be signed. | It holds.",
        "In the sense of Reg. 14 a ladder is one. | They agreed to Rev. 3 of the plan, para. 2, sub-para. (b). | Yes.",
        "See Sec. II, Art. IV and Sched. B of the Act. | The next line of Ref. | The Act holds.",
        "The office is on the 5th floor of No. 4. | The lift is out of order.",
        "We meet at 6 p.m. | The door of the U.S. embassy in Washington, D.C. | It is open from 6 a.m. to noon.",
        "Ask J. R. Smith of Acme Inc. about v. 2.1, Brown v. Board and 5 ft. 6 in. of rope. | He knows.",
        "Take vitamin C. | The dose is small. | Keep 3 m. | The wall is wet.",
        "The fee acc. to pt. 3 and p. 12 et seq. of Dir. 95/46/EC is due. | Fa. Huber pays. | Cf. Art. 6 lit. f of it.",
        "7.3. The supplier pays. | 7.4. The buyer signs. | (b) The third pays. | § 12. Nobody pays.",
        "It costs .5 percent, or $3.5. | At 9.30 the shop opens. | Use version 2. | The rest is old.",
        "See www.example.com/a. | Mail a.b@example.com. | The desk answers.",
        "Am 1. März beginnt die Frist, sie endet am 3. Oktober. | Der 2. Weltkrieg endete im 20. Jahrhundert. | Ja.",
        "Nach § 4 Abs. 2 S. 1 Nr. 3 BGB gilt z. B. die Frist, d. h. ca. drei Tage bzw. mehr usw. | Der Mieter zahlt.",
        "Die Hauptstr. 5 kostet 5 Mio. Euro. | Prof. Dr. Meier, Dipl.-Ing. Huber und Hr. Klein zahlen ggf. Miete.",
        "L'art. 5, p. ex. le n° 3, c.-à-d. trois jours. | Voir art. L. 121-1 du code. | M. Dupont et Mme. Petit vont.",
        "El Sr. García paga, p. ej. el art. 5, núm. 3, pág. 12. | La S.A. paga a EE. UU. en mayo. | Sí.",
        "He said “stop.” | The line moved. | „Halt.“ | Der Zug hielt. | « Non. » | Le train part.",
        '"Stop!" he said. | Yahoo! is a firm. | Wait... then go. | Wait… | The other waits.',
        "(See cl. 3.) | The fee (see app. 3) is due. | Keep it [for now.] | The team won 🎉. | Done.",
    ],
)
def test_neither_an_abbreviation_nor_a_number_tears_a_sentence_nor_hides_its_end(text: str) -> None:
    assert _sentences(text.replace(" | ", " ")) == text.split(" | ")


def test_spans_count_from_where_the_part_begins() -> None:
    whole = "Masters\n\nKeep them. Always."
    assert [whole[start:end] for start, end in sentence_spans(whole[9:], offset=9)] == ["Keep them.", "Always."]


TEXTS = st.text(st.one_of(st.sampled_from("ab. !?\n-1)"), st.characters(exclude_categories=["Cs"])), max_size=120)


@given(TEXTS)
def test_spans_are_in_order_apart_and_hold_no_outer_blanks_and_no_newline(text: str) -> None:
    earliest = 0
    for start, end in sentence_spans(text):
        assert earliest <= start < end <= len(text)
        sentence = text[start:end]
        assert sentence == sentence.strip()
        assert "\n" not in sentence
        earliest = end
