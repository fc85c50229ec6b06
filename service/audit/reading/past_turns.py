"""A question and what became of it, put together from its records and their opened texts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from service.audit.reading.summaries import Value, iso_time, value_of
from service.audit.reading.unseal import Opened
from service.audit.serialise import FINISHED_TYPE, SENTENCE_TYPE
from service.audit.storage.store import Receipt, StoredLeaf


@dataclass(frozen=True, slots=True)
class WrittenSentence:
    """A sentence that a language model wrote: its text, the numbers of its citations, how it was checked."""

    text: str = field(repr=False)
    citations: tuple[int, ...]
    check: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and what became of it, as they are on record.

    `finished` is what its `finished` leaf says, empty while it is open; `searched_for` and `answer` are `None` where
    there is none. `sentences` are those that a language model wrote and that passed, in order.
    """

    request_id: str
    time: str
    question: str = field(repr=False)
    finished: Value = field(repr=False)
    searched_for: str | None = field(repr=False)
    answer: str | None = field(repr=False)
    receipt: Receipt
    sentences: tuple[WrittenSentence, ...] = field(default=(), repr=False)


def turn_of(leaves: Sequence[StoredLeaf], texts: Mapping[int, Opened]) -> Turn:
    """Return a turn of all leaves of a question, in order, and their texts by number."""
    received, *rest = leaves
    finished = next((leaf for leaf in rest if leaf.type == FINISHED_TYPE), None)
    became = texts[finished.seq].texts if finished else {}
    kept = finished or received
    return Turn(
        request_id=received.request_id,
        time=iso_time(received.ts_us),
        question=texts[received.seq].texts.get("prompt", ""),
        finished=value_of(finished) if finished else {},
        searched_for=became.get("searched_for"),
        answer=became.get("answer"),
        receipt=Receipt(value_of(kept)["origin"], kept.seq, kept.leaf_hash),
        sentences=tuple(_sentences(rest, texts)),
    )


def _sentences(leaves: Iterable[StoredLeaf], texts: Mapping[int, Opened]) -> Iterator[WrittenSentence]:
    for leaf in leaves:
        if leaf.type == SENTENCE_TYPE and "sentence" in texts[leaf.seq].texts:
            value = value_of(leaf)
            numbers = tuple(int(citation["n"]) for citation in value["citations"])
            yield WrittenSentence(texts[leaf.seq].texts["sentence"], numbers, value["check"])


def by_question(leaves: Iterable[StoredLeaf]) -> list[list[StoredLeaf]]:
    """Return the leaves of each question together, in their order."""
    by_id: dict[str, list[StoredLeaf]] = {}
    for leaf in leaves:
        by_id.setdefault(leaf.request_id, []).append(leaf)
    return list(by_id.values())
