"""The laws of a store of leaves; every store passes these tests.

To hold another store to them, add its opener to `OPENERS`.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import pytest

from service.audit.errors import AuditBusyError, AuditUnavailableError
from service.audit.sqlite_store import SqliteLeafStore
from service.audit.store import Entry, LeafStore, Payload, leaf_hash

OPENERS: dict[str, Callable[[Path], LeafStore]] = {"sqlite": SqliteLeafStore.open}
CANARY = "zebra-canary-4711"

Open = Callable[[], LeafStore]


@pytest.fixture(params=sorted(OPENERS))
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    with ExitStack() as stack:

        def open_it() -> LeafStore:
            store = OPENERS[request.param](tmp_path / "var")
            stack.callback(store.close)
            return store

        yield open_it


def _entry(number: int, *payloads: Payload) -> Entry:
    return Entry(
        origin="greenlit/audit/2026-11",
        type="query.received",
        ts_us=1_795_089_600_000_000 + number,
        request_id=f"request-{number}",
        leaf=f'{{"n":{number}}}'.encode(),
        payloads=payloads,
    )


def _prompt(text: str, field: str = "prompt") -> Payload:
    return Payload(field=field, salt=bytes(32), body=text.encode())


@pytest.mark.parametrize(
    ("leaf", "expected"),
    [
        (b"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        (b"L123456", "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"),
    ],
)
def test_the_leaf_hash_is_the_published_one(leaf: bytes, expected: str) -> None:
    assert leaf_hash(leaf) == expected


def test_an_empty_store_has_no_leaf(open_store: Open) -> None:
    store = open_store()
    assert (store.size(), store.leaf(0), store.leaves(-1, 10), store.payloads(0)) == (0, None, [], ())
    assert store.append([]) == []


def test_numbers_begin_at_zero_and_have_no_gap(open_store: Open) -> None:
    store = open_store()
    first = store.append([_entry(0), _entry(1)])
    second = store.append([_entry(2)])
    assert [receipt.seq for receipt in (*first, *second)] == [0, 1, 2]
    assert store.size() == 3


def test_a_receipt_says_where_and_what(open_store: Open) -> None:
    (receipt,) = open_store().append([_entry(0)])
    assert (receipt.origin, receipt.leaf_hash) == ("greenlit/audit/2026-11", leaf_hash(b'{"n":0}'))


def test_a_leaf_comes_back_byte_for_byte(open_store: Open) -> None:
    store = open_store()
    (receipt,) = store.append([_entry(0)])
    leaf = store.leaf(0)
    assert leaf is not None
    assert (leaf.leaf, leaf.leaf_hash, leaf.type) == (b'{"n":0}', receipt.leaf_hash, "query.received")
    assert (leaf.ts_us, leaf.request_id) == (1_795_089_600_000_000, "request-0")


@pytest.mark.parametrize("seq", [-1, 1, 2**63, 10**30])
def test_a_number_that_was_never_given_out_is_no_leaf(open_store: Open, seq: int) -> None:
    store = open_store()
    store.append([_entry(0)])
    assert store.leaf(seq) is None


def test_leaves_are_read_by_the_page(open_store: Open) -> None:
    store = open_store()
    store.append([_entry(number) for number in range(5)])
    assert [leaf.seq for leaf in store.leaves(after=-1, limit=2)] == [0, 1]
    assert [leaf.seq for leaf in store.leaves(after=1, limit=10)] == [2, 3, 4]
    assert store.leaves(after=4, limit=10) == []


def test_payloads_are_kept_beside_their_leaf(open_store: Open) -> None:
    store = open_store()
    store.append([_entry(0), _entry(1, _prompt("model said", "raw"), _prompt("Ten years.", "answer"))])
    assert store.payloads(0) == ()
    assert store.payloads(1) == (_prompt("Ten years.", "answer"), _prompt("model said", "raw"))


def test_entries_are_kept_together_or_not_at_all(open_store: Open) -> None:
    store = open_store()
    store.append([_entry(0)])
    with pytest.raises(AuditUnavailableError, match="cannot be written"):
        store.append([_entry(1), _entry(2, _prompt("one"), _prompt("two")), _entry(3)])
    store.reopen()
    assert store.size() == 1
    assert [receipt.seq for receipt in store.append([_entry(4)])] == [1]


def test_an_error_carries_no_text_that_was_to_be_written(open_store: Open) -> None:
    store = open_store()
    with pytest.raises(AuditUnavailableError) as caught:
        store.append([_entry(0, _prompt(CANARY), _prompt(CANARY))])
    assert CANARY not in f"{caught.value!r} {vars(caught.value)!r}"
    assert caught.value.__cause__ is caught.value.__context__ is None, "a database's error holds what it failed with"
    assert CANARY not in repr(_entry(0, _prompt(CANARY)))


def test_leaves_are_still_there_after_opening_again(open_store: Open) -> None:
    store = open_store()
    store.append([_entry(0, _prompt("How long?"))])
    kept = store.leaf(0)
    store.reopen()
    assert store.leaf(0) == kept
    store.close()
    again = open_store()
    assert (again.leaf(0), again.payloads(0)) == (kept, (_prompt("How long?"),))
    assert [receipt.seq for receipt in again.append([_entry(1)])] == [1]


def test_a_closed_store_takes_nothing(open_store: Open) -> None:
    store = open_store()
    store.close()
    store.close()
    with pytest.raises(AuditUnavailableError, match="is closed"):
        store.append([_entry(0)])


def test_a_second_opener_is_refused_until_the_first_lets_go(open_store: Open) -> None:
    first = open_store()
    with pytest.raises(AuditBusyError, match=r"another process .* writes the audit log"):
        open_store()
    first.append([_entry(0)])
    first.close()
    assert open_store().size() == 1


def test_any_thread_reads_while_one_appends(open_store: Open) -> None:
    store = open_store()
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
