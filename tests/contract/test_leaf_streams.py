"""The laws of reading a store as a whole: in order, by the page, in nobody's way; every store passes these tests."""

import hashlib

from service.audit.storage.store import Entry, KeptScope, LeafStore, Payload, StoredCheckpoint, StoredPayload

NOVEMBER, DECEMBER = "greenlit/audit/2026-11", "greenlit/audit/2026-12"
LOWEST = -(2**63)
MANY = 1300  # more than two pages


def _entry(number: int, *payloads: Payload, kind: str = "query.received") -> Entry:
    request_id = f"request-{number}" if kind.startswith("query.") else ""
    return Entry(NOVEMBER, kind, number, request_id, f'{{"n":{number}}}'.encode(), payloads)


def _payload(text: str, field: str = "prompt") -> Payload:
    return Payload(field, "payload-2026-11-1", text.encode())


def test_leaves_stream_in_order(store: LeafStore) -> None:
    assert list(store.stream_leaves(0, 10)) == []
    store.append([_entry(number) for number in range(MANY)])
    assert list(store.stream_leaves(0, MANY)) == list(store.stream_leaves(LOWEST, 10**6)) == store.leaves(-1, MANY)
    assert list(store.stream_leaves(510, 515)) == store.leaves(509, 5)
    assert list(store.stream_leaves(5, 5)) == list(store.stream_leaves(MANY, 10**6)) == []


def test_payloads_stream_with_type_and_question_of_their_leaf(store: LeafStore) -> None:
    raw, answer = _payload("model said", "raw"), _payload("Ten years.", "answer")
    store.append([_entry(0, _payload("How long?")), _entry(1), _entry(2, raw, answer, kind="audit.read")])
    prompt = StoredPayload(0, "query.received", "request-0", _payload("How long?"))
    assert list(store.stream_payloads(0, 2)) == [prompt]
    assert list(store.stream_payloads(LOWEST, 10**6)) == [
        prompt,
        StoredPayload(2, "audit.read", "", answer),
        StoredPayload(2, "audit.read", "", raw),
    ]


def test_payloads_stream_over_pages_and_long_gaps(store: LeafStore) -> None:
    store.append([_entry(n, *([_payload(str(n))] if n in {0, 511, 512, MANY - 1} else [])) for n in range(MANY)])
    assert [kept.seq for kept in store.stream_payloads(0, MANY)] == [0, 511, 512, MANY - 1]


def test_checkpoints_stream_in_the_order_they_were_published(store: LeafStore) -> None:
    assert store.checkpoint_count() == 0
    published = [
        StoredCheckpoint(*row) for row in ((NOVEMBER, 3, "a", "x"), (DECEMBER, 1, "b", "y"), (DECEMBER, 2, "c", "z"))
    ]
    for checkpoint in published:
        store.publish(checkpoint, [])
    assert store.checkpoint_count() == 3
    assert list(store.stream_checkpoints(LOWEST, 3)) == list(enumerate(published))
    assert list(store.stream_checkpoints(1, 2)) == [(1, published[1])]


def test_a_stream_sees_what_comes_while_it_is_read_and_keeps_nobody_from_writing(store: LeafStore) -> None:
    store.append([_entry(number, _payload("text")) for number in range(MANY)])
    leaves, payloads = store.stream_leaves(0, MANY + 1), store.stream_payloads(0, MANY)
    next(leaves)
    next(payloads)
    store.append([Entry(NOVEMBER, "payload.erased", MANY, "", b"{}", erases=((MANY - 1, MANY - 1),))])
    assert [leaf.seq for leaf in leaves] == list(range(1, MANY + 1))
    assert len(list(payloads)) == MANY - 2, "the last page was read after the erasure"


def test_the_numbers_of_a_type_and_the_names_of_all_scopes_are_given(store: LeafStore) -> None:
    assert (store.seqs_of_type("shard.opened"), store.scope_hashes()) == ([], [])
    store.append([_entry(n, kind="shard.opened" if n in {0, 3} else "audit.read") for n in range(5)])
    assert store.seqs_of_type("shard.opened") == [0, 3]
    scopes = [KeptScope(hashlib.sha256(pairs).hexdigest(), pairs) for pairs in (b"one", b"two", b"three")]
    store.append([Entry(NOVEMBER, "query.finished", 9, f"r-{n}", b"{}", scope=scope) for n, scope in enumerate(scopes)])
    assert store.scope_hashes() == sorted(scope.filter_hash for scope in scopes)
