"""What a citation says of the reading: its own place, what may concern every place, and nothing else."""

import pytest

from indexes.documents import Locator
from indexes.readings import KINDS, ReadingNote
from service.answering.unread import note_at

PAGE_1, PAGE_3 = Locator("page", page=1), Locator("page", page=3)
PAY = Locator("heading", headings=("Pay", "Bonus"))
WHOLE = Locator("document")


@pytest.mark.parametrize(
    ("pages", "said"),
    [
        (("2",), "page 2 of this document could not be read"),
        (("2", "3", "4"), "pages 2, 3 and 4 of this document could not be read"),
        (("4", "2"), "pages 2 and 4 of this document could not be read"),
        (tuple(map(str, range(2, 41))), "pages 2 to 40 of this document could not be read"),
        (("2", "4", "5", "6", "7", "9", "11"), "pages 2, 4 to 7, 9 and 11 of this document could not be read"),
        ((), "2 pages of this document could not be read"),
    ],
)
def test_pages_that_could_not_be_read_concern_whoever_quotes_another(pages: tuple[str, ...], said: str) -> None:
    assert note_at([ReadingNote("pages_without_text", len(pages) or 2, pages)], PAGE_1) == said


def test_of_many_pages_far_apart_some_are_named() -> None:
    pages = tuple(str(number) for number in range(2, 200, 3))
    said = note_at([ReadingNote("pages_without_text", len(pages), pages)], PAGE_1)
    assert said is not None
    assert said.endswith("32, 35 and more of this document could not be read")


def test_where_pages_call_themselves_otherwise_it_says_that_the_file_is_counted() -> None:
    printed = Locator("page", page=4, printed="2")
    notes = [ReadingNote("pages_without_text", 1, ("6",)), ReadingNote("equations", 1, ("4",))]
    assert note_at(notes, printed) == (
        "page 6 of the file could not be read; page 4 of the file was not read whole: 1 equation"
    )


def test_what_was_left_out_at_the_very_place_is_said_with_its_count_if_that_is_known() -> None:
    fields, boxes = ReadingNote("form_fields", 2, ("3",)), ReadingNote("text_boxes", 7, ("1", "3"))
    assert note_at([fields, boxes], PAGE_3) == (
        "page 3 of this document was not read whole: 2 filled form fields, text boxes"
    )
    assert note_at([fields, boxes], PAGE_1) == "page 1 of this document was not read whole: text boxes"
    assert note_at([ReadingNote("footnotes", 1, ("Pay › Bonus",))], PAY) == (
        "this part of the document was not read whole: 1 note"
    )


@pytest.mark.parametrize("locator", [PAGE_3, PAY, WHOLE])
def test_a_picture_elsewhere_is_no_reason_to_doubt_this_place(locator: Locator) -> None:
    elsewhere = [
        ReadingNote("pictures", 3, ("1", "2")),
        ReadingNote("pictures", 1),
        ReadingNote("attachments", 1),
        ReadingNote("form_fields", 1, ("1",)),
    ]
    assert [note_at([note], locator) for note in elsewhere] == [None] * 4


@pytest.mark.parametrize("locator", [PAGE_1, PAY, WHOLE])
def test_what_names_no_place_may_be_here_and_is_said_of_the_document(locator: Locator) -> None:
    forms = note_at([ReadingNote("equations", 1), ReadingNote("form_fields", 4)], locator)
    assert forms == ("this document was not read whole: 1 equation, 4 filled form fields")


def test_what_nobody_sees_is_nothing_that_is_missing() -> None:
    unseen = [ReadingNote(name, 5, ("3",)) for name, kind in KINDS.items() if not kind.lacks]
    assert note_at(unseen, PAGE_3) is None
    assert note_at([ReadingNote(name, 5) for name, kind in KINDS.items() if not kind.lacks], WHOLE) is None


def test_what_was_not_looked_at_or_not_judged_is_said_as_that() -> None:
    assert note_at([ReadingNote("pages_not_looked_at", 1, ("3",))], PAGE_3) == (
        "page 3 of this document took too long to be looked at"
    )
    assert note_at([ReadingNote("styles_not_judged", 1)], PAY) == "hidden text of this document may have been read"


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.lacks])
def test_each_kind_that_lacks_is_said_at_its_place(kind: str) -> None:
    said = note_at([ReadingNote(kind, 2, ("3",))], PAGE_3)
    assert said is not None
    assert "page" in said
    assert said[-1].isalnum() or said.endswith(")")
