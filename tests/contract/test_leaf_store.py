"""The laws of a store of leaves: what it takes, and what it refuses; every store passes these tests (`conftest`)."""

import hashlib
from collections.abc import Callable

import pytest

from service.audit.errors import AuditBusyError, AuditUnavailableError
from service.audit.storage.store import Entry, KeptScope, LeafStore, Payload, StoredCheckpoint, Subtree, leaf_hash

CANARY = "zebra-canary-4711"
NOVEMBER, DECEMBER = "greenlit/audit/2026-11", "greenlit/audit/2026-12"

Open = Callable[[], LeafStore]


def _entry(number: int, *payloads: Payload, kind: str = "query.received", request_id: str | None = None) -> Entry:
    return Entry(
        origin=NOVEMBER,
        type=kind,
        ts_us=1_795_089_600_000_000 + number,
        request_id=f"request-{number}" if request_id is None else request_id,
        leaf=f'{{"n":{number}}}'.encode(),
        payloads=payloads,
    )


def _event(number: int, kind: str, *, erases: tuple[tuple[int, int], ...] = ()) -> Entry:
    return Entry(NOVEMBER, kind, number, "", f'{{"n":{number}}}'.encode(), erases=erases)


def _prompt(text: str, field: str = "prompt") -> Payload:
    return Payload(field=field, key_id="payload-2026-11-1", sealed=text.encode())


def _checkpoint(size: int, origin: str = NOVEMBER) -> StoredCheckpoint:
    return StoredCheckpoint(origin, size, f"{size:064x}", f"{origin}\n{size}\n")


def _subtree(number: int, level: int = 1, origin: str = NOVEMBER) -> Subtree:
    return Subtree(origin, level, number, bytes([number]) * 32)


@pytest.mark.parametrize(
    ("leaf", "expected"),
    [
        (b"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        (b"L123456", "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"),
    ],
)
def test_the_leaf_hash_is_the_published_one(leaf: bytes, expected: str) -> None:
    assert leaf_hash(leaf) == expected


def test_numbers_begin_at_zero_and_have_no_gap(store: LeafStore) -> None:
    first = store.append([_entry(0), _entry(1)])
    second = store.append([_entry(2)])
    assert [receipt.seq for receipt in (*first, *second)] == [0, 1, 2]
    assert store.size() == 3


def test_a_receipt_says_where_and_what(store: LeafStore) -> None:
    (receipt,) = store.append([_entry(0)])
    assert (receipt.origin, receipt.leaf_hash) == (NOVEMBER, leaf_hash(b'{"n":0}'))


def test_payloads_are_kept_beside_their_leaf(store: LeafStore) -> None:
    raw, answer = _prompt("model said", "raw"), _prompt("Ten years.", "answer")
    store.append([_entry(0), _entry(1, raw, answer), _entry(2), _entry(3, answer)])
    assert store.payloads(0) == ()
    assert store.payloads(1) == (answer, raw)
    assert store.payload_seqs(0, 4) == [1, 3]
    assert store.payload_seqs(2, 3) == store.payload_seqs(4, 9) == []
    assert store.payload_seqs(1, 3) == [1]


def test_erasing_takes_the_payloads_of_its_ranges_and_no_others_in_the_same_step(store: LeafStore) -> None:
    store.append([_entry(number, _prompt(f"prompt {number}")) for number in range(8)])
    before = store.leaves(-1, 8)
    store.append([_event(8, "payload.erased", erases=((1, 2), (5, 5)))])
    assert store.payload_seqs(0, 9) == [0, 3, 4, 6, 7]
    assert store.payloads(1) == store.payloads(5) == ()
    assert store.leaves(-1, 8) == before, "the leaves stay"
    store.append([_event(9, "payload.erased", erases=((1, 2), (900, 999)))])
    assert store.payload_seqs(0, 9) == [0, 3, 4, 6, 7], "erasing what is gone already is no error"


def test_nothing_is_erased_when_its_leaf_is_not_kept(store: LeafStore) -> None:
    store.append([_entry(0, _prompt("How long?"))])
    with pytest.raises(AuditUnavailableError):
        store.append([_event(1, "payload.erased", erases=((0, 0),)), _entry(2, _prompt("one"), _prompt("two"))])
    store.reopen()
    assert (store.size(), store.payloads(0)) == (1, (_prompt("How long?"),))


def test_a_scope_is_kept_once_with_the_leaf_that_names_it(store: LeafStore) -> None:
    pairs = b"legal/a.md\x00" + b"2" * 64
    scope = KeptScope(hashlib.sha256(pairs).hexdigest(), pairs)
    first, second = (Entry(NOVEMBER, "query.finished", 1, f"r-{n}", b"{}", scope=scope) for n in range(2))
    store.append([first, second])
    store.append([second])
    assert store.scope(scope.filter_hash) == pairs
    assert store.scope("0" * 64) is None


def test_a_checkpoint_is_kept_with_the_subtrees_that_were_completed(store: LeafStore) -> None:
    store.publish(_checkpoint(3), [])
    store.publish(_checkpoint(600), [_subtree(0), _subtree(1)])
    store.publish(_checkpoint(2, DECEMBER), [_subtree(0, origin=DECEMBER), _subtree(0, level=2)])
    assert store.checkpoints(NOVEMBER) == [_checkpoint(3), _checkpoint(600)]
    assert store.checkpoints(NOVEMBER, above=3) == [_checkpoint(600)]
    assert store.checkpoints(NOVEMBER, limit=1) == [_checkpoint(3)]
    assert store.newest_checkpoint(NOVEMBER) == _checkpoint(600)
    assert store.newest_checkpoint(DECEMBER) == _checkpoint(2, DECEMBER)
    assert store.subtrees(NOVEMBER, 1, 0, 2) == [bytes(32), b"\x01" * 32]
    assert store.subtrees(NOVEMBER, 1, 1, 9) == [b"\x01" * 32], "fewer if there are fewer"
    assert store.subtrees(NOVEMBER, 2, 0, 1) == store.subtrees(DECEMBER, 1, 0, 1) == [bytes(32)]
    assert store.subtrees(DECEMBER, 2, 0, 1) == []


def test_a_checkpoint_and_its_subtrees_are_kept_together_or_not_at_all(store: LeafStore) -> None:
    store.publish(_checkpoint(256), [_subtree(0)])
    with pytest.raises(AuditUnavailableError, match="cannot be written"):
        store.publish(_checkpoint(512), [_subtree(1), _subtree(0)])
    store.reopen()
    assert store.newest_checkpoint(NOVEMBER) == _checkpoint(256)
    assert store.subtrees(NOVEMBER, 1, 0, 9) == [bytes(32)]


def test_entries_are_kept_together_or_not_at_all(store: LeafStore) -> None:
    store.append([_entry(0)])
    with pytest.raises(AuditUnavailableError, match="cannot be written"):
        store.append([_entry(1), _entry(2, _prompt("one"), _prompt("two")), _entry(3)])
    store.reopen()
    assert store.size() == 1
    assert [receipt.seq for receipt in store.append([_entry(4)])] == [1]


def test_an_error_carries_no_text_that_was_to_be_written(store: LeafStore) -> None:
    with pytest.raises(AuditUnavailableError) as caught:
        store.append([_entry(0, _prompt(CANARY), _prompt(CANARY))])
    assert CANARY not in f"{caught.value!r} {vars(caught.value)!r}"
    assert caught.value.__cause__ is caught.value.__context__ is None, "a database's error holds what it failed with"
    assert CANARY not in repr(_entry(0, _prompt(CANARY)))


def test_everything_is_still_there_after_opening_again(open_store: Open) -> None:
    store = open_store()
    store.append([_entry(0, _prompt("How long?")), Entry(NOVEMBER, "a.b", 1, "", b"", scope=KeptScope("f" * 64, b"p"))])
    store.publish(_checkpoint(2), [_subtree(0)])
    kept = store.leaf(0)
    store.reopen()
    assert store.leaf(0) == kept
    store.close()
    again = open_store()
    assert (again.leaf(0), again.payloads(0), again.scope("f" * 64)) == (kept, (_prompt("How long?"),), b"p")
    assert (again.newest_checkpoint(NOVEMBER), again.subtrees(NOVEMBER, 1, 0, 1)) == (_checkpoint(2), [bytes(32)])
    assert [receipt.seq for receipt in again.append([_entry(1)])] == [2]


def test_a_closed_store_takes_nothing(store: LeafStore) -> None:
    store.close()
    store.close()
    with pytest.raises(AuditUnavailableError, match="is closed"):
        store.append([_entry(0)])
    with pytest.raises(AuditUnavailableError, match="is closed"):
        store.publish(_checkpoint(1), [])


def test_a_second_opener_is_refused_until_the_first_lets_go(open_store: Open) -> None:
    first = open_store()
    with pytest.raises(AuditBusyError, match=r"another process .* writes the audit log"):
        open_store()
    first.append([_entry(0)])
    first.close()
    assert open_store().size() == 1
