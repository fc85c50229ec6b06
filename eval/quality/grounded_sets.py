"""Sentences with known answers to one question: does what they cite say so?

`groundedness` are public ones (`groundedness/claims.jsonl`): sentences of models with the evidence that they were
given, labelled by people. A third label, *generic*, is of sentences that claim nothing ("I agree!").

`altered` is shipped (`eval/sets/altered.jsonl`): sentences about the sample library, true ones in other words and false
ones that were altered in one thing, each with what it was made from. It gives a third kind, *misplaced*: true ones that
cite another passage of the document.

`further` is of the same form (`eval/sets/altered_further.jsonl`), about documents that `altered` hardly holds: half of
what was altered there is of kinds that it does not have (who does what to whom, what comes first, what is more, a
condition or an exception left out, a may for a must, all for most). It was written before the checks were held to it.

Halves are told by what is cited, so that no evidence stands in both.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.quality.libraries import Place
from eval.quality.locate import find_quote
from eval.quality.question_sets import QuestionSetError, lines_of
from indexes.builds import Build
from indexes.documents import Locator, Passage
from service.answering.supported.support import Offered

_SETS = Path(__file__).parents[1] / "sets"
ALTERED, FURTHER = _SETS / "altered.jsonl", _SETS / "altered_further.jsonl"
PUBLIC = Path("groundedness", "claims.jsonl")
GENERIC, MISPLACED, TRUE = "generic", "misplaced", "true"
_LABELS = {"supported": True, "unsupported": False, GENERIC: False}


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence with what it cites.

    `kind` is "supported", "unsupported" or "generic" of the public set; "true", "misplaced", or what was altered, of
    the shipped one. `holds` is whether what is cited says so; `tuned_on` whether constants may be chosen on it.
    """

    id: str
    text: str
    cited: tuple[Offered, ...]
    build: Build | None
    kind: str
    holds: bool
    tuned_on: bool


def read_public(data: Path) -> list[Claim]:
    """Read the public sentences from the folder of public sets.

    Raises:
        QuestionSetError: they are missing, or not in the form that is expected.
    """
    return [_public(row) for row in _rows(data / PUBLIC)]


def read_altered(place: Place, path: Path = ALTERED) -> list[Claim]:
    """Read shipped sentences, of `ALTERED` or `FURTHER`, with the passages of the sample library that they cite.

    Raises:
        QuestionSetError: the file is wrong, or the library no longer holds what one was made from.
    """
    claims = []
    for row in _rows(path):
        cited, elsewhere = _cited(row, place, path)
        tuned = _tuned_on(row["document"] + row["quotes"][0])
        kind = row["kind"] or TRUE
        claims.append(Claim(row["id"], row["text"], cited, place.build, kind, kind == TRUE, tuned))
        if kind == TRUE and elsewhere:
            claims.append(
                Claim(
                    f"{row['id']}-misplaced",
                    row["text"],
                    elsewhere,
                    place.build,
                    MISPLACED,
                    holds=False,
                    tuned_on=tuned,
                )
            )
    return claims


def _public(row: dict[str, str]) -> Claim:
    evidence = row["evidence"]
    passage = Passage(row["id"], row["id"], "", "", 0, len(evidence), evidence, Locator("document"))
    return Claim(
        id=row["id"],
        text=row["claim"],
        cited=(Offered(row["id"], passage),),
        build=None,
        kind=row["label"],
        holds=_LABELS[row["label"]],
        tuned_on=_tuned_on(evidence),
    )


def _rows(path: Path) -> Iterator[dict[str, str]]:
    try:
        for line in lines_of(path.read_text(encoding="utf-8")):
            yield json.loads(line)
    except (OSError, ValueError) as error:
        raise QuestionSetError(f"{path} cannot be read as sentences with what they cite: {error}") from error


def _cited(row: dict[str, str], place: Place, path: Path) -> tuple[tuple[Offered, ...], tuple[Offered, ...]]:
    """Return the passages that hold what a sentence was made from, and one of the document that does not."""
    split = place.build.passages.split_document(row["document"])
    passages: list[Passage] = []
    for quote in row["quotes"]:
        spans = find_quote(split.document.text, quote) if split else []
        if split is None or not spans:
            raise QuestionSetError(
                f"{path}, {row['id']}: expected '{quote[:60]}' in {row['document']}: has the library changed?"
            )
        start, end = spans[0]
        # a quote that the splitter cut lies in no passage whole: the one that it begins in is cited
        whole = [one for one in split.passages if one.start <= start and end <= one.end]
        passages += whole[:1] or [one for one in split.passages if one.start <= start < one.end][:1]
    others = [one for one in split.passages if one not in passages] if split else []
    distinct = tuple(dict.fromkeys(passages))
    return tuple(_offered(distinct)), tuple(_offered(others[:1]))


def _offered(passages: Sequence[Passage]) -> Iterator[Offered]:
    return (Offered(one.passage_id, one) for one in passages)


def _tuned_on(cited: str) -> bool:
    return hashlib.sha256(cited.encode()).digest()[0] % 2 == 0
