"""Candidates from Milvus: filtered there, checked again here, and weighed with the build's own files."""

import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pymilvus", reason="needs pip install 'greenlit[milvus]'")

from indexes.candidates import Candidates, LocalCandidates
from indexes.dense import DenseIndex, Rows
from indexes.errors import BuildFormError, SearchUnavailableError
from indexes.lexical import LexicalIndex, LexicalScope
from indexes.manifest import CollectionInfo
from indexes.milvus import SCHEMA
from indexes.milvus_candidates import MilvusCollections
from indexes.milvus_filter import Filter

ROWS = 60
DOCUMENTS = np.arange(ROWS) // 2
CLASSES = (np.arange(ROWS // 2) % 3).astype(np.int32)
INFO = CollectionInfo("made", SCHEMA, ROWS, "flat", 0, recall_at_10=1.0, sampled_queries=0)
_CHANCE = np.random.default_rng(4)
_DRAWN = _CHANCE.standard_normal((ROWS, 8))
VECTORS = (_DRAWN / np.linalg.norm(_DRAWN, axis=1, keepdims=True)).astype(np.float32)
DENSE = DenseIndex.from_vectors(VECTORS)
LEXICAL = LexicalIndex.from_terms(
    [[f"w{n}" for n in row[: 2 + row[0] % 9]] for row in _CHANCE.integers(0, 12, (ROWS, 12))]
)
QUESTION, TERMS = VECTORS[17], ["w3", "w5", "w8"]


@dataclass
class PlayedMilvus:
    """A server that finds what its filter lets through, as `Milvus` does; `gives` are rows that it gives besides."""

    shown: str = "played"
    gives: tuple[int, ...] = ()
    wrong: str | None = None
    away: bool = False
    filters: list[Filter] = field(default_factory=list)
    looks: int = 0

    def problem(self, info: CollectionInfo) -> str | None:  # noqa: ARG002  (the client's)
        self.looks += 1
        if self.away:
            raise SearchUnavailableError("the server is away")
        return self.wrong

    def search(self, info: CollectionInfo, asked: Sequence[Any], *, within: Filter, k: int) -> list[Rows]:  # noqa: ARG002
        if self.away:
            raise SearchUnavailableError("the server is away")
        self.filters.append(within)
        seen = np.array([_passes(within, row) for row in range(ROWS)])
        (one,) = asked
        if isinstance(one, dict):
            scores = LEXICAL.scores(TERMS, LEXICAL.scope(np.ones(ROWS, bool)))
        else:
            scores = VECTORS @ one + 2
        order = [row for row in np.argsort(-scores, kind="stable").tolist() if seen[row] and scores[row] > 0]
        return [np.array([*self.gives, *order][:k], np.int64)]


def _passes(within: Filter, row: int) -> bool:
    document = int(DOCUMENTS[row])
    named = within.classes is None or int(CLASSES[document]) in within.classes
    return (named and document not in within.but) or document in within.besides


def _candidates(server: PlayedMilvus) -> Candidates:
    collections = MilvusCollections(server)  # type: ignore[arg-type]
    return collections.candidates(INFO, dense=DENSE, lexical=LEXICAL, documents=DOCUMENTS, classes=CLASSES)


def _scope(*hidden: int) -> LexicalScope:
    return LEXICAL.scope(~np.isin(DOCUMENTS, hidden))


SCOPES = {
    "all": _scope(),
    "one class": LEXICAL.scope((CLASSES == 1)[DOCUMENTS]),
    "some revoked": _scope(8, 3, 21),
    "two documents": _scope(*range(2, 30)),
    "nothing": _scope(*range(30)),
}


@pytest.mark.parametrize("scope", SCOPES.values(), ids=SCOPES)
def test_they_are_those_of_the_builds_own_indexes(scope: LexicalScope) -> None:
    own = LocalCandidates(DENSE, LEXICAL).find(QUESTION, TERMS, scope, 5)
    assert _candidates(PlayedMilvus()).find(QUESTION, TERMS, scope, 5).tolist() == own.tolist()


@pytest.mark.parametrize("hidden", [(0,), (8,), (3, 21), tuple(range(1, 30))])
def test_law_2_every_search_is_filtered_by_the_scope_of_its_question(hidden: tuple[int, ...]) -> None:
    server = PlayedMilvus()
    candidates = _candidates(server)
    candidates.find(QUESTION, TERMS, _scope(), 5)
    server.filters.clear()

    candidates.find(QUESTION, TERMS, _scope(*hidden), 5)

    assert len(server.filters) == 2  # by meaning and by words
    for within in server.filters:
        assert {int(DOCUMENTS[row]) for row in range(ROWS) if not _passes(within, row)} == set(hidden)


@pytest.mark.parametrize("outside", [16, 17, -1, ROWS, 10**12])
def test_law_2_a_server_that_gives_what_may_not_be_seen_is_not_used_at_all(outside: int) -> None:
    candidates = _candidates(PlayedMilvus(gives=(outside,)))
    with pytest.raises(SearchUnavailableError, match=r"gave what was not asked for \(collection made\), so nothing"):
        candidates.find(QUESTION, TERMS, _scope(8), 5)


def test_law_2_a_scope_that_lies_where_another_lay_in_memory_has_its_own_filter() -> None:
    server = PlayedMilvus()
    candidates = _candidates(server)
    places = []
    for hidden in range(20):
        server.filters.clear()
        scope = _scope(hidden)
        candidates.find(QUESTION, TERMS, scope, 5)
        places.append(id(scope))
        del scope
        for within in server.filters:
            assert {int(DOCUMENTS[row]) for row in range(ROWS) if not _passes(within, row)} == {hidden}
    assert len(set(places)) < len(places)


def test_a_scope_that_nobody_needs_any_more_is_not_kept() -> None:
    candidates = _candidates(PlayedMilvus())
    scope = _scope(8)
    candidates.find(QUESTION, TERMS, scope, 5)
    kept = weakref.ref(scope)
    del scope
    assert kept() is None


def test_a_row_that_is_given_twice_is_one_candidate() -> None:
    found = _candidates(PlayedMilvus(gives=(17,))).find(QUESTION, [], _scope(), 3)
    assert found.tolist() == LocalCandidates(DENSE, LEXICAL).find(QUESTION, [], _scope(), 3).tolist()


def test_a_server_that_is_away_is_told_of_and_tried_again_in_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("indexes.milvus_candidates.time.monotonic", lambda: now[0])
    server = PlayedMilvus(away=True)
    candidates = _candidates(server)
    for _ in range(3):
        with pytest.raises(SearchUnavailableError, match="the server is away"):
            candidates.find(QUESTION, TERMS, _scope(), 5)
    assert server.looks == 1  # those who came right after did not wait for it

    server.away = False
    now[0] += 2.1
    assert len(candidates.find(QUESTION, TERMS, _scope(), 5))


def test_a_collection_that_is_not_whole_answers_nothing_until_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("indexes.milvus_candidates.time.monotonic", lambda: now[0])
    server = PlayedMilvus(wrong="expected 60 passages, got 59")
    candidates = _candidates(server)
    with pytest.raises(SearchUnavailableError, match="expected 60 passages, got 59"):
        candidates.find(QUESTION, TERMS, _scope(), 5)
    assert not server.filters
    assert candidates.problem() == "expected 60 passages, got 59"

    server.wrong = None
    assert candidates.problem() is not None  # not asked again at once
    now[0] += 5.1
    assert candidates.problem() is None
    assert len(candidates.find(QUESTION, TERMS, _scope(), 5))


def test_a_collection_that_went_while_the_service_ran_is_found_out() -> None:
    server = PlayedMilvus()
    candidates = _candidates(server)
    candidates.find(QUESTION, TERMS, _scope(), 5)
    server.wrong = "the collection made is not in Milvus"
    assert candidates.problem() == "the collection made is not in Milvus"
    with pytest.raises(SearchUnavailableError, match="is not in Milvus"):
        candidates.find(QUESTION, TERMS, _scope(), 5)


def test_a_collection_of_another_version_is_not_opened() -> None:
    older = CollectionInfo("made", SCHEMA - 1, ROWS, "flat", 0, recall_at_10=1.0, sampled_queries=0)
    collections = MilvusCollections(PlayedMilvus())  # type: ignore[arg-type]
    with pytest.raises(BuildFormError, match=f"has form {SCHEMA - 1}, expected {SCHEMA}.*run greenlit ingest"):
        collections.candidates(older, dense=DENSE, lexical=LEXICAL, documents=DOCUMENTS, classes=CLASSES)
