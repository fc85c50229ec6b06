"""What can be read of a store of leaves; every store passes these tests (`conftest`)."""

import dataclasses
from threading import Thread

import pytest

from service.audit.keys.actors import conversation_key
from service.audit.storage.store import (
    Entry,
    KeptScope,
    LeafStore,
    Payload,
    StoredCheckpoint,
    StoredPayload,
)

NOVEMBER, DECEMBER = "greenlit/audit/2026-11", "greenlit/audit/2026-12"
NEVER_GIVEN = [-1, 1, 2**63, 10**30]


def _entry(number: int, *payloads: Payload, kind: str = "query.received", request_id: str | None = None) -> Entry:
    return Entry(
        origin=NOVEMBER,
        type=kind,
        ts_us=1_795_089_600_000_000 + number,
        request_id=f"request-{number}" if request_id is None else request_id,
        leaf=f'{{"n":{number}}}'.encode(),
        payloads=payloads,
    )


def _event(number: int, kind: str) -> Entry:
    return Entry(NOVEMBER, kind, number, "", f'{{"n":{number}}}'.encode())


def _prompt(text: str, field: str = "prompt") -> Payload:
    return Payload(field=field, key_id="payload-2026-11-1", sealed=text.encode())


def _checkpoint(size: int, origin: str = NOVEMBER) -> StoredCheckpoint:
    return StoredCheckpoint(origin, size, f"{size:064x}", f"{origin}\n{size}\n")


def test_a_leaf_comes_back_byte_for_byte(store: LeafStore) -> None:
    (receipt,) = store.append([_entry(0)])
    leaf = store.leaf(0)
    assert leaf is not None
    assert (leaf.leaf, leaf.leaf_hash, leaf.type) == (b'{"n":0}', receipt.leaf_hash, "query.received")
    assert (leaf.ts_us, leaf.request_id) == (1_795_089_600_000_000, "request-0")


@pytest.mark.parametrize("seq", NEVER_GIVEN)
def test_a_number_that_was_never_given_out_is_no_leaf(store: LeafStore, seq: int) -> None:
    store.append([_entry(0, _prompt("How long?"))])
    assert (store.leaf(seq), store.payloads(seq)) == (None, ())


def test_numbers_beyond_every_database_are_bounds_like_others(store: LeafStore) -> None:
    store.append([_entry(0, _prompt("How long?")), _event(1, "shard.opened")])
    store.publish(_checkpoint(2), [])
    huge = 10**30
    assert [leaf.seq for leaf in store.leaves(-huge, 9)] == [0, 1]
    assert store.leaves(huge, 9) == store.of_type("shard.opened", after=huge) == []
    assert len(store.leaf_hashes(-huge, huge)) == 2
    assert store.payload_seqs(-huge, huge) == [0]
    assert store.checkpoints(NOVEMBER, above=huge) == []


def test_leaves_are_read_by_the_page(store: LeafStore) -> None:
    store.append([_entry(number) for number in range(5)])
    assert [leaf.seq for leaf in store.leaves(after=-1, limit=2)] == [0, 1]
    assert [leaf.seq for leaf in store.leaves(after=1, limit=10)] == [2, 3, 4]
    assert store.leaves(after=4, limit=10) == []


def test_leaves_and_payloads_of_some_numbers_are_read_at_once(store: LeafStore) -> None:
    store.append([_entry(number) for number in range(5)])
    huge = 2**70
    assert [leaf.seq for leaf in store.leaves_at([4, 1, 1, 9, -1, huge])] == [1, 4]
    assert store.payloads_of([3, 0, 9, -huge]) == {seq: payloads for seq in (0, 3) if (payloads := store.payloads(seq))}
    assert (store.leaves_at([]), store.payloads_of([])) == ([], {})


def test_leaf_hashes_are_read_by_number(store: LeafStore) -> None:
    receipts = store.append([_entry(number) for number in range(5)])
    hashes = [bytes.fromhex(receipt.leaf_hash) for receipt in receipts]
    assert store.leaf_hashes(0, 5) == hashes
    assert store.leaf_hashes(1, 4) == hashes[1:4]
    assert store.leaf_hashes(3, 9) == hashes[3:], "fewer if there are fewer"
    assert store.leaf_hashes(2, 2) == store.leaf_hashes(9, 12) == []


def test_what_is_no_question_is_found_by_its_type(store: LeafStore) -> None:
    kinds = ["shard.opened", "key.created", "query.received", "key.created", "query.finished", "key.created"]
    store.append([_event(n, kind) if kind[0] != "q" else _entry(n, kind=kind) for n, kind in enumerate(kinds)])
    assert [leaf.seq for leaf in store.of_type("key.created")] == [1, 3, 5]
    assert [leaf.seq for leaf in store.of_type("key.created", after=1)] == [3, 5]
    newest = store.newest_of("key.created")
    assert newest == store.leaf(5)
    assert store.of_type("payload.erased") == []
    assert store.newest_of("payload.erased") is None


def test_a_question_is_found_by_its_id(store: LeafStore) -> None:
    store.append([_entry(0), _entry(1), _entry(2, kind="query.finished", request_id="request-0"), _event(3, "x.y")])
    assert [leaf.seq for leaf in store.of_request("request-0")] == [0, 2]
    assert [leaf.seq for leaf in store.of_request("request-1")] == [1]
    assert store.of_request("request-7") == []
    assert store.of_request("") == [], "leaves that belong to no question do not belong to one another"
    assert store.of_request("half \ud83d a smile") == []


def test_questions_without_a_result_are_unfinished(store: LeafStore) -> None:
    assert store.unfinished() == []
    store.append([_entry(0), _event(1, "audit.read"), _entry(2), _entry(3)])
    store.append([_entry(4, kind="query.finished", request_id="request-2")])
    assert store.unfinished() == [store.leaf(0), store.leaf(3)]
    assert store.unfinished(after=0) == [store.leaf(3)]
    assert store.unfinished(after=3) == store.unfinished(after=2**70) == []
    store.append([_entry(5, kind="query.finished", request_id=f"request-{number}") for number in (0, 3)])
    assert store.unfinished() == []


def test_an_empty_store_has_nothing(store: LeafStore) -> None:
    assert (store.size(), store.leaf(0), store.leaves(-1, 10), store.leaf_hashes(0, 9)) == (0, None, [], [])
    assert (store.of_type("shard.opened"), store.newest_of("shard.opened"), store.unfinished()) == ([], None, [])
    assert (store.of_request("request-0"), store.payloads(0), store.payload_seqs(0, 9)) == ([], (), [])
    assert (store.checkpoints(NOVEMBER), store.newest_checkpoint(NOVEMBER)) == ([], None)
    assert (store.subtrees(NOVEMBER, 1, 0, 9), store.scope("f" * 64)) == ([], None)
    assert store.append([]) == []


def test_any_thread_reads_while_one_appends(store: LeafStore) -> None:
    seen: list[list[int]] = []

    def read() -> None:
        seen.extend([leaf.seq for leaf in store.leaves(-1, 1000)] for _ in range(20))

    readers = [Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(50):
        store.append([_entry(number)])
    for reader in readers:
        reader.join()
    assert len(seen) == 60
    assert all(numbers == list(range(len(numbers))) for numbers in seen)


def test_a_store_can_be_read_as_a_stream(store: LeafStore) -> None:
    scopes = [KeptScope("f" * 64, b"one"), KeptScope("0" * 64, b"two")]
    store.append([Entry(NOVEMBER, "query.finished", n, f"r-{n}", b"{}", scope=scope) for n, scope in enumerate(scopes)])
    store.append([_entry(2, _prompt("model said", "raw"), _prompt("Ten years.", "answer")), _event(3, "audit.read")])
    store.publish(_checkpoint(2), [])
    store.publish(_checkpoint(1, DECEMBER), [])
    assert list(store.stream_leaves(0, 4)) == store.leaves(-1, 4)
    assert list(store.stream_leaves(1, 3)) == store.leaves(0, 2)
    assert list(store.stream_payloads(0, 9)) == [
        StoredPayload(2, "query.received", "request-2", _prompt("Ten years.", "answer")),
        StoredPayload(2, "query.received", "request-2", _prompt("model said", "raw")),
    ]
    assert list(store.stream_checkpoints(0, 2)) == [(0, _checkpoint(2)), (1, _checkpoint(1, DECEMBER))]
    assert list(store.stream_checkpoints(1, 2)) == [(1, _checkpoint(1, DECEMBER))]
    assert store.checkpoint_count() == 2
    assert store.scope_hashes() == ["0" * 64, "f" * 64]


def test_an_empty_store_streams_nothing(store: LeafStore) -> None:
    assert list(store.stream_leaves(0, 9)) == []
    assert list(store.stream_payloads(0, 9)) == []
    assert list(store.stream_checkpoints(0, 9)) == []
    assert (store.checkpoint_count(), store.scope_hashes()) == (0, [])


def _turn(number: int, conversation: str, kind: str = "query.received") -> Entry:
    return dataclasses.replace(_entry(number, kind=kind), conversation=conversation)


def test_the_questions_of_a_conversation_are_those_of_one_pseudonym(store: LeafStore) -> None:
    mine, hers, other = (
        conversation_key("actor-1", "c-1"),
        conversation_key("actor-2", "c-1"),
        conversation_key("actor-1", "c-2"),
    )
    store.append([_turn(n, key) for n, key in enumerate((mine, hers, "", mine, other, mine, mine))])
    assert store.of_conversation("actor-1", "c-1") == [0, 3, 5, 6]
    assert store.of_conversation("actor-1", "c-1", before=6, limit=2) == [3, 5]
    assert store.of_conversation("actor-1", "c") == store.of_conversation("actor-1", "") == []
    assert store.turns_of("actor-1") == [("c-1", 0), ("c-1", 3), ("c-1", 5), ("c-1", 6), ("c-2", 4)]
    assert store.turns_of("actor-") == store.turns_of("") == []


def test_all_leaves_of_questions_come_by_the_number_of_any_of_them(store: LeafStore) -> None:
    store.append([_entry(n, request_id=f"r-{n % 3}") for n in range(6)] + [_event(6, "key.created")])
    assert [leaf.seq for leaf in store.of_questions([4, 0, 3])] == [0, 1, 3, 4]
    assert store.of_questions([6, 10**30, -7]) == store.of_questions([]) == []
    many = [_entry(n, _prompt(f"prompt {n}"), _prompt("a", "answer")) for n in range(7, 700)]
    store.append(many)
    assert len(store.of_questions(range(7, 700))) == len(many)
    payloads = store.payloads_of(range(900))
    assert list(payloads) == list(range(7, 700))
    assert payloads[9] == store.payloads(9)
