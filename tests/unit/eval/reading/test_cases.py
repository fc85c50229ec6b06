"""A case is right if all that was expected of it holds, and nothing passes by being absent."""

from pathlib import Path

import pytest

from eval.quality.question_sets import QuestionSetError
from eval.reading.cases import Answered, CaseResult, Check, Stored, holds, judge, read_checks

_SENTENCES = ("Lost keys cost 40 euros.", "See cl. 7.3 of the lease.")
_KEYS = Stored("Keys\n\n" + " ".join(_SENTENCES), _SENTENCES, '{"reason": ""}')


def _judged(
    tmp_path: Path, check: Check, stored: Stored = _KEYS, answered: Answered | None = None, expected: str = ""
) -> CaseResult:
    folder = tmp_path / "keys"
    folder.mkdir(exist_ok=True)
    (folder / "expected.txt").write_text(expected, encoding="utf-8")
    return judge(folder, [check], {"keys.md": stored}, lambda _case, _question: answered or Answered())


def test_a_probe_is_held_as_whole_words_whatever_spaces_and_dashes() -> None:
    assert holds("kept for 6\nmonths.", "6 months")
    assert not holds("kept for 16 months", "6 months")
    assert holds("open 9–17 today", "9-17")
    assert holds("see !!! here", "!!!")


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        (Check("keys", "keys.md", whole=("keys cost 40 euros. See",)), "no sentence holds"),
        (Check("keys", "keys.md", whole=("Keys",), begins=("cl. 7.3",)), "no sentence begins 'cl. 7.3'"),
        (Check("keys", "keys.md", says=("50 euros",)), "not stored: '50 euros'"),
        (Check("keys", "keys.md", never=("40 euros",)), "stored: '40 euros'"),
        (Check("keys", "keys.md", told=("2", "3")), "not told: '2'"),
    ],
)
def test_what_does_not_hold_of_a_document_is_named(tmp_path: Path, check: Check, reason: str) -> None:
    result = _judged(tmp_path, check)
    assert result.verdict == "wrong"
    assert reason in result.reasons[0]


def test_a_document_that_holds_all_of_it_is_right(tmp_path: Path) -> None:
    check = Check("keys", "keys.md", whole=("cost 40 euros",), begins=("See",), says=("Keys",), never=("0 euros",))
    assert _judged(tmp_path, check).verdict == "right"


def test_words_of_expected_are_meant_by_their_number(tmp_path: Path) -> None:
    check = Check("keys", "keys.md", begins=("#2",))
    expected = 'The first "is a question?", the second -> "See cl. 7.3 ...".'
    assert _judged(tmp_path, check, expected=expected).verdict == "right"
    assert _judged(tmp_path, check, expected='only "one"').verdict == "not checkable"


def test_a_document_that_is_not_there_is_not_right(tmp_path: Path) -> None:
    assert _judged(tmp_path, Check("keys", "gone.md", never=("anything",))).verdict == "not checkable"
    folder = tmp_path / "keys"
    assert judge(folder, [], {}, lambda _case, _question: Answered()).verdict == "not checkable"


def test_a_document_that_is_kept_out_is_wrong_unless_that_reason_is_right(tmp_path: Path) -> None:
    out = Stored("", (), "save it as UTF-8", kept_out=True)
    assert _judged(tmp_path, Check("keys", "keys.md", never=("anything",)), out).verdict == "wrong"
    assert _judged(tmp_path, Check("keys", "keys.md", or_refused="password"), out).verdict == "wrong"
    assert _judged(tmp_path, Check("keys", "keys.md", or_refused="UTF-8"), out).verdict == "right"


def test_what_could_not_be_read_is_right_if_it_is_said(tmp_path: Path) -> None:
    check = Check("keys", "keys.md", says=("interns",), or_told=("footnotes",))
    assert _judged(tmp_path, check).verdict == "wrong"
    said = Stored(_KEYS.text, _SENTENCES, '{"warnings": [{"kind": "footnotes", "count": 2}]}')
    assert _judged(tmp_path, check, said).verdict == "right"


def test_an_answer_is_held_against_what_is_expected_of_it(tmp_path: Path) -> None:
    answered = Answered(("It costs 40 euros.", "It was 30 euros."), (0, 1), ("page 4", "page 9"))
    right = Check("keys", question="?", answer=("30 euros",), first=("40 euros",), where=("4",))
    assert _judged(tmp_path, right, answered=answered).verdict == "right"
    wrong = Check("keys", question="?", answer=("50 euros",), first=("30",), not_answer=("40",), where=("iv",))
    assert len(_judged(tmp_path, wrong, answered=answered).reasons) == 4
    assert _judged(tmp_path, right).verdict == "wrong"


def test_silence_can_be_what_is_right(tmp_path: Path) -> None:
    check = Check("keys", question="?", silent=True)
    assert _judged(tmp_path, check).verdict == "right"
    assert _judged(tmp_path, check, answered=Answered(("x",), (0,), ("",))).verdict == "wrong"


def test_the_shipped_checks_are_read_and_hold_no_sentence_of_the_data() -> None:
    checks = read_checks()
    assert len(checks) == 39
    probes = [probe for of_case in checks.values() for one in of_case for probe in (*one.whole, *one.says, *one.answer)]
    assert max(len(probe.split()) for probe in probes) <= 11


def test_a_check_with_an_unknown_field_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "cases.toml"
    path.write_text('[[check]]\ncase = "a"\nnevr = ["x"]\n', encoding="utf-8")
    with pytest.raises(QuestionSetError, match="check 1: expected case and fields"):
        read_checks(path)
