"""Questions asked in Slack, answered by a real service: where their asker reads it, once, and to nobody else."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from service.clients.calls import Service
from service.clients.client import AsyncGreenlit
from service.slack_bot.answers.telling import Telling
from service.slack_bot.errors import Later
from service.slack_bot.places import Place
from tests.support.callers import BOARD_PLAN, BOARD_TEXT, KEYS, Office, open_office
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import OFF_TOPIC_QUESTION, VENDOR_QUESTION
from tests.support.slack_parts import PAGES, THEO, TS, UMA, TinySlack, asked, greenlit_of, names, place, run

ANSWER = "The security team reviews every new AI vendor within ten working days."
BOARD_QUESTION = "When does the board sell the old studio building?"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(TinyLibrary(tmp_path_factory.mktemp("slack") / "studio")) as opened:
        yield opened


async def _nothing() -> None:
    return


def _telling(slack: TinySlack, greenlit: AsyncGreenlit, *, slow_s: float = 4.0) -> Telling:
    return Telling(slack.web(), greenlit, public_url=PAGES, names=names(), slow_s=slow_s)


async def _told(slack: TinySlack, office: Office, text: str, where: Place, **more: Any) -> None:
    async with greenlit_of(office) as greenlit:
        await _telling(slack, greenlit).answer(asked(text, where, **more), sending=_nothing)


def test_a_direct_message_is_answered_openly_in_its_thread(office: Office) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            await _told(slack, office, VENDOR_QUESTION, place(), delivery="Ev-direct")
            (posted,) = slack.posted()
            assert (posted.method, posted.args["channel"], posted.args["thread_ts"]) == ("chat.postMessage", "D1", TS)
            assert ANSWER in posted.texts()
            assert posted.args["metadata"] == {
                "event_type": "greenlit_answer",
                "event_payload": {"delivery": "Ev-direct"},
            }
            assert (posted.args["unfurl_links"], posted.args["unfurl_media"]) in (
                (False, False),
                ("false", "false"),
                ("0", "0"),
            )
        received = office.studio.leaves()[-2]
        assert (received["channel"], received["type"]) == ("slack", "query.received")
        assert "slack-" in json.dumps(received)

    run(story())


def test_in_a_channel_and_after_a_command_only_the_asker_sees_it(office: Office) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            await _told(slack, office, VENDOR_QUESTION, place("channel"), delivery="Ev-c1")
            follow_up = place("channel", ts="1764428500.000100")
            await _told(slack, office, VENDOR_QUESTION, follow_up, delivery="Ev-c2")
            command = place("command", response_url=slack.hook())
            await _told(slack, office, VENDOR_QUESTION, command, delivery="Ev-c3")
            first, second, third = slack.posted()
            assert [one.method for one in (first, second)] == ["chat.postEphemeral"] * 2
            assert (first.args["user"], first.args.get("thread_ts"), second.args["thread_ts"]) == (THEO, None, TS)
            assert (third.method, third.args["response_type"], third.args["replace_original"]) == (
                "response",
                "ephemeral",
                False,
            )
            assert all("greenlit_share" in one.texts() and ANSWER in one.texts() for one in (first, second, third))

    run(story())


def test_an_answer_is_within_the_boundary_of_whoever_asks_and_a_refusal_says_nothing_else(office: Office) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            await _told(slack, office, BOARD_QUESTION, place(user=THEO), delivery="Ev-b1")
            await _told(slack, office, BOARD_QUESTION, place(user=UMA), delivery="Ev-b2")
            await _told(slack, office, OFF_TOPIC_QUESTION, place(user=UMA), delivery="Ev-b3")
            seen, hidden, unknown = (one.texts() for one in slack.posted())
            assert "old studio building" in seen
            assert "No answer" in hidden
            assert not [word for word in (BOARD_PLAN, "plan of the board") if word in hidden]
            assert BOARD_TEXT.split("\n")[2] not in hidden
            assert len(hidden) == len(unknown)  # but for ids, the same

    run(story())


def test_a_follow_up_in_a_thread_leans_on_the_question_before(office: Office) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            await _told(slack, office, "What is the daily travel allowance?", place(), delivery="Ev-f1")
            await _told(slack, office, "And how much is it?", place(ts="1764428500.000100"), delivery="Ev-f2")
            assert "Searched for: " in slack.posted()[-1].texts()

    run(story())


def test_the_same_question_sent_again_is_asked_once_and_found_where_it_stands(office: Office) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            await _told(slack, office, VENDOR_QUESTION, place(), delivery="Ev-once")
            before = len(office.studio.leaves())
            (posted,) = slack.of("chat.postMessage")
            slack.replies["conversations.replies"] = [
                {"messages": [{"ts": TS}, {"ts": "2", "metadata": posted["metadata"]}]}
            ]
            await _told(slack, office, VENDOR_QUESTION, place(), delivery="Ev-once", maybe_sent=True)
            assert len(slack.posted()) == 1
            slack.replies["conversations.replies"] = [{"messages": [{"ts": TS}]}]
            await _told(slack, office, VENDOR_QUESTION, place(), delivery="Ev-once", maybe_sent=True)
            await _told(slack, office, "What is the travel allowance?", place(), delivery="Ev-once")  # edited meanwhile
            assert len(slack.posted()) == 3
            assert len(office.studio.leaves()) == before + 2

    run(story())


def test_that_something_may_be_shown_is_kept_before_slack_is_sent_anything_of_it(office: Office) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack, greenlit_of(office) as greenlit:
            sent: list[int] = []

            async def sending() -> None:
                sent.append(len(slack.posted()))

            await _telling(slack, greenlit).answer(asked(VENDOR_QUESTION, place(), delivery="Ev-s"), sending=sending)
            assert (sent, len(slack.posted())) == ([0], 1)

    run(story())


def test_whoever_is_nobody_at_greenlit_is_told_what_strangers_are_and_nothing_is_recorded(office: Office) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            before = len(office.studio.leaves())
            await _told(slack, office, VENDOR_QUESTION, place("channel", user="U9"))
            async with greenlit_of(office) as greenlit:
                await _telling(slack, greenlit).not_ours(place("channel", user="U9"), "unknown")
            one, other = slack.posted()
            assert one.args == other.args
            assert one.method == "chat.postEphemeral"
            assert "does not know you" in one.texts()
            assert len(office.studio.leaves()) == before

    run(story())


def test_a_key_that_is_refused_or_lacks_a_scope_is_a_problem_and_nobody_hears_that_they_are_unknown(
    office: Office,
) -> None:
    only_asks = next(who for who in KEYS if who.scopes == ("ask",))
    no_key, another = "glk_wrong", office.headers(only_asks)["Authorization"].removeprefix("Bearer ")

    async def story() -> None:
        for bearer, words in ((no_key, "does not take"), (another, "may not ask for people")):
            async with TinySlack().open() as slack, greenlit_of(office, bearer=bearer) as greenlit:
                telling = _telling(slack, greenlit)
                await telling.answer(asked(VENDOR_QUESTION, place()), sending=_nothing)
                assert "could not be reached" in slack.posted()[0].texts()
                assert words in str(telling.problem)

    run(story())


def test_what_cannot_be_asked_is_said_without_the_question(office: Office) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            await _told(slack, office, "quokka " * 1000, place())
            (posted,) = slack.posted()
            assert "expected a question of at most 2000 characters" in posted.texts()
            assert "quokka" not in posted.texts()

    run(story())


@pytest.mark.parametrize(
    ("status", "headers", "after_s"), [(429, {"Retry-After": "7"}, 7), (503, {}, 3), (500, {}, 3), (None, {}, 3)]
)
def test_where_greenlit_is_away_or_full_it_is_tried_later(status: int | None, headers: Any, after_s: float) -> None:
    def answered(_: httpx.Request) -> httpx.Response:
        if status is None:
            raise httpx.ConnectError("refused")
        return httpx.Response(status, json={"type": "urn:greenlit:problem:x", "title": "t"}, headers=headers)

    async def story() -> None:
        greenlit = AsyncGreenlit(Service("http://g", "k"), transport=httpx.MockTransport(answered))
        async with TinySlack().open() as slack, greenlit:
            with pytest.raises(Later) as later:
                await _telling(slack, greenlit).answer(asked(VENDOR_QUESTION, place()), sending=_nothing)
            assert later.value.after_s == after_s
            assert slack.posted() == []

    run(story())


class _Slow(httpx.AsyncBaseTransport):
    """A Greenlit that takes its time: tells steps, and the answer when it is let."""

    def __init__(self, done: dict[str, Any]) -> None:
        self.done, self.let = done, asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        headers = {"content-type": "text/event-stream"}
        return httpx.Response(200, headers=headers, stream=_Told(self), request=request)


class _Told(httpx.AsyncByteStream):
    def __init__(self, slow: _Slow) -> None:
        self._slow = slow

    async def __aiter__(self) -> Any:
        yield b'event: status\ndata: {"step":"drafting"}\n\n'
        await self._slow.let.wait()
        yield f"event: done\ndata: {json.dumps(self._slow.done)}\n\n".encode()


async def _slowly(slack: TinySlack, office: Office, kind: str = "direct") -> None:
    """Ask something whose answer waits until Slack shows that it is being worked on."""
    done = (await _asked_directly(office)).copy()
    slow = _Slow(done)
    service = Service("http://g", "k")
    async with AsyncGreenlit(service, transport=slow) as greenlit:
        answering = asyncio.create_task(
            _telling(slack, greenlit, slow_s=0.6).answer(asked(VENDOR_QUESTION, place(kind)), sending=_nothing)
        )
        shown = "chat.startStream" if kind == "direct" else "assistant.threads.setStatus"
        await slack.is_called(shown)
        assert ANSWER not in json.dumps([call.args for call in slack.calls])
        slow.let.set()
        await answering


async def _asked_directly(office: Office) -> dict[str, Any]:
    async with greenlit_of(office) as greenlit:
        return await greenlit.ask(VENDOR_QUESTION, on_behalf_of="theo@northlight.example")


def test_a_slow_answer_is_told_step_by_step_and_becomes_the_message(office: Office) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            await _slowly(slack, office)
            (started,), (stopped,) = slack.of("chat.startStream"), slack.of("chat.stopStream")
            assert "Writing down what they say" in json.dumps(started)
            assert ANSWER in json.dumps(stopped["blocks"])
            assert stopped["metadata"]["event_payload"] == {"delivery": "Ev1"}
            assert slack.of("chat.postMessage") == []

    run(story())


def test_where_the_stream_has_died_all_of_the_answer_takes_its_place(office: Office) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            slack.replies["chat.stopStream"] = [{"error": "message_not_in_streaming_state"}]
            await _slowly(slack, office)
            (updated,) = slack.of("chat.update")
            assert (updated["ts"], ANSWER in json.dumps(updated["blocks"])) == ("1764428401.000200", True)
            slack.replies["chat.update"] = [{"error": "message_not_found"}]
            slack.calls.clear()
            await _slowly(slack, office)
            assert ANSWER in json.dumps(slack.of("chat.postMessage"))

    run(story())


def test_in_a_channel_a_slow_answer_has_a_status_that_ends(office: Office) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            await _slowly(slack, office, "channel")
            assert [one["status"] for one in slack.of("assistant.threads.setStatus")][1:] == [""]
            assert slack.of("chat.startStream") == []

    run(story())


def test_what_slack_will_not_show_costs_no_answer(office: Office) -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            slack.replies["assistant.threads.setStatus"] = [{"error": "missing_scope"}]
            await _slowly(slack, office, "channel")
            assert ANSWER in json.dumps(slack.of("chat.postEphemeral"))

    run(story())
