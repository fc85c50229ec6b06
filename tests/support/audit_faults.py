"""A close look at a whole log: `faults_in` reads it from its file and says all that is wrong with it.

It shares no line with the code that wrote the log, but for opening seals and checking signatures.
"""

import hashlib
import itertools
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.audit.formats import notes
from service.audit.formats.commitments import verify
from service.audit.keys.keyring import Keyring
from service.audit.storage.sqlite_store import STORE_FILE
from tests.support import reference_tree
from tests.support.audit_parts import LogFolder


@dataclass(frozen=True)
class _Rows:
    leaves: list[tuple[int, str, str, int, str, bytes, str]]
    payloads: list[tuple[int, str, str, bytes]]
    checkpoints: list[tuple[str, int, str, str]]
    subtrees: list[tuple[str, int, int, bytes]]


def faults_in(log: LogFolder, *, all_finished: bool = True) -> list[str]:
    """Return all that is wrong with a whole log, in words; nothing may be under way.

    Args:
        log: where it is.
        all_finished: whether every question is expected to have a result by now.
    """
    with closing(sqlite3.connect(log.state / STORE_FILE)) as connection:
        rows = _Rows(
            connection.execute(
                "SELECT seq, leaf_hash, type, ts_us, request_id, leaf, conversation FROM leaves ORDER BY seq"
            ).fetchall(),
            connection.execute("SELECT * FROM payloads ORDER BY seq, field").fetchall(),
            connection.execute("SELECT origin, size, root, note FROM checkpoints ORDER BY id").fetchall(),
            connection.execute("SELECT * FROM subtrees").fetchall(),
        )
    values = [json.loads(row[5]) for row in rows.leaves]
    return [
        *_faults_of_leaves(rows, values),
        *_faults_of_shards(rows, values),
        *_faults_of_trees(rows, values),
        *_faults_of_questions(values, all_finished=all_finished),
        *_faults_of_payloads(rows, values, Keyring(folder=log.keys)),
        *_faults_of_keys(values, log.keys),
    ]


def _faults_of_leaves(rows: _Rows, values: list[dict[str, Any]]) -> Iterator[str]:
    if [row[0] for row in rows.leaves] != list(range(len(rows.leaves))):
        yield "the numbers have a gap"
    for (seq, digest, kind, ts_us, request_id, leaf, conversation), value in zip(rows.leaves, values, strict=True):
        repeated = (value["type"], value["ts_us"], value.get("request_id", "") if kind.startswith("query.") else "")
        turn = f"{value['actor']}/{value['conversation_id']}" if "conversation_id" in value else ""
        if (*repeated, turn) != (kind, ts_us, request_id, conversation):
            yield f"{seq}: the row does not say what the leaf says"
        if hashlib.sha256(b"\x00" + leaf).hexdigest() != digest:
            yield f"{seq}: the leaf hash is of another leaf"
    if any(later["ts_us"] < earlier["ts_us"] for earlier, later in itertools.pairwise(values)):
        yield "times do not stand in the order of numbers"


def _faults_of_shards(rows: _Rows, values: list[dict[str, Any]]) -> Iterator[str]:
    notes_of = {(origin, size): note for origin, size, _, note in rows.checkpoints}
    before: dict[str, Any] | None = None
    for seq, value in enumerate(values):
        last = before is None or before["type"] == "shard.closed"
        if (value["type"] == "shard.opened") != last:
            yield f"{seq}: a shard begins or goes on where it must not"
        elif value["type"] == "shard.opened":
            expected = None
            if before is not None:
                first = next(number for number, one in enumerate(values) if one["origin"] == before["origin"])
                note = notes_of.get((before["origin"], seq - first))
                expected = {"origin": before["origin"], "first_seq": first, "size": seq - first, "checkpoint": note}
                if before["next_origin"] != value["origin"] or note is None:
                    yield f"{seq}: the shard before was not closed for this one, or not covered"
            if (value["first_seq"], value["previous"]) != (seq, expected):
                yield f"{seq}: shard.opened does not say what came before"
        elif before is not None and before["origin"] != value["origin"]:
            yield f"{seq}: another shard without shard.opened"
        before = value


def _faults_of_trees(rows: _Rows, values: list[dict[str, Any]]) -> Iterator[str]:
    keys = [notes.read_verifier_key(value["vkey"]) for value in values if value.get("purpose") == "signing"]
    shards = {
        origin: [rows.leaves[value[0]][5] for value in group]
        for origin, group in itertools.groupby(enumerate(values), key=lambda pair: pair[1]["origin"])
    }
    covered = dict.fromkeys(shards, 0)
    for origin, size, root, note in rows.checkpoints:
        signed = notes.verified(note, keys)
        if (signed.origin, signed.size, signed.root.hex()) != (origin, size, root):
            yield f"{origin}: the note of {size} leaves says something else"
        if size <= covered[origin]:
            yield f"{origin}: a checkpoint of {size} leaves after one of {covered[origin]}"
        if reference_tree.root(shards[origin][:size]).hex() != root:
            yield f"{origin}: the checkpoint of {size} leaves has another root"
        covered[origin] = size
    expected = {(origin, 1, number) for origin, size in covered.items() for number in range(size // 256)}
    if {row[:3] for row in rows.subtrees} != expected:
        yield "the complete subtrees are not those that are kept"
    for origin, _, number, kept in rows.subtrees:
        if reference_tree.root(shards[origin][number * 256 : (number + 1) * 256]) != kept:
            yield f"{origin}: subtree {number} has another root"


def _faults_of_questions(values: list[dict[str, Any]], *, all_finished: bool) -> Iterator[str]:
    finished: dict[str, int] = {}
    for seq, value in enumerate(values):
        if value["type"] == "query.finished":
            if value["request_id"] in finished:
                yield f"{seq}: a second result of one question"
            finished[value["request_id"]] = value["received_seq"]
    for seq, value in enumerate(values):
        if value["type"] == "query.received":
            result = finished.pop(value["request_id"], None)
            if result != seq and (all_finished or result is not None):
                yield f"{seq}: the question has no result, or another one's"
    if finished:
        yield "a result without a question"


def _faults_of_payloads(rows: _Rows, values: list[dict[str, Any]], keyring: Keyring) -> Iterator[str]:
    erased = [span for value in values if value["type"] == "payload.erased" for span in value["ranges"]]
    there = {}
    for seq, name, key_id, sealed in rows.payloads:
        value = values[seq]
        context = f"{value['origin']}\0{value['type']}\0{value.get('request_id', '')}\0{name}".encode()
        there[seq, name] = keyring.open(key_id, sealed, context=context)
    for seq, value in enumerate(values):
        committed = {**value, **(value.get("answerer") or {})}
        names = {key.removesuffix("_commit"): digest for key, digest in committed.items() if key.endswith("_commit")}
        for name, digest in names.items():
            opened = there.pop((seq, name), None)
            if opened is None:
                if digest is not None and not any(first <= seq <= last for first, last in erased):
                    yield f"{seq}: the text of {name} is missing"
            elif not verify(digest, field=name, salt=opened[0], body=opened[1]):
                yield f"{seq}: the text of {name} is another one"
        if (asker := there.pop((seq, "asker"), None)) is not None:
            month = value["origin"].rpartition("/")[2]
            if keyring.pseudonyms(month).actor(asker[1].decode()) != value["actor"]:
                yield f"{seq}: the pseudonym is not of the asker"
    if there:
        yield "there are texts that no leaf commits to"


def _faults_of_keys(values: list[dict[str, Any]], keys: Path) -> Iterator[str]:
    recorded = [value["key_id"] for value in values if value["type"] == "key.created" and "vkey" not in value]
    if sorted(recorded) != sorted(path.stem for path in keys.glob("*-*.key")):
        yield "the keys on record are not those there are"
    if values and [value["type"] for value in values if value.get("purpose") == "signing"] != ["key.created"]:
        yield "the signing key is not on record once"
