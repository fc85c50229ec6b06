"""Law 2, of what is in force: a newer document that somebody may not read moves nothing and is named nowhere."""

import contextlib
from typing import Any

import pytest

from tests.support.fakes import TinyLibrary
from tests.support.service_parts import ALWAYS_ENOUGH, Drafts, Studio, open_studio, whole, without_receipt

OLD, NEW = "legal/stays.md", "legal/hotel-rule.md"
OLD_TEXT = "# Stays\n\nThe company pays for breakfast in every hotel of a business trip.\n"
NEW_TEXT = "# Hotel rule\n\nThe employee pays for breakfast in every hotel of a business trip.\n"
QUESTION = "Who pays for breakfast in every hotel of a business trip?"
OF_OLD = "Who previously pays for breakfast in every hotel of a business trip?"
MARK = "an older version: 'Hotel rule' is in force"
DATED_OLD, DATED_NEW = "legal/hotel-rule-2023.md", "legal/hotel-rule-2025.md"


def _open(library: TinyLibrary) -> contextlib.AbstractContextManager[Studio]:
    """Open a service that quotes whatever it may quote from."""
    answerer = Drafts(lambda found, _build: [whole(hit) for hit in found.hits], kind="extractive")
    return open_studio(library, calibration=ALWAYS_ENOUGH, answerer=answerer)


def _with_both(library: TinyLibrary, **of_new: Any) -> TinyLibrary:
    library.add(OLD, OLD_TEXT)
    library.add(NEW, NEW_TEXT, supersedes=[OLD], **of_new)
    library.ingest()
    return library


def _seen(studio: Studio) -> list[Any]:
    found = [without_receipt(ask(question)) for ask in (studio.ask, studio.search) for question in (QUESTION, OF_OLD)]
    return [*found, studio.api.get("/v1/documents").json()]


def _cited(studio: Studio, question: str = QUESTION) -> list[tuple[str, str | None]]:
    return sorted((cited["document"], cited["note"]) for cited in studio.ask(question)["citations"])


def test_what_is_in_force_answers_and_the_older_one_is_marked_where_it_is_asked_for(library: TinyLibrary) -> None:
    with _open(_with_both(library)) as studio:
        assert _cited(studio) == [(NEW, None)]
        assert (OLD, MARK) in _cited(studio, OF_OLD)
        found = [(one["document"], one["note"]) for one in studio.search(QUESTION)["passages"]]
    assert found == [(NEW, None), (OLD, MARK)]


def test_a_newer_document_that_may_not_be_read_moves_nothing_and_is_named_nowhere(library: TinyLibrary) -> None:
    with _open(_with_both(library, groups=["executives"])) as studio:
        with_hidden = _seen(studio)
        assert studio.doors_showing(NEW, OF_OLD, "Hotel rule") == []
        library.revoke(NEW)
        library.ingest()
        assert _seen(studio) == with_hidden


def test_so_it_is_of_one_that_is_newer_by_its_date(library: TinyLibrary) -> None:
    library.add(DATED_OLD, NEW_TEXT.replace("The employee", "Valid from 2023. The company"))
    library.add(DATED_NEW, NEW_TEXT.replace("The employee", "Valid from 2025. The employee"), groups=["executives"])
    library.ingest()
    with _open(library) as studio:
        assert _cited(studio) == [(DATED_OLD, None)]
        dated = ("Valid from 2025", "(2025)", '"2025"', '\\"2025\\"')  # as text, and as JSON within JSON
        assert studio.doors_showing(DATED_NEW, OF_OLD, *dated) == []
        library.approve(DATED_NEW, groups=["staff"])
        assert _cited(studio) == [(DATED_NEW, None)]
        assert {(DATED_OLD, "an older version: 'Hotel rule' (2025) is in force")} <= set(_cited(studio, OF_OLD))


@pytest.mark.parametrize("how", ["revoked", "expired", "taken back"])
def test_the_older_one_leads_again_once_the_newer_one_does_not_hold(library: TinyLibrary, how: str) -> None:
    until = library.clock.at.date()
    with _open(_with_both(library, expires=until)) as studio:
        assert _cited(studio) == [(NEW, None)]
        if how == "revoked":
            library.revoke(NEW)
        elif how == "expired":
            library.clock.pass_days(1)
        else:
            library.approve(NEW, supersedes=[])
        assert (OLD, None) in _cited(studio)
