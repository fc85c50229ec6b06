"""Cases are read and asked as Greenlit reads and answers, each for whoever may read that case alone."""

from pathlib import Path

from eval.reading.case_library import judged
from eval.reading.cases import Check
from tests.support.fakes import HashingEncoder


def _case(data: Path, name: str, **files: str) -> None:
    folder = data / "field_cases" / name
    folder.mkdir(parents=True)
    for file, text in ({"expected_txt": "as it should be"} | files).items():
        (folder / file.replace("_", ".")).write_text(text, encoding="utf-8")


def test_each_case_is_judged_by_its_own_documents(tmp_path: Path) -> None:
    keys, fee = "Master keys are kept in the red cabinet of the porter.", "The parking fee for a visitor is nine euros."
    _case(tmp_path, "keys", rules_md=f"# Keys\n\n{keys}\n", sheet_html="<p>A <s>red</s> key</p>")
    _case(tmp_path, "parking", fees_md=f"# Parking\n\n{fee}\n", other_txt="\x00")
    _case(tmp_path, "unknown", a_md="Something.")
    checks = {
        "keys": [
            Check("keys", "rules.md", whole=(keys,), question="Where are master keys kept?", answer=("red cabinet",)),
            Check("keys", "sheet.html", never=("red",)),
            Check("keys", question="What is the parking fee for a visitor?", not_answer=("nine euros",)),
        ],
        "parking": [
            Check("parking", question="What is the parking fee for a visitor?", answer=("nine euros",)),
            Check("parking", "fees.md", never=("nine euros",)),
            Check("parking", "other.txt", stored=True),
        ],
        "gone": [Check("gone", question="?")],
    }
    told: list[str] = []
    found = judged(tmp_path, checks, work=tmp_path / "work", encoder=HashingEncoder(), tell=told.append)
    assert [(one.case, one.verdict) for one in found] == [
        ("keys", "right"),
        ("parking", "wrong"),
        ("unknown", "not checkable"),
    ], found[0].reasons
    assert found[1].reasons[0] == "fees.md: stored: 'nine euros'"
    assert "other.txt: kept out" in found[1].reasons[1]
    assert told[0] == "not there, so not counted: gone"
