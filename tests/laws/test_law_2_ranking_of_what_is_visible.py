"""Law 2, within the ranking: a hidden passage moves no number by which visible ones are found, ranked and quoted."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.answering.boundary import Scope
from service.answering.choosing.extract import ExtractiveAnswerer
from service.answering.choosing.gather import gather
from service.answering.choosing.sentence_features import sentence_features
from service.answering.evidence import features
from service.answering.finding.features import PASSAGE_FEATURES, passage_features
from service.answering.finding.retrieve import CANDIDATES, Retrieved
from tests.support.answering_parts import RANKING, Made, Whole, a_scope, found, open_made

pytestmark = pytest.mark.not_over(
    *("database", "objects", "milvus"), why="it asks a build's own indexes, with no library and no service"
)
_WORDS = st.sampled_from(["vendor", "review", "team", "the", "of", "10", "days", "travel", "allowance", "orbit"])
_SENTENCES = st.lists(_WORDS, min_size=1, max_size=6).map(lambda some: " ".join(some).capitalize() + ".")
_PASSAGES = st.one_of(st.lists(_SENTENCES, min_size=1, max_size=3), _SENTENCES)
_DOCUMENTS = st.lists(st.tuples(st.lists(_PASSAGES, min_size=1, max_size=4), st.booleans()), min_size=1, max_size=6)
_QUESTIONS = st.lists(_WORDS, min_size=1, max_size=6).map(" ".join)


def _seen(text: str, made: Made, hidden: Sequence[str]) -> dict[str, Any]:
    """Return every number that an answer from the visible documents of a build comes of, rows apart."""
    with open_made(made) as build:
        scope = a_scope(build, hidden=hidden)
        seen = found(text, build, scope, k=1000)
        if seen.matches is None:
            return {"hits": [], "rarity": seen.question.rarity.tolist()}
        _assert_within(scope, seen)
        quotes = [
            quote for one in ExtractiveAnswerer(ranking=RANKING).draft(text, retrieved=seen, build=build)
            for quote in one.quotes
        ]  # fmt: skip
        return {
            "hits": [(hit.rank, hit.passage, hit.score, hit.weighed, hit.dense, hit.lexical) for hit in seen.hits],
            "rarity": seen.question.rarity.tolist(),
            "features": passage_features(seen.question, seen.matches).tolist(),
            "of sentences": sentence_features(seen, gather(seen, build), build).tolist(),
            "evidence": features(seen, build),
            "quotes": quotes,
        }


def _assert_within(scope: Scope, seen: Retrieved) -> None:
    assert seen.matches is not None
    assert scope.rows[seen.matches.rows].all()
    assert {hit.passage.document for hit in seen.hits} <= scope.grants.keys()


@settings(max_examples=40)
@given(documents=_DOCUMENTS, text=_QUESTIONS)
def test_with_hidden_documents_every_number_is_as_without_them(
    documents: list[tuple[list[Whole | str], bool]], text: str
) -> None:
    made: Made = {f"legal/{number}.md": passages for number, (passages, _) in enumerate(documents)}
    hidden = [name for name, (_, is_hidden) in zip(made, documents, strict=True) if is_hidden]
    visible = {name: passages for name, passages in made.items() if name not in hidden}
    with_hidden = _seen(text, made, hidden)
    if visible:
        assert with_hidden == _seen(text, visible, [])
    else:
        assert with_hidden["hits"] == []


@pytest.mark.parametrize("every", [2, 3])
def test_where_more_passages_tie_than_are_candidates_the_same_ones_are_taken(every: int) -> None:
    """Hidden ones between them say the same, and would push visible ones out if they counted."""
    made: Made = {f"{number:03}/rules.md": [["The vendor review.", "Lunch."]] for number in range(3 * CANDIDATES)}
    hidden = [name for number, name in enumerate(made) if number % every == 0]
    visible = {name: passages for name, passages in made.items() if name not in hidden}
    with_hidden = _seen("vendor review", made, hidden)
    assert with_hidden == _seen("vendor review", visible, [])
    assert len(with_hidden["hits"]) >= CANDIDATES


def test_a_neighbour_that_is_hidden_lends_nothing() -> None:
    """Between two visible documents lies one that says more than either."""
    made: Made = {
        "legal/a.md": [["The vendor."]],
        "legal/b.md": [["The vendor review of the team."], ["Vendor review."]],
        "legal/c.md": [["The review."]],
    }
    with open_made(made) as build:
        seen = found("vendor review team", build, a_scope(build, hidden=["legal/b.md"]))
        assert seen.matches is not None
        assert seen.matches.rows.tolist() == [0, 3]
        numbers = passage_features(seen.question, seen.matches)
    of = dict(zip(PASSAGE_FEATURES, numbers.T, strict=True))
    np.testing.assert_array_equal(of["neighbour_cosine"], of["cosine"].astype(np.float32))
    np.testing.assert_array_equal(of["neighbour_lexical"], [0, 0])
