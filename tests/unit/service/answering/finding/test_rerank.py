"""The optional cross-encoder reorders the best passages, and changes nothing else; it is on record."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from indexes.builds import Build
from indexes.errors import EncoderError
from service.answering.choosing.extract import ExtractiveAnswerer
from service.answering.finding.rerank import RERANKED, CrossEncoderReranker, Reranker, rerank
from service.answering.steps import Steps
from tests.support.answering_parts import RANKING, a_scope, found, open_made
from tests.support.fakes import HashingEncoder
from tests.support.service_parts import ALWAYS_ENOUGH

QUESTION = "May a vendor upload footage?"
WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "may", "vendor", "upload", "footage", "travel", "allowance")


@dataclass
class Backwards:
    """Likes most what was found last."""

    kind: str = "cross-encoder:backwards"
    seen: list[str] = field(default_factory=list)

    def scores(self, text: str, passages: Sequence[str]) -> NDArray[np.float64]:
        del text
        self.seen += passages
        return np.arange(len(passages), dtype=np.float64)


@pytest.fixture
def build() -> Iterator[Build]:
    with open_made(
        {
            "rules/vendors.md": [["A vendor may upload footage."], ["No vendor may keep footage."]],
            "rules/travel.md": [["The travel allowance is 40 euros."]],
        }
    ) as made:
        yield made


def _steps(reranker: Reranker | None = None) -> Steps:
    return Steps(
        encoder=HashingEncoder(),
        ranking=RANKING,
        calibration=ALWAYS_ENOUGH,
        answerer=ExtractiveAnswerer(ranking=RANKING),
        reranker=reranker,
    )


@pytest.fixture
def tiny_model(tmp_path: Path) -> Path:
    """A cross-encoder of one layer with made weights, saved the way real ones are."""
    tokenizer = Tokenizer(WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    make: Any = PreTrainedTokenizerFast  # its stubs are untyped
    fast = make(tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]")
    fast.save_pretrained(tmp_path)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        max_position_embeddings=64,
    )
    config.num_labels = 1
    BertForSequenceClassification(config).save_pretrained(tmp_path)
    return tmp_path


def test_the_best_hits_come_in_the_rerankers_order_with_falling_scores(build: Build) -> None:
    plain = found(QUESTION, build)
    again = rerank(QUESTION, plain, Backwards())
    assert [hit.row for hit in again.hits] == [hit.row for hit in reversed(plain.hits)]
    assert [hit.rank for hit in again.hits] == list(range(1, len(plain.hits) + 1))
    scores = [hit.score for hit in again.hits]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(sum(hit.score for hit in plain.hits))


def test_a_reranker_sees_more_hits_than_are_asked_for(build: Build) -> None:
    scope = a_scope(build)
    (one,) = _steps(Backwards()).find(QUESTION, build=build, scope=scope, k=1).hits
    every = _steps().find(QUESTION, build=build, scope=scope, k=RERANKED).hits
    assert (one.row, one.rank) == (every[-1].row, 1)


def test_a_passage_that_is_hidden_is_never_judged(build: Build) -> None:
    judge = Backwards()
    _steps(judge).find(QUESTION, build=build, scope=a_scope(build, hidden=["rules/vendors.md"]))
    assert judge.seen == ["travel\nThe travel allowance is 40 euros."]


def test_an_answer_is_drafted_from_what_was_reranked(build: Build) -> None:
    scope = a_scope(build)
    steps = _steps(Backwards())
    worked = steps.answer(QUESTION, steps.find(QUESTION, build=build, scope=scope), build=build, now=lambda: scope)
    assert worked.sentences


def test_nothing_found_is_not_judged(build: Build) -> None:
    judge = Backwards()
    empty = replace(found(QUESTION, build), hits=(), matches=None)
    assert rerank(QUESTION, empty, judge) is empty
    assert judge.seen == []


def test_the_record_names_the_reranker() -> None:
    assert _steps().retrieval == "hybrid-linear"
    assert _steps(Backwards()).retrieval == "hybrid-linear+cross-encoder:backwards"


def test_a_real_cross_encoder_scores_each_passage(tiny_model: Path) -> None:
    reranker = CrossEncoderReranker(str(tiny_model))
    scores = reranker.scores("may vendor upload", ["vendor upload footage", "travel allowance"])
    assert scores.shape == (2,)
    assert reranker.kind == CrossEncoderReranker(str(tiny_model)).kind
    assert reranker.scores("may", []).shape == (0,)


def test_a_missing_model_names_the_setting() -> None:
    with pytest.raises(EncoderError, match="GREENLIT_RERANKER: expected a folder"):
        CrossEncoderReranker("no/such-model")
