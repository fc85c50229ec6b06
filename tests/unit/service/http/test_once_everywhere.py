"""A named request when a replica dies, stands still or cannot reach the database; the rest is in the contract tests."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from service.access.errors import SharedUnavailableError
from service.access.named_requests import Named, NamedRequests, Standing
from service.access.private_schema import SCHEMA
from service.access.private_tables import in_database
from service.http.once_everywhere import OnceEverywhere

SECRET = bytes(range(32))
NAMED = Named("ann", "delivery-1", b"digest", "r1")
AGAIN = replace(NAMED, request_id="r2")
_PATIENCE_S = 10.0
_SILENT = f"UPDATE {SCHEMA}.named SET alive_s = alive_s - 30"  # noqa: S608


class Record:
    """What is on record, by request."""

    def __init__(self, **results: int) -> None:
        self.results = results

    async def again(self, request_id: str) -> int | None:
        return self.results.get(request_id)


async def work() -> int:
    return 2


@pytest.fixture
def names(access_url: str, tmp_path: Path) -> Iterator[NamedRequests]:
    made = NamedRequests(in_database(access_url, state=tmp_path), secret=lambda: SECRET)
    yield made
    made._database.close()


@pytest.fixture
def falls_silent(access_url: str) -> Callable[[], None]:
    """Has whoever works on anything said nothing for half a minute."""

    def fall() -> None:
        with psycopg.connect(access_url, autocommit=True) as connection:
            connection.execute(_SILENT.encode())

    return fall


def run(names: NamedRequests, record: Record, **more: float) -> int:
    running = OnceEverywhere[int](names, **more).run(AGAIN, work, again=record.again)
    return asyncio.run(asyncio.wait_for(running, _PATIENCE_S))


def test_what_a_replica_that_died_had_on_record_is_given(
    names: NamedRequests, falls_silent: Callable[[], None]
) -> None:
    assert names.take(NAMED).standing is Standing.TAKEN
    falls_silent()
    assert run(names, Record(r1=1)) == 1


def test_what_a_replica_that_died_never_put_on_record_is_done_anew_by_one(
    names: NamedRequests, falls_silent: Callable[[], None]
) -> None:
    names.take(NAMED)
    falls_silent()
    assert run(names, Record()) == 2
    assert names.take(replace(NAMED, request_id="r3")).request_id == "r2"


def test_of_two_that_find_nothing_on_record_one_takes_the_name(
    names: NamedRequests, falls_silent: Callable[[], None]
) -> None:
    names.take(NAMED)
    falls_silent()
    assert names.take(AGAIN, useless="r1").standing is Standing.TAKEN
    other = names.take(replace(NAMED, request_id="r3"), useless="r1")
    assert (other.standing, other.request_id) == (Standing.RUNNING, "r2")
    names.done(NAMED)  # the first was not dead, and ends its own
    names.give_up(NAMED)
    assert names.take(replace(NAMED, request_id="r3")).standing is Standing.RUNNING


def test_a_name_is_not_taken_for_something_else_by_saying_that_it_is_useless(names: NamedRequests) -> None:
    names.take(NAMED)
    other = names.take(replace(AGAIN, content=b"another"), useless="r1")
    assert other.standing is Standing.OTHER


def test_what_takes_long_is_said_to_be_worked_on(names: NamedRequests, falls_silent: Callable[[], None]) -> None:
    async def story() -> list[Standing]:
        go_on, begun = asyncio.Event(), asyncio.Event()

        async def slow() -> int:
            begun.set()
            await go_on.wait()
            return 1

        working = asyncio.ensure_future(OnceEverywhere[int](names, alive_s=0.01).run(NAMED, slow, again=Record().again))
        await begun.wait()
        await asyncio.to_thread(falls_silent)
        standing = Standing.LEFT
        for _ in range(1000):
            if standing is Standing.LEFT:
                await asyncio.sleep(0.01)
                standing = (await asyncio.to_thread(names.take, AGAIN)).standing
        go_on.set()
        await working
        return [standing, (await asyncio.to_thread(names.take, AGAIN)).standing]

    assert asyncio.run(story()) == [Standing.RUNNING, Standing.DONE]


def test_an_answer_that_is_on_record_is_given_though_the_name_cannot_be_written(
    names: NamedRequests, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_named: Named) -> None:
        raise SharedUnavailableError

    monkeypatch.setattr(names, "done", away)
    assert run(names, Record()) == 2


def test_nothing_is_done_where_nobody_can_say_whether_it_was_before(tmp_path: Path) -> None:
    names = NamedRequests(in_database("postgresql:///x?host=/nowhere", state=tmp_path), secret=lambda: SECRET)
    with pytest.raises(SharedUnavailableError, match="requests by name cannot be read or written"):
        run(names, Record())


def test_what_is_kept_holds_ids_and_hashes_alone_and_goes(names: NamedRequests, access_url: str) -> None:
    names.take(NAMED)
    names.take(replace(NAMED, name="later", request_id="r9"))
    with psycopg.connect(access_url, autocommit=True) as connection:
        every = f"SELECT * FROM {SCHEMA}.named ORDER BY request_id".encode()  # noqa: S608
        kept = connection.execute(every).fetchall()
        assert [row[2] for row in kept] == ["r1", "r9"]
        assert not [word for word in ("ann", "delivery", "digest") if word in f"{kept}"]
        connection.execute(f"UPDATE {SCHEMA}.named SET began_s = began_s - 601 WHERE request_id = 'r1'".encode())  # noqa: S608
        names.forget_old()
        assert [row[2] for row in connection.execute(every).fetchall()] == ["r9"]
