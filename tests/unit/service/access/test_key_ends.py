"""Keys that ended, or end soon, are told of before programs are turned away, until they are revoked or replaced."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from service.access.key_ends import SOON_DAYS
from service.access.key_store import KEYS_FILE
from tests.support.key_parts import TODAY, Office, open_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("scope", ["ask", "audit", "operate", "scim", "metrics"])
def test_a_key_of_any_scope_that_ends_soon_or_has_ended_is_told(office: Office, scope: str) -> None:
    office.make(scope, name="prometheus", days=SOON_DAYS + 1)
    assert office.ring.remarks() == []
    for passed, told in (
        (
            1,
            f"the API key 'prometheus' ({scope}) ends after 2026-12-14, and whatever uses it is answered with",
        ),
        (SOON_DAYS + 1, f"the API key 'prometheus' ({scope}) ends after 2026-12-14"),
        (SOON_DAYS + 2, f"the API key 'prometheus' ({scope}) ended after 2026-12-14, and whatever uses it is"),
        (400, f"the API key 'prometheus' ({scope}) ended after 2026-12-14"),
    ):
        office.day = TODAY + timedelta(days=passed)
        assert [remark.startswith(told) for remark in office.ring.remarks()] == [True]


def test_those_that_ended_first_come_first(office: Office) -> None:
    for name, days in (("okta", 3), ("slack", 1), ("audit", 2), ("later", 90)):
        office.make("ask", name=name, days=days)
    assert [remark.split("'")[1] for remark in office.ring.remarks()] == ["slack", "audit", "okta"]


def test_nothing_is_told_of_a_key_that_was_revoked_or_replaced(office: Office) -> None:
    office.make("metrics", name="prometheus", days=0)
    office.make("scim", name="okta", days=0)
    office.ring.revoke("okta", by="cli")
    office.day += timedelta(days=1)
    assert len(office.ring.remarks()) == 1
    office.make("metrics", name="prometheus", days=90)
    assert office.ring.remarks() == []


def test_where_no_key_was_ever_made_looking_makes_no_file(office: Office) -> None:
    assert office.ring.remarks() == []
    assert not (office.folder / KEYS_FILE).exists()
