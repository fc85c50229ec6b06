"""Counts in words: nobody reads "1 documents"."""

import re
from pathlib import Path

import pytest

from indexes.counting import counted

ROOT = Path(__file__).parents[3]
READ_BY_PEOPLE = ("ingest", "service/commands", "service/operating", "service/backup", "service/deciding", "indexes")
# A number in braces, and then what it counts in the plural: right for every number but one.
_PLURAL = re.compile(
    r"\{[^{}]+\} (?:[a-z]+ )?(?:approvals|builds|copies|days|documents|events|files|keys|leaves|lines|months|passages"
    r"|people|problems|questions|records|sources|texts)\b"
)
_SET_BY_US = (  # numbers that are constants, settings with a least value above 1, or that one test of `== 1` guards
    "MAX_", "_MOST", "_AT_ONCE", "_TRIES", "{days} days", "DUE_DAYS",
)  # fmt: skip


@pytest.mark.parametrize(
    ("count", "one", "more", "said"),
    [
        (0, "document", "", "0 documents"),
        (1, "document", "", "1 document"),
        (2, "document", "", "2 documents"),
        (1204, "sealed text", "", "1,204 sealed texts"),
        (1, "person", "people", "1 person"),
        (3, "person", "people", "3 people"),
        (2, "approval has ended", "approvals have ended", "2 approvals have ended"),
    ],
)
def test_the_noun_follows_the_number(count: int, one: str, more: str, said: str) -> None:
    assert counted(count, one, more) == said


def test_no_number_stands_before_a_plural_that_it_may_not_fit() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for room in READ_BY_PEOPLE
        for path in sorted((ROOT / room).rglob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if _PLURAL.search(line) and not any(known in line for known in _SET_BY_US)
    ]
    assert not found, "say it with indexes.counting.counted:\n" + "\n".join(found)
