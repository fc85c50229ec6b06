"""What a store holds beside its leaves is checked as they stream by: rows, checkpoints, texts, who asked, subtrees."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.audit.checking import store_check, verify_store
from service.audit.checking.store_check import Snapshot, StoreCheck
from service.audit.checkpoints import stored_tree
from service.audit.keys.keyring import Keyring
from service.audit.shards import shards_of
from tests.support import reference_tree
from tests.support.real_logs import RealLog, at_us


@pytest.fixture
def made(tmp_path: Path) -> Iterator[RealLog]:
    made = RealLog(tmp_path)
    yield made
    made.close()


def _check(made: RealLog, *, keyring: Keyring | None = None) -> StoreCheck:
    """Stream a log through a check."""
    made.publish()
    store, shards = made.parts.store, shards_of(made.parts.store)
    snapshot = Snapshot(size=store.size(), checkpoints=store.checkpoint_count(), shards=tuple(shards))
    key = made.parts.signer.key().text()
    check = StoreCheck(store=store, snapshot=snapshot, keys=[key], keyring=keyring or made.parts.keyring, witness=None)
    for shard, end in zip(shards, [*(shard.first_seq for shard in shards[1:]), snapshot.size], strict=True):
        check.month(shard, end)
    check.finish(whole=True)
    return check


def _found(check: StoreCheck) -> list[tuple[int | None, str, int | None]]:
    return [(problem.seq, problem.promise, problem.last) for problem in check.problems]


@pytest.fixture
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Subtrees of 4 leaves, of 16 and of 64, so that a short log has three levels of them."""
    for module in (stored_tree, store_check, verify_store):
        monkeypatch.setattr(module, "SUBTREE_LEAVES", 4)


def test_a_log_of_two_months_passes(made: RealLog) -> None:
    made.ask()
    made.now_us = at_us(2026, 12)
    made.ask()
    check = _check(made)
    assert _found(check) == []
    assert (check.texts, list(check.unnamed), len(check.filters)) == (6, [], 1)


@pytest.mark.usefixtures("_narrow")
def test_kept_subtrees_of_every_level_are_those_of_the_leaves(made: RealLog) -> None:
    for _ in range(30):  # 65 leaves with those that open and close the month: one subtree of the third level
        made.ask()
    made.now_us = at_us(2026, 12)
    for _ in range(8):
        made.ask()
    assert _found(_check(made)) == []
    with made.behind() as file:
        rows = file.execute("SELECT origin, level, number, hash FROM subtrees").fetchall()
        assert {level for _, level, _, _ in rows} == {1, 2, 3}
        assert {level for origin, level, _, _ in rows if origin.endswith("2026-12")} == {1, 2}
        begins = {shard.origin: shard.first_seq for shard in shards_of(made.parts.store)}
        for origin, level, number, root in rows:
            row = (origin, level, number)
            file.execute("UPDATE subtrees SET hash = zeroblob(32) WHERE (origin, level, number) = (?, ?, ?)", row)
            begin = begins[origin] + number * 4**level
            assert _found(_check(made)) == [(begin, "tree", begin + 4**level - 1)]
            file.execute("UPDATE subtrees SET hash = ? WHERE (origin, level, number) = (?, ?, ?)", (root, *row))
    assert _found(_check(made)) == []


@pytest.mark.usefixtures("_narrow")
def test_a_kept_subtree_that_is_missing_is_found(made: RealLog) -> None:
    for _ in range(12):
        made.ask()
    made.publish()
    with made.behind() as file:
        file.execute("DELETE FROM subtrees WHERE level = 1 AND number = 2")
        assert _found(_check(made)) == [(8, "tree", 11)]
        file.execute("DELETE FROM subtrees WHERE level = 1 AND number > 2")
        assert _found(_check(made)) == [(8, "tree", 11)]
        file.execute("DELETE FROM subtrees WHERE level = 2")
        assert sorted(_found(_check(made))) == [(0, "tree", 15), (8, "tree", 11)]


def test_subtrees_have_256_leaves(made: RealLog) -> None:
    for _ in range(130):
        made.ask()
    assert _found(_check(made)) == []
    with made.behind() as file:
        file.execute("UPDATE subtrees SET hash = zeroblob(32)")
    assert _found(_check(made)) == [(0, "tree", 255)]


def test_the_root_of_a_subtree_is_that_of_the_standard() -> None:
    leaves = [bytes([number]) for number in range(64)]
    hashes = [reference_tree.root([leaf]) for leaf in leaves]
    assert store_check._root_of(hashes) == reference_tree.root(leaves)
    assert len(hashes) == 64, "they are left as they were"


@pytest.mark.parametrize(
    ("column", "value"), [("type", "'audit.read'"), ("ts_us", "ts_us + 1"), ("request_id", "''"), ("leaf_hash", "'x'")]
)
def test_columns_repeat_what_the_leaf_says(made: RealLog, column: str, value: str) -> None:
    seq = made.ask()
    with made.behind() as file:
        file.execute(f"UPDATE leaves SET {column} = {value} WHERE seq = ?", (seq,))  # noqa: S608  (names are above)
    assert (seq, "leaf", None) in _found(_check(made))


def test_a_record_that_is_no_question_has_no_question_in_its_row(made: RealLog) -> None:
    made.ask()
    with made.behind() as file:
        file.execute("UPDATE leaves SET request_id = 'r' WHERE seq = 1")
    assert _found(_check(made)) == [(1, "leaf", None)]


@pytest.mark.parametrize("leaf", [b"[]", b"7", b'"text"', b"{}", b'{"type":"query.received"}', b"\xff", b""])
def test_what_has_not_the_form_of_a_record_stops_nothing(made: RealLog, leaf: bytes) -> None:
    seq = made.ask()
    with made.behind() as file:
        file.execute("UPDATE leaves SET leaf = ? WHERE seq = ?", (leaf, seq))
    check = _check(made)
    assert check.problems[0].seq == seq
    assert check.seq == made.size, "it went on to the end"


def test_filter_hashes_are_remembered_with_the_first_record_that_names_them(made: RealLog) -> None:
    first = made.ask()
    made.ask()
    (named,) = _check(made).filters.values()
    assert named == first + 1


def test_who_asked_is_whom_the_pseudonym_stands_for(made: RealLog) -> None:
    seq = made.ask(who="mira@x.example")
    other = made.ask(who="jonas@x.example")
    with made.behind() as file:
        made.publish()
        store = made.parts.store
        leaf = store.leaf(seq)
        assert leaf is not None
        context = f"greenlit.test/audit/2026-11\0query.received\0{leaf.request_id}\0asker".encode()
        done = made.parts.keyring.seal("identity", "2026-11", salt=bytes(32), body=b"jonas@x.example", context=context)
        file.execute("UPDATE payloads SET sealed = ? WHERE seq = ? AND field = 'asker'", (done.sealed, seq))
    check = _check(made)
    assert _found(check) == [], "it opens and is of a question: who it should be, its key tells in the end"
    assert check.sealing is not None
    (found,) = check.sealing.findings()
    assert (found.kind, found.seq) == ("wrong", seq)
    assert found.words.startswith("the pseudonym does not fit ")
    assert other > seq


def test_a_question_without_who_asked_is_remembered(made: RealLog) -> None:
    seq = made.ask()
    made.ask()
    with made.behind() as file:
        file.execute("DELETE FROM payloads WHERE seq = ? AND field = 'asker'", (seq,))
    check = _check(made)
    assert _found(check) == [], "whether that was recorded is seen at the end of the log"
    assert list(check.unnamed) == [seq]


def test_only_a_question_has_somebody_who_asked(made: RealLog) -> None:
    seq = made.ask()
    with made.behind() as file:
        row = ("asker", "identity-2026-11", b"x" * 80)
        file.execute("INSERT INTO payloads VALUES (?, ?, ?, ?)", (seq + 1, *row))
        assert {problem.seq for problem in _check(made).problems} == {seq + 1}


def test_a_text_that_cannot_be_opened_is_there_all_the_same(made: RealLog) -> None:
    """What its key has to do with it is in `test_sealing_keys`."""
    seq = made.ask()
    made.publish()
    for name in ("payload-2026-11-1.key", "actor-2026-11.key"):
        (made.keys / name).rename(made.keys / f"{name} away")
    with made.behind() as file:
        check = _check(made, keyring=Keyring(folder=made.keys))
        assert (_found(check), check.texts) == ([], 1), "who asked is read, prompt and answer are not"
        file.execute("DELETE FROM payloads WHERE seq = ? AND field = 'prompt'", (seq,))
        assert _found(_check(made, keyring=Keyring(folder=made.keys))) == [(seq, "payload", None)]


def test_a_text_that_cannot_be_opened_must_be_one_that_its_record_commits_to(made: RealLog) -> None:
    seq = made.ask()
    with made.behind() as file:
        file.execute("INSERT INTO payloads VALUES (?, 'raw', 'payload-2026-11-1', x'00')", (seq + 1,))
        assert _found(_check(made)) == [(seq + 1, "payload", None)]


def test_checkpoint_rows_are_numbered_without_a_gap_and_repeat_their_notes(made: RealLog) -> None:
    for _ in range(3):
        made.ask()
        made.publish()
    with made.behind() as file:
        ids = [number for (number,) in file.execute("SELECT id FROM checkpoints")]
        newest = ids[-1]
        true = file.execute("SELECT origin, size, root, note FROM checkpoints WHERE id = ?", (newest,)).fetchone()
        for change in ("size = 1", "root = upper(root)", "origin = 'x'", "note = 'x'", "note = ''", "size = 'many'"):
            file.execute(f"UPDATE checkpoints SET {change} WHERE id = ?", (newest,))  # noqa: S608  (changes are above)
            assert {problem.promise for problem in _check(made).problems} == {"checkpoint"}
            file.execute(
                "UPDATE checkpoints SET (origin, size, root, note) = (?, ?, ?, ?) WHERE id = ?", (*true, newest)
            )
        assert _found(_check(made)) == []
        file.execute("DELETE FROM checkpoints WHERE id = ?", (ids[0],))
        assert [problem.promise for problem in _check(made).problems] == ["checkpoint"]


def test_without_keys_for_texts_they_are_left_alone(made: RealLog) -> None:
    made.ask()
    made.publish()
    with made.behind() as file:
        file.execute("UPDATE payloads SET sealed = x'00'")
    store, shards = made.parts.store, tuple(shards_of(made.parts.store))
    snapshot = Snapshot(size=store.size(), checkpoints=store.checkpoint_count(), shards=shards)
    check = StoreCheck(
        store=store, snapshot=snapshot, keys=[made.parts.signer.key().text()], keyring=None, witness=None
    )
    check.month(shards[0], snapshot.size)
    check.finish(whole=True)
    assert (_found(check), list(check.unnamed)) == ([], [])
