"""What was taken: durable before anybody is told, once for each question, and without a word of it."""

import asyncio
import contextlib
import sqlite3
import stat
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from service.slack_bot.arriving import delivery_file
from service.slack_bot.arriving.deliveries import KEPT_S, SEEN_S, Deliveries, Delivery
from service.slack_bot.arriving.delivery_tables import DeliveryTables
from service.slack_bot.errors import DeliveriesError, TakenOverError
from service.slack_bot.places import Place
from tests.support.keeps import name_in
from tests.support.postgres_server import Server, standby_away

_T = TypeVar("_T")
Place_ = Path | DeliveryTables
_PLACE = Place(kind="direct", team="T1", channel="D1", user="U1", ts="1.1", thread_ts="1.1")
_COMMAND = Place(kind="command", team="T1", channel="C1", user="U1", response_url="https://hooks.slack.com/x")


def _with(place: Place_, what: Callable[[Deliveries], Coroutine[Any, Any, _T]], now_s: float = 1000.0) -> _T:
    """Open the file, do something with it, close it: what is there afterwards, another process finds."""

    async def do() -> _T:
        deliveries = Deliveries(place, clock_s=lambda: now_s)
        try:
            return await what(deliveries)
        finally:
            await deliveries.close()

    return asyncio.run(do())


@pytest.fixture(params=["database", "file"])
def place(request: pytest.FixtureRequest, path: Path) -> Place_:
    """A file; or tables, to which each opening connects anew."""
    return path if request.param == "file" else DeliveryTables(request.getfixturevalue("deliveries_url"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "slack" / "deliveries.sqlite"


def _all_of(place: Place_) -> str:
    """Return all that is kept there, as it lies."""
    if isinstance(place, Path):
        return place.read_bytes().decode("latin-1")
    try:
        return str([place.rows(f"SELECT * FROM {table}") for table in ("deliveries", "seen")])  # noqa: S608
    finally:
        place.close()


def test_a_delivery_is_taken_once_also_by_a_later_process(place: Place_) -> None:
    async def take(deliveries: Deliveries) -> list[bool]:
        return [await deliveries.take(Delivery("Ev1", _PLACE)) for _ in range(2)]

    assert _with(place, take) == [True, False]
    assert _with(place, take) == [False, False]


def test_two_events_of_one_message_are_one_question(place: Place_) -> None:
    async def take(deliveries: Deliveries) -> list[bool]:
        other = replace(_PLACE, ts="1.2", thread_ts="1.2")
        places = {"Ev1": _PLACE, "Ev2": _PLACE, "Ev3": other, "cmd-1": _COMMAND, "cmd-2": _COMMAND}
        return [await deliveries.take(Delivery(name, place)) for name, place in places.items()]

    assert _with(place, take) == [True, False, True, True, True]


def test_what_came_to_no_end_is_found_again_with_how_far_it_was(place: Place_) -> None:
    async def begin(deliveries: Deliveries) -> None:
        for name, where in (("Ev1", _PLACE), ("cmd-1", _COMMAND), ("cmd-2", _COMMAND), ("cmd-3", _COMMAND)):
            await deliveries.take(Delivery(name, where, enterprise="E1"))
        await deliveries.sending("cmd-1")
        await deliveries.end("cmd-2", "done")
        await deliveries.end("cmd-3", "given_up")

    async def unfinished(deliveries: Deliveries) -> list[Delivery]:
        return deliveries.unfinished()

    _with(place, begin)

    assert _with(place, unfinished) == [
        Delivery("Ev1", _PLACE, enterprise="E1", taken_s=1000.0, maybe_sent=False),
        Delivery("cmd-1", _COMMAND, enterprise="E1", taken_s=1000.0, maybe_sent=True),
    ]


def test_an_address_that_answers_is_not_kept_beyond_the_end(place: Place_) -> None:
    async def through(deliveries: Deliveries) -> None:
        await deliveries.take(Delivery("cmd-1", _COMMAND))
        await deliveries.end("cmd-1", "done")

    _with(place, through)

    assert "hooks.slack.com" not in _all_of(place)


def test_there_is_no_column_for_a_text(path: Path) -> None:
    _with(path, lambda deliveries: deliveries.take(Delivery("Ev1", _PLACE)))

    with sqlite3.connect(path) as file:
        columns = {row[1] for row in file.execute("PRAGMA table_info(deliveries)")}
    file.close()

    assert columns == {
        "delivery", "kind", "team", "enterprise", "channel", "user", "ts", "thread_ts", "response_url", "is_shared",
        "state", "taken_s", "changed_s",
    }  # fmt: skip


def test_the_file_is_its_owners_alone_and_a_commit_waits_for_the_disk(path: Path) -> None:
    _with(path, lambda deliveries: deliveries.take(Delivery("Ev1", _PLACE)))
    file = delivery_file.opened_file(path)
    modes = [file.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    file.close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert modes == ["wal", 2]


def test_what_comes_together_shares_commits(place: Place_, monkeypatch: pytest.MonkeyPatch) -> None:
    commits: list[int] = []
    commit = Deliveries._commit

    def counted(self: Deliveries, batch: list[Any]) -> list[int]:
        commits.append(len(batch))
        return commit(self, batch)

    monkeypatch.setattr(Deliveries, "_commit", counted)

    async def crowd(deliveries: Deliveries) -> list[bool]:
        places = [replace(_PLACE, ts=f"1.{number % 50}") for number in range(100)]
        return await asyncio.gather(*(deliveries.take(Delivery(f"Ev{n}", place)) for n, place in enumerate(places)))

    assert sum(_with(place, crowd)) == 50
    assert sum(commits) == 100
    assert len(commits) <= 3


def test_what_the_disk_refuses_is_told_to_each_who_waits_and_the_next_may_go_well(
    place: Place_, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [True]
    commit = Deliveries._commit

    def full(self: Deliveries, batch: list[Any]) -> list[int]:
        if broken.pop():
            raise sqlite3.OperationalError("database or disk is full")
        return commit(self, batch)

    async def take(deliveries: Deliveries) -> bool:
        broken[:] = [True]
        taking = [deliveries.take(Delivery(f"Ev{n}", replace(_PLACE, ts=f"1.{n}"))) for n in range(3)]
        refused = await asyncio.gather(*taking, return_exceptions=True)
        assert [type(error) for error in refused] == [DeliveriesError] * 3
        broken[:] = [False]
        return await deliveries.take(Delivery("Ev0", _PLACE))

    monkeypatch.setattr(Deliveries, "_commit", full)
    assert _with(place, take)


def test_a_file_that_cannot_be_opened_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"")
    (tmp_path / "deliveries.sqlite").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(DeliveriesError, match="cannot be kept in"):
        Deliveries(tmp_path / "deliveries.sqlite")


def test_a_request_that_was_seen_is_not_the_first_for_as_long_as_its_signature_is_good(place: Place_) -> None:
    async def first(deliveries: Deliveries) -> bool:
        return await deliveries.is_first("v0=0123")

    async def tidy(deliveries: Deliveries) -> bool:
        await deliveries.forget_old()
        return await deliveries.is_first("v0=0123")

    assert _with(place, first)
    assert not _with(place, first)
    assert not _with(place, tidy, 1000.0 + SEEN_S - 1)
    assert _with(place, tidy, 1000.0 + SEEN_S + 1)
    assert "v0=0123" not in _all_of(place)


def _torn(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Let commits tear, as in a list: what is written is kept, and whoever wrote it hears of an error."""
    commit, tears = Deliveries._commit, list[bool]()

    def torn(self: Deliveries, batch: list[Any]) -> list[int]:
        changed = commit(self, batch)
        if tears and tears.pop(0):
            raise sqlite3.OperationalError("the connection broke")
        return changed

    monkeypatch.setattr(Deliveries, "_commit", torn)
    return tears


def test_a_press_whose_commit_is_torn_is_the_first_when_it_comes_again_and_only_then(
    place: Place_, monkeypatch: pytest.MonkeyPatch
) -> None:
    tears = _torn(monkeypatch)

    async def press(deliveries: Deliveries, key: str) -> bool | None:
        try:
            return await deliveries.is_first(key)
        except DeliveriesError:
            return None

    async def twice_torn(deliveries: Deliveries) -> list[bool | None]:
        tears[:] = [True, True]
        return [await press(deliveries, "v0=0123") for _ in range(5)]

    async def beside_others(deliveries: Deliveries) -> list[bool | None]:
        seen = await press(deliveries, "v0=seen")
        tears[:] = [True]
        torn = await asyncio.gather(*(press(deliveries, key) for key in ("v0=one", "v0=one", "v0=other")))
        again = [await press(deliveries, key) for key in ("v0=one", "v0=other", "v0=one", "v0=seen")]
        return [seen, *torn, *again]

    assert _with(place, twice_torn) == [None, None, True, False, False]
    assert _with(place, beside_others) == [True, None, None, None, True, True, False, False]


def test_what_was_torn_counts_for_no_longer_than_what_was_seen(place: Place_, monkeypatch: pytest.MonkeyPatch) -> None:
    tears, clock = _torn(monkeypatch), [1000.0]

    async def torn(deliveries: Deliveries) -> int:
        deliveries._clock_s = lambda: clock[0]
        tears[:] = [True]
        with pytest.raises(DeliveriesError):
            await deliveries.is_first("v0=0123")
        clock[0] += SEEN_S + 1
        await deliveries.forget_old()
        return len(deliveries._unserved)

    assert _with(place, torn) == 0


def test_only_what_ended_days_ago_is_removed(place: Place_) -> None:
    async def begin(deliveries: Deliveries) -> None:
        await deliveries.take(Delivery("Ev1", _PLACE))
        await deliveries.take(Delivery("cmd-1", _COMMAND))
        await deliveries.end("cmd-1", "done")

    async def tidy(deliveries: Deliveries) -> list[bool]:
        await deliveries.forget_old()
        return [await deliveries.take(Delivery(name, _COMMAND)) for name in ("Ev1", "cmd-1")]

    _with(place, begin)

    assert _with(place, tidy, 1000.0 + KEPT_S - 1) == [False, False]
    assert _with(place, tidy, 1000.0 + KEPT_S + 1) == [False, True]


def test_what_is_written_is_written_even_if_whoever_waits_leaves(place: Place_) -> None:
    async def leave(deliveries: Deliveries) -> None:
        taking = asyncio.create_task(deliveries.take(Delivery("Ev1", _PLACE)))
        await asyncio.sleep(0)
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)

    _with(place, leave)

    assert not _with(place, lambda deliveries: deliveries.take(Delivery("Ev1", _PLACE)))


def test_one_bot_works_over_a_database_and_another_goes_on_when_it_has_ended(deliveries_url: str) -> None:
    async def two() -> None:
        one, other = (Deliveries(DeliveryTables(deliveries_url)) for _ in range(2))
        assert await one.take(Delivery("Ev1", _PLACE))
        with pytest.raises(DeliveriesError, match="another Slack bot works over it"):
            other.unfinished()
        with pytest.raises(DeliveriesError, match="another Slack bot works over it"):
            await other.take(Delivery("Ev2", replace(_PLACE, ts="1.2")))
        await one.close()
        assert [delivery.name for delivery in other.unfinished()] == ["Ev1"]
        assert not await other.take(Delivery("Ev1", _PLACE))
        await other.close()

    asyncio.run(two())


def test_a_bot_that_lost_its_connection_takes_nothing_while_another_works(
    deliveries_url: str, postgres_server: Server
) -> None:
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "

    async def two() -> None:
        one, other = (Deliveries(DeliveryTables(deliveries_url)) for _ in range(2))
        assert await one.take(Delivery("Ev1", _PLACE))
        postgres_server.run(f"{ended}'{name_in(deliveries_url)}'")
        while True:
            with contextlib.suppress(DeliveriesError):
                assert [delivery.name for delivery in other.unfinished()] == ["Ev1"]
                break
        with pytest.raises(DeliveriesError, match=r"another Slack bot works|connection to the server is lost"):
            await one.sending("Ev1")
        for bot in (one, other):
            await bot.close()

    asyncio.run(two())


def test_what_another_bot_went_on_with_is_not_sent_by_this_one(deliveries_url: str) -> None:
    async def two() -> None:
        one, other = (Deliveries(DeliveryTables(deliveries_url)) for _ in range(2))
        for number in range(4):
            await one.take(Delivery(f"Ev{number}", replace(_PLACE, ts=f"1.{number}")))
        await one.sending("Ev3")
        assert await one.unfinished_since() is not None
        assert await one.unfinished_since() is None, "nothing happened since"
        one._kept.close()  # as when the connection is lost
        await other.end("Ev0", "done")
        await other.sending("Ev1")
        await other.end("Ev3", "done")
        await other.close()
        for name in ("Ev0", "Ev1"):
            with pytest.raises(TakenOverError):
                await one.sending(name)
        with pytest.raises(TakenOverError):
            await one.sending("Ev3", again=True)
        await one.sending("Ev1", again=True)
        await one.sending("Ev2")
        assert [await one.ended(name) for name in ("Ev0", "Ev1", "Ev2", "Ev3")] == [True, False, False, True]
        left = await one.unfinished_since()
        assert [(delivery.name, delivery.maybe_sent) for delivery in left or ()] == [("Ev1", True), ("Ev2", True)]
        await one.close()

    asyncio.run(two())


def test_what_seemed_to_fail_is_looked_for(place: Place_, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = Deliveries._commit

    def torn(self: Deliveries, batch: list[Any]) -> list[int]:
        commit(self, batch)  # and then the connection broke
        raise sqlite3.OperationalError

    async def take(deliveries: Deliveries) -> list[Delivery] | None:
        assert deliveries.unfinished() == []
        monkeypatch.setattr(Deliveries, "_commit", torn)
        with pytest.raises(DeliveriesError):
            await deliveries.take(Delivery("Ev1", _PLACE))
        monkeypatch.setattr(Deliveries, "_commit", commit)
        assert not await deliveries.take(Delivery("Ev1", _PLACE)), "Slack delivers it again"
        return await deliveries.unfinished_since()

    found = _with(place, take)
    assert [delivery.name for delivery in found or ()] == ["Ev1"]


def test_replicas_make_the_tables_of_deliveries_once(database_url: str) -> None:
    for _ in range(2):
        kept = DeliveryTables(database_url)
        assert kept.rows("SELECT delivery FROM deliveries") == []
        kept.close()


def test_nobody_waits_for_ever_for_a_standby_that_is_away(
    deliveries_url: str, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexes.postgres_session.CONFIRMED_S", 0.05)

    async def take(deliveries: Deliveries) -> None:
        unsure = pytest.raises(DeliveriesError, match="a standby that the server waits for does not confirm it")
        with standby_away(postgres_server), unsure:
            await deliveries.take(Delivery("Ev1", _PLACE))
        again = await deliveries.unfinished_since()
        assert again is not None, "it may be there all the same"
        assert [one.name for one in again] == ["Ev1"]

    _with(DeliveryTables(deliveries_url), take)
