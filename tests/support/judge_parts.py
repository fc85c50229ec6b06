"""Parts for tests of the judge: a small place to ask, and records of questions and runs made by hand."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from eval.quality.ask import Asked, SeenHit
from eval.quality.holding import SeenQuote
from eval.quality.libraries import Place, open_place
from eval.quality.metrics import estimates, figures, overall
from eval.quality.question_sets import Gold, SetQuestion
from eval.quality.runs import Run, SetRun
from service.answering.choosing.extract import ExtractiveAnswerer
from service.answering.evidence import Calibration
from service.answering.finding.features import PASSAGE_FEATURES, SENTENCE_FEATURES
from service.answering.finding.ranking import Ranking
from service.answering.steps import Steps
from tests.support.fakes import HashingEncoder, TinyLibrary
from tests.support.made_once import grown

POLICY = "legal/policy.md"
POLICY_TEXT = """# Policy

## Vendors

The security team reviews every new vendor within ten working days. Nobody signs a contract before that.

## Travel

The daily travel allowance is fifty euros. The daily travel allowance is paid in advance.
"""
REVIEW = "The security team reviews every new vendor within ten working days."
_WEIGHED = ("cosine", "coverage", "coverage_in_context")  # all other features count nothing
ALLOWANCE = "The daily travel allowance"


def a_library(tmp_path: Path) -> TinyLibrary:
    """Return a library with one policy that is approved and one that was revoked, with a build of it."""
    library = TinyLibrary(tmp_path / "studio")
    grown(library, _add_policies)
    return library


def _add_policies(library: TinyLibrary) -> None:
    library.add(POLICY, POLICY_TEXT, expires=date(2099, 1, 1))
    library.add("legal/old.md", "# Old\n\nThe daily travel allowance was forty euros.\n", expires=date(2099, 1, 1))
    library.ingest()
    library.revoke("legal/old.md")


def a_place(tmp_path: Path) -> Place:
    """Return what staff may see of that library; whoever asks for it closes its passages."""
    library = a_library(tmp_path)
    return open_place(library.folder, library.builds, library.encoder)


def steps(*, threshold: float = 0.5) -> Steps:
    """Return the steps of the reader with a fake encoder; half of a question's words have to be found."""
    ranking = Ranking(
        *(np.array([float(name in _WEIGHED) for name in part]) for part in (PASSAGE_FEATURES, SENTENCE_FEATURES))
    )
    calibration = Calibration(intercept=-5.0, coefficients={"coverage_all": 10.0}, threshold=threshold)
    answerer = ExtractiveAnswerer(ranking=ranking)
    return Steps(encoder=HashingEncoder(), ranking=ranking, calibration=calibration, answerer=answerer)


def gold(start: int = 100, end: int = 140, *, document: str = POLICY, page: int | None = None) -> Gold:
    """Return a short gold."""
    return Gold(document, start, end, "g" * (end - start), page)


def question(name: str = "a", *golds: Gold, kind: str = "fact", answerable: bool = True) -> SetQuestion:
    """Return a question; one that is answered has a short gold unless it is told of another."""
    return SetQuestion(name, f"What is {name}?", answerable, kind, golds or ((gold(),) if answerable else ()))


def hit(*, right: bool = False, document: str = POLICY, page: int | None = None, score: float = 0.5) -> SeenHit:
    """Return a hit."""
    return SeenHit(document, "Vendors", page, score, right)


def quote(
    start: int, end: int, *, sentence: int = 0, document: str = POLICY, page: int | None = None, text: str = "q"
) -> SeenQuote:
    """Return a quote of an answer."""
    return SeenQuote(sentence, document, "Vendors", page, start, end, text)


def answered(one: SetQuestion | None = None, *quotes: SeenQuote, rank: int | None = 1, evidence: float = 0.8) -> Asked:
    """Return a question that was answered with these quotes, or with one that holds its gold, a sentence each."""
    quotes = quotes or (quote(90, 150),)
    hits = tuple(hit(right=at == rank) for at in range(1, 11))
    sentences = tuple(f"Sentence {at}." for at in sorted({one.sentence for one in quotes}))
    return Asked(one or question(), hits, 1, None, evidence, 0.5, sentences, quotes, 0.02, 0.2)


def refused(one: SetQuestion | None = None, *, rank: int | None = None, evidence: float = 0.2) -> Asked:
    """Return a question that was refused."""
    return replace(answered(one, rank=rank, evidence=evidence), reason="no_evidence", sentences=(), quotes=())


def a_set_run(*asked: Asked, name: str = "studio") -> SetRun:
    """Return a set with what became of its questions: four of them, unless told."""
    several = asked or (
        answered(question("a")),
        answered(question("b"), rank=3, evidence=0.6),
        refused(question("c"), evidence=0.3),
        refused(question("d", kind="wrong_entity", answerable=False), evidence=0.1),
        answered(question("e", kind="missing_detail", answerable=False), evidence=0.55),
    )
    return SetRun(name, 12, several, (), figures(estimates(several, name)))


def a_run(*sets: SetRun) -> Run:
    """Return a run of some sets, or of one."""
    several = sets or (a_set_run(),)
    return Run(
        made_at="2026-11-20T12:00:00Z",
        revision="0123abcd",
        encoder="e" * 64,
        settings={"sets": ", ".join(one.name for one in several), "limit": None},
        sets=several,
        overall=overall([estimates(one.asked, one.name) for one in several]),
    )
