"""How a leaf is shown in a list: what it is, when, and a few short fields that depend on its type.

A summary holds codes, numbers and names of documents, as the leaf does, and never a text. `documents` are those that
the answer cites. The pseudonym of whoever asked or acted is shown as it stands in the leaf; nothing is found, ordered
or counted by it.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from service.audit import events
from service.audit.errors import AuditDamagedError
from service.audit.serialise import FINISHED_TYPE, RECEIVED_TYPE, SENTENCE_TYPE
from service.audit.shards import CLOSED_TYPE, OPENED_TYPE
from service.audit.storage.store import StoredLeaf

Value = Mapping[str, Any]
_US = 1_000_000  # microseconds in a second


def value_of(leaf: StoredLeaf) -> dict[str, Any]:
    """Return what a leaf says.

    Raises:
        AuditDamagedError: it is no leaf: the store was altered.
    """
    try:
        value = json.loads(leaf.leaf)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise AuditDamagedError(f"record {leaf.seq} is not as it was written: run greenlit audit verify")
    return value


def iso_time(ts_us: int) -> str:
    """Return a time in UTC to the second, for people; `ts_us` beside it is exact."""
    return f"{datetime.fromtimestamp(ts_us // _US, UTC):%Y-%m-%dT%H:%M:%SZ}"


def summary(leaf: StoredLeaf, value: Value) -> dict[str, Any]:
    """Return what a list shows of a leaf, ready for JSON.

    Args:
        leaf: the leaf.
        value: what it says (`value_of`).
    """
    short = _SHORT.get(leaf.type)
    return {
        "seq": leaf.seq,
        "leaf_hash": leaf.leaf_hash,
        "type": leaf.type,
        "ts_us": leaf.ts_us,
        "time": iso_time(leaf.ts_us),
        "request_id": value.get("request_id"),
        **(short(value) if short else {}),
    }


def cited_documents(value: Value) -> list[str]:
    """Return the documents that a finished question's answer cites, in the order of its citations, each once."""
    documents = {hit["passage_id"]: hit["document"] for hit in value.get("hits", ())}
    cited = (citation["passage_id"] for citation in value.get("citations", ()))
    return list(dict.fromkeys(documents[passage] for passage in cited if passage in documents))


def _only(*names: str) -> Callable[[Value], dict[str, Any]]:
    return lambda value: {name: value.get(name) for name in names}


def _received(value: Value) -> dict[str, Any]:
    came_with = {"key_id": value["key_id"]} if "key_id" in value else {}
    return {"channel": value.get("channel"), "actor": value.get("actor"), **came_with}


def _finished(value: Value) -> dict[str, Any]:
    return {
        "outcome": value.get("outcome"),
        "reason": value.get("reason"),
        "documents": cited_documents(value),
        "elapsed_us": value.get("elapsed_us"),
    }


def _extended(value: Value) -> dict[str, Any]:
    return {"first_line": value.get("first_line"), "line_count": len(value.get("lines", ()))}


def _reveal_opened(value: Value) -> dict[str, Any]:
    return {"actor": value.get("actor"), "of_seq": value.get("seq")}


def _revealed(value: Value) -> dict[str, Any]:
    return {**_reveal_opened(value), "opening": value.get("opening")}


def _erased(value: Value) -> dict[str, Any]:
    return {"actor": value.get("actor"), "ground": value.get("ground"), "range_count": len(value.get("ranges", ()))}


_SHORT: Mapping[str, Callable[[Value], dict[str, Any]]] = {
    RECEIVED_TYPE: _received,
    SENTENCE_TYPE: _only("n", "check", "score_u"),
    FINISHED_TYPE: _finished,
    OPENED_TYPE: _only("origin", "first_seq"),
    CLOSED_TYPE: _only("origin", "next_origin"),
    events.KEY_CREATED_TYPE: _only("purpose", "key_id"),
    events.KEY_REVOKED_TYPE: _only("purpose", "key_id"),
    events.REGISTER_EXTENDED_TYPE: _extended,
    events.REGISTER_REWRITTEN_TYPE: _only("recorded_lines", "lines"),
    events.BUILD_TYPE: _only("build"),
    events.BUILD_REMOVED_TYPE: _only("actor", "build"),
    events.CONFIG_TYPE: _only("release"),
    events.ACCESS_TYPE: _only("rules_hash"),
    events.MODELS_TYPE: _only("models_hash", "models"),
    events.SESSIONS_ENDED_TYPE: _only(),
    events.NAMED_TYPE: lambda value: {"of_seq": value.get("seq")},
    events.SHARED_TYPE: lambda value: {"of_seq": value.get("seq"), "shared": value.get("shared")},
    events.NOTICE_TYPE: _only("actor", "notice_hash"),
    events.API_KEY_CREATED_TYPE: _only("key_id", "scopes", "expires"),
    events.API_KEY_REVOKED_TYPE: _only("key_id"),
    events.FEEDBACK_TYPE: _only("verdict", "documents"),
    events.REQUESTED_TYPE: _only("actor"),
    events.REQUEST_CLOSED_TYPE: _only("actor", "request", "how"),
    events.READ_TYPE: _only("actor", "what", "count"),
    events.VERIFIED_TYPE: _only("ok", "leaves", "wrong", "unchecked"),
    events.EXPORTED_TYPE: _only("actor", "from_seq", "to_seq", "payloads"),
    events.REVEAL_OPENED_TYPE: _reveal_opened,
    events.REVEALED_TYPE: _revealed,
    events.ERASURE_OPENED_TYPE: _only("actor", "ground", "before_us"),
    events.ERASED_TYPE: _erased,
}
