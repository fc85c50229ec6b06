"""What the stores of sessions, API keys and pushed people promise, over files and over tables that replicas share.

To hold another place to it, add it to `tests/support/keeps.py`. Two of a store stand for two processes.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from service.access.errors import KeysError, KeyWishError, NoKeyError, NotFreshError, NotSignedInError
from service.access.key_store import Key, KeyStore
from service.access.openid import logins as logins_module
from service.access.openid.logins import Logins
from service.access.people import Person
from service.access.private_database import Keep
from service.access.pushed import PushedPeople, TakenError
from service.access.pushed_store import PushedStore
from service.access.session_store import SessionStore
from service.access.sessions import CODE_LASTS_S, Lasting, Sessions

NewKeep = Callable[[], Keep]
MIRA = Person("mira-1", "mira@northlight.example", "Mira", frozenset({"newsroom", "legal"}))
TODAY = date(2026, 11, 29)
KEY = Key(
    key_id="abcdefghij",
    name="slack",
    hash=bytes(range(32)),
    scopes=frozenset({"ask", "act-for"}),
    groups=frozenset(),
    made_by="cli",
    made_at="2026-11-29T12:00:00Z",
    expires=TODAY + timedelta(days=30),
)


class Seconds:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock_s() -> Seconds:
    return Seconds()


@pytest.fixture
def new_sessions(new_keep: NewKeep, clock_s: Seconds) -> Iterator[Callable[[], Sessions]]:
    with contextlib.ExitStack() as stack:

        def one() -> Sessions:
            made = Sessions(SessionStore(new_keep(), clock_s=clock_s), Lasting(most_s=1000, idle_s=300, seen_s=500))
            return stack.enter_context(contextlib.closing(made))

        yield one


@pytest.fixture
def new_logins(new_keep: NewKeep, clock_s: Seconds) -> Iterator[Callable[[], Logins]]:
    with contextlib.ExitStack() as stack:
        yield lambda: Logins(stack.enter_context(contextlib.closing(SessionStore(new_keep(), clock_s=clock_s))))


@pytest.fixture
def new_keys(new_keep: NewKeep) -> Iterator[Callable[[], KeyStore]]:
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(contextlib.closing(KeyStore(new_keep())))


@pytest.fixture
def new_people(new_keep: NewKeep) -> Iterator[Callable[[], PushedPeople]]:
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(contextlib.closing(PushedPeople(PushedStore(new_keep()))))


# Sessions


def test_a_session_that_one_began_is_known_to_the_other_with_all_of_its_person(
    new_sessions: Callable[[], Sessions],
) -> None:
    one, other = new_sessions(), new_sessions()
    begun = one.begin(MIRA, before=None, id_token="as it came")
    assert other.person(begun.session_id) == MIRA
    assert other.end(begun.session_id) == "as it came"
    assert one.person(begun.session_id) is None


def test_signing_in_again_ends_the_session_before(new_sessions: Callable[[], Sessions]) -> None:
    one, other = new_sessions(), new_sessions()
    before = one.begin(MIRA, before=None, id_token=None).session_id
    after = other.begin(replace(MIRA, name="Mira N."), before=before, id_token=None).session_id
    assert one.person(before) is None
    assert one.person(after) == replace(MIRA, name="Mira N.")


def test_a_session_ends_when_it_is_not_used_and_in_any_case(
    new_sessions: Callable[[], Sessions], clock_s: Seconds
) -> None:
    one, other = new_sessions(), new_sessions()
    used, unused = (one.begin(MIRA, before=None, id_token=None).session_id for _ in range(2))
    for _ in range(4):  # now here, now there: each use counts for both
        clock_s.now += 240
        assert (one if _ % 2 else other).person(used) == MIRA
    assert one.person(unused) is None
    clock_s.now += 100
    assert other.person(used) is None


def test_a_code_works_once_for_minutes_and_wherever_it_is_brought(
    new_sessions: Callable[[], Sessions], clock_s: Seconds
) -> None:
    one, other = new_sessions(), new_sessions()
    code, late = one.new_code("mira-1"), one.new_code("mira-1")
    begun = other.begin_by_code(code)
    assert one.person(begun.session_id) == Person("mira-1", None, "")
    for sessions in (one, other):
        with pytest.raises(NotSignedInError, match="expected a new link"):
            sessions.begin_by_code(code)
    clock_s.now += CODE_LASTS_S
    with pytest.raises(NotSignedInError, match="expected a new link"):
        one.begin_by_code(late)


def test_of_twenty_who_bring_one_code_to_two_at_once_one_gets_in(new_sessions: Callable[[], Sessions]) -> None:
    both = new_sessions(), new_sessions()
    code, at_once = both[0].new_code("mira-1"), threading.Barrier(20)
    got: list[object] = []
    refused: list[object] = []

    def bring(number: int) -> None:
        at_once.wait()
        try:
            got.append(both[number % 2].begin_by_code(code))
        except NotSignedInError as error:
            refused.append(error)

    threads = [threading.Thread(target=bring, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(got), len(refused)) == (1, 19)


@pytest.mark.parametrize("called", ["mira-1", "Mira@Northlight.example"])
def test_somebody_is_signed_out_everywhere(new_sessions: Callable[[], Sessions], called: str) -> None:
    one, other = new_sessions(), new_sessions()
    here, there = (sessions.begin(MIRA, before=None, id_token=None).session_id for sessions in (one, other))
    toms = one.begin(Person("tom-2", None, "Tom"), before=None, id_token=None).session_id
    assert other.end_all(called) == 2
    assert [one.person(session) is not None for session in (here, there, toms)] == [False, False, True]
    assert other.end_all("nobo\0dy") == 0


def test_who_signed_in_lately_is_known_by_their_address_unless_two_have_it(
    new_sessions: Callable[[], Sessions], clock_s: Seconds
) -> None:
    one, other = new_sessions(), new_sessions()
    for _ in range(2):  # whoever comes again is noted once
        one.begin(MIRA, before=None, id_token=None)
    assert other.seen_with_address("MIRA@northlight.example") == MIRA
    assert other.seen_with_address("mira\0@northlight.example") is None
    clock_s.now += 400
    other.begin(replace(MIRA, person_id="mira-2"), before=None, id_token=None)
    assert one.seen_with_address("mira@northlight.example") is None
    clock_s.now += 100
    assert one.seen_with_address("mira@northlight.example") == replace(MIRA, person_id="mira-2")


# Logins


def test_a_login_that_began_at_one_is_taken_once_at_the_other(
    new_logins: Callable[[], Logins], clock_s: Seconds
) -> None:
    one, other = new_logins(), new_logins()
    login_id, login = one.begin()
    assert other.take(login_id) == login
    assert one.take(login_id) is None
    late, _ = other.begin()
    clock_s.now += logins_module.LOGIN_LASTS_S
    assert one.take(late) is None


def test_the_oldest_logins_go_where_very_many_are_begun(
    new_logins: Callable[[], Logins], clock_s: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logins_module, "_MOST", 3)
    logins, begun = new_logins(), []
    for _ in range(5):
        begun.append(logins.begin()[0])
        clock_s.now += 1
    assert [logins.take(login_id) is not None for login_id in begun] == [False, False, True, True, True]


# API keys


def test_a_key_acts_once_it_is_recorded_and_until_it_is_revoked(new_keys: Callable[[], KeyStore]) -> None:
    one, other = new_keys(), new_keys()
    assert one.acting() == (0, {})
    one.add(KEY, today=TODAY)
    assert other.acting() is None
    (made,) = other.unrecorded()
    assert (made.kind, made.by, made.key) == ("created", "cli", KEY)
    other.mark_recorded(made.number)
    assert one.acting() == (made.number, {KEY.key_id: KEY})
    revoked = other.revoke("slack", by="op", at="2026-11-29T13:00:00Z")
    assert revoked == replace(KEY, revoked_at="2026-11-29T13:00:00Z")
    assert one.acting() is None
    (change,) = one.unrecorded()
    assert (change.kind, change.by) == ("revoked", "op")
    assert change.number > made.number
    one.mark_recorded(change.number)
    assert other.acting() == (change.number, {})


def test_keys_are_read_with_the_pepper_that_made_them_until_none_of_them_is_left(
    new_keys: Callable[[], KeyStore],
) -> None:
    one, other = new_keys(), new_keys()
    one.expect_pepper(b"p" * 32)
    other.expect_pepper(b"p" * 32)
    one.add(KEY, today=TODAY)
    with pytest.raises(KeysError, match=r"made with another api-pepper.key than the one in GREENLIT_KEYS"):
        other.expect_pepper(b"q" * 32)
    other.revoke("slack", by="op", at="2026-11-29T13:00:00Z")
    other.expect_pepper(b"q" * 32)
    one.add(replace(KEY, key_id="bcdefghijk"), today=TODAY)
    with pytest.raises(KeysError, match=r"made with another"):
        one.expect_pepper(b"p" * 32)


def test_keys_are_listed_in_the_order_in_which_they_were_made(new_keys: Callable[[], KeyStore]) -> None:
    keys, names = new_keys(), ["slack", "a", "z", "b"]
    for number, name in enumerate(names):
        keys.add(replace(KEY, key_id=f"{9 - number:010}", name=name), today=TODAY)
    keys.note_used(f"{9:010}", TODAY)
    assert [key.name for key in keys.all()] == names
    assert [key.last_used for key in keys.all()] == [TODAY, None, None, None]


def test_two_keys_that_live_have_two_names_whichever_process_makes_them(new_keys: Callable[[], KeyStore]) -> None:
    one, other, at_once, refused = new_keys(), new_keys(), threading.Barrier(8), []

    def make(number: int) -> None:
        at_once.wait()
        try:
            (one if number % 2 else other).add(replace(KEY, key_id=f"{number:010}"), today=TODAY)
        except KeyWishError as error:
            refused.append(error)

    threads = [threading.Thread(target=make, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(one.all()), len(refused)) == (1, 7)


@pytest.mark.parametrize("name", ["nobody", "sla\0ck", "' OR 1=1 --"])
def test_what_is_no_key_is_not_revoked(new_keys: Callable[[], KeyStore], name: str) -> None:
    keys = new_keys()
    keys.add(KEY, today=TODAY)
    with pytest.raises(NoKeyError, match="expected the name or id"):
        keys.revoke(name, by="op", at="2026-11-29T13:00:00Z")
    assert keys.all() == [KEY]


def test_a_key_that_was_never_recorded_is_forgotten_and_no_other(new_keys: Callable[[], KeyStore]) -> None:
    keys = new_keys()
    keys.add(KEY, today=TODAY)
    keys.forget(KEY.key_id)
    assert (keys.all(), keys.unrecorded()) == ([], [])
    keys.add(KEY, today=TODAY)
    keys.mark_recorded(keys.unrecorded()[0].number)
    keys.forget(KEY.key_id)
    assert keys.all() == [KEY]


def test_a_look_sees_what_another_process_did(new_keys: Callable[[], KeyStore]) -> None:
    one, other = new_keys(), new_keys()
    with contextlib.closing(one.watching()) as watch:
        before = watch.newest()
        other.note_used(KEY.key_id, TODAY)
        assert watch.newest() == before
        other.add(KEY, today=TODAY)
        assert watch.newest() > before


# People who are pushed


def test_what_one_was_pushed_the_other_knows_before_anybody_is_looked_up(
    new_people: Callable[[], PushedPeople],
) -> None:
    one, other = new_people(), new_people()
    for people in (one, other):
        people.refresh()
    mira = one.add("user", {"userName": "mira@northlight.example", "externalId": "mira-1"})
    one.add("group", {"displayName": "newsroom", "members": [{"value": mira.id}]})
    with pytest.raises(NotFreshError):
        other.by_id("mira-1")
    other.refresh()
    found = other.by_email("Mira@northlight.example")
    assert found is not None
    assert (found.groups, found.active) == (frozenset({"newsroom"}), True)
    other.delete("user", mira.id)
    one.refresh()
    left = one.by_id("mira-1")
    assert left is not None
    assert not left.active
    assert [user.id for user in one.users()] == []
    assert [group.name for group in other.groups()] == ["newsroom"]


def test_changes_at_two_at_once_are_all_kept_and_a_name_is_taken_once(new_people: Callable[[], PushedPeople]) -> None:
    both, at_once, refused = (new_people(), new_people()), threading.Barrier(6), []

    def push(number: int) -> None:
        at_once.wait()
        people = both[number % 2]
        people.add("user", {"userName": f"user-{number}"})
        try:
            people.add("group", {"displayName": "newsroom"})
        except TakenError as error:
            refused.append(error)

    threads = [threading.Thread(target=push, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for people in both:
        assert {user.name for user in people.users()} == {f"user-{number}" for number in range(6)}
        assert len(people.groups()) == 1
    assert len(refused) == 5
