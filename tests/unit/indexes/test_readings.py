"""The reading report: counted, named in words, and not believed when it comes from a child."""

import pytest

from indexes.readings import KINDS, MAX_PLACES, Notes, ReadingNote, lacking_at, note_from_json, notes_from_json


def test_what_is_left_out_is_counted_and_its_places_are_named_once() -> None:
    notes = Notes()
    notes.add("struck_text", "3", count=4)
    notes.add("pages_without_text", "2")
    notes.add("pages_without_text", "4")
    notes.add("struck_text", "3", count=2)
    notes.add("comments", "", count=0)
    scan, struck = notes.finish()
    assert (scan.in_words(), struck.in_words()) == (
        "2 pages without text that can be read: 2, 4",
        "6 words that are struck out: 3",
    )
    assert ReadingNote("footnotes", 1).in_words() == "1 note that is not read"
    many = ReadingNote("pages_without_text", 14, tuple(map(str, range(1, 15))))
    assert many.in_words().endswith("11, 12 and 2 more")


def test_a_quote_stands_beside_what_was_not_read_only_where_a_reader_would_see_it() -> None:
    notes = (ReadingNote("pages_without_text", 1, ("2",)), ReadingNote("struck_text", 3, ("2",)))
    assert [note.kind for note in lacking_at(notes, "2")] == ["pages_without_text"]
    assert not lacking_at(notes, "3")


def test_places_without_end_are_counted_and_not_named() -> None:
    notes = Notes()
    for page in range(MAX_PLACES + 5):
        notes.add("pages_without_text", str(page))
    (note,) = notes.finish()
    assert (note.count, len(note.where)) == (MAX_PLACES + 5, MAX_PLACES)
    assert note_from_json(note.as_json()) == note


@pytest.mark.parametrize(
    "value",
    [
        [],
        {"kind": "struck_text", "count": 1},
        {"kind": "the words themselves", "count": 1, "where": []},
        {"kind": "struck_text", "count": 0, "where": []},
        {"kind": "struck_text", "count": True, "where": []},
        {"kind": "struck_text", "count": 1, "where": [1]},
        {"kind": "struck_text", "count": 1, "where": ["x" * 701]},
        {"kind": "struck_text", "count": 1, "where": ["1"] * (MAX_PLACES + 1)},
    ],
)
def test_a_note_that_is_none_is_not_believed(value: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        note_from_json(value)
    with pytest.raises(ValueError, match="expected"):
        notes_from_json([value] if value else {})


def test_each_kind_has_its_words() -> None:
    assert all(kind.one and kind.many and not kind.one.endswith(".") for kind in KINDS.values())
