"""From a record to the bytes of its leaf.

First checks the form of every field that could carry a person or a text into a leaf, because a leaf is shown to every
auditor and can never be erased; then lays the fields out, one function a record; then writes canonical JSON and holds
it under 64 KiB. Keys that are only there when there is something to say: `conversation_id`, `key_id`,
`ignored_instructions`, `entailment`, `raw_commit`, `searched_for_commit` and `searched_for_len`, `tokens`,
`hits_left_out`. Every other key is always there, `null` where a question never got that far.
"""

import re
from collections.abc import Mapping
from typing import Any

from service.audit.errors import AuditEntryError
from service.audit.events import Event
from service.audit.formats.canonical import canonical_json
from service.audit.leaves import (
    AnswererRef,
    CitationRef,
    Commitment,
    EncoderRef,
    HitRef,
    Pseudonym,
    QueryFinished,
    QueryReceived,
    QuerySentence,
    RetrievalRef,
    Stamp,
    VerdictRef,
)

LEAF_VERSION = 1
MAX_LEAF_BYTES = 64 * 1024 - 1  # "under 64 KiB": a log's leaves are read by the page, 256 at a time
RECEIVED_TYPE = "query.received"
SENTENCE_TYPE = "query.sentence"
FINISHED_TYPE = "query.finished"

_ACTOR = re.compile(r"actor-[0-9a-f]{32}")
_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_CONVERSATION = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_API_KEY = re.compile(r"[a-z2-7]{10}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def received_leaf(entry: QueryReceived, stamp: Stamp, *, asker: Pseudonym, prompt: Commitment) -> bytes:
    """Return the bytes of a `query.received` leaf.

    Raises:
        AuditEntryError: a field has a form that a leaf must not hold, or the leaf would be 64 KiB or longer.
    """
    _expect("request_id", entry.request_id, _UUID7, "a UUIDv7 in lower case")
    _expect("actor", asker.actor, _ACTOR, "a pseudonym made by actors.Pseudonyms")
    _expect("groups_hash", asker.groups_hash, _SHA256, "64 hex digits")
    value = {
        "v": LEAF_VERSION,
        "type": RECEIVED_TYPE,
        "origin": stamp.origin,
        "request_id": entry.request_id,
        "ts_us": stamp.ts_us,
        "channel": entry.channel,
        "actor": asker.actor,
        "auth": entry.auth,
        "groups_hash": asker.groups_hash,
        "prompt_commit": prompt.digest,
        "prompt_len": prompt.length,
        "build": {"id": entry.build.id, "manifest_hash": entry.build.manifest_hash},
        "release": {"version": entry.release.version, "config_hash": entry.release.config_hash},
    }
    if entry.conversation_id is not None:
        _expect("conversation_id", entry.conversation_id, _CONVERSATION, "1 to 128 letters, digits or . _ : -")
        value["conversation_id"] = entry.conversation_id
    if entry.key_id is not None:
        _expect("key_id", entry.key_id, _API_KEY, "the 10 characters that name an API key")
        value["key_id"] = entry.key_id
    if entry.ignored_instructions:
        value["ignored_instructions"] = entry.ignored_instructions
    return _checked_length(canonical_json(value))


def sentence_leaf(entry: QuerySentence, stamp: Stamp, *, sentence: Commitment) -> bytes:
    """Return the bytes of a `query.sentence` leaf.

    Raises:
        AuditEntryError: a field has a form that a leaf must not hold, it cites nothing, or would be 64 KiB or longer.
    """
    _expect("request_id", entry.request_id, _UUID7, "a UUIDv7 in lower case")
    _expect("check", entry.check, _CODE, "a code of lower-case letters, digits and _")
    if entry.n < 1 or not entry.citations:
        raise AuditEntryError(
            f"expected a sentence from 1 on with a citation, got number {entry.n} with {len(entry.citations)}"
        )
    value = {
        "v": LEAF_VERSION,
        "type": SENTENCE_TYPE,
        "origin": stamp.origin,
        "request_id": entry.request_id,
        "received_seq": entry.received_seq,
        "ts_us": stamp.ts_us,
        "n": entry.n,
        "check": entry.check,
        "score_u": entry.score_u,
        "citations": [_citation(citation) for citation in entry.citations],
        "sentence_commit": sentence.digest,
        "sentence_len": sentence.length,
    }
    if entry.entailment is not None:
        _expect("entailment", entry.entailment.digest, _SHA256, "64 hex digits")
        value["entailment"] = {"digest": entry.entailment.digest, "share_u": entry.entailment.share_u}
    return _checked_length(canonical_json(value))


def finished_leaf(
    entry: QueryFinished,
    stamp: Stamp,
    *,
    answer: Commitment | None,
    raw: Commitment | None = None,
    searched_for: Commitment | None = None,
) -> bytes:
    """Return the bytes of a `query.finished` leaf.

    Used hits and citations are always kept. If the leaf would reach 64 KiB, hits that were not used are left out, the
    last ranks first, and `hits_left_out` says how many; those that stay keep their rank.

    Args:
        entry: what became of the question.
        stamp: the log and the time.
        answer: of the answer as released; `None` when there is none.
        raw: of what a language model was sent and wrote, before the checks; `None` when none was asked.
        searched_for: of a follow-up as it was rewritten to stand alone; `None` when it was taken as typed.

    Raises:
        AuditEntryError: a field has a form that a leaf must not hold, or what must be kept is 64 KiB or longer.
    """
    _expect("request_id", entry.request_id, _UUID7, "a UUIDv7 in lower case")
    _check_verdict(entry.verdict)
    value: dict[str, Any] = {
        "v": LEAF_VERSION,
        "type": FINISHED_TYPE,
        "origin": stamp.origin,
        "request_id": entry.request_id,
        "received_seq": entry.received_seq,
        "ts_us": stamp.ts_us,
        "outcome": entry.verdict.outcome,
        "reason": entry.verdict.reason,
        "evidence_u": entry.verdict.evidence_u,
        "threshold_u": entry.verdict.threshold_u,
        "encoder": _encoder(entry.encoder),
        "retrieval": _retrieval(entry.retrieval),
        "register_seq": entry.register_seq,
        "hits": [_hit(hit) for hit in entry.hits],
        "answerer": _answerer(entry.answerer, raw),
        "citations": [_citation(citation) for citation in entry.citations],
        "answer_commit": answer.digest if answer else None,
        "answer_len": answer.length if answer else 0,
        "elapsed_us": entry.elapsed_us,
    }
    if entry.answerer and entry.answerer.tokens:
        value["tokens"] = {"prompt": entry.answerer.tokens.prompt, "completion": entry.answerer.tokens.completion}
    if searched_for:
        value["searched_for_commit"], value["searched_for_len"] = searched_for.digest, searched_for.length
    leaf = canonical_json(value)
    if len(leaf) > MAX_LEAF_BYTES:
        _leave_hits_out(value, len(leaf) - MAX_LEAF_BYTES)
        leaf = canonical_json(value)
    return _checked_length(leaf)


def event_leaf(event: Event, stamp: Stamp, *, actor: str | None, texts: Mapping[str, Commitment]) -> bytes:
    """Return the bytes of a leaf that belongs to no question.

    Args:
        event: what happened.
        stamp: the shard and the time.
        actor: the pseudonym of whoever acted; `None` when nobody did.
        texts: commitments to the event's texts, by field.

    Raises:
        AuditEntryError: a field has a form that a leaf must not hold, or the leaf would be 64 KiB or longer.
    """
    value = {"v": LEAF_VERSION, "type": event.type, "origin": stamp.origin, "ts_us": stamp.ts_us, **event.fields}
    if actor is not None:
        _expect("actor", actor, _ACTOR, "a pseudonym made by actors.Pseudonyms")
        value["actor"] = actor
    for field, commitment in texts.items():
        value[f"{field}_commit"] = commitment.digest
        value[f"{field}_len"] = commitment.length
    return _checked_length(canonical_json(value))


def _expect(name: str, value: str, form: re.Pattern[str], words: str) -> None:
    # The value stays out of the message: it may be the very text that does not belong here.
    if not form.fullmatch(value):
        raise AuditEntryError(f'expected "{name}" = {words}, got {len(value)} characters of another form')


def _check_verdict(verdict: VerdictRef) -> None:
    if (verdict.reason is None) != (verdict.outcome == "answered"):
        raise AuditEntryError(
            f'expected a "reason" exactly when nothing was answered, got outcome {verdict.outcome!r} '
            f"{'without' if verdict.reason is None else 'with'} one"
        )
    if verdict.reason is not None:
        _expect("reason", verdict.reason, _CODE, "a code of lower-case letters, digits and _")


def _encoder(encoder: EncoderRef | None) -> dict[str, Any] | None:
    if encoder is None:
        return None
    return {"name": encoder.name, "digest": encoder.digest, "dtype": encoder.dtype}


def _retrieval(retrieval: RetrievalRef | None) -> dict[str, Any] | None:
    if retrieval is None:
        return None
    return {
        "kind": retrieval.kind,
        "k": retrieval.k,
        "weights_u": dict(retrieval.weights_u),
        "filter_hash": retrieval.filter_hash,
    }


def _hit(hit: HitRef) -> dict[str, Any]:
    return {
        "rank": hit.rank,
        "passage_id": hit.passage_id,
        "document": hit.document,
        "sha256": hit.sha256,
        "passage_hash": hit.passage_hash,
        "score_u": hit.score_u,
        "used": hit.used,
    }


def _answerer(answerer: AnswererRef | None, raw: Commitment | None) -> dict[str, Any] | None:
    if answerer is None:
        return None
    value = {
        "kind": answerer.kind,
        "name": answerer.name,
        "endpoint_id": answerer.endpoint_id,
        "params": dict(answerer.params),
        "template_hash": answerer.template_hash,
    }
    if raw is not None:
        value["raw_commit"] = raw.digest
    return value


def _citation(citation: CitationRef) -> dict[str, Any]:
    return {
        "n": citation.n,
        "passage_id": citation.passage_id,
        "span": [citation.start, citation.end],
        "check": citation.check,
        "score_u": citation.score_u,
    }


def _leave_hits_out(value: dict[str, Any], excess: int) -> None:
    """Take unused hits out of a leaf from the last, until it is `excess` bytes shorter and says how many went."""
    excess += len(f'"hits_left_out":{len(value["hits"])},')
    kept = []
    for hit in reversed(value["hits"]):
        if excess > 0 and not hit["used"]:
            excess -= len(canonical_json(hit)) + 1  # and its comma
        else:
            kept.append(hit)
    value["hits_left_out"] = len(value["hits"]) - len(kept)
    value["hits"] = kept[::-1]


def _checked_length(leaf: bytes) -> bytes:
    if len(leaf) > MAX_LEAF_BYTES:
        raise AuditEntryError(
            f"expected a leaf of at most {MAX_LEAF_BYTES} bytes, got {len(leaf)}: cite fewer passages"
        )
    return leaf
