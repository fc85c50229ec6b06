"""Exports records as lines, so that anyone can check them without this program (`verifier`) or read them in a table.

In order: (1) refuse a range that holds nothing, (2) have a checkpoint cover all that is recorded, and choose once the
checkpoint that each shard is shown under, because leaves keep coming, (3) record who exports what, (4) only then give
the first line: the records by the page, with their texts if asked for and a table for people, then the checkpoints, and
at last the manifest, so that an export that was cut short has none. The record of (3) is not part of the export.

A line is `{"file": name, "line": text}`; the same lines go over HTTP and into a folder (`export_files`).
"""

import base64
import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from indexes.counting import counted
from service.audit import events
from service.audit.checkpoints.signer import Signer
from service.audit.checkpoints.stored_tree import StoredTree
from service.audit.errors import AuditUnavailableError, ExportError
from service.audit.formats import tree
from service.audit.keys.keyring import Keyring
from service.audit.log import AuditLog
from service.audit.reading.erased import ErasedRecords
from service.audit.reading.export_rows import header, open_texts, table_row, text_lines
from service.audit.reading.summaries import iso_time, value_of
from service.audit.shards import Shard, shards_of, tail_of
from service.audit.storage.store import LeafReader, Payload, StoredCheckpoint, StoredLeaf

FORMAT = "greenlit-export-1"
LEAVES_FILE = "leaves.jsonl"
CHECKPOINTS_FILE = "checkpoints.jsonl"
PAYLOADS_FILE = "payloads.jsonl"
TABLE_FILE = "records.csv"
MANIFEST_FILE = "manifest.json"
_PAGE = 256  # leaves held at once: at most 16 MiB, and a page a transaction, so that no reader holds the store open

Line = dict[str, str]


@dataclass(frozen=True, slots=True)
class _Part:
    """The part of one shard that is exported: its records `[start, end)`, under a checkpoint that covers them."""

    shard: Shard
    start: int
    end: int
    covering: StoredCheckpoint

    @property
    def file(self) -> str:
        """The file that holds the checkpoint."""
        return f"checkpoint-{tail_of(self.shard.origin)}.txt"


class Exports:
    """Makes exports of one log."""

    def __init__(self, *, log: AuditLog, store: LeafReader, keyring: Keyring, signer: Signer) -> None:
        """Take the parts of an open log."""
        self._log = log
        self._store = store
        self._keyring = keyring
        self._signer = signer

    def lines(
        self, who: str, *, from_seq: int | None = None, to_seq: int | None = None, payloads: bool, purpose: str
    ) -> Iterator[Line]:
        """Record an export and return its lines.

        It is on record when this returns, whether a line is taken or not.

        Args:
            who: who exports, a principal's id.
            from_seq: the first record; the first of the log if not given.
            to_seq: the last record, itself included; the newest at this moment if not given.
            payloads: with the texts that were not erased, but for who asked.
            purpose: what for.

        Raises:
            ExportError: the range is empty, or ends beyond the log. While lines are taken: a record is not as written.
            AuditUnavailableError: it cannot be recorded or read.
            AuditKeyError: the log's key cannot be read. While lines are taken: the key of a text is missing.
            SealError: while lines are taken: a text was altered.
        """
        first, last = _range(from_seq, to_seq, self._store.size())
        self._log.publish()
        parts = self._parts(first, last)
        shown = [self._shown(part) for part in parts]
        log_key = self._signer.key().text()
        event = events.audit_exported(who, span=(first, last), payloads=payloads, purpose=purpose)
        recorded = self._store.leaf(self._log.note(event).seq)
        if recorded is None:
            raise AuditUnavailableError("the record of this export cannot be read back: run greenlit audit verify")
        names = [LEAVES_FILE, CHECKPOINTS_FILE, TABLE_FILE, *([PAYLOADS_FILE] if payloads else [])]
        manifest: dict[str, Any] = {
            "format": FORMAT,
            "from_seq": first,
            "to_seq": last,
            "made_at": iso_time(recorded.ts_us),
            "log_key": log_key,
            "earlier_keys": self._earlier_keys(log_key),
            "shards": shown,
            "files": sorted(names + [part.file for part in parts]),  # the writer puts their hashes here
        }
        return self._stream(parts, manifest, payloads=payloads)

    def _earlier_keys(self, log_key: str) -> list[str]:
        """Return the keys that signed before this one: a range may begin after the record that names the old key."""
        named = (value_of(leaf) for leaf in self._store.of_type(events.KEY_CREATED_TYPE))
        return [value["vkey"] for value in named if value["purpose"] == "signing" and value["vkey"] != log_key]

    def _parts(self, first: int, last: int) -> list[_Part]:
        shards = shards_of(self._store)
        ends = [shard.first_seq for shard in shards[1:]] + [last + 1]
        return [
            self._part(shard, max(first - shard.first_seq, 0), min(end, last + 1) - shard.first_seq)
            for shard, end in zip(shards, ends, strict=True)
            if first < end and shard.first_seq <= last
        ]

    def _part(self, shard: Shard, start: int, end: int) -> _Part:
        covering = self._store.newest_checkpoint(shard.origin)
        if covering is None or covering.size < end:
            raise AuditUnavailableError(
                f"no checkpoint of {shard.origin} covers record {shard.first_seq + end - 1}: run greenlit audit verify"
            )
        return _Part(shard, start, end, covering)

    def _shown(self, part: _Part) -> dict[str, object]:
        """Return what the manifest says of a part, with the hashes that stand for the leaves around it."""
        stored = StoredTree(store=self._store, origin=part.shard.origin, first_seq=part.shard.first_seq)
        return {
            "origin": part.shard.origin,
            "first_seq": part.shard.first_seq,
            "start": part.start,
            "end": part.end,
            "size": part.covering.size,
            "left": _roots(stored, tree.peak_ranges(part.start)),
            "right": _roots(stored, _rest(part.end, part.covering.size)),
            "checkpoint": part.file,
        }

    def _stream(self, parts: Sequence[_Part], manifest: dict[str, Any], *, payloads: bool) -> Iterator[Line]:
        erased = ErasedRecords(store=self._store) if payloads else None
        yield _line(TABLE_FILE, header(with_texts=payloads))
        for part in parts:
            start = part.shard.first_seq + part.start
            for page in self._pages(start, part.shard.first_seq + part.end):
                yield from self._records(page, erased)
        for part in parts:
            yield from self._checkpoints(part)
        if payloads:  # read last: it explains every text that was gone when its record was read
            manifest["erased_later"] = self._erased_later(manifest["from_seq"], manifest["to_seq"])
        yield _line(MANIFEST_FILE, json.dumps(manifest))

    def _pages(self, start: int, end: int) -> Iterator[list[StoredLeaf]]:
        while start < end:
            page = self._store.leaves(start - 1, min(_PAGE, end - start))
            numbers = [leaf.seq for leaf in page]
            if not page or numbers != list(range(start, start + len(page))):
                wanted = counted(end - start, "record")
                raise ExportError(f"expected {wanted} from {start} on, one is missing: run greenlit audit verify")
            yield page
            start += len(page)

    def _records(self, page: Sequence[StoredLeaf], erased: ErasedRecords | None) -> Iterator[Line]:
        """Give the lines of a page; `erased` where texts are wished for."""
        stored: dict[int, dict[str, Payload]] = {}
        if erased is not None:
            for kept in self._store.stream_payloads(page[0].seq, page[-1].seq + 1):
                stored.setdefault(kept.seq, {})[kept.payload.field] = kept.payload
            erased.look()  # after the texts: what is gone by now is explained by what is recorded by now
        opener = self._keyring.opener()  # a new one each page: a key may be destroyed while somebody reads slowly
        for leaf in page:
            value, texts = value_of(leaf), None
            if erased is not None:
                gone = leaf.seq in erased
                texts = {} if gone else open_texts(leaf, value, stored.get(leaf.seq, {}), opener)
            yield _line(LEAVES_FILE, leaf.leaf.decode())
            yield _line(TABLE_FILE, table_row(leaf, value, texts))
            for text_line in text_lines(leaf.seq, texts or {}):
                yield _line(PAYLOADS_FILE, text_line)

    def _checkpoints(self, part: _Part) -> Iterator[Line]:
        """Give the checkpoints of a part that its records lead to, and the one that covers it."""
        above = part.start
        while above < part.covering.size and (page := self._store.checkpoints(part.shard.origin, above=above)):
            for kept in page:
                if kept.size <= part.covering.size:
                    shown = {"origin": kept.origin, "size": kept.size, "note": kept.note}
                    yield _line(CHECKPOINTS_FILE, json.dumps(shown, ensure_ascii=False))
            above = page[-1].size
        for line in part.covering.note.removesuffix("\n").split("\n"):
            yield _line(part.file, line)

    def _erased_later(self, first: int, last: int) -> list[list[int]]:
        """Return which of the records `first` to `last` lost their texts by records that come after `last`."""
        later = (value_of(leaf)["ranges"] for leaf in self._store.of_type(events.ERASED_TYPE, after=last))
        ranges = [[max(begin, first), min(end, last)] for begin, end in itertools.chain.from_iterable(later)]
        return sorted(one for one in ranges if one[0] <= one[1])


def _range(from_seq: int | None, to_seq: int | None, size: int) -> tuple[int, int]:
    if not size:
        raise ExportError("nothing is recorded yet: there is nothing to export")
    holds = f"the log holds the records 0 to {size - 1}"
    first = 0 if from_seq is None else from_seq
    last = size - 1 if to_seq is None else to_seq
    if not 0 <= first < size or not 0 <= last < size:
        raise ExportError(f"expected a range within the log, got {first} to {last}: {holds}")
    if first > last:
        raise ExportError(f"expected the first record to come before the last, got {first} to {last}: {holds}")
    return first, last


def _rest(end: int, size: int) -> Iterator[tuple[int, int]]:
    """Give the ranges from `end` to `size`, each the largest subtree that begins there."""
    while end < size:
        width = end & -end
        while end + width > size:
            width >>= 1
        yield end, end + width
        end += width


def _roots(stored: StoredTree, ranges: Iterable[tuple[int, int]]) -> list[str]:
    return [base64.b64encode(stored.subtree(start, end)).decode() for start, end in ranges]


def _line(file: str, line: str) -> Line:
    return {"file": file, "line": line}
