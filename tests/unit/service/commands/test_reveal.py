"""`greenlit audit reveal`: opened here, confirmed by somebody else over HTTP, or the other way round."""

import json

import pytest
from typer.testing import Result

from tests.support.audit_doors import PURPOSE, Asked, asked, command, opened, use_fakes
from tests.support.fakes import TinyLibrary
from tests.support.made_once import grown
from tests.support.service_parts import open_studio, with_rules

TERMS = ("--case", "HR-2", "--reason", PURPOSE)


def _ask(library: TinyLibrary) -> Asked:
    with open_studio(with_rules(library)) as studio:
        return opened(studio, asked(studio))


@pytest.fixture
def question(library: TinyLibrary, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """A question of which somebody else has opened a reveal."""
    question = grown(library, _ask)
    use_fakes(library, monkeypatch)
    return question


def _reveal(library: TinyLibrary, *words: str) -> Result:
    return command(library, "audit", "reveal", *words)


def test_opening_one_says_who_confirms_it_and_until_when(library: TinyLibrary, question: Asked) -> None:
    said = _reveal(library, "open", str(question.finished), *TERMS)
    opening = question.erasure + 1
    assert said.stdout.splitlines() == [
        f"opened reveal {opening}: another auditor confirms it by 2026-11-21T12:00:00Z, in their own session:",
        f"  POST /v1/audit/reveals/{opening}/confirm",
    ]
    as_json = json.loads(_reveal(library, "open", str(question.finished), *TERMS, "--json").stdout)
    assert as_json == {"id": opening + 1, "seq": question.received, "expires": "2026-11-21T12:00:00Z"}


def test_the_one_person_of_this_machine_does_not_confirm_what_they_opened(
    library: TinyLibrary, question: Asked
) -> None:
    opening = json.loads(_reveal(library, "open", str(question.received), *TERMS, "--json").stdout)["id"]
    alone = _reveal(library, "confirm", str(opening))
    assert (alone.exit_code, alone.stdout) == (1, "")
    assert "The identity is not revealed: expected another person than the one who opened it" in alone.stderr
    assert "With GREENLIT_AUTH=local there is one person only, so nobody can confirm" in alone.stderr


def test_what_somebody_else_opened_is_confirmed_once(library: TinyLibrary, question: Asked) -> None:
    told = _reveal(library, "confirm", str(question.reveal))
    assert told.exit_code == 0
    assert told.stdout.startswith("actor-")
    assert told.stdout.endswith(" is local\n")
    assert _reveal(library, "confirm", str(question.reveal), "--json").exit_code == 1


def test_those_that_wait_are_listed(library: TinyLibrary, question: Asked) -> None:
    own = json.loads(_reveal(library, "open", str(question.received), *TERMS, "--json").stdout)["id"]
    waiting = "  2026-11-20T12:00:00Z  question {}  until 2026-11-21T12:00:00Z"
    assert _reveal(library, "list").stdout.splitlines() == [
        f"{question.reveal:>7}{waiting.format(question.received)}",
        "case HR-1",
        f"{own:>7}{waiting.format(question.received)}  (yours: somebody else confirms)",
        "case HR-2",
    ]
    as_json = json.loads(_reveal(library, "list", "--json").stdout)["reveals"]
    assert [(one["id"], one["own"]) for one in as_json] == [(question.reveal, False), (own, True)]
