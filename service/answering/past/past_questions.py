"""A question of the past, as it is on record.

1  find the two leaves of the question
2  record who looks: durable before any of it is used
3  open its texts and the scope it was asked in, each held against the hash or commitment in a leaf

That the leaves themselves are as they were written is for the proofs to show (`greenlit audit verify`).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from service.answering.errors import ReplayError
from service.answering.past.past_models import PastModel, past_model
from service.audit.errors import NoRecordError, SealError
from service.audit.events import audit_read
from service.audit.keys.keyring import Keyring
from service.audit.log import AuditLog
from service.audit.reading.unseal import Unsealer
from service.audit.serialise import FINISHED_TYPE, RECEIVED_TYPE
from service.audit.storage.store import LeafReader, StoredLeaf


@dataclass(frozen=True, slots=True)
class PastQuestion:
    """What is on record of a question that was answered, refused, or a search.

    `received` and `finished` are its leaves as parsed JSON; `asked` is the question as it was typed, `searched_for`
    what was looked for, the same unless it was rewritten; `answer` is `None` where there was none; `pairs` lists the
    scope as `boundary.Scope.pairs` does; `model` is what a language model did, `None` where none was consulted.
    """

    received_seq: int
    finished_seq: int
    received: dict[str, Any]
    finished: dict[str, Any]
    asked: str = field(repr=False)
    searched_for: str = field(repr=False)
    answer: str | None = field(repr=False)
    pairs: bytes
    model: PastModel | None = None

    def pairs_seen(self) -> list[tuple[str, str]]:
        """Return the (document, version) pairs of the scope."""
        return [(document, sha256) for document, sha256, *_ in self._lines()]

    def superseding_seen(self) -> dict[str, frozenset[str]]:
        """Return which documents of the scope superseded which others of it."""
        return {document: frozenset(olds) for document, _, *olds in self._lines() if olds}

    def _lines(self) -> list[list[str]]:
        return [line.split("\0") for line in self.pairs.decode().split("\n")[:-1]]  # each ends with a newline

    @property
    def is_search(self) -> bool:
        """Whether passages were asked for, and no answer."""
        return bool(self.finished["outcome"] == "answered" and self.finished["answerer"]["kind"] == "none")

    @property
    def hits_left_out(self) -> int:
        """How many hits the leaf had no room for."""
        return int(self.finished.get("hits_left_out", 0))

    @property
    def passages(self) -> int:
        """How many passages were found, as far as the record tells.

        A search that dropped a passage between finding and showing it keeps the ranks of the others.
        """
        ranks = [int(hit["rank"]) for hit in self.finished["hits"]]
        return max([len(ranks) + self.hits_left_out, *ranks])


def open_past_question(who: str, seq: int, *, log: AuditLog, store: LeafReader, keyring: Keyring) -> PastQuestion:
    """Return a question by the number of either of its leaves, on record.

    Args:
        who: who looks, a principal's id.
        seq: the number of its `received` or its `finished` leaf.
        log: where the look is recorded.
        store: what is read.
        keyring: opens the texts.

    Raises:
        NoRecordError: the number is not that of a question.
        AuditUnavailableError: the look cannot be recorded, or the log cannot be read; nothing was opened.
        ReplayError: there is no result to be had again, or what belongs to it was erased or altered.
    """
    received, finished = _leaves(store, seq)  # 1
    seqs = [leaf.seq for leaf in (received, finished) if leaf]
    log.note(audit_read(who, "replay", filters={"request_id": received.request_id}, seqs=seqs, purpose=""))  # 2
    said = json.loads(finished.leaf) if finished else {}  # 3
    if finished is None or said["retrieval"] is None:
        reason = f"it ended as {said['outcome']} ({said['reason']})" if finished else "it has no result yet"
        raise ReplayError(f"expected a question that was answered or refused, got record {received.seq}: {reason}")
    unsealer = Unsealer(store=store, keyring=keyring)
    came, became = _texts(unsealer, received), _texts(unsealer, finished)
    return PastQuestion(
        received_seq=received.seq,
        finished_seq=finished.seq,
        received=json.loads(received.leaf),
        finished=said,
        asked=came["prompt"],
        searched_for=became.get("searched_for", came["prompt"]),
        answer=became.get("answer"),
        pairs=_pairs(store, said["retrieval"]["filter_hash"]),
        model=_model(finished.seq, became.get("raw")),
    )


def _leaves(store: LeafReader, seq: int) -> tuple[StoredLeaf, StoredLeaf | None]:
    found = store.leaf(seq)
    of_request = store.of_request(found.request_id) if found and found.request_id else []
    by_type = {leaf.type: leaf for leaf in of_request}
    if RECEIVED_TYPE not in by_type:
        raise NoRecordError(f"expected the number of a question's record, got {seq}: see greenlit audit list")
    return by_type[RECEIVED_TYPE], by_type.get(FINISHED_TYPE)


def _texts(unsealer: Unsealer, leaf: StoredLeaf) -> Mapping[str, str]:
    try:
        opened = unsealer.open(leaf)
    except SealError as error:
        raise ReplayError(f"the question cannot be asked again: {error}") from error
    if opened.erased:
        raise ReplayError(
            f"what was asked or answered in record {leaf.seq} was erased (record {opened.erased.seq}), so it cannot be "
            "asked again: the record still names the passages that were found, see greenlit audit show"
        )
    return opened.texts


def _model(seq: int, raw: str | None) -> PastModel | None:
    try:
        return past_model(raw) if raw is not None else None
    except (ValueError, KeyError, TypeError) as error:
        raise ReplayError(
            f"what a language model did is on record in another form (record {seq}), so it cannot be checked again"
        ) from error


def _pairs(store: LeafReader, filter_hash: str) -> bytes:
    pairs = store.scope(filter_hash)
    if pairs is None or hashlib.sha256(pairs).hexdigest() != filter_hash:
        raise ReplayError(
            f"the documents that the asker could see (filter {filter_hash[:12]}) are "
            f"{'not kept' if pairs is None else 'not those on record'}: compare the store with a backup"
        )
    return pairs
