"""Making, listing and revoking API keys: what a key looks like, what is kept of it, what is refused."""

import re
import sqlite3
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from service.access.errors import KeysError
from service.access.key_ring import KeyRing, KeyWish, id_in
from service.access.key_store import KEYS_FILE, KeyStore
from service.access.private_file import in_folder
from tests.support.key_parts import PEPPER, TODAY, Office, open_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as opened:
        yield opened


def test_a_key_has_a_form_that_scanners_find_and_is_shown_nowhere_else(office: Office) -> None:
    made = office.make("ask")
    assert re.fullmatch(r"glk_[a-z2-7]{10}_[A-Za-z0-9_-]{43}", made.secret)
    assert id_in(made.secret) == made.key.key_id
    assert made.secret not in repr(made)
    assert made.key.hash.hex() not in repr(made)
    files = b"".join(path.read_bytes() for path in office.folder.iterdir())
    assert made.secret[15:].encode() not in files
    assert made.key.key_id.encode() in files


def test_no_two_keys_are_alike(office: Office) -> None:
    made = [office.make("ask", name=f"k{n}") for n in range(20)]
    assert len({one.secret[15:] for one in made}) == len({one.key.key_id for one in made}) == 20


def test_the_file_is_for_its_owner_only(office: Office) -> None:
    office.make("ask")
    for path in office.folder.glob(f"{KEYS_FILE}*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_kept_depends_on_the_pepper(office: Office) -> None:
    made = office.make("ask")
    office.who(made.secret)
    office.access._pepper = b"q" * 32
    with pytest.raises(Exception, match="expected an API key"):
        office.who(made.secret)


def test_keys_are_listed_as_they_were_made(office: Office) -> None:
    office.make("ask", "act-for", groups=("legal", "staff"))
    office.make("scim", name="okta", days=0)
    first, second = office.ring.all()
    assert first.name == "slack"
    assert first.scopes == {"ask", "act-for"}
    assert first.groups == {"legal", "staff"}
    assert (first.made_by, first.made_at, first.expires) == ("cli", "2026-11-29T12:00:00Z", TODAY + timedelta(30))
    assert (second.name, second.groups, second.last_used) == ("okta", frozenset(), None)


def test_a_name_is_free_again_when_its_key_has_ended(office: Office) -> None:
    office.make("ask", days=1)
    with pytest.raises(KeysError, match="expected a name that no other key has"):
        office.make("audit")
    office.ring.revoke("slack", by="cli")
    office.make("ask", days=1)
    office.day += timedelta(days=2)
    office.make("ask")
    assert [office.ring.shown(key)["state"] for key in office.ring.all()] == ["revoked", "expired", "live"]


def test_a_key_is_revoked_by_name_or_id_once(office: Office) -> None:
    by_id = office.make("ask", name="a").key.key_id
    office.make("ask", name="b")
    assert office.ring.revoke(by_id, by="ada").revoked_at == "2026-11-29T12:00:00Z"
    assert office.ring.revoke("b", by="ada").name == "b"
    for gone in (by_id, "a", "b", "never-was"):
        with pytest.raises(KeysError, match="expected the name or id of a key that is not revoked"):
            office.ring.revoke(gone, by="ada")


@pytest.mark.parametrize("name", ["", "Slack", "-a", "a b", "a" * 65, "ä", "a\n"])
def test_a_name_has_a_form(office: Office, name: str) -> None:
    with pytest.raises(KeysError, match="expected a name of 1 to 64"):
        office.make("ask", name=name)


@pytest.mark.parametrize(
    ("scopes", "groups", "message"),
    [
        ((), (), "expected scopes out of"),
        (("ask", "root"), (), "expected scopes out of"),
        (("act-for",), (), "expected ask beside act-for"),
        (("audit", "operate"), (), "expected audit or operate, got both"),
        (("scim", "ask"), (), "expected scim alone"),
        (("audit",), ("legal",), "expected groups only beside ask"),
        (("ask",), ("a\nb",), "plain names of groups"),
        (("ask",), (" ",), "plain names of groups"),
    ],
)
def test_what_a_key_may_be_has_limits(
    office: Office, scopes: tuple[str, ...], groups: tuple[str, ...], message: str
) -> None:
    with pytest.raises(KeysError, match=message):
        office.make(*scopes, groups=groups)
    assert office.ring.all() == []


def test_a_key_may_be_operator_and_auditor_where_one_person_may(office: Office) -> None:
    office.both = True
    assert office.make("audit", "operate").key.scopes == {"audit", "operate"}


def test_a_last_day_that_is_over_is_refused_and_today_is_fine(office: Office) -> None:
    assert office.make("ask", days=0)
    with pytest.raises(KeysError, match="expected a last day that is not over, got one before 2026-11-29"):
        office.make("ask", name="late", days=-1)


def test_a_key_that_cannot_be_put_on_record_was_not_made(office: Office) -> None:
    def refuses() -> None:
        raise NotImplementedError

    ring = KeyRing(
        store=office.store,
        pepper=lambda: PEPPER,
        now=office.ring._now,
        operator_may_audit=lambda: False,
        settle=refuses,
    )
    with pytest.raises(NotImplementedError):
        ring.make(KeyWish("slack", ["ask"], TODAY), by="ada")
    assert office.ring.all() == []
    assert office.make("ask"), "its name is free"
    office.who(office.make("ask", name="b").secret)
    assert [change.key.name for change in office.recorded] == ["slack", "b"]


def test_a_key_that_is_on_record_is_not_forgotten(office: Office) -> None:
    made = office.make("ask")
    office.who(made.secret)
    office.store.forget(made.key.key_id)
    assert office.who(made.secret)


def test_a_file_of_a_newer_release_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / KEYS_FILE
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version = 3")
    file.close()
    before = path.read_bytes()
    with pytest.raises(KeysError, match="in form 2, got 3"):
        KeyStore(in_folder(tmp_path)).all()
    assert path.read_bytes() == before or b"keys" not in path.read_bytes()


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / KEYS_FILE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeysError, match="API keys cannot be read or written"):
        KeyStore(in_folder(tmp_path)).all()
    assert not (tmp_path / "elsewhere").exists()
