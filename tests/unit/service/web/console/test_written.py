"""What a model did for a question, as an auditor reads it: every sentence with what became of it, and why."""

import json
from typing import Any

import pytest

from service.answering.consulted import Instead
from service.answering.steps import Broke
from service.answering.supported.support import CODES
from service.answering.understanding.rewording import Fault
from service.answering.writing.checking import Done
from service.answering.writing.claims import Flaw
from service.answering.writing.records import FAILED, STOPPED, TOO_LONG
from service.answering.writing.rewrite import Rewriting, Unasked, rewrite
from service.answering.writing.write import write
from service.web.console import written
from service.web.console.words import INSTEAD, REASONS
from service.web.console.written import model_part
from tests.support.consulting import alone_in
from tests.support.written_answers import Released, Says, Scripted, given, never, stands_there

GOOD = "Invoices are kept for ten years."
BAD = "Invoices are kept for 12 years."


def _kept(**more: Any) -> str:
    shown = given()
    one = shown.offered[1].id
    model = Scripted(f"{GOOD} [{one}]\n{BAD} [{one}]\nI hope this helps.")
    wrote = write("How long?", shown, model=model, supports=stands_there, stopped=never, release=Released())
    value = {
        "format": 1,
        "model": "house",
        "rewriting": None,
        "judgement": None,
        "taken_away": [],
        "says_none": False,
        "written": wrote.as_json(),
        "instead": None,
        "why_not": "",
    }
    return json.dumps(value | more)


def test_each_sentence_stands_with_what_became_of_it_and_why() -> None:
    part = model_part(_kept())
    assert part is not None
    good, bad, talk = part.sentences
    assert (good.text, good.became, good.why, good.quotes) == (GOOD, "released", "", (GOOD.rstrip("."),))
    assert (bad.text, bad.became, bad.why, bad.quotes) == (BAD, "left out", "no passage says it", ())
    assert (talk.became, talk.why) == ("left out: no part of an answer", "talk about the answer")
    assert part.name == "house"
    (told,) = part.told
    assert told.startswith("Asked to write: to its end, prompt ")
    assert json.loads(part.kept) == json.loads(_kept())


def test_what_an_entailment_model_said_stands_beside_its_sentence() -> None:
    value = json.loads(_kept())
    good, bad, _ = value["written"]["sentences"]
    good["entailed_u"] = 970_000
    bad |= {"codes": ["not_entailed"], "entailed_u": 123_456}
    part = model_part(json.dumps(value))
    assert part is not None
    assert [one.why for one in part.sentences[:2]] == [
        "entailed by 0.97",
        "the entailment model does not find that the passage says it; entailed by 0.12",
    ]


def test_what_it_judged_and_why_it_did_not_write_is_told() -> None:
    call = {"kind": "judge", "prompt_hash": "a" * 64, "ended": "whole", "failure": None}
    judgement: dict[str, Any] = {"given": [["A", "p"], ["B", "q"]], "call": call, "answering": []}
    part = model_part(_kept(judgement=judgement, written=None, instead="declined"))
    assert part is not None
    assert part.told == (
        "Asked to judge: to its end, prompt aaaaaaaaaaaa.",
        "It was given 2 to judge, and said that none of them answer.",
        "It found no answer.",
    )
    failed = call | {"ended": "failed", "failure": "slow"}
    part = model_part(_kept(judgement=judgement | {"call": failed, "answering": None}, written=None, instead="failed"))
    assert part is not None
    assert part.told[0] == "Asked to judge: failed (slow), prompt aaaaaaaaaaaa."
    assert part.told[1].startswith("What it said was no judgement")
    part = model_part(_kept(written=None, instead="not_approved", why_not="its approval ended on 2026-11-01"))
    assert part is not None
    assert part.told[-1] == "Why it was not asked: its approval ended on 2026-11-01"


def test_what_it_made_of_a_follow_up_is_told() -> None:
    def told(reply: Says) -> tuple[str, ...]:
        earlier = ["Who keeps invoices?"]
        made = rewrite("And since when are they kept?", earlier, model=Scripted(reply), stopped=never)
        part = model_part(_kept(rewriting=made.as_json(), written=None))
        assert part is not None
        return part.told

    asked, used = told("Since when are invoices kept?")
    assert asked.startswith("Asked to rewrite a follow-up: to its end, prompt ")
    assert used == "It rewrote the question, by 1 before it: Since when are invoices kept?"
    assert told("Since when does the archive keep invoices?")[1] == (
        "Its rewriting of the question was not used: it says a word that nobody typed. Rules stood in."
    )
    assert told("And since when are they kept?")[1].endswith("it is the question over again. Rules stood in.")
    assert told(alone_in)[1].startswith("It said that the question stands alone")
    unasked = Rewriting(why_not="not_approved").as_json()
    part = model_part(_kept(rewriting=unasked, written=None, why_not="its approval ended"))
    assert part is not None
    assert part.told[0].endswith("not used: the model was not approved then. Rules stood in.")


def test_every_reason_against_a_rewriting_is_in_words() -> None:
    assert set(written._NOT_REWRITTEN) == {*Fault, *Unasked, FAILED, STOPPED, TOO_LONG}


@pytest.mark.parametrize("raw", ["", "just a text", "[]", "{}", '{"format": 2}', '{"format": 1, "model": "x"}'])
def test_what_is_of_another_form_is_shown_as_it_is_kept(raw: str) -> None:
    assert model_part(raw) is None


def test_every_code_has_its_words() -> None:
    assert {*CODES, *Flaw} <= set(written._WHY)
    assert set(Done) == set(written._DONE)


def test_every_reason_of_a_model_has_its_words() -> None:
    assert set(Instead) == set(INSTEAD)
    assert set(Broke) <= set(REASONS)
