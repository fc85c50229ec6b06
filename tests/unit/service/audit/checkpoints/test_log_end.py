"""What may come next in a log that others write too."""

import json
from pathlib import Path

import pytest

from service.audit.checkpoints.log_end import LogEnd, refusal
from service.audit.errors import AuditDamagedError, AuditUnavailableError
from service.audit.shards import Shard
from service.audit.storage.sqlite_store import SqliteLeafStore
from service.audit.storage.store import Entry, StoredLeaf, leaf_hash
from tests.support.audit_parts import DECEMBER, NOVEMBER


def _entry(kind: str, ts_us: int = 10, origin: str = NOVEMBER, request_id: str = "", **said: object) -> Entry:
    return Entry(origin, kind, ts_us, request_id, json.dumps({"origin": origin, **said}).encode())


def _leaf(seq: int, entry: Entry) -> StoredLeaf:
    return StoredLeaf(seq, leaf_hash(entry.leaf), entry.type, entry.ts_us, entry.request_id, entry.leaf)


@pytest.fixture
def end(tmp_path: Path) -> LogEnd:
    """The end of a log that another process has begun."""
    begun = LogEnd(SqliteLeafStore.open(tmp_path), size=0, shard=None)
    begun.follow(_leaf(0, _entry("shard.opened", first_seq=0)))
    return begun


def test_a_month_is_begun_once_and_ended_once(end: LogEnd) -> None:
    assert end.take(_entry("shard.opened", first_seq=0)) == "overtaken"
    end.follow(_leaf(1, _entry("shard.closed")))
    assert end.take(_entry("shard.closed")) == end.take(_entry("query.received")) == "overtaken"
    assert end.take(_entry("shard.opened", origin=DECEMBER, first_seq=1)) == "overtaken"
    assert end.take(_entry("shard.opened", origin=DECEMBER, first_seq=2)) == "taken"
    assert end.take(_entry("query.received")) == "overtaken"
    assert end.take(_entry("query.received", origin=DECEMBER)) == "taken"
    assert (end.next_seq, end.origin) == (4, DECEMBER)


def test_a_key_is_on_record_once(end: LogEnd) -> None:
    end.follow(_leaf(1, _entry("key.created", key_id="a")))
    assert end.take(_entry("key.created", key_id="a")) == "overtaken"
    assert end.take(_entry("key.created", key_id="b")) == "taken"
    assert end.changes == 2


def test_a_question_has_one_end(end: LogEnd) -> None:
    end.follow(_leaf(1, _entry("query.finished", request_id="one")))
    assert end.take(_entry("query.finished", request_id="one")) == "ended"
    assert end.take(_entry("query.finished", request_id="two")) == "taken"
    assert end.take(_entry("query.finished", request_id="two")) == "ended"


def test_a_question_has_one_end_however_long_ago_another_process_ended_it(tmp_path: Path) -> None:
    store = SqliteLeafStore.open(tmp_path)
    begun = [_entry("shard.opened", first_seq=0)]
    asked = [_entry("query.received", request_id=name) for name in ("one", "two", "three")]
    ends = [_entry("query.finished", request_id=name) for name in ("one", *map(str, range(5000)))]
    store.append([*begun, *asked, *ends])
    end = LogEnd(store, size=1, shard=Shard(NOVEMBER, 0))
    assert end.take(asked[0]) == end.take(asked[1]) == "taken"  # here; the third by another process
    for leaf in store.leaves(2, 10_000):
        end.follow(leaf)
    assert end.take(ends[0]) == "ended", "this process stood still meanwhile"
    assert end.take(_entry("query.finished", request_id="two")) == "taken"
    assert end.take(_entry("query.finished", request_id="three")) == "taken", "as one that was left behind"
    assert LogEnd(store, size=store.size(), shard=Shard(NOVEMBER, 0)).take(ends[0]) == "ended", "it began anew"
    store.close()


def test_a_key_is_revoked_once_and_one_that_signs_is_left(end: LogEnd) -> None:
    for seq, name in enumerate("abc", 1):
        purpose = "payload" if name == "c" else "signing"
        end.follow(_leaf(seq, _entry("key.created", key_id=name, purpose=purpose)))
    assert end.take(_entry("key.revoked", key_id="a", purpose="signing")) == "taken"
    assert end.take(_entry("key.revoked", key_id="a", purpose="signing")) == "revoked"
    assert end.take(_entry("key.revoked", key_id="b", purpose="signing")) == "last"
    assert end.take(_entry("key.revoked", key_id="c", purpose="payload")) == "taken"
    end.follow(_leaf(6, _entry("key.created", key_id="d", purpose="signing")))
    assert end.take(_entry("key.revoked", key_id="b", purpose="signing")) == "taken"
    assert isinstance(refusal("last"), AuditUnavailableError)


def test_times_do_not_go_back(end: LogEnd) -> None:
    assert end.take(_entry("query.received", 9)) == "overtaken"
    with pytest.raises(AuditDamagedError, match="expected record 1 of 10 or later, got 1 of 9"):
        end.follow(_leaf(1, _entry("query.received", 9)))


def test_no_number_is_left_out(end: LogEnd) -> None:
    with pytest.raises(AuditDamagedError, match=r"expected record 1 .*, got 2"):
        end.follow(_leaf(2, _entry("query.received")))


def test_it_is_taken_up_from_what_is_stored(tmp_path: Path) -> None:
    store = SqliteLeafStore.open(tmp_path)
    more = [_entry("key.created", key_id="a"), _entry("query.finished", 11, request_id="one")]
    store.append([_entry("shard.opened", first_seq=0), *more])
    end = LogEnd(store, size=3, shard=Shard(NOVEMBER, 0))
    assert (end.next_seq, end.ts_us, end.origin) == (3, 11, NOVEMBER)
    assert end.take(_entry("key.created", 11, key_id="a")) == "overtaken"
    assert end.take(_entry("query.finished", 11, request_id="one")) == "ended"
    store.close()
