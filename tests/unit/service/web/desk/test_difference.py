"""What changed is shown word by word, in order, with nothing lost, and in bounded work."""

from hypothesis import given
from hypothesis import strategies as st

from service.web.desk.difference import Difference, difference


def _text(found: Difference, kind: str) -> list[str]:
    """Return the words of one of both texts: of the old one what is `gone`, of the new one what is `new`."""
    shown = [part.text for one in found.stretches for part in one.parts if part.kind in ("same", kind)]
    return " ".join(shown).split()


def _kinds(found: Difference) -> list[str]:
    return [stretch.kind for stretch in found.stretches]


def test_a_word_that_was_put_for_another_is_shown_in_its_line() -> None:
    found = difference("Turnovers are due on Monday.", "Turnovers are due on Friday.")
    (stretch,) = found.stretches
    shown = [(part.kind, part.text) for part in stretch.parts if part.text.strip()]
    assert shown == [("same", "Turnovers are due on "), ("gone", "Monday"), ("new", "Friday"), ("same", ".")]
    assert (found.came, found.went) == (1, 1)


def test_lines_that_have_nothing_in_common_are_not_mixed() -> None:
    found = difference("Flights are booked in economy.", "Lanterns hang on the backlot here.")
    assert _kinds(found) == ["gone", "new"]


def test_what_did_not_change_is_folded_around_what_did() -> None:
    lines = [f"Rule {number} stands." for number in range(20)]
    found = difference("\n".join(lines), "\n\n".join([*lines[:10], "A new rule.", *lines[10:]]))
    assert _kinds(found) == ["folded", "same", "same", "new", "same", "same", "folded"]
    assert (found.stretches[0].lines, found.stretches[-1].lines) == (8, 8)


def test_a_line_that_was_moved_goes_out_and_comes_in() -> None:
    found = difference("a b\nc d\ne f", "c d\ne f\na b")
    assert _kinds(found) == ["gone", "same", "same", "new"]


@given(*[st.lists(st.sampled_from(["a b c", "a b d", "x y", "z", "a"]), max_size=12) for _ in range(2)])
def test_both_texts_can_be_read_off_what_is_shown(old: list[str], new: list[str]) -> None:
    found = difference("\n".join(old), "\n".join(new))
    if "folded" in _kinds(found):
        return
    assert _text(found, "gone") == " ".join(old).split()
    assert _text(found, "new") == " ".join(new).split()


def test_two_long_texts_without_a_line_in_common_are_told_apart_in_bounded_work() -> None:
    found = difference("same line\n" * 6000 + "old", "other line\n" * 6000 + "new")
    assert (found.went, found.came) == (6001, 6001)
    assert found.left_out > 0
