"""Sharing: everybody in the channel may read all that the answer rests on, or nothing of it is shown to anybody."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from service.slack_bot.clicks import members
from service.slack_bot.clicks.sharing import Sharing
from tests.support.callers import BOARD_PLAN, Office, open_office
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import POLICY, VENDOR_QUESTION
from tests.support.slack_parts import (
    ADDRESSES,
    BOT,
    CHANNEL,
    PAGES,
    THEO,
    TS,
    UMA,
    ScriptedPeople,
    TinySlack,
    click,
    clicks,
    dispatched,
    greenlit_of,
    run,
    sides_of,
)

ANSWER = "The security team reviews every new AI vendor within ten working days."
BOARD_QUESTION = "When does the board sell the old studio building?"
INSIDE = {"channel": {"id": CHANNEL, "is_channel": True, "is_member": True, "is_private": False}}
PRIVATE = {"channel": {"id": CHANNEL, "is_channel": True, "is_member": True, "is_private": True}}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(TinyLibrary(tmp_path_factory.mktemp("sharing") / "studio")) as opened:
        yield opened


async def _asked(office: Office, question: str = VENDOR_QUESTION, user: str = THEO) -> str:
    async with greenlit_of(office) as greenlit:
        return str((await greenlit.ask(question, on_behalf_of=ADDRESSES[user]))["request_id"])


def _scripted(slack: TinySlack, *people: str, about: Mapping[str, Any] = INSIDE) -> None:
    slack.replies |= {"conversations.info": [about], "conversations.members": [{"members": [BOT, *people]}]}


async def _shared(
    slack: TinySlack, office: Office, request_id: str, *, known: Mapping[str, str] = ADDRESSES, **more: Any
) -> list[dict[str, Any]]:
    """Click on Share; return what was posted for everybody."""
    apps = more.pop("with_apps", False)
    block = {"block_id": f"greenlit_share|{more.pop('thread', TS)}"}
    payload = clicks("greenlit_share", request_id, response_url=slack.hook(), action=block, **more)
    await dispatched(slack, sides_of(office, ScriptedPeople(known)), payload, with_apps=apps)
    return slack.of("chat.postMessage")


def test_an_answer_that_all_may_read_is_shown_to_all_with_who_shared_it_and_on_record(office: Office) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            request_id = await _asked(office)
            _scripted(slack, THEO, UMA)
            (posted,) = await _shared(slack, office, request_id)
            assert (posted["channel"], posted["thread_ts"]) == (CHANNEL, TS)
            assert '"user_id": "U1"' in json.dumps(posted)
            assert ANSWER in json.dumps(posted)
            assert f"{PAGES}/answers/{request_id}" in json.dumps(posted)
            (told,) = slack.of("response")
            assert (told["replace_original"], "You shared this answer here." in json.dumps(told)) == (True, True)
            types = [leaf["type"] for leaf in office.studio.all_leaves()[-2:]]
            assert types == ["audit.read", "answer.shared"]

    run(story())


def test_where_somebody_may_not_read_it_all_nothing_is_shown_and_nothing_named(office: Office) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            _scripted(slack, THEO, UMA)
            before = len(office.studio.all_leaves())
            assert await _shared(slack, office, await _asked(office, BOARD_QUESTION)) == []
            told = json.dumps(slack.of("response"))
            assert members.NOT_ALL in told
            assert not [word for word in (BOARD_PLAN, "plan", "uma", UMA) if word in told]
            assert "answer.shared" not in {leaf["type"] for leaf in office.studio.all_leaves()[before:]}

    run(story())


def test_a_public_channel_is_read_by_everybody_of_ours_whoever_is_in_it(office: Office) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            request_id = await _asked(office, BOARD_QUESTION)
            for about in (INSIDE, {"channel": {"is_channel": True, "is_member": True}}):  # or nobody says so
                _scripted(slack, THEO, about=about)
                assert await _shared(slack, office, request_id) == []
                assert members.NOT_ALL_OF_US in json.dumps(slack.of("response"))
            slack.replies["conversations.info"] = [PRIVATE, INSIDE]  # made public while people were looked up
            assert await _shared(slack, office, request_id) == []
            _scripted(slack, THEO, about=PRIVATE)
            assert len(await _shared(slack, office, request_id)) == 1

    run(story())


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("guest", members.NOT_ALL),
        ("stranger", members.NOT_ALL),
        ("elsewhere", members.NOT_ALL),
        ("unconfirmed", members.NOT_ALL),
        ("unknown", members.NOT_ALL),
        ("bot", members.APPS),
        ("bot that may read along", None),
        ("deleted", None),
    ],
)
def test_a_member_whom_nobody_can_vouch_for_makes_it_impossible(office: Office, reason: str, words: str | None) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            _scripted(slack, THEO, "U9")
            known = {**ADDRESSES, "U9": f"!{reason.split(maxsplit=1)[0]}"}
            along = reason.endswith("along")
            posted = await _shared(slack, office, await _asked(office), known=known, with_apps=along)
            assert len(posted) == (0 if words else 1)
            assert words is None or words in json.dumps(slack.of("response"))

    run(story())


def test_somebody_whom_greenlit_does_not_know_makes_it_impossible(office: Office) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            _scripted(slack, THEO, "U9")
            for address in ("nobody@northlight.example", "jon@northlight.example"):  # who is not active any more
                known = {**ADDRESSES, "U9": address}
                assert await _shared(slack, office, await _asked(office), known=known) == []
            assert members.NOT_ALL in json.dumps(slack.of("response"))

    run(story())


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"is_channel": True, "is_ext_shared": True}, members.ELSEWHERE),
        ({"is_group": True, "is_pending_ext_shared": True}, members.ELSEWHERE),
        ({"is_channel": True, "is_member": False}, members.NOT_IN),
        ({"is_im": True}, members.NOT_IN),
        ({}, members.NOT_IN),
    ],
)
def test_nothing_is_shared_where_others_are_or_the_bot_is_not(office: Office, about: Any, words: str) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            _scripted(slack, THEO, about={"channel": about})
            assert await _shared(slack, office, await _asked(office)) == []
            assert words in json.dumps(slack.of("response"))
            assert slack.of("conversations.members") == []

    run(story())


def test_all_pages_of_members_are_looked_at_and_no_more_than_a_bound(office: Office) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            _scripted(slack)
            first = {"members": [THEO], "response_metadata": {"next_cursor": "more"}}
            slack.replies["conversations.members"] = [first, {"members": ["U9"]}]
            assert await _shared(slack, office, await _asked(office)) == []
            assert slack.of("conversations.members")[1]["cursor"] == "more"
            crowd = {"members": [f"P{n}" for n in range(200)], "response_metadata": {"next_cursor": "more"}}
            slack.replies["conversations.members"] = [crowd]
            slack.calls.clear()
            assert await _shared(slack, office, await _asked(office)) == []
            assert len(slack.of("conversations.members")) == 3
            assert members.TOO_MANY in json.dumps(slack.of("response"))

    run(story())


def test_whoever_joins_while_people_are_looked_up_is_asked_about_too(office: Office) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            _scripted(slack, THEO)
            slack.replies["conversations.members"] = [{"members": [BOT, THEO]}, {"members": [THEO, BOT, "U9"]}]
            known = {**ADDRESSES, "U9": "!guest"}
            assert await _shared(slack, office, await _asked(office), known=known) == []
            assert members.JOINED in json.dumps(slack.of("response"))
            assert await _shared(slack, office, await _asked(office), known=known) == []
            assert members.NOT_ALL in json.dumps(slack.of("response"))

    run(story())


def test_only_whoever_asked_shares_and_only_what_is_approved_still(office: Office) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            request_id = await _asked(office, user=UMA)
            _scripted(slack, THEO, UMA)
            assert await _shared(slack, office, request_id, user=THEO) == []
            assert "Only whoever asked" in json.dumps(slack.of("response"))
            refused = await _asked(office, "Which orbit do geostationary satellites follow?")
            assert await _shared(slack, office, refused) == []

    run(story())


def test_a_second_click_shares_nothing_more_at_once_or_after_a_restart(office: Office) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            request_id = await _asked(office)
            _scripted(slack, THEO)
            (posted,) = await _shared(slack, office, request_id)
            slack.replies["conversations.replies"] = [{"messages": [{"ts": "1", "metadata": posted["metadata"]}]}]
            assert len(await _shared(slack, office, request_id)) == 1
            assert "shared here already" in json.dumps(slack.of("response"))
            slack.replies["conversations.history"] = slack.replies["conversations.replies"]
            assert len(await _shared(slack, office, request_id, thread="")) == 1  # of a command, without a thread

    async def at_once() -> None:
        async with TinySlack().open() as slack:
            request_id = await _asked(office)
            _scripted(slack, THEO)
            sharing, who = Sharing(sides_of(office)), click(request_id, response_url=slack.hook(), thread=TS)
            await asyncio.gather(*(sharing.share(who, slack.web(), own=BOT) for _ in range(2)))
            assert len(slack.of("chat.postMessage")) == 1

    run(story())
    run(at_once())


def test_what_was_revoked_since_cannot_be_shared_and_without_a_record_nothing_is(library: TinyLibrary) -> None:
    async def story(office: Office) -> None:
        async with TinySlack().open() as slack:
            revoked, other = await _asked(office), await _asked(office, "What is the daily travel allowance?")
            _scripted(slack, THEO)
            office.studio.library.revoke(POLICY)
            assert await _shared(slack, office, revoked) == []
            told = json.dumps(slack.of("response"))
            assert "not approved so any more" in told
            assert POLICY not in told
            office.studio.store.refused = {"answer.shared"}
            assert await _shared(slack, office, other) == []
            assert "Nothing was shared." in json.dumps(slack.of("response"))

    with open_office(library) as office:
        run(story(office))
