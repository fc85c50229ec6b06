"""One delivery to its end: who is asked for, what is dropped, what is said instead, what is tried again."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from service.slack_bot.arriving.deliveries import Deliveries, Delivery
from service.slack_bot.arriving.handling import TRIED_S, Handling, Parts
from service.slack_bot.arriving.hints import EMPTY, MAYBE_ANSWERED, RESTARTED, SHARED
from service.slack_bot.arriving.work import Item
from service.slack_bot.errors import DeliveriesError, Later
from service.slack_bot.health import Health
from service.slack_bot.people import People
from service.slack_bot.places import Place
from service.slack_bot.slack_calls import SlackSaidError
from service.slack_bot.workspace import Known, Workspace
from tests.support.slack_bot_parts import Told, refused

Described = Callable[..., dict[str, Any]]
_DIRECT = Place("direct", "T0NORTH", "D1", "U1", ts="17.5", thread_ts="17.5")
_MENTION = Place("channel", "T0NORTH", "C1", "U1", ts="17.5", thread_ts="17.5")
_COMMAND = Place("command", "T0NORTH", "C1", "U1")
_SECRET_WORDS = "the merger with Southlight"


@dataclass
class _Said:
    data: dict[str, Any]
    status_code: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class _Slack:
    """A Web API that knows one person and some messages, and keeps what it was told to show."""

    user: dict[str, Any]
    messages: list[dict[str, Any]] = field(default_factory=list)
    unreadable: str = ""
    shown: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def users_info(self, *, user: str) -> Any:
        return _Said({"user": self.user | {"id": user}})

    async def conversations_history(self, **_: Any) -> Any:
        if self.unreadable:
            raise refused(_Said({"ok": False, "error": self.unreadable}))
        return _Said({"messages": self.messages})

    conversations_replies = conversations_history

    async def chat_postMessage(self, **told: Any) -> Any:  # noqa: N802 - as the library calls it
        self.shown.append(("posted", told))
        return _Said({"ok": True})

    async def chat_postEphemeral(self, **told: Any) -> Any:  # noqa: N802
        self.shown.append(("whispered", told))
        return _Said({"ok": True})


class Bench:
    """A handling with its parts, and a clock that is set by hand."""

    def __init__(self, path: Path, slack: _Slack, workspace: Workspace | None) -> None:
        self.slack, self.told, self.now_s = slack, Told(), 0.0
        self.said: list[tuple[str, dict[str, object]]] = []
        web, known = cast("AsyncWebClient", slack), Known(workspace)
        self.deliveries = Deliveries(path)
        self.health = Health(self._notice)
        parts = Parts(web, known, People(web, known), self.deliveries, self.told, self.health, self._notice)
        self._parts = parts
        self.handling = self.anew()

    def anew(self) -> Handling:
        return Handling(self._parts, clock_s=lambda: self.now_s)

    def _notice(self, event: str, /, **values: object) -> None:
        self.said.append((event, values))

    async def handle(self, place: Place, text: str | None, *, name: str = "Ev1", **more: Any) -> float | None:
        await self.deliveries.take(Delivery(name, place))
        return await self.handling.handle(Item(Delivery(name, place), text, began_s=0.0, **more))

    def unfinished(self) -> list[str]:
        return [one.name for one in self.deliveries.unfinished()]


Run = Callable[..., Bench]


@pytest.fixture
def run(tmp_path: Path, described: Described, north: Workspace) -> Run:
    """Make a bench, do something with it, close it."""

    def run(what: Callable[[Bench], Any], *, unknown: bool = False, **otherwise: Any) -> Bench:
        async def do() -> Bench:
            slack = _Slack(described(**otherwise))
            bench = Bench(tmp_path / "deliveries.sqlite", slack, None if unknown else north)
            try:
                await what(bench)
            finally:
                await bench.deliveries.close()
            return bench

        return asyncio.run(do())

    return run


def _asked(bench: Bench) -> list[tuple[str, str, bool]]:
    return [(asked.text, asked.email, asked.maybe_sent) for asked in bench.told.asked]


def test_a_question_is_asked_for_whoever_asked_and_comes_to_its_end(run: Run) -> None:
    async def ask(bench: Bench) -> None:
        assert await bench.handle(_MENTION, "<@U0GREENLIT> how much &amp; when?") is None
        assert bench.unfinished() == []

    bench = run(ask)

    assert _asked(bench) == [("how much & when?", "mira@northlight.example", False)]
    assert bench.told.asked[0].delivery == "Ev1"
    assert bench.said == []


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (replace(_DIRECT, team="T0OTHER"), "how much?"),
        (replace(_DIRECT, user="U0GREENLIT"), "how much?"),
        (_MENTION, "`<@U0GREENLIT>` how much?"),
        (_MENTION, "&gt; <@U0GREENLIT> how much?"),
    ],
)
def test_foreign_workspaces_ourselves_and_mentions_in_code_are_dropped_in_silence(
    run: Run, place: Place, text: str
) -> None:
    async def ask(bench: Bench) -> None:
        assert await bench.handle(place, text) is None
        assert bench.unfinished() == []

    bench = run(ask)

    assert (bench.told.asked, bench.told.refused, bench.slack.shown) == ([], [], [])


def test_whoever_may_not_ask_is_told_so_once_in_ten_minutes(run: Run) -> None:
    async def ask(bench: Bench) -> None:
        for number, now_s in enumerate((0.0, 1.0, 599.0, 601.0)):
            bench.now_s = now_s
            place = replace(_DIRECT, ts=f"1.{number}", thread_ts=f"1.{number}")
            item = Item(Delivery(f"Ev{number}", place), "how much?", began_s=now_s)
            await bench.deliveries.take(item.delivery)
            assert await bench.handling.handle(item) is None

    bench = run(ask, is_restricted=True)

    assert [reason for _, reason in bench.told.refused] == ["guest", "guest"]
    assert bench.told.asked == []


def test_a_refusal_that_may_be_there_since_a_crash_is_not_said_again(run: Run) -> None:
    async def ask(bench: Bench) -> None:
        for maybe_sent in (False, True):  # the second process knows nothing of the first but the row
            delivery = Delivery("Ev1", _DIRECT, maybe_sent=maybe_sent)
            await bench.deliveries.take(delivery)
            if maybe_sent:
                assert [one.maybe_sent for one in bench.deliveries.unfinished()] == [True]
                bench.handling = bench.anew()
            item = Item(delivery, "how much?", began_s=0.0)
            await bench.handling._handle(item)

    assert [reason for _, reason in run(ask, is_restricted=True).told.refused] == ["guest"]


def test_a_command_of_somebody_from_elsewhere_is_refused_politely(run: Run) -> None:
    bench = run(lambda bench: bench.handle(replace(_COMMAND, team="T0OTHER"), "how much?"))

    assert [reason for _, reason in bench.told.refused] == ["elsewhere"]


def test_where_other_organisations_read_nothing_is_answered_but_a_hint_to_the_asker(run: Run) -> None:
    async def ask(bench: Bench) -> None:
        for name in ("Ev1", "Ev2"):
            place = replace(_MENTION, is_shared=True, ts=f"1.{name[-1]}")
            assert await bench.handle(place, "<@U0GREENLIT> how much?", name=name) is None

    bench = run(ask)

    assert bench.told.asked == []
    assert [(how, told["text"], told["user"]) for how, told in bench.slack.shown] == [("whispered", SHARED, "U1")]


@pytest.mark.parametrize(("place", "how"), [(_DIRECT, "posted"), (_MENTION, "whispered")])
def test_no_words_are_no_question(run: Run, place: Place, how: str) -> None:
    bench = run(lambda bench: bench.handle(place, " <@U0GREENLIT> "))

    assert bench.told.asked == []
    assert [(shown, told["text"]) for shown, told in bench.slack.shown] == [(how, EMPTY)]


def test_from_the_moment_of_sending_another_try_looks_for_the_answer_first(run: Run) -> None:
    async def ask(bench: Bench) -> None:
        broken = [True]

        async def breaks(*_: object) -> None:
            if broken:
                broken.clear()
                raise Later(3.0)

        bench.told._say = breaks  # type: ignore[assignment, method-assign]
        item = Item(Delivery("Ev1", _DIRECT), "how much?", began_s=0.0)
        await bench.deliveries.take(item.delivery)
        assert await bench.handling.handle(item) == 3.0
        assert [one.maybe_sent for one in bench.deliveries.unfinished()] == [True]
        assert await bench.handling.handle(item) is None

    assert [maybe_sent for _, _, maybe_sent in _asked(run(ask))] == [False, True]


def test_what_another_bot_brought_to_its_end_is_not_shown_again(run: Run) -> None:
    async def ask(bench: Bench) -> None:
        item = Item(Delivery("Ev1", _DIRECT), "how much?", began_s=0.0)
        await bench.deliveries.take(item.delivery)
        await bench.deliveries.end("Ev1", "done")
        assert await bench.handling.handle(item) == 1.0
        assert await bench.handling.handle(item) is None
        late = Item(item.delivery, "how much?", began_s=-TRIED_S)
        assert await bench.handling.handle(late) is None

    bench = run(ask)
    assert len(_asked(bench)) == 1, "it heard so right before it showed anything"
    assert bench.told.unreached == []
    assert bench.said == []


def test_what_another_bot_went_on_with_is_looked_for_first(run: Run) -> None:
    async def ask(bench: Bench) -> None:
        item = Item(Delivery("Ev1", _DIRECT), "how much?", began_s=0.0)
        await bench.deliveries.take(item.delivery)
        await bench.deliveries.sending("Ev1")
        assert await bench.handling.handle(item) == 1.0
        assert await bench.handling.handle(item) is None

    assert [maybe_sent for _, _, maybe_sent in _asked(run(ask))] == [False, True]


def test_whoever_cannot_be_reached_is_tried_for_ten_minutes_and_then_it_is_said(run: Run) -> None:
    async def ask(bench: Bench) -> None:
        bench.told.puts_off = 100
        item = Item(Delivery("Ev1", _DIRECT), "how much?", began_s=0.0)
        await bench.deliveries.take(item.delivery)
        pauses: list[float] = []
        while (pause_s := await bench.handling.handle(item)) is not None:
            pauses.append(pause_s)
            bench.now_s += pause_s
        assert pauses[:4] == [0.5, 1.0, 2.0, 4.0]
        assert max(pauses) == 60.0
        assert TRIED_S <= bench.now_s < TRIED_S + 61
        assert bench.unfinished() == []

    bench = run(ask)

    assert bench.told.unreached == [_DIRECT]
    assert [event for event, _ in bench.said] == ["slack_given_up"]


def test_how_long_somebody_wants_us_to_wait_is_kept_to(run: Run) -> None:
    async def ask(bench: Bench) -> None:
        async def answer(*_: object, **__: object) -> None:
            raise Later(90.0)

        bench.told.answer = answer  # type: ignore[method-assign]
        assert await bench.handle(_DIRECT, "how much?") == 90.0

    run(ask)


def test_nothing_is_asked_before_it_is_known_whose_bot_this_is(run: Run) -> None:
    async def ask(bench: Bench) -> None:
        assert await bench.handle(_DIRECT, "how much?") == 2.0
        assert bench.unfinished() == ["Ev1"]

    assert run(ask, unknown=True).told.asked == []


def test_what_breaks_is_tried_three_times_said_and_told_without_a_word_of_it(run: Run) -> None:
    async def ask(bench: Bench) -> None:
        async def answer(*_: object, **__: object) -> None:
            raise RuntimeError(_SECRET_WORDS)

        bench.told.answer = answer  # type: ignore[method-assign]
        item = Item(Delivery("Ev1", _DIRECT), _SECRET_WORDS, began_s=0.0)
        await bench.deliveries.take(item.delivery)
        for _ in range(3):
            assert await bench.handling.handle(item) is not None
        assert await bench.handling.handle(item) is None
        assert bench.unfinished() == []

    bench = run(ask)

    assert bench.told.unreached == [_DIRECT]
    assert [event for event, _ in bench.said] == ["slack_broke"] * 3 + ["slack_given_up"]
    assert _SECRET_WORDS not in str(bench.said)
    assert "RuntimeError at " in str(bench.said)


def test_what_slack_shows_nobody_ends(run: Run) -> None:
    async def ask(bench: Bench) -> None:
        async def answer(*_: object, **__: object) -> None:
            raise SlackSaidError("chat.postMessage", "is_archived")

        bench.told.answer = answer  # type: ignore[method-assign]
        assert await bench.handle(_DIRECT, "how much?") is None
        assert bench.unfinished() == []

    assert [values["problem"] for _, values in run(ask).said] == [
        "expected Slack to do chat.postMessage, got is_archived"
    ]


def test_what_somebody_has_to_mend_is_in_the_bots_health(run: Run) -> None:
    async def ask(bench: Bench) -> None:
        bench.told.problem = "Greenlit refuses the key"
        await bench.handle(_DIRECT, "how much?")
        assert bench.health.problems() == ["Greenlit refuses the key"]
        bench.told.problem = None
        await bench.handle(replace(_DIRECT, ts="2.2"), "how much?", name="Ev2")
        assert bench.health.problems() == []

    run(ask)


def _message(**more: Any) -> dict[str, Any]:
    return {"ts": "17.5", "user": "U1", "text": "how much now?"} | more


@pytest.mark.parametrize(
    ("messages", "asked"),
    [
        ([_message()], ["how much now?"]),
        ([_message(edited={"user": "U1"}, text="how little?")], ["how little?"]),
        ([_message(ts="17.4", text="the first of the thread"), _message()], ["how much now?"]),
        ([], []),
        ([_message(ts="17.4")], []),
        ([_message(user="U2")], []),
        ([_message(subtype="tombstone")], []),
        ([_message(bot_id="B1")], []),
        ([{"ts": "17.5"}, "none"], []),
    ],
)
def test_after_a_restart_a_message_is_read_again_and_counts_as_it_is_now(
    run: Run, messages: list[Any], asked: list[str]
) -> None:
    async def ask(bench: Bench) -> None:
        bench.slack.messages = messages
        assert await bench.handle(_DIRECT, None, maybe_sent=True) is None
        assert bench.unfinished() == []

    assert _asked(run(ask)) == [(text, "mira@northlight.example", True) for text in asked]


def test_after_a_restart_a_mention_that_was_taken_back_is_not_answered(run: Run) -> None:
    async def ask(bench: Bench) -> None:
        bench.slack.messages = [_message(text="never mind")]
        await bench.handle(_MENTION, None)

    assert run(ask).told.asked == []


@pytest.mark.parametrize(("maybe_sent", "words"), [(False, RESTARTED), (True, MAYBE_ANSWERED)])
def test_after_a_restart_a_command_is_asked_for_again(run: Run, *, maybe_sent: bool, words: str) -> None:
    bench = run(lambda bench: bench.handle(_COMMAND, None, maybe_sent=maybe_sent))

    assert bench.told.asked == []
    assert [told["text"] for _, told in bench.slack.shown] == [words]


def test_where_the_bot_may_not_read_again_the_question_is_asked_for_again(run: Run) -> None:
    async def ask(bench: Bench) -> None:
        bench.slack.unreadable = "missing_scope"
        assert await bench.handle(_MENTION, None) is None
        assert bench.unfinished() == []

    bench = run(ask)

    assert [told["text"] for _, told in bench.slack.shown] == [RESTARTED]
    assert [values["problem"] for _, values in bench.said] == ["expected to read a message again, got missing_scope"]


def test_an_end_that_the_disk_refuses_is_kept_later_and_nothing_is_said_twice(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask(bench: Bench) -> None:
        full = [True, True]
        end = bench.deliveries.end

        async def refused(name: str, ending: Any) -> None:
            if full:
                raise DeliveriesError(f"full {full.pop()}")
            await end(name, ending)

        monkeypatch.setattr(bench.deliveries, "end", refused)
        item = Item(Delivery("Ev1", _DIRECT), "how much?", began_s=0.0)
        await bench.deliveries.take(item.delivery)
        assert [await bench.handling.handle(item) for _ in range(3)] == [5.0, 5.0, None]
        assert bench.unfinished() == []
        assert bench.health.problems() == ["full True"]

    assert len(run(ask).told.asked) == 1
