"""What waits for a decision: the greatest risk first, nothing twice and nothing left out from page to page."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from indexes.lines import DocumentStanding
from indexes.sources import Source
from indexes.standing import Grant, Standing
from service.deciding.errors import WishError
from service.deciding.waiting import Kept, Placed, page_of, waiting_in
from tests.support.fakes import APPROVAL, NOON

LEGAL = Source("legal", "folder", Path("/library/legal"), "o@x.example", ("staff",), 2, 12)


def _granted(expires: date) -> Grant:
    return Grant("legal/a.md", "a" * 64, "", frozenset({"staff"}), ("ann",), date(2026, 1, 1), expires)


def _why(line: DocumentStanding) -> list[str]:
    return [item.why for item in waiting_in([line], LEGAL, NOON)]


@pytest.mark.parametrize(
    ("expires", "why"),
    [(date(2026, 12, 20), ["expiring"]), (date(2026, 12, 21), []), (date(2026, 11, 20), ["expiring"])],
)
def test_what_is_approved_waits_once_it_ends_within_thirty_days(expires: date, why: list[str]) -> None:
    assert _why(DocumentStanding("legal/a.md", Standing.APPROVED, "a" * 64, _granted(expires), None)) == why


@pytest.mark.parametrize("standing", [Standing.REVOKED, Standing.REJECTED, Standing.MISSING])
def test_what_was_decided_or_has_no_file_waits_for_nobody(standing: Standing) -> None:
    assert _why(DocumentStanding("legal/a.md", standing, None, None, None)) == []


def test_what_one_approved_is_short_of_another() -> None:
    line = DocumentStanding("legal/a.md", Standing.PENDING, "a" * 64, None, None, (APPROVAL,))
    assert _why(line) == ["short"]
    assert _why(DocumentStanding("legal/a.md", Standing.PENDING, "a" * 64, None, None)) == ["undecided"]


def test_what_is_not_decided_on_waits_since_its_file_was_written() -> None:
    line = DocumentStanding("legal/a.md", Standing.CHANGED, "a" * 64, None, None, changed_at=NOON)
    (item,) = waiting_in([line], LEGAL, NOON)
    assert item.at == NOON


def test_what_is_remembered_ends_with_the_day() -> None:
    line = DocumentStanding("legal/a.md", Standing.APPROVED, "a" * 64, _granted(date(2026, 12, 21)), None)
    kept = Kept()
    assert list(kept.waiting_in([line], LEGAL, NOON)) == []
    ((_, item),) = kept.waiting_in([line], LEGAL, NOON + timedelta(days=1))
    assert item.why == "expiring"


def _waiting(names: str) -> list[Placed]:
    lines = [DocumentStanding(f"legal/{name}", Standing.PENDING, None, None, None) for name in names]
    return list(Kept().waiting_in(lines, LEGAL, NOON))


def test_pages_hold_everything_once_even_if_something_is_decided_in_between() -> None:
    seen: list[str] = []
    after, left = None, _waiting("cab|ed")
    while True:
        page = page_of(left, after=after, limit=2)
        seen += [item.line.document.removeprefix("legal/") for item in page.items]
        left = [one for one in left if one[1].line.document != f"legal/{seen[-1]}"]  # it is decided by now
        if page.next is None:
            break
        after = page.next
    assert seen == sorted("cab|ed")


@pytest.mark.parametrize("after", ["", "x", "1|x", "9|~|legal/a.md", "|||"])
def test_a_place_that_no_page_gave_is_refused(after: str) -> None:
    with pytest.raises(WishError, match="after: expected the `next` of the page before"):
        page_of([], after=after, limit=1)
