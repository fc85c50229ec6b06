"""What is on record besides questions: one function for each type of leaf, each returns an `Event`.

An event's `fields` are shown to every auditor and can never be erased, so they hold codes, numbers, hashes and names of
documents, never a person or a free text. Texts go into `texts`: the leaf holds a commitment to each, the text itself is
sealed and can be erased. `subject` is whoever acted; the log puts their pseudonym into the leaf, as `actor`.
What somebody says of a question of their own names no actor: the question has one, and another beside it would tie two
pseudonyms of one person together.
"""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from service.audit.errors import AuditEntryError
from service.audit.leaves import BuildRef, ReleaseRef
from service.audit.shards import CLOSED_TYPE, OPENED_TYPE, RESTORED_TYPE

Look = Literal[
    "list", "show", "payload", "replay", "own", "reveals", "shared",
    "feedback", "requests", "gaps", "charts", "looks", "verify",
]  # fmt: skip
KeyPurpose = Literal["signing", "payload", "identity", "actor"]
Verdict = Literal["helpful", "wrong", "outdated", "not_supported", "should_have_answered", "beside_the_point"]
Closing = Literal["granted", "declined"]
KnownAs = Literal["watcher", "wisher"]  # which pseudonym of whoever acted a leaf holds
Ranges = Sequence[tuple[int, int]]

KEY_CREATED_TYPE = "key.created"
KEY_REVOKED_TYPE = "key.revoked"
READ_TYPE = "audit.read"
VERIFIED_TYPE = "audit.verified"
EXPORTED_TYPE = "audit.exported"
REVEAL_OPENED_TYPE = "reveal.opened"
REVEALED_TYPE = "identity.revealed"
ERASURE_OPENED_TYPE = "erasure.opened"
ERASED_TYPE = "payload.erased"
REGISTER_EXTENDED_TYPE = "register.extended"
REGISTER_REWRITTEN_TYPE = "register.rewritten"
BUILD_TYPE = "build.activated"
BUILD_REMOVED_TYPE = "build.removed"
CONFIG_TYPE = "config.changed"
ACCESS_TYPE = "access.changed"
MODELS_TYPE = "models.changed"
SESSIONS_ENDED_TYPE = "sessions.ended"
NAMED_TYPE = "conversation.named"
SHARED_TYPE = "answer.shared"
NOTICE_TYPE = "notice.confirmed"
API_KEY_CREATED_TYPE = "api_key.created"
API_KEY_REVOKED_TYPE = "api_key.revoked"
FEEDBACK_TYPE = "feedback.given"
REQUESTED_TYPE = "document.requested"
REQUEST_CLOSED_TYPE = "request.closed"
LOST = "lost"  # why a key is not used any more: nobody has it
MAX_REGISTER_LINES = 400  # in one leaf: 400 hashes of 64 digits stay well under 64 KiB
_GROUND = re.compile(r"[a-z][a-z_]{0,31}")


@dataclass(frozen=True, slots=True)
class Event:
    """One leaf that belongs to no question; see the module."""

    type: str
    fields: Mapping[str, Any]
    subject: str | None = None
    texts: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)
    erases: tuple[tuple[int, int], ...] = ()
    known_as: KnownAs = "watcher"


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of checking the log: how much of it, and how much was wrong or could not be checked.

    `first_wrong` is the number of the first record that can be wrong; `None` where none is, or none can be named.
    """

    ok: bool
    leaves: int
    checkpoints: int
    texts: int
    wrong: int
    unchecked: int
    first_wrong: int | None = None


def shard_opened(first_seq: int, previous: Mapping[str, Any] | None) -> Event:
    """A month begins; `previous` is origin, first_seq, size and checkpoint of the shard before, if there is one."""
    return Event(OPENED_TYPE, {"first_seq": first_seq, "previous": dict(previous) if previous else None})


def shard_closed(next_origin: str) -> Event:
    """A month ends: this is its last leaf."""
    return Event(CLOSED_TYPE, {"next_origin": next_origin})


def restored(history: str, fields: Mapping[str, Any], *, texts: Mapping[str, str]) -> Event:
    """The log was put back from a copy, or its keys were, and goes on under a history of its own.

    The fields are as in `histories.Begun` and `Restored`; `texts` are `who` and `reason`.
    """
    return Event(RESTORED_TYPE, {"history": history, **fields}, texts=texts)


def key_created(purpose: KeyPurpose, key_id: str, vkey: str | None = None) -> Event:
    """A key was made; `vkey` is what verifies signatures with it."""
    fields = {"purpose": purpose, "key_id": key_id}
    return Event(KEY_CREATED_TYPE, {**fields, "vkey": vkey} if vkey else fields)


def key_revoked(purpose: KeyPurpose, key_id: str, *, lost: Mapping[str, str] | None = None) -> Event:
    """A key is not used any more; `lost`: for nobody has it, with `who` says so and a `note`."""
    fields = {"purpose": purpose, "key_id": key_id}
    return Event(KEY_REVOKED_TYPE, fields | ({} if lost is None else {"reason": LOST}), texts=lost or {})


def register_extended(first_line: int, lines: Sequence[str], register_hash: str) -> Event:
    """Lines were added to the register: SHA-256 (hex) of each, from line `first_line` on, whoever wrote them."""
    return Event(
        REGISTER_EXTENDED_TYPE, {"first_line": first_line, "lines": list(lines), "register_hash": register_hash}
    )


def register_rewritten(recorded_lines: int, recorded_hash: str, lines: int, register_hash: str) -> Event:
    """Lines that were on record have changed or gone."""
    return Event(
        REGISTER_REWRITTEN_TYPE,
        {
            "recorded_lines": recorded_lines,
            "recorded_hash": recorded_hash,
            "lines": lines,
            "register_hash": register_hash,
        },
    )


def build_activated(build: BuildRef) -> Event:
    """Another build answers from now on."""
    return Event(BUILD_TYPE, {"build": {"id": build.id, "manifest_hash": build.manifest_hash}})


def build_removed(subject: str, build_id: str) -> Event:
    """A build is removed on somebody's word, before its time: what it answered can not be made again."""
    return Event(BUILD_REMOVED_TYPE, {"build": {"id": build_id}}, subject)


def config_changed(release: ReleaseRef) -> Event:
    """The program or its settings are others than before."""
    return Event(CONFIG_TYPE, {"release": {"version": release.version, "config_hash": release.config_hash}})


def access_changed(rules_hash: str) -> Event:
    """Roles are given by other rules than before: SHA-256 (hex) of `access.toml`, of nothing where there is none."""
    return Event(ACCESS_TYPE, {"rules_hash": rules_hash})


def models_changed(models_hash: str, models: Sequence[str]) -> Event:
    """Other language models are approved than before: SHA-256 (hex) of `models.toml`, of nothing where there is none.

    `models` are the names in it; none where it cannot be understood, for then no model is called.
    """
    return Event(MODELS_TYPE, {"models_hash": models_hash, "models": sorted(models)})


def sessions_ended(subject: str, person: str) -> Event:
    """An operator signed somebody out of every browser."""
    return Event(SESSIONS_ENDED_TYPE, {}, subject, {"who": subject, "person": person})


def api_key_created(subject: str, *, key_id: str, name: str, scopes: Sequence[str], expires: str) -> Event:
    """An API key was made: what it may do, until which day. Its name is a free text, so it is sealed."""
    fields = {"key_id": key_id, "scopes": sorted(scopes), "expires": expires}
    return Event(API_KEY_CREATED_TYPE, fields, subject, {"who": subject, "name": name})


def api_key_revoked(subject: str, *, key_id: str, name: str) -> Event:
    """An API key opens nothing any more."""
    return Event(API_KEY_REVOKED_TYPE, {"key_id": key_id}, subject, {"who": subject, "name": name})


def feedback_given(request_id: str, *, verdict: Verdict, documents: Sequence[str], comment: str) -> Event:
    """Whoever asked a question said what its answer was worth: the documents are those that it cites."""
    fields = {"request_id": request_id, "verdict": verdict, "documents": list(documents)}
    return Event(FEEDBACK_TYPE, fields, texts={"comment": comment} if comment else {})


def document_requested(subject: str, *, request_id: str | None, wish: str) -> Event:
    """Somebody asks for a document: on a question of their own, or without one, under a pseudonym for just that."""
    fields = {"request_id": request_id}
    return Event(REQUESTED_TYPE, fields, None if request_id else subject, {"wish": wish}, known_as="wisher")


def request_closed(subject: str, *, request: int, how: Closing, note: str) -> Event:
    """An approver says what became of a document that was asked for in the record `request`."""
    texts = {"who": subject, "note": note} if note else {"who": subject}
    return Event(REQUEST_CLOSED_TYPE, {"request": request, "how": how}, subject, texts)


def audit_read(subject: str, what: Look, *, filters: Mapping[str, Any], seqs: Sequence[int], purpose: str) -> Event:
    """Somebody looked at records: which, by what filter, what for."""
    fields = {"what": what, "filter": dict(filters), "seqs": list(seqs), "count": len(seqs)}
    return Event(READ_TYPE, fields, subject, {"who": subject, "purpose": purpose})


def own_read(subject: str) -> Event:
    """Somebody looked at what is on record of themselves; neither their name nor which questions is said."""
    return Event(READ_TYPE, {"what": "own", "filter": {}, "seqs": [], "count": None}, subject)


def conversation_named(seq: int, request_id: str, name: str) -> Event:
    """An asker named a conversation, told by the newest of its questions. Names no actor: that would say who asked."""
    return Event(NAMED_TYPE, {"seq": seq, "request_id": request_id}, texts={"name": name})


def answer_shared(seq: int, request_id: str, *, shared: bool) -> Event:
    """An asker let others open an answer by its link, or ended that. Names no actor, as `conversation_named`."""
    return Event(SHARED_TYPE, {"seq": seq, "request_id": request_id, "shared": shared})


def notice_confirmed(subject: str, notice_hash: str) -> Event:
    """Somebody confirmed that they read what is logged, how long and why: SHA-256 (hex) of these words."""
    return Event(NOTICE_TYPE, {"notice_hash": notice_hash}, subject)


def audit_verified(verdict: Verified) -> Event:
    """The whole log was checked by the service itself, when an auditor asked for it, and what came of it."""
    return Event(VERIFIED_TYPE, dataclasses.asdict(verdict))


def audit_exported(subject: str, *, span: tuple[int, int], payloads: bool, purpose: str) -> Event:
    """Somebody exported the records of a span of numbers, both ends included."""
    first, last = span
    fields = {"from_seq": first, "to_seq": last, "count": last - first + 1, "payloads": payloads}
    return Event(EXPORTED_TYPE, fields, subject, {"who": subject, "purpose": purpose})


def reveal_opened(subject: str, *, seq: int, request_id: str, texts: Mapping[str, str]) -> Event:
    """Somebody asks who asked a question, which takes a second; `texts` are `who`, `case` and `reason`."""
    return Event(REVEAL_OPENED_TYPE, {"seq": seq, "request_id": request_id}, subject, texts)


def identity_revealed(subject: str, *, opening: int, seq: int, request_id: str, texts: Mapping[str, str]) -> Event:
    """A second person had the pseudonym of a question resolved; `texts` are `who` (both), `case` and `purpose`."""
    return Event(REVEALED_TYPE, {"opening": opening, "seq": seq, "request_id": request_id}, subject, texts)


def erasure_opened(subject: str, *, before_us: int, ground: str, texts: Mapping[str, str]) -> Event:
    """Somebody asks that texts older than a time be erased, which takes a second; `texts` are `who` and `purpose`.

    Raises:
        AuditEntryError: the ground is no code.
    """
    _expect_ground(ground)
    return Event(ERASURE_OPENED_TYPE, {"before_us": before_us, "ground": ground}, subject, texts)


def payload_erased(
    subject: str | None, *, ground: str, ranges: Ranges, texts: Mapping[str, str], opening: int | None = None
) -> Event:
    """The payloads of these numbers (both ends of each range included) are erased in the same step.

    `opening` is the `erasure.opened` leaf that this confirms, where two people were needed.

    Raises:
        AuditEntryError: the ground is no code, or a range is none.
    """
    _expect_ground(ground)
    if wrong := [one for one in ranges if not 0 <= one[0] <= one[1]]:
        raise AuditEntryError(f"expected ranges of numbers from a first to a last, got {wrong[0]}")
    merged = _merged(ranges)
    fields: dict[str, Any] = {"ground": ground, "ranges": [list(one) for one in merged]}
    if opening is not None:
        fields["opening"] = opening
    return Event(ERASED_TYPE, fields, subject, texts, erases=tuple(merged))


def _expect_ground(ground: str) -> None:
    if not _GROUND.fullmatch(ground):
        raise AuditEntryError(
            "expected a ground of 1 to 32 lower-case letters and _, such as asker_request, "
            f"got {len(ground)} characters of another form"
        )


def _merged(ranges: Ranges) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
