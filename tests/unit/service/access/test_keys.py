"""API keys: who a program is by its key, whom it may act for, and that nothing acts before it is on record."""

import hmac
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from indexes.standing import EVERYBODY
from service.access.errors import AccessError, KeysError, NotFreshError, NotSignedInError
from service.access.key_store import KEYS_FILE, KeyStore
from service.access.people import Entry
from service.access.port import Carried
from service.access.principals import Role
from tests.support.key_parts import GONE, MIRA, Office, open_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as opened:
        yield opened


class NoRecordError(Exception):
    """The log cannot be written."""


def refusal(office: Office, secret: str, on_behalf_of: str | None = None) -> str:
    with pytest.raises(NotSignedInError) as caught:
        office.who(secret, on_behalf_of)
    assert not isinstance(caught.value, NotFreshError)
    return str(caught.value)


# A key by itself


def test_a_key_that_may_ask_is_somebody_by_itself_with_its_own_groups(office: Office) -> None:
    made = office.make("ask", groups=("legal",))
    who = office.who(made.secret)
    assert (who.principal_id, who.name, who.auth) == (f"key:{made.key.key_id}", "slack", "api-key")
    assert who.groups == {"legal"}
    assert who.roles == {Role.STAFF}
    assert who.approves == frozenset()
    assert who.key_id == made.key.key_id
    assert not who.is_person()


def test_it_is_in_everybodys_group_only_where_it_was_given_it(office: Office) -> None:
    assert office.who(office.make("ask", name="a").secret).groups == frozenset()
    assert office.who(office.make("ask", name="b", groups=(EVERYBODY,)).secret).groups == {EVERYBODY}


@pytest.mark.parametrize(
    ("scope", "roles"), [("audit", {Role.AUDITOR}), ("operate", {Role.OPERATOR}), ("scim", frozenset())]
)
def test_each_scope_opens_what_it_says_and_nothing_else(office: Office, scope: str, roles: set[Role]) -> None:
    who = office.who(office.make(scope).secret)
    assert who.roles == roles
    assert who.groups == frozenset()
    assert who.scopes == {scope}


# Who is nobody


def test_whatever_is_wrong_with_a_key_the_answer_is_the_same(office: Office) -> None:
    secret = office.make("ask").secret
    other = office.make("ask", name="other").secret
    office.who(secret)
    wrong = [
        secret[:-1] + ("A" if secret[-1] != "A" else "B"),
        secret[:15] + other[15:],  # the id of one, the rest of another
        "glk_aaaaaaaaaa_" + "A" * 43,
        "glk_",
        "glk_" + "\ud800" * 54,
        secret + "\n",
        secret.upper(),
    ]
    assert len({refusal(office, one) for one in wrong}) == 1
    office.ring.revoke("slack", by="cli")
    assert refusal(office, secret) == refusal(office, "glk_")
    with pytest.raises(NotSignedInError):
        office.access.principal(Carried(session="a-session"))


def test_a_key_opens_until_the_end_of_its_last_day(office: Office) -> None:
    made = office.make("ask", days=1)
    office.day = made.key.expires
    assert office.who(made.secret)
    office.day = made.key.expires.fromordinal(made.key.expires.toordinal() + 1)
    refusal(office, made.secret)


def test_an_unknown_id_costs_a_comparison_too(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = office.make("ask").secret
    office.who(secret)
    compared: list[tuple[bytes, bytes]] = []
    real = hmac.compare_digest

    def counted(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return real(one, other)

    monkeypatch.setattr(hmac, "compare_digest", counted)
    office.who(secret)
    refusal(office, "glk_aaaaaaaaaa_" + secret[15:])
    assert [(len(one), len(other)) for one, other in compared] == [(32, 32)] * 2


def test_a_pepper_that_cannot_be_read_keeps_everybody_out(office: Office) -> None:
    secret = office.make("ask").secret
    office.access._read_pepper = lambda: (_ for _ in ()).throw(NoRecordError())
    for _ in range(2):
        with pytest.raises(NoRecordError):
            office.who(secret)


# Acting for people


def test_with_an_address_it_is_that_person_and_the_key_is_named_beside(office: Office) -> None:
    made = office.make("ask", "act-for", groups=("secret-stuff",))
    who = office.who(made.secret, "Mira@Northlight.example")
    assert (who.principal_id, who.name, who.auth) == (MIRA.person_id, MIRA.name, "on-behalf")
    assert who.groups == {"newsroom", EVERYBODY}, "the person's, never the key's"
    assert who.key_id == made.key.key_id
    assert who.scopes == frozenset()
    assert not who.is_person()


def test_whoever_signed_in_lately_can_be_acted_for_too(office: Office) -> None:
    assert office.who(office.make("ask", "act-for").secret, "ada@northlight.example").principal_id == "ada-1"


def test_for_an_auditor_or_approver_it_may_only_ask(office: Office) -> None:
    (office.folder / "access.toml").write_text(
        '[roles]\nauditor = ["newsroom"]\n[approvers]\nlegal = ["newsroom"]\n', encoding="utf-8"
    )
    who = office.who(office.make("ask", "act-for").secret, MIRA.email)
    assert who.roles == {Role.STAFF}
    assert who.approves == frozenset()


@pytest.mark.parametrize(
    "address", ["", "nobody@northlight.example", GONE.email, "mira", f"{MIRA.email}, {GONE.email}", f" {MIRA.email}"]
)
def test_for_nobody_known_or_active_the_answer_is_that_of_an_unknown_key(office: Office, address: str) -> None:
    secret = office.make("ask", "act-for").secret
    assert refusal(office, secret, address) == refusal(office, "glk_")


def test_whoever_signed_in_lately_and_is_switched_off_since_is_nobody_either(office: Office) -> None:
    secret = office.make("ask", "act-for").secret
    assert office.who(secret, "ada@northlight.example")
    ada = Entry("ada-1", "other@northlight.example", "Ada", frozenset(), active=False)
    office.directory.entries = (*office.directory.entries, ada)
    assert refusal(office, secret, "ada@northlight.example") == refusal(office, "glk_")


def test_a_key_without_the_scope_acts_for_nobody(office: Office) -> None:
    secret = office.make("ask", groups=("newsroom",)).secret
    assert office.who(secret)
    assert refusal(office, secret, MIRA.email) == refusal(office, "glk_")


def test_without_an_address_a_key_that_acts_for_people_is_itself(office: Office) -> None:
    who = office.who(office.make("ask", "act-for").secret)
    assert who.principal_id.startswith("key:")
    assert who.groups == frozenset()
    assert who.roles == {Role.STAFF}


def test_a_directory_that_changed_is_read_before_somebody_is_acted_for(office: Office) -> None:
    secret = office.make("ask", "act-for").secret
    office.who(secret, MIRA.email)
    office.directory.fresh = False
    with pytest.raises(NotFreshError):
        office.access.principal(Carried(bearer=secret, on_behalf_of=MIRA.email))
    assert office.who(secret, MIRA.email).principal_id == MIRA.person_id


# On record first


def test_what_the_command_line_did_is_on_record_before_it_acts_once(office: Office) -> None:
    made = office.make("ask")
    for _ in range(3):
        office.who(made.secret)
    office.ring.revoke("slack", by="cli")
    for _ in range(2):
        refusal(office, made.secret)
    assert [(change.kind, change.by, change.key.name) for change in office.recorded] == [
        ("created", "cli", "slack"),
        ("revoked", "cli", "slack"),
    ]


def test_what_cannot_be_recorded_does_not_act(office: Office) -> None:
    secret = office.make("ask").secret
    office.refuses = NoRecordError()
    for _ in range(2):
        with pytest.raises(NoRecordError):
            office.who(secret)
        with pytest.raises(NotFreshError):
            office.access.principal(Carried(bearer=secret))
    office.refuses = None
    assert office.who(secret)
    assert len(office.recorded) == 1


def test_while_a_revocation_cannot_be_recorded_no_key_opens_anything(office: Office) -> None:
    revoked, other = office.make("ask").secret, office.make("ask", name="other").secret
    office.who(revoked)
    office.ring.revoke("slack", by="cli")
    office.refuses = NoRecordError()
    for secret in (revoked, other):
        with pytest.raises(NoRecordError):
            office.who(secret)
    office.refuses = None
    refusal(office, revoked)
    assert office.who(other)


def test_a_key_that_is_made_while_another_is_recorded_waits_for_its_own_record(office: Office) -> None:
    first = office.make("ask").secret
    later: list[str] = []
    usual = office.record

    def slow(change: Any) -> None:
        if not later:
            later.append(office.make("ask", name="later").secret)
        usual(change)

    office.access._on_change = slow
    office.who(first)
    office.who(later[0])
    assert [change.key.name for change in office.recorded] == ["slack", "later"]


def test_nothing_is_recorded_again_after_a_restart(office: Office, tmp_path: Path) -> None:
    secret = office.make("ask").secret
    office.who(secret)
    with open_office(tmp_path) as again:
        assert again.who(secret)
        assert again.recorded == []


def test_a_row_that_nobody_recorded_is_no_key(office: Office) -> None:
    made = office.make("ask")
    with sqlite3.connect(office.folder / KEYS_FILE) as file:
        file.execute("DELETE FROM key_changes")
    file.close()
    refusal(office, made.secret)


# What is in memory


def test_a_change_by_another_process_is_seen_at_once_and_nothing_else_is_read_anew(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = office.make("ask").secret
    office.who(secret)
    with monkeypatch.context() as patch:
        patch.delattr(KeyStore, "acting")
        assert office.access.principal(Carried(bearer=secret))
    office.make("audit", name="other")
    with pytest.raises(NotFreshError):
        office.access.principal(Carried(bearer=secret))


def test_another_file_in_its_place_is_seen(office: Office) -> None:
    secret = office.make("ask").secret
    office.who(secret)
    for left in office.folder.glob(f"{KEYS_FILE}*"):
        left.unlink()
    refusal(office, secret)


def test_a_store_that_cannot_be_read_keeps_everybody_out(office: Office) -> None:
    secret = office.make("ask").secret
    office.who(secret)
    for left in office.folder.glob(f"{KEYS_FILE}*"):
        left.unlink()
    (office.folder / KEYS_FILE).mkdir()
    with pytest.raises(KeysError, match="API keys cannot be read or written"):
        office.who(secret)


def test_the_day_of_use_is_noted_once_a_day(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = office.make("ask").secret
    notes: list[str] = []
    noting = KeyStore.note_used

    def counted(store: KeyStore, key_id: str, day: date) -> None:
        notes.append(key_id)
        noting(store, key_id, day)

    monkeypatch.setattr(KeyStore, "note_used", counted)
    for day in (office.day, office.day.replace(day=30)):
        office.day = day
        for _ in range(3):
            office.who(secret)
            office.access.note_uses()
        assert office.ring.all()[0].last_used == day
    assert len(notes) == 2


def test_a_day_that_cannot_be_noted_keeps_nobody_out(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = office.make("ask").secret

    def full(*_: Any) -> None:
        raise KeysError("the disk is full")

    monkeypatch.setattr(KeyStore, "note_used", full)
    for _ in range(2):
        assert office.who(secret)
        office.access.close()


def test_closing_twice_is_fine(office: Office) -> None:
    office.who(office.make("ask").secret)
    office.access.close()
    office.access.close()
    assert issubclass(KeysError, AccessError)
