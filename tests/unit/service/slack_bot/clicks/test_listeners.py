"""What people do besides asking and sharing: they say what an answer is worth, miss a document, open the home tab."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from service.clients.calls import Service
from service.clients.client import AsyncGreenlit
from service.hearing import hearing
from service.slack_bot.clicks.forms import VERDICTS
from service.slack_bot.clicks.interactions import Sides
from tests.support.callers import BOARD_PLAN, Office, open_office
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import VENDOR_QUESTION, sealed_texts
from tests.support.slack_parts import (
    ADDRESSES,
    DIRECT,
    PAGES,
    THEO,
    UMA,
    ScriptedPeople,
    TinySlack,
    clicks,
    dispatched,
    greenlit_of,
    opens,
    run,
    sends,
    sides_of,
)

SECRET = "quokka4711 is the word"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(TinyLibrary(tmp_path_factory.mktemp("listeners") / "studio")) as opened:
        yield opened


async def _asked(office: Office, user: str = THEO) -> str:
    async with greenlit_of(office) as greenlit:
        return str((await greenlit.ask(VENDOR_QUESTION, on_behalf_of=ADDRESSES[user]))["request_id"])


async def _does(slack: TinySlack, office: Office, payload: dict[str, Any], **known: str) -> None:
    people = ScriptedPeople({**ADDRESSES, **known})
    assert await dispatched(slack, sides_of(office, people), payload) == 200


def test_helpful_is_said_at_once_and_anything_else_with_a_form(office: Office) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            request_id = await _asked(office)
            helpful = clicks("greenlit_feedback", f"helpful|{request_id}", response_url=slack.hook())
            await _does(slack, office, helpful)
            assert office.studio.all_leaves()[-1]["verdict"] == "helpful"
            assert "on record" in json.dumps(slack.of("response"))
            await _does(slack, office, clicks("greenlit_feedback", f"wrong|{request_id}"))
            (opened,) = slack.of("views.open")
            assert (opened["trigger_id"], opened["view"]["private_metadata"]) == ("1.2.3", request_id)
            values = {"verdict": {"selected_option": {"value": "outdated"}}, "comment": {"value": SECRET}}
            await _does(slack, office, sends("greenlit_feedback_form", request_id, values))
            leaf = office.studio.all_leaves()[-1]
            assert (leaf["type"], leaf["verdict"], leaf["request_id"]) == ("feedback.given", "outdated", request_id)
            assert SECRET in sealed_texts(office.studio.state, "comment")
            assert "Thank you" in json.dumps(slack.of("views.update")[-1])

    run(story())


def test_what_a_form_offers_is_what_greenlit_takes() -> None:
    assert set(VERDICTS) | {"helpful"} == set(hearing.VERDICTS)


def test_nobody_says_something_of_somebody_elses_answer(office: Office) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            before = len(office.studio.all_leaves())
            request_id = await _asked(office, UMA)
            helpful = clicks("greenlit_feedback", f"helpful|{request_id}", response_url=slack.hook())
            await _does(slack, office, helpful)
            assert "no such question of yours" in json.dumps(slack.of("response"))
            assert "feedback.given" not in {leaf["type"] for leaf in office.studio.all_leaves()[before:]}

    run(story())


@pytest.mark.parametrize("where", ["a refusal", "the home tab"])
def test_a_document_is_asked_for_from_a_refusal_and_from_the_home_tab(office: Office, where: str) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            request_id = await _asked(office) if where == "a refusal" else ""
            await _does(slack, office, clicks("greenlit_wish", request_id or "none"))
            (opened,) = slack.of("views.open")
            assert opened["view"].get("private_metadata", "") == request_id
            await _does(slack, office, sends("greenlit_wish_form", request_id, {"wish": {"value": SECRET}}))
            leaf = office.studio.all_leaves()[-1]
            assert (leaf["type"], leaf["request_id"]) == ("document.requested", request_id or None)
            assert SECRET not in json.dumps([call.args for call in slack.calls])
            await _does(slack, office, sends("greenlit_wish_form", request_id, {"wish": {"value": " "}}))
            assert "could not be taken" in json.dumps(slack.of("views.update")[-1])

    run(story())


def test_a_guest_who_clicks_is_told_politely_and_nothing_opens(office: Office) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            guest = clicks("greenlit_wish", "none", user="U9", response_url=slack.hook())
            await _does(slack, office, guest, U9="!guest")
            assert "not guests" in json.dumps(slack.of("response"))
            assert slack.of("views.open") == []

    run(story())


def test_the_home_tab_names_what_its_reader_may_read_and_what_is_logged(office: Office) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            shown = {}
            for user in (THEO, UMA, "U9"):
                await _does(slack, office, opens("home", user=user), U9="!guest")
                view = slack.of("views.publish")[-1]
                assert view["user_id"] == user
                shown[user] = json.dumps(view, ensure_ascii=False)
            assert "You may read 3 documents in 2 sources." in shown[THEO]
            assert f"/documents/{BOARD_PLAN}" in shown[THEO]
            assert "You may read 2 documents in 1 source." in shown[UMA]
            assert not [word for word in ("board", "plan") if word in shown[UMA].casefold()]
            assert "12 months" in shown[UMA]
            assert "/record" in shown[UMA]
            assert "not guests" in shown["U9"]
            assert not [word for word in ("legal", "policy", "document") if word in shown["U9"].casefold()]

    run(story())


def test_beside_the_messages_stand_questions_that_are_answered(library: TinyLibrary) -> None:
    async def story(office: Office) -> None:
        async with TinySlack().open() as slack:
            await _does(slack, office, opens("messages"))
            (suggested,) = slack.of("assistant.threads.setSuggestedPrompts")
            question = "What are the rules for lending lamps?"
            assert suggested["prompts"] == [{"title": question, "message": question}]
            assert (suggested["channel_id"], "thread_ts" in suggested) == (DIRECT, False)
            await _does(slack, office, opens("messages", user="U9"))  # whom nobody knows
            assert len(slack.of("assistant.threads.setSuggestedPrompts")) == 1

    library.add("legal/lamps.md", "# Lamps\n\n## Lending lamps\n\nRules for lending lamps: ask.\n")
    with open_office(library) as office:
        run(story(office))


def test_what_is_no_click_of_ours_does_nothing(office: Office) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            for value in ("helpful|../v1/me", "", "helpful|"):
                await _does(slack, office, clicks("greenlit_feedback", value))
                await _does(slack, office, clicks("greenlit_share", value))
            await _does(slack, office, {**clicks("greenlit_feedback", "x"), "user": {"id": "<@U1>"}})
            assert slack.posted() == []

    run(story())


def test_where_the_key_is_refused_nobody_hears_that_they_are_unknown() -> None:
    def refuses(_: httpx.Request) -> httpx.Response:
        return httpx.Response(401, json={"type": "urn:greenlit:problem:not-signed-in", "title": "Not signed in"})

    async def story() -> None:
        async with TinySlack().open() as slack:
            greenlit = AsyncGreenlit(Service("http://g", "k"), transport=httpx.MockTransport(refuses))
            await dispatched(slack, Sides(greenlit, ScriptedPeople(ADDRESSES), PAGES), opens("home"))
            assert "could not be reached" in json.dumps(slack.of("views.publish"))

    run(story())


def test_where_greenlit_is_away_whoever_clicked_hears_so() -> None:
    def away(_: httpx.Request) -> httpx.Response:
        return httpx.Response(503, json={"type": "urn:greenlit:problem:log", "title": "No record, nothing taken"})

    async def story() -> None:
        async with TinySlack().open() as slack:
            greenlit = AsyncGreenlit(Service("http://g", "k"), transport=httpx.MockTransport(away))
            sides = Sides(greenlit, ScriptedPeople(ADDRESSES), PAGES)
            request_id = "0199d1f0-7c1e-7aa0-8c55-3b1f0a4d2e61"
            helpful = clicks("greenlit_feedback", f"helpful|{request_id}", response_url=slack.hook())
            await dispatched(slack, sides, helpful)
            await dispatched(slack, sides, sends("greenlit_wish_form", "", {"wish": {"value": SECRET}}))
            await dispatched(slack, sides, opens("home"))
            for method in ("response", "views.update", "views.publish"):
                assert "could not be reached" in json.dumps(slack.of(method))

    run(story())
