"""Checks an export of Greenlit's audit log: offline, alone, with public algorithms. An auditor may carry this one file.

    python verifier.py EXPORT_DIR [--key VKEY]... [--witness FILE_OR_DIR --witness-key VKEY]
    python verifier.py [EXPORT_DIR] [--key VKEY]... --proof proof.json --receipt LEAF_HASH

Needs Python 3.11 and `cryptography`, nothing of Greenlit. Whatever is wrong names the first record that can be wrong
and the promise that is broken: *leaf* (a record itself), *order* (no gap, no time running back, each result to its
question), *tree* (RFC 6962: what was signed is what is here), *checkpoint* (C2SP signed notes; they only grow), *shard*
(each month goes on from the one before, or says that the log was restored from a copy), *payload* (a text is what its
record commits to, and missing only where the log says that it was erased), *witness* and *receipt* (what others kept
fits), *file* (the hashes in `manifest.json`). Of `records.csv`, which is for people, only the hash is checked.

A log that was restored is not wrong by that, but it is said, with what is known to be gone: its months have another
*history* from there on, 8 digits in their origin.
"""

import argparse
import base64
import functools
import hashlib
import heapq
import itertools
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "greenlit-export-1"
LOG_KEY, WITNESS_KEY = 1, 4  # C2SP signed-note: the kinds of Ed25519 keys
KEY_BYTES = SALT_BYTES = 32
MAX_DETAILS = 100  # problems kept in words; all are counted
MAX_GAP = 2**20  # missing records in a row, after which texts are still told by the right number: a bound for memory
DAMAGE = (ArithmeticError, AttributeError, InvalidSignature, LookupError, OSError, RuntimeError, TypeError, ValueError)
_NOTE = re.compile(r"([^\s+]+)\n(0|[1-9][0-9]{0,18})\n(\S+)\n\n((?:— [^\s+]+ \S+\n)+)")

NoteRow = tuple[str, int, str, str]  # origin, size, note, and "checkpoint", or whose it is: "witness", "receipt"
TextRow = tuple[int, str, bytes | None, bytes]  # number of the record, field, salt (`None`: it cannot be opened), text


@dataclass(frozen=True, slots=True)
class Problem:
    """A broken promise; the first record that can be wrong (`None`: no record), and the last if that is not certain."""

    seq: int | None
    promise: str
    detail: str
    last: int | None = None


def read_note(text: str, vkeys: Iterable[str], kind: int = LOG_KEY) -> tuple[str, int, bytes, set[str]]:
    """Return origin, size, root, and which of the keys signed; their signatures must hold, others are passed over."""
    if not (parts := _NOTE.fullmatch(text)):
        raise ValueError("expected a note: origin, size, root, an empty line, signatures; got another form")
    body, signers = text[: parts.start(4) - 1].encode(), set()
    log = parts[1].rpartition("/")[0]  # a log's key has the name of its months, less the month
    for vkey, (name, encoded) in itertools.product(vkeys, re.findall(r"— (\S+) (\S+)\n", parts[4])):
        (key_name, key_id, public), blob = read_key(vkey, kind), decoded(encoded)
        if (name, blob[:4]) == (key_name, key_id) and (kind == WITNESS_KEY or name == log):
            time = b"cosignature/v1\ntime %d\n" % int.from_bytes(blob[4:12]) if kind == WITNESS_KEY else b""
            public.verify(blob[12:] if time else blob[4:], time + body)
            signers.add(vkey)
    return parts[1], int(parts[2]), decoded(parts[3]), signers


@functools.cache
def read_key(vkey: str, kind: int) -> tuple[str, bytes, Ed25519PublicKey]:
    """Return name, key id and public key of a verifier key, `<name>+<key id>+<base64 of kind and public key>`."""
    name, _, rest = vkey.partition("+")
    raw = decoded(rest[9:])
    key_id = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if (rest[:9], raw[:1], len(raw)) != (f"{key_id.hex()}+", bytes([kind]), 1 + KEY_BYTES):
        raise ValueError(f"expected a verifier key of kind {kind} as <name>+<its key id>+<base64>, got {vkey!a}")
    return name, key_id, Ed25519PublicKey.from_public_bytes(raw[1:])


def decoded(text: str) -> bytes:
    """Decode base64 in its one standard form: nothing in it may differ unnoticed."""
    content = base64.b64decode(text)
    if base64.b64encode(content).decode() != text:
        raise ValueError(f"expected standard base64, got {text[:80]!a}")
    return content


def tail(origin: str) -> tuple[str, str]:
    """Return month and history of an origin, `<log>/<month>` or `<log>/<month>.<history>`; the first history is ''."""
    month, _, history = origin.rpartition("/")[2].partition(".")
    return month, history


def in_log_order(origins: Iterable[str]) -> Callable[[NoteRow], tuple[int, int]]:
    """Return what sorts notes as the log goes: by the place of their month in it, then by size; unknown months last."""
    places = {origin: place for place, origin in enumerate(origins)}
    return lambda row: (places.get(row[0], len(places)), row[1])


def node(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node of a Merkle tree (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class LogCheck:
    """Checks a log that streams by: `shard` for each month, then `finish`.

    Takes checkpoints and texts in the order of the log as it gets there (`None`: no texts to check). A key is trusted
    if it was given, or if the log names it (`key.created`) in records that a checkpoint by a trusted key covers, until
    the log revokes it. A checkpoint that was signed only by a key that waits for this, or by a `claimed` one, needs one
    by a trusted key after it. Finds `problems`, `questions` without a result, and how much of the log is `covered`;
    `remarks` say where the log was restored.
    """

    def __init__(
        self,
        *,
        keys: Iterable[str],
        from_seq: int = 0,
        notes: Iterable[NoteRow] = (),
        texts: Iterable[TextRow] | None = None,
        witness: str = "",
        claimed: Iterable[str] = (),
    ) -> None:
        self.problems, self.questions, self.fitting = list[Problem](), dict[str, int](), Counter[str]()
        self.wrong = self.shards = self.texts = self.erased = self.excused = 0
        self.from_seq = self.seq = self.covered = from_seq
        self.keys, self._claimed, self._witness, self.has_texts = set(keys), set(claimed), witness, texts is not None
        self._notes, self._texts = iter(notes), iter(texts or ())
        self._note, self._text = next(self._notes, None), next(self._texts, None)
        self.remarks, self._begun_origins = list[str](), set[str]()
        self._histories, self._owed, self._previous = (
            set[str](),
            -1,
            dict[str, Any](),
        )  # owed: where log.restored is due
        self._restored, self._beyond = list[dict[str, Any]](), list[tuple[int, str, int]]()  # what a witness saw beyond
        self._revoked, self._created, self._ending = set[str](), set[str](), set[str]()  # key ids, keys, key ids
        self._unsettled: int | None = None  # the first that no trusted key has signed
        self._origin, self._closed, self._ts_us = "", "", 0
        self._before: tuple[str, int, int, bytes] | None = None  # origin, first number, size, root of the last month
        self._gone, self._excused = list[slice](), list[slice]()
        self._present, self._missing = bytearray(), bytearray()  # one byte a record

    def expect(self, holds: object, seq: int | None, promise: str, detail: str, last: int | None = None) -> bool:
        """Count a problem if something does not hold, and keep it in the order of the records."""
        if not holds:
            self.wrong += 1
            self.problems.append(Problem(seq, promise, detail, last))
            self.problems.sort(key=lambda one: (one.seq is None, one.seq))
            del self.problems[MAX_DETAILS:]
        return bool(holds)

    def shard(self, row: dict[str, Any], leaves: Iterator[tuple[int, bytes, str | None]]) -> None:
        """Check a month: its records `start` to `end` (less one), in a tree of `size`.

        Args:
            row: the month as in `manifest.json`; `left` and `right` are the roots of the complete subtrees around.
            leaves: where the records come from: number, bytes, and the hash that is kept beside them, if any.
        """
        origin, first, size, at = row["origin"], row["first_seq"], row["start"], self.seq
        (month, history), before = tail(origin), tail(self._origin)
        if history == before[1] or not self.shards:
            follows = not self.shards or (self._closed == origin and month > before[0] and size == 0)
            self._judge_beyond()
        else:  # that it was restored is what its second record has to say
            follows = history not in self._histories and month >= before[0] and size == 0
        self._histories.add(history)
        self._begun_origins.add(origin)
        self.expect(first + size == at, at, "shard", f"{origin!a} does not begin or go on here")
        self.expect(follows, at - 1, "shard", f"is no shard.closed that leads to {origin!a}")
        self._peaks = [decoded(root) for root in row["left"]]
        self._origin, self._first, self._size, self._closed, self._newest = origin, first, size, "", 0
        self._begun, self.covered, self._torn, self.shards = at, at, False, self.shards + 1
        self._check_notes(size)
        for seq, raw, stored_hash in itertools.islice(leaves, row["end"] - size):
            self._check_leaf(seq, raw, stored_hash)
        if self.expect(self._size == row["end"], self.seq, "order", f"is missing: {origin!a} should go on"):
            for root in row["right"]:
                width = 1 << row["size"].bit_length()
                while self._size % width or self._size + width > row["size"]:
                    width >>= 1  # the next complete subtree is the largest that fits
                self._push(decoded(root), width)
            self.expect(self._size == row["size"], at, "shard", f"no tree of {row['size']} records comes of it")
        else:
            self._skip_to(first + row["end"])
        self._check_notes(sys.maxsize)
        self._before = (origin, first, self._size, self._root())

    def excuse(self, ranges: Iterable[Sequence[int]]) -> None:
        """Believe that the texts of these records (both ends included) were erased by records that do not stream by."""
        self._excused += self._slices(ranges, sys.maxsize)

    def finish(self, *, whole: bool = False) -> None:
        """Check what only the end of the log tells; `whole`: its newest record streamed by."""
        self.expect(not whole or self._owed < self.seq, self._owed, "shard", "is missing: expected log.restored")
        self._judge_beyond()
        while self._note:
            (origin, size, _, promise), self._note = self._note, next(self._notes, None)
            fine = promise != "checkpoint" and (not whole or self._ended_by_restore(origin, size))
            self.expect(fine, self.seq, promise, f"is missing: {size} records of {origin!a} were signed")
        while self._text:
            (at, name, *_), self._text = self._text, next(self._texts, None)
            self.expect(False, at, "payload", f"the text {name!a} is of no record that is here")
        settled = self._unsettled is None
        self.expect(settled, self._unsettled, "checkpoint", "is signed by no trusted key, and none after it is")
        erased, excused = bytearray(len(self._missing)), bytearray(len(self._missing))
        for marks, parts in ((erased, self._gone), (excused, self._excused)):
            for part in parts:
                marks[part] = b"\x01" * len(marks[part])
        states = zip(self._present, self._missing, erased, excused, strict=True)
        for seq, (present, missing, gone, said) in enumerate(states, self.from_seq):
            self.expect(not present or not gone, seq, "payload", "has a text, though the log says that it was erased")
            self.expect(gone or said or not missing, seq, "payload", "lacks a text that no payload.erased here covers")
            self.erased += missing & gone
            self.excused += missing & said & (1 - gone)

    def _check_leaf(self, seq: int, raw: bytes, stored_hash: str | None) -> None:
        digest, leaf = hashlib.sha256(b"\x00" + raw).digest(), dict[str, Any]()
        self.expect(stored_hash in {None, digest.hex()}, seq, "leaf", "does not have the hash that is kept beside it")
        if not self.expect(seq == self.seq, self.seq, "order", "is missing, or not in its place"):
            self._skip_to(seq)
        self.seq = seq + 1
        self._push(digest)
        try:
            leaf = json.loads(raw.decode())
            self._read(seq, leaf)
        except DAMAGE as error:
            self.expect(False, seq, "leaf", f"cannot be read ({type(error).__name__})")
        if self.has_texts:
            self._check_texts(seq, leaf if isinstance(leaf, dict) else {}, raw.count(b'_commit"'))
        self._check_notes(self._size)

    def _skip_to(self, seq: int) -> None:
        for states in (self._present, self._missing):  # those that follow keep their numbers
            states.extend(bytes(max(0, min(seq - self.seq, MAX_GAP))))
        self.seq = seq

    def _slices(self, ranges: Iterable[Sequence[int]], end: int) -> list[slice]:
        numbers = [(int(first), min(int(last) + 1, end)) for first, last in ranges]
        return [slice(*(max(0, number - self.from_seq) for number in pair)) for pair in numbers]

    def _push(self, digest: bytes, width: int = 1) -> None:
        # Only the roots of complete subtrees are kept, largest first: one for each bit of the size.
        size, self._size = self._size, self._size + width
        while size & width:
            digest, width = node(self._peaks.pop(), digest), width << 1
        self._peaks.append(digest)

    def _root(self) -> bytes:
        digest, *larger = self._peaks[::-1] or [hashlib.sha256().digest()]
        for peak in larger:
            digest = node(peak, digest)
        return digest

    def _read(self, seq: int, leaf: dict[str, Any]) -> None:
        kind, starts = leaf["type"], seq == self._first
        self.expect(leaf["origin"] == self._origin, seq, "order", "belongs to another month")
        self.expect(leaf["ts_us"] >= self._ts_us, seq, "order", "its time is before that of the record before it")
        self.expect((kind == "shard.opened") == starts, seq, "shard", "shard.opened is not where the month begins")
        restored = kind == "log.restored"
        due = seq == self._owed or (restored and seq == self._begun == self._first + 1)  # an export may begin with it
        self.expect(restored == due, seq, "shard", "log.restored is not where a history begins")
        self.expect(not self._closed, seq, "shard", "comes after shard.closed")
        self._ts_us = leaf["ts_us"]
        if kind == "query.received":
            self.questions[leaf["request_id"]] = seq
        elif kind == "query.sentence":
            asked, received = self.questions.get(leaf["request_id"]), leaf["received_seq"]
            asked = received if asked is None and 0 <= received < self.from_seq else asked
            self.expect(asked == received, seq, "order", f"is no sentence of the open question of record {received}")
        elif kind == "query.finished":
            received = leaf["received_seq"]
            asked = self.questions.pop(leaf["request_id"], received if 0 <= received < self.from_seq else None)
            self.expect(asked == received, seq, "order", f"is no result of the question that record {received} is")
        elif kind == "payload.erased":
            self._gone += self._slices(leaf["ranges"], seq)  # only of records before it
        elif kind == "key.created" and leaf["purpose"] == "signing":
            read_key(leaf["vkey"], LOG_KEY)  # one that cannot be read is of no use later
            self._created.add(leaf["vkey"])
        elif kind == "key.revoked" and leaf["purpose"] == "signing":
            self._ending.add(leaf["key_id"])
        elif kind == "shard.opened":
            self._check_opened(seq, leaf["first_seq"], leaf["previous"])
        elif kind == "log.restored":
            self._check_restored(seq, leaf)
        elif kind == "shard.closed":
            self._closed = leaf["next_origin"]

    def _check_opened(self, seq: int, first_seq: int, previous: dict[str, Any] | None) -> None:
        fits = first_seq == seq and (previous is None) == (seq == 0)
        if previous is not None:
            origin, size, root, signers = self._read_note(previous["checkpoint"])
            fits &= [previous["origin"], previous["first_seq"], previous["size"]] == [origin, seq - size, size]
            fits &= not self._before or (self._before == (origin, seq - size, size, root) and bool(signers))
        self.expect(fits, seq, "shard", "does not go on where the month before it ended")
        self._previous = previous or {}
        if tail(self._origin)[1] != tail(self._previous.get("origin", ""))[1]:
            self._owed = seq + 1

    def _check_restored(self, seq: int, leaf: dict[str, Any]) -> None:
        ended, signed = leaf["from"], leaf["signed"]
        unseen = seq == self._begun  # what came before it
        same = (
            [unseen or ended[name] == self._previous[name] for name in ("origin", "first_seq", "size")] if ended else []
        )
        if ended and self._before:
            same.append((ended["origin"], bytes.fromhex(ended["root"])) == (self._before[0], self._before[3]))
        fits = all(same) and (unseen or bool(ended) == bool(self._previous))
        fits &= leaf["history"] == tail(self._origin)[1]
        self.expect(fits, seq, "shard", "is not the log.restored of the month that ended before it")
        end = ended["first_seq"] + ended["size"] if ended else 0
        made = f" from a copy made on {_day(leaf['backup']['made_ts_us'])}" if leaf["backup"] else ""
        words = f"the log was restored on {_day(leaf['ts_us'])}{made}, says record {seq}"
        if signed:
            begin = end if not ended or tail(ended["origin"])[1] == tail(signed["origin"])[1] else signed["first_seq"]
            words += (
                f": the numbers {begin} to {signed['first_seq'] + signed['size'] - 1} that had been signed are gone"
            )
        elif leaf["memory"] == "here":
            words += ": nothing that had been signed is gone, as far as its signer remembers"
        if leaf["memory"] != "here":
            words += f": what was signed{' besides' if signed else f' from number {end} on'} is not known here"
        self.remarks.append(words + "".join(f"; lost: the key {key_id!a}" for key_id in leaf["lost_keys"]))
        self._restored.append(leaf)
        self._judge_beyond(restored=True)

    def _judge_beyond(self, *, restored: bool = False) -> None:
        """Judge what a witness saw beyond the end of a month: a remark if the log was restored there, and says so."""
        for seq, origin, size in self._beyond:
            fine = restored and self._ended_by_restore(origin, size)
            self.expect(fine, seq, "witness", f"is missing: {size} records of its month were signed")
        self._beyond.clear()

    def _ended_by_restore(self, origin: str, size: int) -> bool:
        """Tell, and remark, whether what a witness saw is of a history that ended when the log was restored."""
        (month, history), current = tail(origin), tail(self._origin)[1]
        if history == current or not self._restored:
            return False
        ends = [(*tail(leaf["signed"]["origin"]), leaf["signed"]["size"]) for leaf in self._restored if leaf["signed"]]
        within = any(end[:2] == (month, history) and size <= end[2] for end in ends)
        within |= any(end[1] == history and month < end[0] for end in ends)
        said = within or any(leaf["memory"] != "here" for leaf in self._restored)
        words = (
            "" if said else ", which its own record does not say: the signer's memory must have been put back as well"
        )
        self.remarks.append(
            f"the witness saw {size} records of {origin!a}: the log was restored without all of them{words}"
        )
        return True

    def _check_texts(self, seq: int, leaf: dict[str, Any], keys: int) -> None:
        committed, here, todo = dict[str, str](), set[str](), [leaf]
        for one in todo:  # a key such as prompt_commit, at any depth, commits to the text `prompt`
            if len(committed) >= keys:
                break  # all that the bytes hold are found: most records are long lists without any
            for key, value in one.items():
                if isinstance(value, str):
                    if key.endswith("_commit"):
                        committed[key.removesuffix("_commit")] = value
                elif isinstance(value, dict):
                    todo.append(value)
                elif isinstance(value, list):
                    todo += [item for item in value if isinstance(item, dict)]
        while self._text and self._text[0] <= seq:
            (at, name, salt, text), self._text = self._text, next(self._texts, None)
            here.add(name)
            bound = name in committed or name == "asker"  # the asker is sealed, not bound
            if salt is not None:
                content = name.encode("utf-8", "surrogatepass") + b"\x00" + salt + text
                digest = hashlib.sha256(b"greenlit-commit-v1" + content).hexdigest()
                bound &= len(salt) == SALT_BYTES and committed.get(name, digest) == digest
                self.texts += 1
            self.expect(at == seq and bound, at, "payload", f"the text {name!a} is not what the record commits to")
        self._present.append(bool(here))
        self._missing.append(not committed.keys() <= here)

    def _read_note(self, text: str) -> tuple[str, int, bytes, set[str]]:
        known = self.keys | self._created | self._claimed
        return read_note(text, {key for key in known if key.split("+")[1] not in self._revoked})

    def _check_notes(self, limit: int) -> None:
        while (
            self._note
            and self._note[0] in self._begun_origins
            and (self._note[0] != self._origin or self._note[1] <= limit)
        ):
            row, self._note = self._note, next(self._notes, None)
            try:
                self._check_note(*row)
            except DAMAGE as error:
                self.expect(False, self.seq - 1, row[3], f"the checkpoint of {row[1]} records: {error!a}")

    def _check_note(self, origin: str, size: int, text: str, promise: str) -> None:
        at, blame, last = self.seq - 1, promise.replace("checkpoint", "tree"), self._first + size - 1
        if origin != self._origin:  # of an earlier month: a witness may have more than an export
            self.expect(promise != "checkpoint", at, promise, f"{size} records of {origin!a} were not signed here")
            return
        found, count, root, signers = self._read_note(text)
        cosigned = promise != "witness" or read_note(text, [self._witness], WITNESS_KEY)[3]
        signed = (found, count) == (origin, size) and signers and cosigned
        if not (
            self.expect(signed, at, promise, f"{size} records of this month are signed by no key that is known")
            and self.expect(size >= self._newest, at, promise, f"{size} records were signed after {self._newest}")
        ):
            return
        self._newest = size
        known = size <= self._size or promise in {"receipt", "witness"}  # a receipt's may be newer than an export
        self.expect(known, self._first + self._size, blame, f"is missing: {size} records of its month were signed")
        if promise == "witness" and size > self._size:
            self._beyond.append((self._first + self._size, origin, size))
        if size == self._size and root == self._root():
            self._matched(last, promise, trusted=bool(signers & self.keys))
        elif size == self._size and self.covered == last + 1:
            self.expect(False, self._begun, promise, f"two different trees of {size} records were signed", last)
        elif size == self._size and (promise != "checkpoint" or not self._torn):
            self._torn = promise == "checkpoint"
            what = f"one of the records {self.covered} to {last} is not as it was signed, or was added, or one is gone"
            broken = [
                one.seq for one in self.problems if one.promise == "leaf" and self.covered <= (one.seq or 0) <= last
            ]
            self.expect(False, broken[0] if broken else self.covered, blame, what, last)

    def _matched(self, last: int, promise: str, *, trusted: bool) -> None:
        self.fitting[promise] += promise != "checkpoint" or last >= self.covered  # the newest comes twice
        self.covered, self._torn = last + 1, False
        if trusted:
            self.keys, self._revoked = self.keys | self._created, self._revoked | self._ending
            self._created, self._ending, self._unsettled = set(), set(), None
        elif self._unsettled is None:
            self._unsettled = last


def check_export(folder: Path, *, keys: Sequence[str], kept: Sequence[NoteRow] = (), witness: str = "") -> LogCheck:
    """Stream an export through a `LogCheck`; raise one of `DAMAGE` where that cannot even begin."""
    manifest = json.loads(b"".join(_lines(folder, "manifest.json")))
    shards, files, from_seq = manifest["shards"], manifest["files"], manifest["from_seq"]
    claimed = [manifest["log_key"], *manifest.get("earlier_keys", ())]
    stored = ((row["origin"], row["size"], row["note"], "checkpoint") for row in _rows(folder, "checkpoints.jsonl"))
    texts = (b"".join(_lines(folder, row["checkpoint"])).decode() for row in shards)
    newest = [(row["origin"], row["size"], text, "checkpoint") for row, text in zip(shards, texts, strict=True)]
    place, known = in_log_order(row["origin"] for row in shards), {row["origin"] for row in shards}
    astray = list[NoteRow]()
    own = _known(heapq.merge(stored, newest, key=place), known, astray)
    leaves = ((seq, line[:-1], None) for seq, line in enumerate(_lines(folder, "leaves.jsonl"), from_seq))
    check = LogCheck(
        keys=keys or claimed,
        claimed=claimed,
        from_seq=from_seq,
        notes=heapq.merge(own, sorted(kept, key=place), key=place),
        texts=map(_text, _rows(folder, "payloads.jsonl")) if "payloads.jsonl" in files else None,
        witness=witness,
    )
    try:
        check.expect(manifest["format"] == FORMAT, None, "file", f"expected an export of the format {FORMAT}")
        check.excuse(manifest.get("erased_later", ()))
        for row in shards:
            check.shard(row, leaves)
        check.expect(next(leaves, None) is None, check.seq, "order", "is more than the manifest says")
        ends = from_seq < check.seq == manifest["to_seq"] + 1
        check.expect(ends, check.seq, "order", "is not where the manifest says that it ends")
        check.finish()
        for origin, size, *_ in astray:
            check.expect(False, None, "checkpoint", f"{size} records of {origin!a} were not signed here")
        there = {name for name in ("payloads.jsonl", "records.csv") if (folder / name).exists()}
        for name in {*files, *there, "leaves.jsonl", "checkpoints.jsonl", *(row["checkpoint"] for row in shards)}:
            digest = hashlib.sha256()
            for line in _lines(folder, name):
                digest.update(line)
            fits = files.get(name) == digest.hexdigest()
            check.expect(fits, None, "file", f"{name!a} is not the one that the manifest names")
    except DAMAGE as error:
        check.expect(False, check.seq, "file", f"cannot be read from here on: {error!a}")
    return check


def check_receipt(proof: dict[str, Any], receipt: str, keys: Iterable[str]) -> None:
    """Check a proof, as `GET /v1/audit/proof` gives it; raise one of `DAMAGE` if it does not show that record."""
    index, size, digest, left = proof["index"], proof["size"], bytes.fromhex(receipt), list[bool]()
    origin, count, root, signers = read_note(proof["checkpoint"], keys)
    if (origin, count, digest.hex()) != (proof["origin"], size, proof["leaf_hash"]) or not 0 <= index < size:
        raise ValueError("the proof is of another record or another checkpoint")
    while size > 1:  # from the root down: is the record in the left half
        half = 1 << (size - 1).bit_length() - 1
        left.append(index < half)
        index, size = (index, half) if index < half else (index - half, size - half)
    for is_left, sibling in zip(reversed(left), map(decoded, proof["proof"]), strict=True):
        digest = node(digest, sibling) if is_left else node(sibling, digest)
    if digest != root or not signers:
        raise ValueError("the proof does not lead to a root that a trusted key signed")


def _lines(folder: Path, name: str) -> Iterator[bytes]:
    path = folder / Path(name).name  # a manifest must not lead elsewhere
    if not path.is_file():
        raise ValueError(f"expected the file {name}, got none")
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                raise ValueError(f"{name} ends within a line")
            yield line


def _rows(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(_lines(folder, name), 1):
        try:
            yield json.loads(line)
        except ValueError as error:
            raise ValueError(f"line {number} of {name}: {error}") from None


def _day(ts_us: int) -> str:
    return f"{datetime.fromtimestamp(ts_us // 1_000_000, UTC):%Y-%m-%d}"


def _known(rows: Iterable[NoteRow], known: set[str], astray: list[NoteRow]) -> Iterator[NoteRow]:
    for row in rows:
        if row[0] in known:
            yield row
        else:  # in no place of the log: it would keep those that follow it waiting
            astray.append(row)


def _text(row: dict[str, Any]) -> TextRow:
    salt = bytes.fromhex(row["salt"]) if row["salt"] == row["salt"].lower() else b""
    return row["seq"], row["field"], salt, row["text"].encode("utf-8", "surrogatepass")


def _kept(witness: Path | None, proof: dict[str, Any] | None) -> list[NoteRow]:
    paths = sorted(witness.glob("*.note")) if witness and witness.is_dir() else filter(None, [witness])
    texts = [(path.read_text("utf-8"), "witness") for path in paths if ".refused-" not in path.name]  # not cosigned
    if witness and not texts:
        raise ValueError(f"expected *.note in {witness}, got none")
    texts += [(proof["checkpoint"], "receipt")] if proof else []
    return [(*read_note(text, ())[:2], text, promise) for text, promise in texts]


def _summary(check: LogCheck, kept: Sequence[NoteRow], *, with_key: bool) -> Iterator[str]:
    for problem in check.problems:
        record = "" if problem.seq is None else f"record {problem.seq}, "
        yield f"WRONG: {record}promise {problem.promise}: {problem.detail}"
    yield f"{check.wrong} wrong" if check.wrong else "FINE: whatever was looked at is as it was signed"
    months = "1 month" if check.shards == 1 else f"{check.shards} months"
    yield f"records: {check.seq - check.from_seq} from {check.from_seq} on, in {months}"
    yield f"checkpoints that fit: {check.fitting['checkpoint']}"
    yield f"texts looked at: {check.texts}" if check.has_texts else "texts: none here, so none was checked"
    yield f"records whose texts were erased: {check.erased}, and later, as the manifest says, {check.excused}"
    first = f" (the first is record {min(check.questions.values())})" if check.questions else ""
    yield f"questions without a result: {len(check.questions)}{first}"
    yield from check.remarks
    for promise, count in Counter(row[3] for row in kept).items():
        yield f"checkpoints of the {promise} that are of these records, and fit: {check.fitting[promise]} of {count}"
    yield f"trusted keys: {' '.join(sorted(check.keys))}"
    if not with_key:
        yield "The key was READ FROM THE EXPORT: it does not tell who signed, unless it is one that you got elsewhere."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0 if all is well, 1 if something is wrong. Bad usage ends with 2."""
    parser = argparse.ArgumentParser(prog="verifier.py", description="Checks an export of Greenlit's audit log.")
    parser.add_argument("export", nargs="?", type=Path, metavar="EXPORT_DIR")
    parser.add_argument("--key", action="append", default=[], type=str.strip, metavar="VKEY", help="the log's")
    parser.add_argument("--witness", type=Path, metavar="FILE_OR_DIR", help="a cosigned note, or a folder of *.note")
    parser.add_argument("--witness-key", default="", type=str.strip, metavar="VKEY")
    parser.add_argument("--proof", type=Path, metavar="FILE")
    parser.add_argument("--receipt", default="", type=str.lower, metavar="LEAF_HASH")
    given = parser.parse_args(arguments)
    if bool(given.witness) != bool(given.witness_key) or bool(given.proof) != bool(given.receipt):
        parser.error("expected --witness with --witness-key, and --proof with --receipt")
    if not given.export and not (given.proof and given.key):
        parser.error("expected the folder of an export, or --proof with --key")
    try:
        for vkey, kind in [*((vkey, LOG_KEY) for vkey in given.key), (given.witness_key, WITNESS_KEY)]:
            if vkey:
                read_key(vkey, kind)
        proof = json.loads(given.proof.read_bytes()) if given.proof else None
        kept = _kept(given.witness, proof)
    except DAMAGE as error:
        parser.error(f"{error!a}")
    check, promise = LogCheck(keys=given.key), "file"
    try:
        if given.export:
            check = check_export(given.export, keys=given.key, kept=kept, witness=given.witness_key)
        if proof:
            promise = "receipt"
            check_receipt(proof, given.receipt, check.keys)
    except DAMAGE as error:
        check.expect(False, None, promise, f"{error!a}")
    for line in _summary(check, kept, with_key=bool(given.key)):  # an export must not steer the terminal
        sys.stdout.write(f"{line if line.isascii() and line.isprintable() else ascii(line)}\n")
    return 1 if check.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
