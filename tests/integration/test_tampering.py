"""Somebody who may write the log's file changes it: the check of the whole store says so, and which record it was.

A real log of two months; then its file is changed as root could change it, past every trigger. Each change is found,
with the promise that is broken and the first record that is wrong, or the smallest range that it can be narrowed to.
What only a witness finds is shown from both sides: without one, the same check finds nothing.
"""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.audit.checking.store_check import Witnessed
from service.audit.checking.verifier import Problem
from service.audit.checking.verify_store import Verdict, verify_store
from service.audit.checkpoints.memory import Memory, Signed
from service.audit.checkpoints.signer import Signer
from service.audit.formats import notes
from service.audit.keys.keyring import Keyring, SealingPurpose
from service.audit.sealed_text import payload_context
from service.audit.shards import month_of
from service.audit.storage.sqlite_store import STORE_FILE, SqliteLeafStore
from service.audit.storage.store import leaf_hash
from tests.support.copied_logs import make_itself, memory_file
from tests.support.real_logs import NAME, RealLog, at_us

NOVEMBER, DECEMBER = f"{NAME}/audit/2026-11", f"{NAME}/audit/2026-12"
CONTRACTS, ERASED, SCRIPTS, ERASURE = 5, 7, 9, 11  # records of November; its first five open the log
LAST_OF_NOVEMBER, FIRST_OF_DECEMBER, VENDORS, NEWEST = 12, 13, 17, 22


@dataclass
class Log:
    """A closed log in a folder that a test may spoil."""

    root: Path

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def signer(self) -> Signer:
        return Signer(folder=self.keys, name=f"{NAME}/audit")

    @property
    def store(self) -> SqliteLeafStore:
        return SqliteLeafStore(folder=self.root / "state")

    @contextmanager
    def behind(self) -> Iterator[sqlite3.Connection]:
        """Open the file past every trigger."""
        connection = sqlite3.connect(self.root / "state" / STORE_FILE, isolation_level=None)
        try:
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            yield connection
        finally:
            connection.close()

    def do(self, statement: str, *values: object) -> None:
        """Change the file by one statement, which must reach a row."""
        with self.behind() as file:
            assert file.execute(statement, values).rowcount > 0

    def verify(self, *, memory: bool = True, witness: Witnessed | None = None) -> Verdict:
        return verify_store(
            self.store,
            keys=[self.signer.key().text()],
            keyring=Keyring(folder=self.keys),
            signed=self.signer.last() if memory else None,
            witness=witness,
        )

    def problem(self, *, memory: bool = True, witness: Witnessed | None = None) -> Problem:
        """The first thing that is wrong."""
        verdict = self.verify(memory=memory, witness=witness)
        assert not verdict.ok
        assert verdict.counts["wrong"] > 0
        return verdict.problems[0]

    def leaf(self, seq: int) -> bytes:
        leaf = self.store.leaf(seq)
        assert leaf is not None
        return leaf.leaf

    def sealed(self, seq: int, field: str, text: str) -> tuple[bytes, bytes]:
        """Seal another text for a record, as only somebody can who has the keys; the salt and the sealed text."""
        said, salt = json.loads(self.leaf(seq)), bytes(range(32))
        context = payload_context(said["origin"], said["type"], said["request_id"], field)
        purpose: SealingPurpose = "identity" if field == "asker" else "payload"
        keyring = Keyring(folder=self.keys)
        month = month_of(said["origin"])
        return salt, keyring.seal(purpose, month, salt=salt, body=text.encode(), context=context).sealed


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log that each test takes a copy of."""
    return _filled(RealLog(tmp_path_factory.mktemp("made")))


def _filled(log: RealLog) -> Path:
    log.ask("How long do we keep contracts?")
    log.publish()
    log.ask("May I take the afternoon off?")
    log.ask("May I upload scripts?", "Never.")
    log.publish()
    log.erase(ERASED, ERASED + 1)
    log.now_us = at_us(2026, 12)
    log.ask("Who reviews vendors?", "The security team.", who="jonas@x.example")
    log.publish()
    log.ask("How long do we keep contracts?")
    log.ask("What is the allowance?", "Fifty euros.")
    log.close()
    return log.root


@pytest.fixture
def log(made: Path, tmp_path: Path) -> Log:
    return Log(shutil.copytree(made, tmp_path / "log"))


@pytest.fixture
def witness(made: Path) -> Witnessed:
    """What a witness kept that saw the newest checkpoint of each month."""
    private, name = Ed25519PrivateKey.generate(), "witness.test"
    store = Log(made).store
    newest = [store.newest_checkpoint(origin) for origin in (NOVEMBER, DECEMBER)]
    seen = [notes.cosign(one.note, name=name, private=private, time_s=1_796_083_200) for one in newest if one]
    return Witnessed(key=notes.witness_key_of(name, private).text(), notes=tuple(seen))


def _rehashed(leaf: bytes, seq: int) -> tuple[bytes, str, int]:
    return leaf, leaf_hash(leaf), seq


# What is as it should be


def test_what_nobody_changed_is_fine(log: Log, witness: Witnessed) -> None:
    verdict = log.verify(witness=witness)
    assert (verdict.ok, verdict.problems, verdict.remarks) == (True, (), ())
    assert verdict.counts["leaves"] == NEWEST + 1
    assert verdict.counts["shards"] == 2
    assert verdict.counts["texts"] == 5 * 3 + 2, (
        "a prompt, an asker and an answer of five questions; who erased and why"
    )
    assert verdict.counts["erased"] == 2
    assert verdict.counts["witnessed"] == 2


def test_a_month_whose_texts_and_keys_are_gone_by_the_log_is_fine(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "log")
    make_itself(tmp_path / "log" / "keys")
    copy = RealLog(tmp_path / "log", now_us=at_us(2027, 12))
    copy.erase(0, LAST_OF_NOVEMBER, ground="retention")
    copy.parts.keyring.destroy("2026-11")
    copy.close()
    verdict = Log(copy.root).verify()
    assert (verdict.ok, verdict.problems) == (True, ())
    assert verdict.counts["erased"] == 7, "six of three questions, and the record of the first erasure"


# Leaves


def test_a_changed_record_is_named(log: Log) -> None:
    log.do("UPDATE leaves SET leaf = ? WHERE seq = ?", log.leaf(VENDORS).replace(b'"api"', b'"web"'), VENDORS)
    problem = log.problem()
    assert (problem.seq, problem.promise) == (VENDORS, "leaf")


@pytest.mark.parametrize("seq", [*range(1, LAST_OF_NOVEMBER), *range(FIRST_OF_DECEMBER + 1, NEWEST + 1)])
def test_a_changed_record_whose_hash_was_changed_too_is_narrowed_to_its_checkpoint(log: Log, seq: int) -> None:
    leaf = log.leaf(seq).replace(b'"v":1', b'"v":2')
    log.do("UPDATE leaves SET leaf = ?, leaf_hash = ? WHERE seq = ?", *_rehashed(leaf, seq))
    problem = log.problem()
    assert problem.promise == "tree"
    assert problem.seq is not None
    assert problem.last is not None
    assert problem.seq <= seq <= problem.last
    edges = [0, CONTRACTS + 2, ERASURE, LAST_OF_NOVEMBER + 1, VENDORS + 2, NEWEST + 1]
    begin = max(edge for edge in edges if edge <= seq)
    end = min(edge for edge in edges if edge > seq)
    assert begin <= problem.seq, "no wider than between two checkpoints"
    assert problem.last < end


@pytest.mark.parametrize(
    ("column", "value"), [("type", "audit.read"), ("ts_us", 1), ("request_id", "r-1"), ("leaf_hash", "0" * 64)]
)
def test_a_column_that_does_not_repeat_its_record_is_named(log: Log, column: str, value: object) -> None:
    log.do(f"UPDATE leaves SET {column} = ? WHERE seq = ?", value, VENDORS)  # noqa: S608  (names are above)
    problems = log.verify().problems
    assert problems[0].seq == VENDORS
    assert (VENDORS, "leaf") in [(problem.seq, problem.promise) for problem in problems]


@pytest.mark.parametrize("seq", [FIRST_OF_DECEMBER, LAST_OF_NOVEMBER])
def test_where_a_month_begins_or_ends_cannot_be_hidden(log: Log, seq: int) -> None:
    log.do("UPDATE leaves SET type = 'audit.read' WHERE seq = ?", seq)
    assert log.problem().seq == seq


def _without(file: sqlite3.Connection, seq: int) -> None:
    file.execute("PRAGMA foreign_keys = OFF")
    file.execute("DELETE FROM payloads WHERE seq = ?", (seq,))
    file.execute("DELETE FROM leaves WHERE seq = ?", (seq,))


def _move(file: sqlite3.Connection, after: int, by: int) -> None:
    """Give every record after one a number that is higher, or lower, by one; no gap or double is left behind."""
    file.execute("PRAGMA foreign_keys = OFF")
    for table in ("leaves", "payloads"):
        file.execute(f"UPDATE {table} SET seq = -1 - seq - ? WHERE seq > ?", (by, after))  # noqa: S608
        file.execute(f"UPDATE {table} SET seq = -1 - seq WHERE seq < 0")  # noqa: S608


@pytest.mark.parametrize("seq", range(NEWEST))
def test_a_removed_record_is_named(log: Log, seq: int) -> None:
    with log.behind() as file:
        _without(file, seq)
    problems = [(problem.seq, problem.promise) for problem in log.verify().problems]
    assert (seq, "order") in problems
    # Without the record of an erasure, the first that is wrong is the one whose text is gone.
    assert problems[0][0] == (ERASED if seq == ERASURE else seq)


@pytest.mark.parametrize("seq", [1, CONTRACTS, ERASED, VENDORS, NEWEST - 2])
def test_a_removed_record_whose_gap_was_closed_is_found_no_later_than_the_next_checkpoint(log: Log, seq: int) -> None:
    with log.behind() as file:
        _without(file, seq)
        _move(file, seq, -1)
    problem = log.problem()
    assert problem.seq is not None
    assert problem.promise in {"order", "tree", "payload"}
    assert seq - 2 <= problem.seq <= (problem.last or problem.seq) <= seq + 4


@pytest.mark.parametrize(("first", "second"), [(1, 2), (CONTRACTS, SCRIPTS), (6, 8), (VENDORS, VENDORS + 2), (3, 15)])
def test_two_records_that_changed_places_are_found(log: Log, first: int, second: int) -> None:
    with log.behind() as file:
        file.execute("PRAGMA foreign_keys = OFF")
        for table in ("leaves", "payloads"):
            for old, new in ((first, -1), (second, first), (-1, second)):
                file.execute(f"UPDATE {table} SET seq = ? WHERE seq = ?", (new, old))  # noqa: S608
    problem = log.problem()
    assert problem.promise in {"order", "tree"}
    assert problem.seq is not None
    assert problem.seq <= first + 2
    assert first <= (problem.last or problem.seq)


@pytest.mark.parametrize("seq", [2, ERASED, VENDORS])
def test_an_inserted_record_is_found(log: Log, seq: int) -> None:
    leaf = log.leaf(seq - 1).replace(b'"v":1', b'"v":2')
    with log.behind() as file:
        _move(file, seq - 1, 1)
        row = file.execute(
            "SELECT type, ts_us, request_id, conversation FROM leaves WHERE seq = ?", (seq - 1,)
        ).fetchone()
        file.execute("INSERT INTO leaves VALUES (?, ?, ?, ?, ?, ?, ?)", (seq, leaf_hash(leaf), *row, leaf))
    problem = log.problem()
    assert problem.seq is not None
    assert seq - 4 <= problem.seq <= (problem.last or problem.seq) <= seq + 4


def test_a_record_below_the_first_number_is_found_and_no_other_is_blamed(log: Log) -> None:
    with log.behind() as file:
        row = file.execute("SELECT leaf_hash, type, ts_us, request_id, '', leaf FROM leaves WHERE seq = 17").fetchone()
        file.execute("INSERT INTO leaves VALUES (-5, ?, ?, ?, ?, ?, ?)", row)
    assert [(problem.seq, problem.promise) for problem in log.verify().problems] == [(-5, "order")]


def test_a_record_of_an_unknown_kind_of_value_is_named(log: Log) -> None:
    log.do("UPDATE leaves SET leaf = CAST(leaf AS TEXT) WHERE seq = ?", VENDORS)
    assert log.problem().seq == VENDORS
    log.do("UPDATE leaves SET leaf = x'5b5d' WHERE seq = ?", VENDORS)
    assert log.problem().seq == VENDORS


# Payloads


def test_an_altered_text_is_named(log: Log) -> None:
    log.do("UPDATE payloads SET sealed = randomblob(length(sealed)) WHERE seq = ? AND field = 'answer'", VENDORS + 1)
    problem = log.problem()
    assert (problem.seq, problem.promise) == (VENDORS + 1, "payload")


def test_another_text_sealed_by_somebody_who_has_the_keys_is_named(log: Log) -> None:
    _, sealed = log.sealed(VENDORS, "prompt", "Who reviews me?")
    log.do("UPDATE payloads SET sealed = ? WHERE seq = ? AND field = 'prompt'", sealed, VENDORS)
    problem = log.problem()
    assert (problem.seq, problem.promise) == (VENDORS, "payload")


def test_another_asker_sealed_by_somebody_who_has_the_keys_is_named(log: Log) -> None:
    _, sealed = log.sealed(VENDORS, "asker", "mira@x.example")
    log.do("UPDATE payloads SET sealed = ? WHERE seq = ? AND field = 'asker'", sealed, VENDORS)
    problem = log.problem()
    assert (problem.seq, problem.promise) == (VENDORS, "payload")


@pytest.mark.parametrize("field", ["asker", "prompt"])
def test_a_text_removed_without_a_record_of_it_is_named(log: Log, field: str) -> None:
    log.do("DELETE FROM payloads WHERE seq = ? AND field = ?", VENDORS, field)
    problem = log.problem()
    assert (problem.seq, problem.promise) == (VENDORS, "payload")


def test_texts_of_two_records_that_changed_places_are_named(log: Log) -> None:
    with log.behind() as file:
        (first,) = file.execute("SELECT sealed FROM payloads WHERE seq = 18").fetchone()
        (second,) = file.execute("SELECT sealed FROM payloads WHERE seq = 20").fetchone()
        file.execute("UPDATE payloads SET sealed = ? WHERE seq = 18", (second,))
        file.execute("UPDATE payloads SET sealed = ? WHERE seq = 20", (first,))
    assert [problem.seq for problem in log.verify().problems] == [18, 20]


def test_an_erased_text_that_was_put_back_is_named(log: Log) -> None:
    _, sealed = log.sealed(ERASED, "prompt", "May I take the afternoon off?")
    log.do("INSERT INTO payloads VALUES (?, 'prompt', 'payload-2026-11-1', ?)", ERASED, sealed)
    problem = log.problem()
    assert (problem.seq, problem.promise) == (ERASED, "payload")


def test_a_text_that_no_record_commits_to_is_named(log: Log) -> None:
    _, sealed = log.sealed(VENDORS, "raw", "more")
    log.do("INSERT INTO payloads VALUES (?, 'raw', 'payload-2026-12-1', ?)", VENDORS, sealed)
    problem = log.problem()
    assert (problem.seq, problem.promise) == (VENDORS, "payload")


def test_a_text_below_the_first_number_is_found(log: Log) -> None:
    with log.behind() as file:
        file.execute("PRAGMA foreign_keys = OFF")
        file.execute("INSERT INTO payloads VALUES (-7, 'prompt', 'payload-2026-12-1', x'00')")
    assert [(problem.seq, problem.promise) for problem in log.verify().problems] == [(-7, "payload")]


@pytest.mark.parametrize("seq", [-7, NEWEST + 1])
def test_a_text_of_a_record_that_is_not_there_is_found(log: Log, seq: int) -> None:
    with log.behind() as file:
        file.execute("PRAGMA foreign_keys = OFF")
        file.execute("UPDATE payloads SET seq = ? WHERE seq = ? AND field = 'prompt'", (seq, VENDORS))
    problems = log.verify().problems
    assert (VENDORS, "payload") in [(problem.seq, problem.promise) for problem in problems]


# Checkpoints


def _forged(log: Log, number: int, private: Ed25519PrivateKey) -> str:
    with log.behind() as file:
        (note,) = file.execute("SELECT note FROM checkpoints WHERE id = ?", (number,)).fetchone()
    return notes.sign(notes.read_checkpoint(note), name=f"{NAME}/audit", private=private)


def test_a_checkpoint_signed_with_another_key_is_found(log: Log) -> None:
    log.do("UPDATE checkpoints SET note = ? WHERE id = 1", _forged(log, 1, Ed25519PrivateKey.generate()))
    problem = log.problem()
    assert problem.promise == "checkpoint"
    assert problem.seq is not None
    assert CONTRACTS < problem.seq <= ERASURE


def test_a_history_signed_with_another_key_is_found_everywhere(log: Log) -> None:
    """All checkpoints, the signing key, and the key that the log names are somebody else's: the auditor's is not."""
    true_key = log.signer.key().text()
    for number in range(log.store.checkpoint_count()):
        note = _forged(log, number, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
        log.do("UPDATE checkpoints SET note = ? WHERE id = ?", note, number)
    verdict = verify_store(log.store, keys=[true_key], keyring=Keyring(folder=log.keys), signed=None)
    assert {problem.promise for problem in verdict.problems} >= {"checkpoint"}
    assert not verdict.counts["checkpoints"]


@pytest.mark.parametrize(
    "change", ["root = substr(root, 2) || '0'", "size = size + 1", "origin = origin || 'x'", "note = note || 'x'"]
)
def test_a_checkpoint_whose_row_says_something_else_is_found(log: Log, change: str) -> None:
    log.do(f"UPDATE checkpoints SET {change} WHERE id = 1")  # noqa: S608  (changes are above)
    assert log.problem().promise == "checkpoint"


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_a_checkpoint_missing_among_others_is_found(log: Log, number: int) -> None:
    log.do("DELETE FROM checkpoints WHERE id = ?", number)
    assert log.problem().promise == "checkpoint"


def test_checkpoints_that_were_rolled_back_are_found(log: Log) -> None:
    newest = log.store.checkpoint_count() - 1
    log.do("DELETE FROM checkpoints WHERE id = ?", newest)
    problem = log.problem()
    assert (problem.promise, problem.last) == ("checkpoint", NEWEST)
    assert problem.seq is not None
    assert problem.seq > VENDORS


def test_checkpoints_in_another_order_are_found(log: Log) -> None:
    with log.behind() as file:
        for old, new in ((0, -1), (1, 0), (-1, 1)):
            file.execute("UPDATE checkpoints SET id = ? WHERE id = ?", (new, old))
    assert log.problem().promise == "checkpoint"


# The end of the log


def _cut(log: Log, size: int, checkpoints: int) -> None:
    """Take away the newest rows, so that nothing in the file tells of them."""
    with log.behind() as file:
        file.execute("PRAGMA foreign_keys = OFF")
        file.execute("DELETE FROM leaves WHERE seq >= ?", (size,))
        file.execute("DELETE FROM payloads WHERE seq >= ?", (size,))
        file.execute("DELETE FROM checkpoints WHERE id >= ?", (checkpoints,))


def _december(log: Log) -> int:
    """How many checkpoints there are before the first of December."""
    with log.behind() as file:
        return int(file.execute("SELECT COUNT(*) FROM checkpoints WHERE origin = ?", (NOVEMBER,)).fetchone()[0])


def test_newest_records_that_were_cut_off_are_missed_by_the_signer(log: Log) -> None:
    _cut(log, VENDORS + 2, _december(log) + 1)
    problem = log.problem()
    assert (problem.seq, problem.last, problem.promise) == (VENDORS + 2, NEWEST, "memory")


def test_a_month_that_was_cut_off_is_missed_by_the_signer(log: Log) -> None:
    _cut(log, LAST_OF_NOVEMBER + 1, _december(log))
    problem = log.problem()
    assert (problem.seq, problem.last, problem.promise) == (FIRST_OF_DECEMBER, NEWEST, "memory")


def test_a_log_that_was_emptied_is_missed_by_the_signer_and_the_witness(log: Log, witness: Witnessed) -> None:
    _cut(log, 0, 0)
    assert (log.problem().seq, log.problem().promise) == (0, "memory")
    problem = log.problem(memory=False, witness=witness)
    assert (problem.seq, problem.promise) == (0, "witness")


def test_newest_records_cut_off_with_the_signers_memory_are_missed_by_the_witness_alone(
    log: Log, witness: Witnessed
) -> None:
    _cut(log, VENDORS + 2, _december(log) + 1)
    newest = log.store.newest_checkpoint(DECEMBER)
    assert newest is not None
    root = bytes.fromhex(newest.root)
    Memory(log.keys).keep(Signed(DECEMBER, FIRST_OF_DECEMBER, newest.size, root))
    assert log.verify().ok, "nothing in the log or beside it tells"
    assert any("no witness" in remark for remark in log.verify().remarks)
    problem = log.problem(witness=witness)
    assert (problem.seq, problem.promise) == (VENDORS + 2, "witness")
    memory_file(log.keys).unlink()
    assert log.verify().ok
    assert log.problem(witness=witness).promise == "witness"


def test_a_month_cut_off_with_the_signers_memory_is_missed_by_the_witness_alone(log: Log, witness: Witnessed) -> None:
    _cut(log, LAST_OF_NOVEMBER + 1, _december(log))
    memory_file(log.keys).unlink()
    assert log.verify().ok
    problem = log.problem(witness=witness)
    assert (problem.seq, problem.promise) == (FIRST_OF_DECEMBER, "witness")


def test_another_history_by_whoever_has_the_signing_key_is_found_by_memory_and_witness(
    log: Log, witness: Witnessed, tmp_path: Path
) -> None:
    shutil.copytree(log.keys, tmp_path / "other" / "keys")
    memory_file(tmp_path / "other" / "keys").unlink()
    other = Log(_filled(RealLog(tmp_path / "other")))
    assert other.verify().ok, "it has its own memory by now"
    memory_file(other.keys).write_bytes(memory_file(log.keys).read_bytes())
    problem = other.problem()
    assert (problem.seq, problem.last, problem.promise) == (FIRST_OF_DECEMBER, NEWEST, "memory")
    problem = other.problem(memory=False, witness=witness)
    assert (problem.seq, problem.last, problem.promise) == (0, LAST_OF_NOVEMBER, "witness")


# What stands beside the log


def test_pairs_that_are_not_those_that_were_hashed_are_found(log: Log) -> None:
    log.do("UPDATE scopes SET pairs = x'00'")
    problem = log.problem()
    assert (problem.seq, problem.promise) == (CONTRACTS + 1, "scope"), "the first record that names them"


def test_pairs_that_are_gone_are_told_of(log: Log) -> None:
    log.do("DELETE FROM scopes")
    verdict = log.verify()
    assert any("of 1 filter hash no pairs are kept" in remark for remark in verdict.remarks)


# Every byte


@pytest.fixture
def tiny(tmp_path: Path) -> Log:
    """A log of one question, the smallest there is."""
    log = RealLog(tmp_path / "tiny")
    log.ask("Q?", "A.")
    log.publish()
    log.close()
    return Log(log.root)


def _flipped(content: bytes, step: int) -> Iterator[bytes]:
    for at, byte in list(enumerate(content))[::-step]:
        yield content[:at] + bytes([byte ^ 1 << at % 8]) + content[at + 1 :]


class _KeptOpen(sqlite3.Connection):
    """A connection that whoever closes it leaves open."""

    def close(self) -> None:
        pass


def _each_flip(log: Log, select: str, update: str, *, step: int = 1) -> Iterator[tuple[tuple[object, ...], Problem]]:
    """Flip a bit in each byte of a column, one at a time; give the row's key and the first thing found wrong.

    With a `step`, in the last byte and each that is so far before another.
    """
    store, keyring = log.store, Keyring(folder=log.keys)
    keys, signed = [log.signer.key().text()], log.signer.last()
    kept = _KeptOpen(store._file.path, isolation_level=None)  # opening it takes longest of all
    with log.behind() as file, pytest.MonkeyPatch.context() as patch:
        patch.setattr(store._file, "connect", lambda: kept)
        file.execute("PRAGMA synchronous = OFF")
        for content, *key in file.execute(select).fetchall():
            for flipped in _flipped(content, step):
                file.execute(update, (flipped, *key))
                verdict = verify_store(store, keys=keys, keyring=keyring, signed=signed)
                assert not verdict.ok, (update, key, flipped)
                yield tuple(key), verdict.problems[0]
            file.execute(update, (content, *key))
    sqlite3.Connection.close(kept)
    assert log.verify().ok, "each was put back"


def test_a_byte_anywhere_in_any_record_counts(tiny: Log) -> None:
    """That every byte of a leaf is hashed is tried with the verifier; here, that every record is, to its end."""
    update = "UPDATE leaves SET leaf = ? WHERE seq = ?"
    found = list(_each_flip(tiny, "SELECT leaf, seq FROM leaves", update, step=7))
    assert len(found) > 280
    assert [key for key, problem in found if (problem.seq, problem.promise) != (key[0], "leaf")] == []


def test_every_byte_of_every_text_counts(tiny: Log) -> None:
    update = "UPDATE payloads SET sealed = ? WHERE seq = ? AND field = ?"
    found = list(_each_flip(tiny, "SELECT sealed, seq, field FROM payloads", update))
    assert len(found) > 180
    assert [key for key, problem in found if (problem.seq, problem.promise) != (key[0], "payload")] == []


def test_every_byte_of_every_checkpoint_counts(tiny: Log) -> None:
    update = "UPDATE checkpoints SET note = CAST(? AS TEXT) WHERE id = ?"
    found = list(_each_flip(tiny, "SELECT CAST(note AS BLOB), id FROM checkpoints", update))
    assert len(found) > 180
    assert {problem.promise for _, problem in found} == {"checkpoint"}
