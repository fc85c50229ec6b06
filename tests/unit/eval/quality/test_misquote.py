"""The probe of the citation check: nothing that misquotes passes the real check, everything passes a broken one."""

from collections.abc import Iterator

import pytest

from eval.quality import misquote
from eval.quality.libraries import Place
from eval.quality.misquote import misquotes_released
from indexes.builds import Build
from service.answering.choosing.extract import ExtractiveAnswerer
from service.answering.steps import Steps, Worked
from service.answering.verify import VerifiedSentence
from tests.support.answering_parts import RANKING, a_scope, open_made
from tests.support.fakes import HashingEncoder
from tests.support.service_parts import ALWAYS_ENOUGH, NEVER_ENOUGH

QUESTION = "May a vendor upload footage?"


@pytest.fixture
def build() -> Iterator[Build]:
    rules = {
        "rules/vendors.md": [["A vendor may upload footage."], ["Nobody else may."]],
        "rules/travel.md": [["The travel allowance is 40 euros a day."]],
    }
    with open_made(rules) as made:
        yield made


def _worked(build: Build, *, refused: bool = False) -> tuple[Worked, Place]:
    steps = Steps(
        encoder=HashingEncoder(),
        ranking=RANKING,
        calibration=NEVER_ENOUGH if refused else ALWAYS_ENOUGH,
        answerer=ExtractiveAnswerer(ranking=RANKING),
    )
    scope = a_scope(build)
    found = steps.find(QUESTION, build=build, scope=scope)
    return steps.answer(QUESTION, found, build=build, now=lambda: scope), Place(build, scope)


def test_no_misquote_passes_the_check(build: Build) -> None:
    worked, place = _worked(build)
    assert worked.citations
    assert misquotes_released(worked, place) == 0.0


def test_each_way_of_misquoting_is_tried(build: Build) -> None:
    worked, _ = _worked(build)
    (quote, *_) = (citation.verified.quote for citation in worked.citations)
    made = list(misquote._misquotes([quote], worked))
    assert len(made) == 5
    assert all(draft.text != quote.text or draft.quotes != (quote,) for draft in made)


def test_a_check_that_lets_everything_pass_is_seen(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    worked, place = _worked(build)
    monkeypatch.setattr(misquote, "verify", lambda draft, **_: [VerifiedSentence(draft[0].text, ())])
    assert misquotes_released(worked, place) == 1.0


def test_a_refusal_has_nothing_to_misquote(build: Build) -> None:
    worked, place = _worked(build, refused=True)
    assert misquotes_released(worked, place) == 0.0
