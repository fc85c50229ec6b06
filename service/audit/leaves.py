"""What the leaves of a question say, as records; nothing else. What other leaves say is in `events`.

`QueryReceived` is recorded before retrieval starts, `QueryFinished` before the first byte of the answer leaves, and
where a language model writes, `QuerySentence` before each of its sentences leaves. None of them has room for the text
of a prompt or an answer: those travel beside it (`log`), and enter a leaf only as a `Commitment`. Scores are integers
in millionths (`_u`), times integer microseconds (`_us`), hashes lower-case hex. How a record becomes the bytes of a
leaf is in `serialise`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Channel = Literal["api", "cli", "web", "slack", "mcp", "openai"]
Outcome = Literal["answered", "refused", "failed", "aborted"]


@dataclass(frozen=True, slots=True)
class BuildRef:
    """The build that answers: its id and the SHA-256 (hex) of its manifest."""

    id: str
    manifest_hash: str


@dataclass(frozen=True, slots=True)
class ReleaseRef:
    """The program that answers: its version and the SHA-256 (hex) of its settings."""

    version: str
    config_hash: str


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asked: a principal's id and groups. A leaf holds a pseudonym and a keyed hash of them, never themselves."""

    subject: str
    groups: frozenset[str]


@dataclass(frozen=True, slots=True)
class QueryReceived:
    """Somebody asked. `request_id` is a UUIDv7. Who asked travels beside it, as an `Asker`.

    `key_id` names the API key that the question came with: by itself, or for the one who asked. `ignored_instructions`
    counts what a client sent besides to tell a model what to do, which nobody read.
    """

    request_id: str
    channel: Channel
    auth: str
    build: BuildRef
    release: ReleaseRef
    conversation_id: str | None = None
    key_id: str | None = None
    ignored_instructions: int = 0


@dataclass(frozen=True, slots=True)
class VerdictRef:
    """How a question ended. `reason` is a code, given exactly when it was not answered; scores in millionths."""

    outcome: Outcome
    reason: str | None = None
    evidence_u: int | None = None
    threshold_u: int | None = None


@dataclass(frozen=True, slots=True)
class EncoderRef:
    """The encoder: its name, the digest of its weights, and the type of number it calculated with."""

    name: str
    digest: str
    dtype: str


@dataclass(frozen=True, slots=True)
class RetrievalRef:
    """How passages were found: `k` of them, with weights in millionths, within the boundary hashed in `filter_hash`."""

    kind: str
    k: int
    weights_u: Mapping[str, int]
    filter_hash: str


@dataclass(frozen=True, slots=True)
class HitRef:
    """One passage found, from rank 1: the version of its document, its text's hash, and whether the answer used it."""

    rank: int
    passage_id: str
    document: str
    sha256: str
    passage_hash: str
    score_u: int
    used: bool


@dataclass(frozen=True, slots=True)
class TokensRef:
    """The tokens a language model read and wrote."""

    prompt: int
    completion: int


@dataclass(frozen=True, slots=True)
class AnswererRef:
    """Who wrote the draft; "none" for a search, which has no answer."""

    kind: Literal["extractive", "llm", "none"]
    name: str
    endpoint_id: str | None = None
    params: Mapping[str, str | int | bool] = field(default_factory=dict)
    template_hash: str | None = None
    tokens: TokensRef | None = None


@dataclass(frozen=True, slots=True)
class CitationRef:
    """One citation: `[start, end)` in the document's stored text, and the check that its quote passed."""

    n: int
    passage_id: str
    start: int
    end: int
    check: str
    score_u: int | None = None


@dataclass(frozen=True, slots=True)
class EntailmentRef:
    """An entailment model, by the digest of its files (SHA-256, hex), and the share of entailment that it found."""

    digest: str
    share_u: int


@dataclass(frozen=True, slots=True)
class QuerySentence:
    """The `n`th sentence, from 1, that a language model wrote and that passed: how it was checked, what it cites."""

    request_id: str
    received_seq: int
    n: int
    check: str
    score_u: int
    citations: tuple[CitationRef, ...]
    entailment: EntailmentRef | None = None


@dataclass(frozen=True, slots=True)
class QueryFinished:
    """What became of the question that the leaf `received_seq` recorded. What was never reached is `None` or empty."""

    request_id: str
    received_seq: int
    verdict: VerdictRef
    elapsed_us: int
    encoder: EncoderRef | None = None
    retrieval: RetrievalRef | None = None
    register_seq: int | None = None
    hits: tuple[HitRef, ...] = ()
    answerer: AnswererRef | None = None
    citations: tuple[CitationRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Commitment:
    """What a leaf says of a text: the commitment (hex) and the length in bytes of UTF-8 that it commits to."""

    digest: str
    length: int


@dataclass(frozen=True, slots=True)
class Pseudonym:
    """What a leaf says of an asker; comes from `actors.Pseudonyms`."""

    actor: str
    groups_hash: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which shard a leaf belongs to, and when it was made (microseconds since 1970, UTC)."""

    origin: str
    ts_us: int
