"""Counts that replicas share: by the database's clock, of nobody by name, and never guessed while it is away."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service.access.counts import Counted
from service.access.counts_tables import TableCounts
from service.access.errors import SharedUnavailableError
from service.access.private_schema import SCHEMA
from service.access.private_tables import in_database
from tests.support.keeps import name_in
from tests.support.postgres_server import Server

SECRET = bytes(range(32))
MIRA = Counted("questions", "mira@northlight.example", 5)


Open = Callable[..., TableCounts]


@pytest.fixture
def replica(access_url: str, tmp_path: Path) -> Iterator[Open]:
    """Makes what counts at a replica."""
    with contextlib.ExitStack() as stack:

        def made(secret: bytes = SECRET, **more: Any) -> TableCounts:
            counts = TableCounts(in_database(access_url, state=tmp_path), secret=lambda: secret, **more)
            stack.callback(counts._database.close)
            return counts

        yield made


def rows(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(f"SELECT * FROM {SCHEMA}.counts".encode()).fetchall()  # noqa: S608


def test_replicas_count_together_whatever_their_clocks_say(replica: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = replica(), replica()
    assert [one.take([MIRA]) for _ in range(3)] == [None] * 3
    now_s = time.time()
    monkeypatch.setattr(time, "time", lambda: now_s + 3600)
    full = [other.take([MIRA]) for _ in range(4)]
    # one more is let through where the server's minute ended just now
    assert full[:2] == [None, None]
    assert full[3] is not None
    assert 0 < full[3].room_after_s <= 60


def test_nothing_in_the_table_says_who_it_is_of(replica: Open, access_url: str) -> None:
    replica().take([MIRA, Counted("requests", MIRA.who, 5)])
    kept = rows(access_url)
    assert len(kept) == 2
    assert "mira" not in f"{kept}"
    with psycopg.connect(access_url) as connection:
        (persistence,) = connection.execute(
            f"SELECT relpersistence FROM pg_class WHERE oid = '{SCHEMA}.counts'::regclass".encode()  # noqa: S608
        ).fetchone() or ("",)
    assert persistence in {"u", b"u"}, "it is in no archive of the database"


def test_with_another_secret_nobody_is_found(replica: Open, access_url: str) -> None:
    for one in (replica(), replica(bytes(32))):
        assert one.take([MIRA]) is None
    assert len({row[0] for row in rows(access_url)}) == 2


@pytest.mark.parametrize(("ahead", "passes"), [(1, 0), (2, 5), (500, 5)])
def test_a_clock_that_was_put_back_lets_nobody_starve(replica: Open, ahead: int, passes: int) -> None:
    now_s = [1_795_000_020.0]
    counts = replica(clock_s=lambda: now_s[0])
    now_s[0] += ahead * 60
    assert [counts.take([MIRA]) for _ in range(5)] == [None] * 5
    now_s[0] -= ahead * 60
    assert sum(counts.take([MIRA]) is None for _ in range(9)) == passes


def test_while_the_database_takes_nothing_nobody_is_let_through(
    replica: Open, access_url: str, postgres_server: Server
) -> None:
    name = name_in(access_url)
    one, other = replica(), replica()
    assert one.take([MIRA]) is None
    postgres_server.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    try:
        with pytest.raises(SharedUnavailableError, match="it is read-only"):
            other.take([MIRA])
    finally:
        postgres_server.run(f"ALTER DATABASE {name} RESET default_transaction_read_only")
