"""The report of an ingestion: a line for each document, in the documented form."""

from ingest.report import Outcome, Report

REPORT = Report(
    build_id="20261120T120000Z-0",
    published=True,
    documents=(
        Outcome("legal/a.md", "ingested", "", 3),
        Outcome("legal/b.md", "unchanged", "", 2),
        Outcome("legal/c.md", "kept_out", "pending: nobody has approved it", 0),
        Outcome("legal/d.md", "kept_out", "is a symbolic link", 0),
        Outcome("legal/e.md", "missing", "missing: approved by ann", 0),
    ),
    problems=("register.jsonl, line 3: rubbish",),
    seconds=1.23456,
    remarks=("register.jsonl: lines that stand in it twice: 1",),
)


def test_it_counts_the_passages_of_the_live_build() -> None:
    assert REPORT.passages == 5


def test_it_counts_the_outcomes() -> None:
    assert REPORT.counts() == {"ingested": 1, "unchanged": 1, "kept_out": 2, "missing": 1}


def test_its_public_form_is_the_documented_one() -> None:
    public = REPORT.as_json()
    assert public["documents"][2] == {
        "document": "legal/c.md",
        "outcome": "kept_out",
        "reason": "pending: nobody has approved it",
        "passages": 0,
        "warnings": [],
    }
    del public["documents"]
    assert public == {
        "build_id": "20261120T120000Z-0",
        "published": True,
        "problems": ["register.jsonl, line 3: rubbish"],
        "remarks": ["register.jsonl: lines that stand in it twice: 1"],
        "passages": 5,
        "seconds": 1.235,
    }
