"""Compares what is on record of a question with what the same question gives again: passages, evidence, result, answer.

Identical are the same passages in the same order and the same bytes of an answer. Scores may differ a little between
processors, so the largest difference of a passage's score is told apart, and evidence counts as the same within ten
millionths. Nothing here says a word of the question, the answer or a passage.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.answering.answers import Citation
from service.answering.evidence import Evidence
from service.answering.finding.retrieve import Hit
from service.answering.past.past_questions import PastQuestion
from service.answering.verify import VERBATIM

ROUNDING_U = 10  # millionths: sums of single-precision numbers differ in about the seventh digit between processors
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Ending:
    """How a question ends when it is asked again: `reason` as in `answers.Reason`, `None` if it is answered."""

    reason: str | None
    citations: Sequence[Citation] = ()
    answer: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Again:
    """What a question gives when it is asked again.

    `ending` is `None` for a search, and where the evidence suffices but a language model would have to draft.
    """

    hits: Sequence[Hit]
    evidence: Evidence | None = None
    ending: Ending | None = None


def differences(past: PastQuestion, again: Again) -> list[str]:
    """Return what differs, a sentence each, in the order in which it came about; empty if nothing does."""
    found = [*_hits(past, again.hits), *_evidence(past.finished, again.evidence)]
    if again.ending:
        found += _result(past, again.ending)
    elif not past.is_search and past.finished["answerer"]["kind"] != "llm":
        expected = _outcome(past.finished["reason"])
        found.append(f"result: expected {expected}, got enough evidence but nobody to quote it: a model is loaded now")
    return found


def largest_score_difference_u(past: PastQuestion, hits: Sequence[Hit]) -> int:
    """Return by how many millionths the score of a passage differs at most, over those found at the same rank."""
    scores = {(hit.rank, hit.passage.passage_id): millionths(hit.score) for hit in hits}
    recorded = {(hit["rank"], hit["passage_id"]): hit["score_u"] for hit in past.finished["hits"]}
    return max((abs(recorded[at] - scores[at]) for at in recorded.keys() & scores.keys()), default=0)


def millionths(value: float) -> int:
    """Return a score as records hold it."""
    return round(value * _MILLION)


def _hits(past: PastQuestion, hits: Sequence[Hit]) -> Iterator[str]:
    now = {hit.rank: hit for hit in hits}
    recorded = {hit["rank"]: hit for hit in past.finished["hits"]}
    for rank, on_record in sorted(recorded.items()):
        expected = f"rank {rank}: expected passage {on_record['passage_id']} of {on_record['document']}"
        hit = now.get(rank)
        if hit is None:
            yield f"{expected}, found none"
        elif hit.passage.passage_id != on_record["passage_id"]:
            yield f"{expected}, found {_name(hit)}"
        elif (hit.passage.sha256, hit.passage.text_hash()) != (on_record["sha256"], on_record["passage_hash"]):
            yield f"{expected} as it was recorded, found it with another text or of another version"
    added = [now[rank] for rank in sorted(now.keys() - recorded.keys())]
    if len(added) > past.hits_left_out:  # which ones had no room in the leaf is not on record
        yield from (f"rank {hit.rank}: expected none, found {_name(hit)}" for hit in added)


def _name(hit: Hit) -> str:
    return f"{hit.passage.passage_id} of {hit.passage.document}"


def _evidence(said: dict[str, Any], evidence: Evidence | None) -> Iterator[str]:
    recorded, now = said["evidence_u"], millionths(evidence.score) if evidence else None
    none_in_both = recorded is None and now is None
    if not none_in_both and (recorded is None or now is None or abs(recorded - now) > ROUNDING_U):
        yield f"evidence: expected {_in_words(recorded)}, got {_in_words(now)}"


def _result(past: PastQuestion, ending: Ending) -> Iterator[str]:
    if past.finished["reason"] != ending.reason:
        yield f"result: expected {_outcome(past.finished['reason'])}, got {_outcome(ending.reason)}"
    expected = [(c["n"], c["passage_id"], *c["span"], c["check"]) for c in past.finished["citations"]]
    quotes = [(citation.n, citation.verified.quote) for citation in ending.citations]
    got = [(n, quote.passage_id, quote.start, quote.end, VERBATIM) for n, quote in quotes]
    if expected != got:
        yield f"citations: expected {_citations(expected)}, got {_citations(got)}"
    if past.answer != ending.answer:
        yield f"answer: expected {_length(past.answer)}, got {_another(ending.answer)}"


def _citations(citations: Sequence[tuple[Any, ...]]) -> str:
    return (
        "; ".join(f"[{n}] {passage} {start}-{end} ({check})" for n, passage, start, end, check in citations) or "none"
    )


def _outcome(reason: str | None) -> str:
    return f"a refusal ({reason})" if reason else "an answer"


def _length(text: str | None) -> str:
    return "none" if text is None else f"{len(text.encode('utf-8', 'surrogatepass'))} bytes"


def _another(text: str | None) -> str:
    return "none" if text is None else f"another text of {_length(text)}"


def _in_words(score_u: int | None) -> str:
    return "none" if score_u is None else f"{score_u} millionths"
