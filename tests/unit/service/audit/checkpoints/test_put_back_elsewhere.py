"""A log that was put back at one process, and another that has a folder of keys, and so a memory, of its own."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from service.audit.checkpoints.signer import Signer
from service.audit.errors import AuditUnavailableError
from service.audit.histories import Begun, Restored, begin_history
from service.audit.shards import key_name
from tests.support.audit_parts import QUICK
from tests.support.postgres_server import Server
from tests.support.replicas import MakeReplica, Replica

WHY = Restored("the database was lost", "ann@northlight.example")


@pytest.fixture
def two(make_replica: MakeReplica, tmp_path: Path) -> list[Replica]:
    """Two processes of one log with folders of keys of their own, both of which have signed; closed."""
    first = make_replica(pace=QUICK)
    first.ask_in_vain()
    there = shutil.copytree(first.keys, tmp_path / "there", ignore=shutil.ignore_patterns("signed-*"))
    other = make_replica(keys=there, pace=QUICK)
    for one in (first, other):
        _sign(one)
    for one in (first, other):
        one.close()
    return [first, other]


def _sign(replica: Replica) -> None:
    replica.ask_in_vain()
    replica.parts.log.publish()


def _as_it_was(server: Server, replicas: list[Replica]) -> Callable[[], None]:
    """Copy the database; return what puts it back for these processes."""
    name = server.new_database(template=replicas[0].url.partition("?")[0].rpartition("/")[2])

    def put_back() -> None:
        for replica in replicas:
            replica.url = server.url(name)

    return put_back


def _put_back_at(replica: Replica) -> Begun:
    return begin_history(
        replica.root / "back",
        keys=replica.keys,
        name=replica.name,
        clock=lambda: replica.now_us,
        restored=WHY,
        database=replica.url,
    )


def _expect_goes_on(replica: Replica, begun: Begun) -> None:
    replica.open()
    assert replica.parts.log.healthy() is None
    _sign(replica)
    assert replica.parts.signer.last() is not None
    assert replica.leaves()[-1]["origin"].endswith(begun.history)
    assert replica.verdict().ok


def test_a_memory_follows_where_all_that_it_knows_is_in_the_log(two: list[Replica]) -> None:
    first, other = two
    begun = _put_back_at(first)
    for one in (other, first):
        _expect_goes_on(one, begun)


def test_a_memory_follows_where_what_it_knows_besides_is_on_record_as_lost(
    two: list[Replica], postgres_server: Server
) -> None:
    first, other = two
    put_back = _as_it_was(postgres_server, two)
    for one in (other, first):  # the first one signs last, and knows of all
        one.open()
        _sign(one)
        one.close()
    put_back()
    begun = _put_back_at(first)
    assert begun.lost
    for one in (other, first):
        _expect_goes_on(one, begun)


def test_a_memory_that_knows_of_more_than_is_on_record_as_lost_says_so(
    two: list[Replica], postgres_server: Server
) -> None:
    first, other = two
    put_back = _as_it_was(postgres_server, two)
    other.open()
    _sign(other)
    other.close()
    put_back()
    _put_back_at(first)
    other.open()
    assert "the memory here, a folder of its own, knows of more, up to" in (other.parts.log.healthy() or "")
    with pytest.raises(AuditUnavailableError, match="put that on record here, too"):
        other.ask()
    other.close()
    begun = _put_back_at(other)
    assert begun.lost
    for one in (first, other):
        _expect_goes_on(one, begun)


def test_a_history_that_the_key_here_did_not_sign_is_not_followed(two: list[Replica]) -> None:
    first, other = two
    _put_back_at(first)
    (other.keys / "signing.key").unlink()
    Signer(folder=other.keys, name=key_name(other.name)).create()
    other.open()
    assert "it cannot be seen with the key here" in (other.parts.log.healthy() or "")


def test_other_leaves_than_those_that_are_remembered_are_not_followed(
    two: list[Replica], postgres_server: Server, log_template: str
) -> None:
    """Whoever has a database and a key may begin a history over other records."""
    first, other = two
    first.url = other.url = postgres_server.url(postgres_server.new_database(template=log_template))
    for _ in range(2):
        for path in first.keys.glob("signed-*"):
            path.unlink()
        if not first.reading().size():
            first.open()
            for _ in range(4):
                _sign(first)
            first.close()
    _put_back_at(first)
    other.open()
    assert "are not those that were signed, by the memory here" in (other.parts.log.healthy() or "")
