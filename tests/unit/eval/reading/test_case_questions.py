"""Field cases become questions to fit on: each of its own documents, gold where what is wanted stands."""

import contextlib
from pathlib import Path

import pytest

from eval.quality.question_sets import SetQuestion
from eval.reading import case_questions
from eval.reading.case_questions import prepare_cases, tuned_id
from eval.reading.cases import Check
from tests.support.fakes import HashingEncoder

KEYS = "Master keys are kept in the red cabinet of the porter."
GOLDEN = "Golden keys were kept in the red cabinet of the old porter."


def _case(data: Path, name: str, text: str) -> None:
    folder = data / "field_cases" / name
    folder.mkdir(parents=True)
    (folder / "expected.txt").write_text('It is "red cabinet".')
    (folder / "rules.md").write_text(text)


def test_gold_is_every_unit_that_holds_what_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _case(tmp_path, "keys", f"# Keys\n\n{KEYS}\n\n{GOLDEN} The porter sits at the gate all day long.\n")
    _case(tmp_path, "other", f"# Keys\n\n{KEYS}\n")
    checks = {
        "keys": [
            Check("keys", "rules.md", question="Where are keys?", answer=("#1",), not_answer=("golden",)),
            Check("keys", question="Who has a key to the safe?", silent=True),
            Check("keys", question="Where is nothing?", answer=("nowhere",)),
            Check("keys", question="Which stretch?", answer=("#9",)),
            Check("keys", "rules.md", says=("porter",)),
        ]
    }
    monkeypatch.setattr(case_questions, "read_checks", lambda: checks)
    (found,) = prepare_cases(tmp_path, work=tmp_path / "work", encoder=HashingEncoder())
    with contextlib.closing(found.place.build.passages):
        first, second = found.questions
        assert [gold.text for gold in first.gold] == [KEYS], "not of the other case, not what may not be quoted"
        assert (second.answerable, second.kind, second.gold) == (False, "missing_detail", ())
        assert set(found.place.scope.grants) == {"keys/rules.md"}
    assert first.tuned_on
    assert second.tuned_on


def test_a_name_is_tuned_on_with_as_few_marks_as_it_takes() -> None:
    names = [tuned_id(f"case-{number}") for number in range(20)]
    assert all(SetQuestion(name, "", answerable=True, kind="case").tuned_on for name in names)
    assert any(name.endswith("+") for name in names)
    assert any(not name.endswith("+") for name in names)
