"""Makes logs and exports of them by hand, to hold the verifier against: from the formats' words, not by our code.

Trees are those of `reference_tree`, notes are signed here, leaves are JSON with sorted keys, which is canonical for
plain values. Everything is determined: two runs make the same bytes.
"""

import base64
import functools
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support import reference_tree

NAME = "greenlit.local/audit"
WITNESS_NAME = "witness.example"
_START_US = 1_790_000_000_000_000

Json = dict[str, Any]


@dataclass(frozen=True)
class Signer:
    """A key of a log (kind 1) or a witness (kind 4), made of one number."""

    number: int
    name: str = NAME
    kind: int = 1

    @functools.cached_property
    def private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(bytes([self.number]) * 32)

    @functools.cached_property
    def typed_key(self) -> bytes:
        return bytes([self.kind]) + self.private.public_key().public_bytes_raw()

    @functools.cached_property
    def key_id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + self.typed_key).digest()[:4]

    @functools.cached_property
    def vkey(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64_of(self.typed_key)}"

    def line(self, body: str, time_s: int = 1_790_000_000) -> str:
        """Return the signature line of this key under the body of a note."""
        if self.kind == 1:
            blob = self.private.sign(body.encode())
        else:
            timed = f"cosignature/v1\ntime {time_s}\n{body}"
            blob = time_s.to_bytes(8) + self.private.sign(timed.encode())
        return f"— {self.name} {base64_of(self.key_id + blob)}\n"


OLD_KEY, NEW_KEY, STRANGER = Signer(1), Signer(2), Signer(9)
WITNESS = Signer(4, WITNESS_NAME, 4)


def base64_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


def note(origin: str, leaves: Sequence[bytes], *signers: Signer) -> str:
    """Return the signed note of the tree of these leaves."""
    body = f"{origin}\n{len(leaves)}\n{base64_of(reference_tree.root(leaves))}\n"
    return body + "\n" + "".join(signer.line(body) for signer in signers)


def cosigned(log_note: str, witness: Signer = WITNESS) -> str:
    """Return a note with one more line."""
    return log_note + witness.line(log_note.partition("\n\n")[0] + "\n")


def commitment(name: str, salt: bytes, text: str) -> str:
    content = b"greenlit-commit-v1" + name.encode() + b"\0" + salt + text.encode("utf-8", "surrogatepass")
    return hashlib.sha256(content).hexdigest()


@dataclass
class Month:
    """One shard."""

    origin: str
    first_seq: int
    leaves: list[bytes] = field(default_factory=list)


@dataclass
class HandMadeLog:
    """A log that is written leaf by leaf; `signers` sign its checkpoints, which are made when `sign` is called."""

    signers: tuple[Signer, ...] = (OLD_KEY,)
    months: list[Month] = field(default_factory=list)
    notes: list[tuple[str, int, str]] = field(default_factory=list)
    texts: dict[int, dict[str, tuple[bytes, str]]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return self.months[-1].first_seq + len(self.months[-1].leaves) if self.months else 0

    def add(self, kind: str, *, texts: dict[str, str] | None = None, **fields: Any) -> int:
        """Append a leaf; a text is committed to by `<name>_commit`, or inside `answerer` for `raw`."""
        seq, month = self.size, self.months[-1]
        leaf: Json = {"v": 1, "type": kind, "origin": month.origin, "ts_us": _START_US + 1000 * (seq // 2), **fields}
        for name, text in (texts or {}).items():
            salt = hashlib.sha256(f"{seq} {name}".encode()).digest()
            self.texts.setdefault(seq, {})[name] = (salt, text)
            if name != "asker":
                inside = leaf.setdefault("answerer", {}) if name == "raw" else leaf
                inside[f"{name}_commit"] = commitment(name, salt, text)
        month.leaves.append(json.dumps(leaf, sort_keys=True, separators=(",", ":")).encode())
        return seq

    def sign(self, *signers: Signer) -> str:
        """Make a checkpoint of the open month."""
        month = self.months[-1]
        made = note(month.origin, month.leaves, *(signers or self.signers))
        self.notes.append((month.origin, len(month.leaves), made))
        return made

    def open_month(self, month: str, **changes: Any) -> int:
        """End the open month, if there is one, and begin another; `changes` are made to its `shard.opened`."""
        origin, previous = f"{NAME}/{month}", None
        if self.months:
            self.add("shard.closed", next_origin=origin)
            last = self.months[-1]
            previous = {
                "origin": last.origin,
                "first_seq": last.first_seq,
                "size": len(last.leaves),
                "checkpoint": self.sign(),
            }
        self.months.append(Month(origin, self.size))
        return self.add("shard.opened", **{"first_seq": self.size, "previous": previous, **changes})

    def begin(self, request_id: str, text: str = "How long?") -> int:
        return self.add("query.received", request_id=request_id, texts={"prompt": text, "asker": "mira"})

    def end(self, request_id: str, received: int, answer: str | None = "Ten years.", **fields: Any) -> int:
        texts = {} if answer is None else {"answer": answer, "raw": f"{answer} I think."}
        missing = {"answer_commit": None} if answer is None else {}
        leaf = {"request_id": request_id, "received_seq": received, "hits": [{"rank": 1}], **missing, **fields}
        return self.add("query.finished", texts=texts, **leaf)

    def ask(self, request_id: str, text: str = "How long?", answer: str | None = "Ten years.") -> tuple[int, int]:
        received = self.begin(request_id, text)
        return received, self.end(request_id, received, answer)

    def erase(self, *ranges: tuple[int, int]) -> int:
        for first, last in ranges:
            for seq in range(first, last + 1):
                self.texts.pop(seq, None)
        return self.add("payload.erased", ground="asker_request", ranges=[list(one) for one in ranges])

    def change_keys(self, old: Signer = OLD_KEY, new: Signer = NEW_KEY) -> None:
        """Let another key sign, as the service does it: announced under the old one, then the old one revoked."""
        self.add("key.created", purpose="signing", key_id=new.key_id.hex(), vkey=new.vkey)
        self.sign(old)
        self.signers = (new,)
        self.add("key.revoked", purpose="signing", key_id=old.key_id.hex())
        self.sign(new)

    def newest(self, origin: str) -> tuple[int, str]:
        return [(size, text) for of, size, text in self.notes if of == origin][-1]

    def proof(self, seq: int) -> Json:
        """Return what the service gives as a proof that a record is in the log."""
        month = next(month for month in reversed(self.months) if month.first_seq <= seq)
        size, text = self.newest(month.origin)
        index = seq - month.first_seq
        proof = reference_tree.inclusion(index, month.leaves[:size])
        return {
            "origin": month.origin,
            "seq": seq,
            "index": index,
            "leaf_hash": leaf_hash(month.leaves[index]),
            "size": size,
            "proof": [base64_of(one) for one in proof],
            "checkpoint": text,
        }


def leaf_hash(leaf: bytes) -> str:
    return hashlib.sha256(b"\0" + leaf).hexdigest()


def a_log() -> HandMadeLog:
    """A log of three months: questions answered and refused, one open over a month's end, texts erased, a new key."""
    log = HandMadeLog()
    log.open_month("2026-10")
    log.add("key.created", purpose="signing", key_id=OLD_KEY.key_id.hex(), vkey=OLD_KEY.vkey)
    first = log.ask("q1")
    log.sign()
    log.ask("q2", "And then?", None)
    log.erase(first)
    log.sign()
    waiting = log.begin("q3", "Half a pair: \ud800")
    log.open_month("2026-11")
    log.end("q3", waiting)
    log.change_keys()
    log.add("audit.read", actor="actor-1", seqs=[2], texts={"who": "ada", "purpose": "yearly audit"})
    log.open_month("2026-12")
    log.ask("q4")
    log.sign()
    log.begin("q5")
    log.sign()
    return log


def write_export(
    log: HandMadeLog, folder: Path, *, from_seq: int = 0, to_seq: int | None = None, with_texts: bool = True
) -> Path:
    """Write the folder of an export of the records `from_seq` to `to_seq`, both included."""
    last = log.size - 1 if to_seq is None else to_seq
    folder.mkdir()
    shards, leaves, notes = [], [], []
    for month in log.months:
        start = max(from_seq - month.first_seq, 0)
        end = min(last + 1 - month.first_seq, len(month.leaves))
        if start >= len(month.leaves) or end <= 0:
            continue
        size, newest = log.newest(month.origin)
        name = f"checkpoint-{month.origin[-7:]}.txt"
        (folder / name).write_text(newest, "utf-8")
        shards.append(_shard(month, (start, end), size) | {"checkpoint": name})
        leaves += month.leaves[start:end]
        kept = [one for one in log.notes if one[0] == month.origin and one[1] > start]
        notes += [{"origin": origin, "size": of, "note": text} for origin, of, text in kept]
    (folder / "leaves.jsonl").write_bytes(b"".join(leaf + b"\n" for leaf in leaves))
    write_rows(folder / "checkpoints.jsonl", notes)
    if with_texts:
        write_rows(folder / "payloads.jsonl", _text_rows(log, range(from_seq, last + 1)))
    (folder / "records.csv").write_text('"seq"\n', "utf-8")
    manifest = {
        "format": "greenlit-export-1",
        "from_seq": from_seq,
        "to_seq": last,
        "log_key": log.signers[-1].vkey,
        "shards": shards,
    }
    return seal(folder, manifest)


def _shard(month: Month, span: tuple[int, int], size: int) -> Json:
    start, end = span
    around = {"left": _subtrees(month, 0, start), "right": _subtrees(month, end, size)}
    return {"origin": month.origin, "first_seq": month.first_seq, "start": start, "end": end, "size": size, **around}


def _subtrees(month: Month, at: int, stop: int) -> list[str]:
    if at == stop:
        return []
    width = max(1 << bit for bit in range(32) if at % (1 << bit) == 0 and at + (1 << bit) <= stop)
    return [base64_of(reference_tree.root(month.leaves[at : at + width])), *_subtrees(month, at + width, stop)]


def _text_rows(log: HandMadeLog, seqs: Iterable[int]) -> list[Json]:
    return [
        {"seq": seq, "field": name, "salt": salt.hex(), "text": text}
        for seq in seqs
        for name, (salt, text) in sorted(log.texts.get(seq, {}).items())
        if name != "asker"
    ]


def write_rows(path: Path, rows: Iterable[Json]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def rows_of(path: Path) -> list[Json]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def seal(folder: Path, manifest: Json | None = None) -> Path:
    """Put the hashes of the files as they are now into the manifest: somebody who tampers would do so too."""
    manifest = manifest or json.loads((folder / "manifest.json").read_text("utf-8"))
    files = sorted(path for path in folder.iterdir() if path.name != "manifest.json")
    manifest["files"] = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")
    return folder


def change_manifest(folder: Path, change: Callable[[Json], None]) -> None:
    """Change what the manifest says; the files' hashes are made anew."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    change(manifest)
    seal(folder, manifest)


def change_lines(folder: Path, name: str, change: Callable[[list[bytes]], None]) -> None:
    """Change the lines of a file; the files' hashes are made anew."""
    lines = (folder / name).read_bytes().splitlines(keepends=True)
    change(lines)
    (folder / name).write_bytes(b"".join(lines))
    seal(folder)
