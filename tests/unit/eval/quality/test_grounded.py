"""What the judge counts of written sentences: both halves apart, generic ones apart, and a lenient check is seen."""

import json
from pathlib import Path

import pytest

from eval.quality.grounded import Judged, grounded_text, judge, unsupported_figures
from eval.quality.grounded_sets import ALTERED, FURTHER, PUBLIC, Claim, read_public
from eval.quality.question_sets import QuestionSetError, lines_of
from indexes.documents import Locator, Passage
from service.answering.supported.support import Offered, Support
from tests.support.entailment import Entailing, says_nothing

_TEXT = "Fines are never reimbursed. A password must have at least 14 characters."


def _claim(text: str, kind: str, *, tuned: bool) -> Claim:
    passage = Passage("p", "rules.md", "0" * 64, "Rules", 0, len(_TEXT), _TEXT, Locator("document"))
    return Claim(text, text, (Offered("p", passage),), None, kind, kind in ("supported", "true"), tuned)


def _judged(kind: str, *, holds: bool, tuned: bool = False) -> Judged:
    return Judged(_claim("x", kind, tuned=tuned), Support(1.0, () if holds else ("number",), None, None), 0.001)


def test_a_sentence_is_judged_by_what_it_cites() -> None:
    claims = [
        _claim("A password must be at least 14 characters long.", "supported", tuned=False),
        _claim("A password must have at least 8 characters.", "unsupported", tuned=False),
    ]
    assert [one.support.holds for one in judge(claims)] == [True, False]


def test_an_entailment_model_takes_away_and_what_it_costs_is_told() -> None:
    claims = [_claim(f"{words}.", "true", tuned=False) for words in ("Fines are never reimbursed", "Dogs may bark")]
    judged = judge(claims, Entailing(says_nothing))
    assert [one.support.failed for one in judged] == [("not_entailed",), ("not_said",)]
    assert "asked about 1 of 2 sentences, of which it withheld 1; one took " in grounded_text([], {"altered": judged})
    assert "entailment" not in grounded_text([], {"altered": judge(claims)})


def test_balanced_accuracy_is_the_mean_of_both_shares() -> None:
    judged = [_judged("supported", holds=True), _judged("supported", holds=False)]
    judged += [_judged("unsupported", holds=False)] * 3 + [_judged("unsupported", holds=True)]
    balanced, recall, precision = unsupported_figures(judged, "held out")
    assert (balanced.value, recall.value, precision.value) == (0.625, 0.75, 0.75)


def test_generic_sentences_are_counted_apart() -> None:
    public = [
        _judged(kind, holds=kind == "supported", tuned=tuned)
        for kind in ("supported", "unsupported", "generic")
        for tuned in (False, True)
    ]
    altered = [
        _judged(kind, holds=kind == "true", tuned=tuned) for kind in ("true", "digit") for tuned in (False, True)
    ]
    shown = grounded_text(public, {"altered": altered})
    assert "0 of 1 released" in shown
    assert "digit: released" in shown
    assert "true: withheld" in shown


def test_the_shipped_sentences_are_as_many_of_each_kind_as_they_say() -> None:
    lines = lines_of(ALTERED.read_text(encoding="utf-8"))
    counts = {kind: sum(f'"kind": "{kind}"' in line for line in lines) for kind in ("", "digit", "merged", "negation")}
    assert counts == {"": 300, "digit": 50, "merged": 50, "negation": 50}
    assert len(lines) == 600


def test_every_altered_sentence_of_the_further_set_has_a_true_one_beside_it() -> None:
    rows = [json.loads(line) for line in lines_of(FURTHER.read_text(encoding="utf-8"))]
    true = [row["id"] for row in rows if not row["kind"]]
    false = [row["id"].replace("false", "true") for row in rows if row["kind"]]
    assert true == false
    assert len(set(true)) == 132


def test_a_public_set_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match=str(PUBLIC.name)):
        read_public(tmp_path)
