"""Each figure says what EVALUATION.md says it does; ranking figures are held to scikit-learn's."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from eval.quality.ask import Asked
from eval.quality.holding import SeenQuote
from eval.quality.metrics import (
    CLAUSE,
    MEANINGS,
    estimates,
    figures,
    overall,
    place_of,
    token_f1,
    values,
)
from eval.quality.question_sets import Gold
from tests.support.judge_parts import a_set_run, answered, gold, hit, question, quote, refused


def _ranked(*right: bool, relevant: int = 1) -> Asked:
    return replace(answered(), hits=tuple(hit(right=one) for one in right), relevant=relevant)


def test_a_hit_counts_from_its_rank_on() -> None:
    found = values(_ranked(False, False, True, False))
    assert (found["hit@1"], found["hit@5"], found["hit@10"]) == (0, 1, 1)
    assert found["mrr@10"] == pytest.approx(1 / 3)


def test_no_hit_counts_nothing() -> None:
    found = values(_ranked(False, False))
    assert [found[name] for name in ("hit@1", "hit@5", "hit@10", "mrr@10", "ndcg@10")] == [0] * 5


def test_a_gold_that_no_passage_covers_is_a_miss_and_no_error() -> None:
    assert values(_ranked(False, relevant=0))["ndcg@10"] == 0


@given(right=st.lists(st.booleans(), min_size=10, max_size=10), more=st.integers(0, 5))
def test_ndcg_is_that_of_scikit_learn(right: list[bool], more: int) -> None:
    """What was not among the ten, scikit-learn is told as further passages with a lower score."""
    relevant = sum(right) + more
    truth = np.array([[*right, *[True] * more, False]], dtype=float)
    scores = -np.arange(truth.shape[1], dtype=float)[None, :]
    expected = ndcg_score(truth, scores, k=10) if relevant else 0.0
    assert values(_ranked(*right, relevant=relevant))["ndcg@10"] == pytest.approx(expected)


def test_pages_are_counted_where_the_gold_has_one() -> None:
    one = replace(answered(question("a", gold(page=3))), hits=(hit(page=2), hit(page=3, document="x.pdf"), hit(page=3)))
    assert values(one)["page_hit@1"] == 0
    assert values(one)["page_hit@5"] == 1
    assert values(replace(one, hits=one.hits[:2]))["page_hit@5"] == 0, "the same page of another document"
    assert "page_hit@1" not in values(answered())


def test_an_answer_is_right_if_it_quotes_one_of_the_golds() -> None:
    several = question("a", gold(100, 140), gold(900, 940))
    found = values(answered(several, quote(500, 560), quote(890, 950, sentence=1)))
    assert (found["gold_in_answer"], found["gold_first"]) == (1, 0)
    assert found["sentence_precision"] == 0.5
    assert found["cited_gold"] == 0.5


def test_a_sentence_that_touches_the_gold_is_right_though_it_does_not_hold_it() -> None:
    found = values(answered(None, quote(120, 200)))
    assert (found["sentence_precision"], found["cited_gold"], found["gold_in_answer"]) == (1, 0, 0)


def test_words_are_counted_until_the_right_sentence_ends() -> None:
    sentences = ("Far from it.", "The answer is seven days.", "And more of the same.")
    three = [quote(500, 560), quote(90, 150, sentence=1), quote(600, 700, sentence=2)]
    one = replace(answered(None, *three), sentences=sentences)
    assert values(one)["words_to_gold"] == 3 + 5
    assert "words_to_gold" not in values(answered(None, quote(500, 560))), "it never comes"
    wide = question("w", gold(100, 300))
    parts = replace(answered(wide, quote(100, 160), quote(200, 260, sentence=1)), sentences=sentences[:2])
    assert values(parts)["words_to_gold"] == 3 + 5, "half of it is read with the second"


def test_the_median_of_words_is_the_figure_of_a_set() -> None:
    several = [
        replace(answered(question(str(length))), sentences=(" ".join(["word"] * length),)) for length in (2, 4, 90)
    ]
    found = figures(estimates(several, "words"))
    assert found["all"]["words_to_gold"].value == 4


def test_the_ceiling_is_counted_whatever_the_answer_was() -> None:
    assert values(replace(refused(), ceiling=True))["ceiling"] == 1
    assert values(answered())["ceiling"] == 0


@pytest.mark.parametrize(
    ("quotes", "counted"),
    [
        ([quote(500, 560, text="May I bring a bag?")], 1),
        ([quote(500, 560, text="May I bring a bag?"), quote(570, 600, text="No.")], 0),
        ([quote(90, 150), quote(500, 560, sentence=1, text="May I bring a bag? ")], 1),
        ([quote(90, 150, text="Is there a certificate?")], 0),
        ([quote(500, 560, text="Bags stay outside.")], 0),
    ],
)
def test_a_question_of_a_document_is_no_answer(quotes: list[SeenQuote], counted: float) -> None:
    """Unless it stands as a label beside its answer, or is what was asked for."""
    assert values(answered(None, *quotes))["question_quoted"] == counted


def test_for_a_clause_a_neighbour_is_worse_than_nothing() -> None:
    clause = question("c", kind=CLAUSE)
    assert values(answered(clause, quote(500, 560)))["clause_missed"] == 1
    assert values(answered(clause))["clause_missed"] == 0
    assert values(refused(clause))["clause_missed"] == 0
    assert "clause_missed" not in values(answered(None, quote(500, 560)))


def test_citations_are_counted_by_document_and_page() -> None:
    one = question("a", gold(100, 140, document="a.pdf", page=2))
    quotes = [
        quote(90, 150, document="a.pdf", page=2),
        quote(300, 400, document="a.pdf", page=3, sentence=1),
        quote(90, 150, document="b.pdf", page=2, sentence=2),
        quote(90, 150, document="b.pdf", page=3, sentence=3),
    ]
    found = values(answered(one, *quotes))
    assert (found["cited_document"], found["cited_page"], found["cited_gold"]) == (0.5, 0.25, 0.25)


def test_of_a_page_no_span_is_held_against_an_answer() -> None:
    whole = Gold("a.pdf", 0, 900, "", 2, whole_page=True)
    found = values(answered(question("a", whole), quote(10, 20, document="a.pdf", page=2)))
    assert found["cited_page"] == 1
    assert {"gold_in_answer", "gold_first", "cited_gold", "sentence_precision", "token_f1"}.isdisjoint(found)


def test_a_refusal_of_what_is_answered_counts_as_no_answer() -> None:
    found = values(refused(rank=1))
    assert (found["refused_answerable"], found["gold_in_answer"], found["token_f1"], found["hit@1"]) == (1, 0, 0, 1)
    assert "cited_document" not in found, "there is nothing to cite"


def test_a_refusal_of_what_is_not_answered_counts_by_its_kind() -> None:
    one = question("a", kind="wrong_entity", answerable=False)
    assert values(refused(one)) == {"refused_unanswerable": 1, "refused_wrong_entity": 1}
    assert values(answered(one)) == {"refused_unanswerable": 0, "refused_wrong_entity": 0}


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [
        ("The Cat sat.", "a cat sat", 1.0),
        ("cat", "dog", 0.0),
        ("", "cat", 0.0),
        ("the cat sat on the mat", "cat", 2 * (1 / 4) / (1 + 1 / 4)),
        ("cat cat", "cat", 2 * (1 / 2) / (1 + 1 / 2)),
    ],
)
def test_token_f1_is_squads(answer: str, reference: str, expected: float) -> None:
    assert token_f1(answer, reference) == pytest.approx(expected)


def test_the_best_reference_counts() -> None:
    one = replace(answered(replace(question(), answers=("nothing", "Sentence 0"))), sentences=("Sentence 0.",))
    assert values(one)["token_f1"] == 1


def test_figures_are_given_for_all_and_for_each_half() -> None:
    asked = [answered(question(str(number)), rank=1 + number % 2) for number in range(40)]
    found = figures(estimates(asked, "x"))
    halves = [found[half]["hit@1"] for half in ("tuned", "held_out")]
    assert found["all"]["hit@1"].questions == 40 == sum(one.questions for one in halves)
    tuned = [one for one in asked if one.question.tuned_on]
    assert halves[0].value == pytest.approx(np.mean([one.rank == 1 for one in tuned]), abs=1e-4)


def test_the_evidence_is_judged_where_there_are_both_sorts() -> None:
    found = a_set_run().figures["all"]
    assert found["auroc"].value == pytest.approx(5 / 6, abs=1e-4)
    assert found["refused_unanswerable_at_5"].value == 0.5
    assert found["refused_wrong_entity_at_5"].value == 1
    assert found["refused_missing_detail_at_5"].value == 0
    assert "auroc" not in a_set_run(answered()).figures["all"]


def test_times_are_in_milliseconds() -> None:
    found = a_set_run().figures["all"]
    assert found["find_ms_median"].value == pytest.approx(20)
    assert found["answer_ms_p95"].value == pytest.approx(200)


def test_no_questions_have_no_figures() -> None:
    assert figures(estimates([], "x")) == {"all": {}, "tuned": {}, "held_out": {}}


def test_a_mean_over_sets_is_over_those_that_have_the_figure() -> None:
    first = estimates([answered(question("a", gold(page=1)), rank=1)], "first")
    second = estimates([answered(question("b"), rank=None)], "second")
    found = overall([first, second])["all"]
    assert found["hit@1"].value == 0.5
    assert found["page_hit@1"].questions == 1


def test_figures_stand_in_the_order_of_their_meanings_kinds_behind_their_sum() -> None:
    names = list(a_set_run().figures["all"])
    assert names == sorted(names, key=place_of)
    assert names[0] == "hit@1"
    assert names.index("refused_wrong_entity") == names.index("refused_unanswerable") + 2


def test_every_figure_is_explained_in_the_guide() -> None:
    guide = (Path(__file__).resolve().parents[4] / "EVALUATION.md").read_text(encoding="utf-8")
    assert [name for name in MEANINGS if f"`{name}`" not in guide] == []
