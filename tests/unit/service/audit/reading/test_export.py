"""An export: on record before its first line, exact, without who asked, and complete under one checkpoint a shard."""

import base64
import csv
import io
import itertools
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from service.audit import events
from service.audit.checking.verifier import check_export
from service.audit.errors import AuditUnavailableError, ExportError, SealError
from service.audit.formats.commitments import commit
from service.audit.leaves import BuildRef
from service.audit.reading.export import Exports, Line
from service.audit.reading.export_files import write_export
from service.audit.storage.store import Entry, Receipt, StoredCheckpoint, StoredLeaf, StoredPayload
from tests.support import reference_tree
from tests.support.real_logs import RealLog, at_us

WHO = "auditor@x.example"
CANARY = "zebra-canary-4711"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[RealLog]:
    made = RealLog(tmp_path / "log")
    yield made
    made.close()


@pytest.fixture
def two_months(made: RealLog) -> RealLog:
    """Twelve records in November, eight in December."""
    made.ask("How long do we keep contracts?", "Ten years.")
    made.publish()
    made.ask("May I upload scripts?", "Never.")
    made.ask()
    made.now_us = at_us(2026, 12)
    made.ask("Wer prüft Anbieter?", "Die IT.")
    made.publish()
    made.ask()
    return made


def _exports(made: RealLog) -> Exports:
    parts = made.parts
    return Exports(log=parts.log, store=parts.store, keyring=parts.keyring, signer=parts.signer)


def _lines(
    made: RealLog, first: int | None = None, last: int | None = None, *, payloads: bool = True
) -> Iterator[Line]:
    return _exports(made).lines(WHO, from_seq=first, to_seq=last, payloads=payloads, purpose="yearly audit")


def _files(lines: Iterable[Line]) -> dict[str, list[str]]:
    files = defaultdict(list)
    for line in lines:
        files[line["file"]].append(line["line"])
    return files


def _texts(files: dict[str, list[str]]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in files["payloads.jsonl"]]


def _table(files: dict[str, list[str]]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("\n".join(files["records.csv"]) + "\n", newline="")))


def _problems(made: RealLog, folder: Path) -> list[Any]:
    return list(check_export(folder, keys=[made.parts.signer.key().text()]).problems)


def test_an_export_is_on_record_before_a_line_is_taken(two_months: RealLog) -> None:
    size = two_months.size
    _lines(two_months, 1, 3)
    leaf = two_months.parts.store.leaf(size)
    assert leaf is not None
    assert leaf.type == "audit.exported"
    value = json.loads(leaf.leaf)
    assert (value["from_seq"], value["to_seq"], value["count"], value["payloads"]) == (1, 3, 3, True)
    assert value["actor"] == two_months.parts.keyring.pseudonyms("2026-12").watcher(WHO)
    assert {payload.field for payload in two_months.parts.store.payloads(size)} == {"who", "purpose"}


def test_what_cannot_be_recorded_is_not_exported(two_months: RealLog, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_entries: list[Entry]) -> list[Receipt]:
        raise AuditUnavailableError("the disk is full")

    monkeypatch.setattr(two_months.parts.store, "append", full)
    with pytest.raises(AuditUnavailableError, match="the disk is full"):
        _lines(two_months)


def test_an_export_is_the_whole_log_as_it_was_when_asked(two_months: RealLog) -> None:
    size = two_months.size
    lines = _lines(two_months)
    two_months.ask("later")
    files = _files(lines)
    manifest = json.loads(files["manifest.json"][0])
    assert (manifest["from_seq"], manifest["to_seq"], len(files["leaves.jsonl"])) == (0, size - 1, size)


def test_each_line_is_the_exact_leaf(two_months: RealLog) -> None:
    lines = _files(_lines(two_months, 4, 13))["leaves.jsonl"]
    assert [line.encode() for line in lines] == [leaf.leaf for leaf in two_months.parts.store.leaves(3, 10)]


def test_texts_fit_the_commitments_in_their_leaves(two_months: RealLog) -> None:
    files = _files(_lines(two_months))
    leaves = [json.loads(line) for line in files["leaves.jsonl"]]
    texts = _texts(files)
    assert len(texts) == 10, "a prompt and an answer for each of five questions"
    for text in texts:
        body = text["text"].encode("utf-8", "surrogatepass")
        committed = leaves[text["seq"]][f"{text['field']}_commit"]
        assert commit(text["field"], bytes.fromhex(text["salt"]), body) == committed


def test_who_asked_is_never_exported(two_months: RealLog) -> None:
    everything = json.dumps(list(_lines(two_months)))
    assert "mira@x.example" not in everything
    assert '"asker' not in everything.replace("\\", "")


def test_without_payloads_no_text_is_opened(two_months: RealLog) -> None:
    with two_months.behind() as file:
        file.execute("UPDATE payloads SET sealed = zeroblob(80)")
    files = _files(_lines(two_months, payloads=False))
    assert "payloads.jsonl" not in files
    assert "payloads.jsonl" not in json.loads(files["manifest.json"][0])["files"]
    assert list(_table(files)[0]) == "seq time type request_id channel outcome reason documents leaf_hash".split()


def test_half_a_surrogate_pair_comes_through(made: RealLog) -> None:
    seq = made.ask("half \ud83d a smile")
    files = _files(_lines(made))
    assert [text["text"] for text in _texts(files) if text["seq"] == seq] == ["half \ud83d a smile"]
    assert [row["question"] for row in _table(files) if row["seq"] == str(seq)] == ["half ? a smile"]
    for line in itertools.chain.from_iterable(files.values()):
        line.encode()  # every line can be written as UTF-8


def test_an_erased_text_is_absent_even_if_somebody_put_it_back(two_months: RealLog) -> None:
    seq = two_months.ask(CANARY)
    with two_months.behind() as file:
        rows = file.execute("SELECT * FROM payloads WHERE seq = ?", (seq,)).fetchall()
        two_months.erase(seq, seq)
        file.executemany("INSERT INTO payloads VALUES (?, ?, ?, ?)", rows)
    files = _files(_lines(two_months))
    assert CANARY not in json.dumps(files)
    assert {text["field"] for text in _texts(files) if text["seq"] == seq + 1} == {"answer"}


def test_a_text_that_is_erased_while_lines_are_taken_is_absent(two_months: RealLog) -> None:
    lines = _lines(two_months)
    first = next(lines)
    two_months.erase(0, two_months.size - 1)
    files = _files([first, *lines])
    assert files["payloads.jsonl"] == []


def test_a_text_that_is_erased_while_its_page_is_read_is_absent(
    two_months: RealLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = two_months.parts.store.stream_payloads

    def erased_before(start: int, end: int) -> Iterator[StoredPayload]:
        two_months.erase(start, end - 1)
        return read(start, end)

    lines = _lines(two_months)
    monkeypatch.setattr(two_months.parts.store, "stream_payloads", erased_before)
    assert _files(lines)["payloads.jsonl"] == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("UPDATE payloads SET sealed = zeroblob(80) WHERE field = 'answer'", "'answer' of record .* cannot be opened"),
        ("UPDATE payloads SET key_id = 'payload-2026-11-9' WHERE field = 'prompt'", "'prompt' of record .* cannot be"),
        ("DELETE FROM payloads WHERE field = 'prompt'", "'prompt' of record .* is missing, and no record says"),
    ],
)
def test_a_text_that_is_not_the_one_recorded_stops_the_export(made: RealLog, change: str, message: str) -> None:
    made.ask(CANARY, CANARY)
    with made.behind() as file:
        file.execute(change)
    with pytest.raises(SealError, match=message) as caught:
        list(_lines(made))
    assert CANARY not in repr(caught.value)


def test_a_text_sealed_for_the_same_record_but_not_committed_to_stops_the_export(made: RealLog) -> None:
    seq = made.ask()
    leaf = made.parts.store.leaf(seq)
    assert leaf is not None
    context = f"{json.loads(leaf.leaf)['origin']}\0query.received\0{leaf.request_id}\0prompt".encode()
    done = made.parts.keyring.seal("payload", "2026-11", salt=bytes(32), body=b"Another.", context=context)
    with made.behind() as file:
        file.execute("UPDATE payloads SET sealed = ? WHERE seq = ? AND field = 'prompt'", (done.sealed, seq))
    with pytest.raises(SealError, match="is not the one that the record commits to"):
        list(_lines(made))


def test_a_record_that_is_missing_or_no_leaf_stops_the_export(two_months: RealLog) -> None:
    with two_months.behind() as file:
        file.execute("UPDATE leaves SET leaf = x'ff' WHERE seq = 17")
        with pytest.raises(AuditUnavailableError, match="record 17 is not as it was written"):
            list(_lines(two_months))
        file.execute("PRAGMA foreign_keys = OFF")
        file.execute("DELETE FROM leaves WHERE seq = 5")
        with pytest.raises(ExportError, match="expected 12 records from 0 on, one is missing"):
            list(_lines(two_months))


def test_the_hashes_around_a_part_make_its_tree_whole(two_months: RealLog) -> None:
    leaves = [leaf.leaf for leaf in two_months.parts.store.leaves(-1, 100)]
    newest = len(leaves) - 1
    ranges = [(begin, end) for begin in range(newest + 1) for end in {begin, 11, 12, newest} if begin <= end]
    for first, last in ranges:
        manifest = json.loads(_files(_lines(two_months, first, last, payloads=False))["manifest.json"][0])
        for shard in manifest["shards"]:
            whole = leaves[shard["first_seq"] :][: shard["size"]]
            left = [reference_tree.root(whole[begin:end]) for begin, end in _left(shard["start"])]
            right = [reference_tree.root(whole[begin:end]) for begin, end in _right(shard["end"], shard["size"])]
            assert shard["left"] == [base64.b64encode(one).decode() for one in left]
            assert shard["right"] == [base64.b64encode(one).decode() for one in right]
        leaves = [leaf.leaf for leaf in two_months.parts.store.leaves(-1, 1000)]  # it grows by each export


def _left(start: int) -> list[tuple[int, int]]:
    """The trees that stand before `start`, the largest first: one for each binary one."""
    ranges, begin = [], 0
    for bit in reversed(range(start.bit_length())):
        if start >> bit & 1:
            ranges.append((begin, begin + (1 << bit)))
            begin += 1 << bit
    return ranges


def _right(end: int, size: int) -> list[tuple[int, int]]:
    """The largest trees from `end` on to `size`, found by trying every width."""
    ranges = []
    while end < size:
        width = max(1 << bit for bit in range(64) if end % (1 << bit) == 0 and end + (1 << bit) <= size)
        ranges.append((end, end + width))
        end += width
    return ranges


@pytest.mark.parametrize("payloads", [True, False])
def test_every_range_of_the_log_verifies_offline(two_months: RealLog, tmp_path: Path, payloads: bool) -> None:  # noqa: FBT001
    size = two_months.size
    for first, last in itertools.combinations_with_replacement(range(0, size, 4), 2):
        folder = write_export(_lines(two_months, first, last, payloads=payloads), tmp_path / f"{first}-{last}")
        assert _problems(two_months, folder) == []


def test_an_export_verifies_although_the_log_goes_on_meanwhile(two_months: RealLog, tmp_path: Path) -> None:
    def lines() -> Iterator[Line]:
        for number, line in enumerate(_lines(two_months)):
            if number % 10 == 0:
                two_months.ask()
                two_months.publish()
            if number == 40:
                two_months.now_us = at_us(2027, 1)
                two_months.erase(0, 5)
            yield line

    folder = write_export(lines(), tmp_path / "export")
    assert _problems(two_months, folder) == []
    assert len(list(folder.glob("checkpoint-*.txt"))) == 2, "the months that were there when it was asked for"


def test_what_was_erased_after_the_last_record_is_said(two_months: RealLog, tmp_path: Path) -> None:
    two_months.erase(7, 8)  # by a record that is in the export
    last = two_months.size - 1
    two_months.erase(4, 5)
    two_months.erase(9, last + 1)
    folder = write_export(_lines(two_months, 5, last), tmp_path / "export")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert manifest["erased_later"] == [[5, 5], [9, last]]
    assert _problems(two_months, folder) == []


def test_an_export_is_under_the_newest_checkpoint_of_each_shard(two_months: RealLog) -> None:
    files = _files(_lines(two_months))
    manifest = json.loads(files["manifest.json"][0])
    for shard in manifest["shards"]:
        newest = two_months.parts.store.checkpoints(shard["origin"])[-1]
        assert "\n".join([*files[shard["checkpoint"]], ""]) == newest.note or newest.size > shard["size"]
        assert shard["size"] >= shard["end"]
    assert [shard["checkpoint"] for shard in manifest["shards"]] == ["checkpoint-2026-11.txt", "checkpoint-2026-12.txt"]
    assert manifest["log_key"] == two_months.parts.signer.key().text()
    assert manifest["format"] == "greenlit-export-1"


def test_the_checkpoints_are_those_that_the_records_lead_to(two_months: RealLog) -> None:
    (shard, *_) = json.loads(_files(_lines(two_months))["manifest.json"][0])["shards"]
    sizes = [kept.size for kept in two_months.parts.store.checkpoints(shard["origin"])]
    lines = [json.loads(line) for line in _files(_lines(two_months, sizes[0], sizes[0]))["checkpoints.jsonl"]]
    assert [line["size"] for line in lines] == sizes[1:], "the first one covers only records before the export"
    assert {line["origin"] for line in lines} == {shard["origin"]}


def test_checkpoints_are_read_by_the_page(two_months: RealLog, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        two_months.parts.log.note(events.build_activated(BuildRef("b", "c" * 64)))  # so that two differ by one record
        two_months.publish()
    read = two_months.parts.store.checkpoints
    kept = [kept.size for origin in ("2026-11", "2026-12") for kept in read(f"greenlit.test/audit/{origin}")]

    def one(origin: str, *, above: int) -> list[StoredCheckpoint]:
        return read(origin, above=above, limit=1)

    monkeypatch.setattr(two_months.parts.store, "checkpoints", one)
    lines = _files(_lines(two_months))["checkpoints.jsonl"]
    assert [json.loads(line)["size"] for line in lines] == kept


def test_a_shard_that_is_not_touched_is_not_named(two_months: RealLog) -> None:
    manifest = json.loads(_files(_lines(two_months, 15, 16))["manifest.json"][0])
    assert [shard["origin"][-7:] for shard in manifest["shards"]] == ["2026-12"]


def test_a_table_has_a_row_for_each_record(two_months: RealLog) -> None:
    rows = _table(_files(_lines(two_months)))
    leaves = two_months.parts.store.leaves(-1, len(rows))
    assert [(row["seq"], row["type"], row["leaf_hash"]) for row in rows] == [
        (str(leaf.seq), leaf.type, leaf.leaf_hash) for leaf in leaves
    ]
    questions = [row["question"] for row in rows if row["question"]]
    assert questions[:2] == ["How long do we keep contracts?", "May I upload scripts?"]
    assert {row["documents"] for row in rows if row["answer"]} == {"legal/a.md"}


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        (3, 2, r"expected the first record to come before the last, got 3 to 2: the log holds the records 0 to \d+"),
        (-1, 2, r"expected a range within the log, got -1 to 2"),
        (0, 10_000, r"expected a range within the log, got 0 to 10000: the log holds the records 0 to \d+"),
        (10_000, None, r"expected a range within the log, got 10000 to \d+"),
        (None, -1, r"expected a range within the log, got 0 to -1"),
    ],
)
def test_a_range_that_the_log_does_not_hold_is_refused_and_not_recorded(
    two_months: RealLog, first: int | None, last: int | None, message: str
) -> None:
    size = two_months.size
    with pytest.raises(ExportError, match=message):
        _lines(two_months, first, last)
    assert two_months.size == size


def test_the_next_number_is_beyond_the_log(two_months: RealLog) -> None:
    with pytest.raises(ExportError, match="expected a range within the log"):
        _lines(two_months, 0, two_months.size)


def test_a_log_that_holds_nothing_is_not_exported(made: RealLog) -> None:
    with pytest.raises(ExportError, match="nothing is recorded yet"):
        _lines(made)
    assert made.size == 0


def test_the_newest_record_alone_can_be_exported(two_months: RealLog) -> None:
    last = two_months.size - 1
    manifest = json.loads(_files(_lines(two_months, last))["manifest.json"][0])
    assert (manifest["from_seq"], manifest["to_seq"]) == (last, last)


@pytest.mark.parametrize("size", [0, 11])
def test_a_log_without_a_checkpoint_that_covers_it_is_not_exported(two_months: RealLog, size: int) -> None:
    two_months.publish()
    with two_months.behind() as file:
        file.execute("DELETE FROM checkpoints WHERE origin LIKE '%2026-11' AND size > ?", (size,))
    before = two_months.size
    with pytest.raises(AuditUnavailableError, match=r"no checkpoint of greenlit\.test/audit/2026-11 covers record 11:"):
        _lines(two_months)
    assert two_months.size == before


def test_records_are_read_by_the_page(two_months: RealLog, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(300):
        two_months.ask()
    lines = _lines(two_months, 20)
    read: list[int] = []
    leaves = two_months.parts.store.leaves

    def counted(after: int, limit: int) -> list[StoredLeaf]:
        read.append(limit)
        return leaves(after, limit)

    monkeypatch.setattr(two_months.parts.store, "leaves", counted)
    for _ in range(10):
        next(lines)
    assert read == [256], "one page is held, however long the log is"
