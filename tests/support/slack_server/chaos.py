"""The bot and Greenlit as real processes, a crowd that asks, and what is done to them: kills, restarts, a bad network.

`run` makes a town, lets the crowd act, kills the bot with `kill -9` and starts it again, restarts Greenlit, waits until
all is quiet, and has the checker read what Slack received. At its end the bot is killed and started once more: then it
says nothing.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import forked
from tests.support.slack_server import town as town_module
from tests.support.slack_server.checker import Checked, check
from tests.support.slack_server.crowd import Crowd
from tests.support.slack_server.deliveries import Pace
from tests.support.slack_server.faults import Faults
from tests.support.slack_server.programs import START_S, Bot, Served
from tests.support.slack_server.questions import Rights
from tests.support.slack_server.running import SlackServer
from tests.support.slack_server.town import BOARD_FACTS, NOBODY_KNOWS, STAFF_FACTS, Town, marker_of

ASK_AGAIN = ("I was restarted before I could answer", "I was restarted while I was answering")
_QUIET_S = 2.0
_MOST_ROUNDS = 5
_TROUBLE_EVERY = 15  # events


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done."""

    events: int = 1_000
    kills: int = 3
    restarts: int = 1  # of Greenlit
    a_second: float = 12.0
    staff: int = 12
    board: int = 4
    over_sockets: bool = False
    encoder: str | None = None  # another than the usual one
    stalled_s: float = 45.0  # after so long without a call nothing more is expected
    trouble: bool = False  # whether Slack limits, breaks down and breaks off meanwhile
    pace: Pace = field(default_factory=lambda: Pace(scale=1 / 20, duplicates=0.2, late=0.3, late_s=0.5))
    seed: int = 1
    code: str = forked.GREENLIT  # of the bot: another one where the checker itself is tried


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    checked: Checked
    kinds: dict[str, int]
    kills: int
    asked_again: int
    seconds: float
    after_the_last_start: int  # what the bot said after it was started once more with nothing to do
    said_by_the_bot: str = field(repr=False)
    texts_left: list[str] = field(default_factory=list)  # questions and documents on the bot's disk and in its log
    unused_scopes: list[str] = field(default_factory=list)  # of the manifest, that no call needed
    deliveries: int = 0
    calls: int = 0


def run(folder: Path, plan: Plan) -> Outcome:
    """Do all of it."""
    began = time.monotonic()
    with SlackServer() as slack:
        town = slack.changes(lambda: town_module.build(slack.workspace, staff=plan.staff, board=plan.board))
        greenlit = town_module.install(folder, town, encoder=plan.encoder)
        bot, served = Bot(slack, greenlit, over_sockets=plan.over_sockets, code=plan.code), Served(greenlit)
        served.start()
        bot.start()
        try:
            _wait_until_heard(slack, town, bot)
            slack.sends_to(bot.address, plan.pace)
            crowd = Crowd(slack, town, plan.seed, sure=plan.encoder is None)
            kinds = _act(crowd, bot, served, plan)
            again = _until_quiet(crowd, slack, bot, plan.stalled_s)
            before = len(slack.record.shown)
            bot.kill()
            bot.start()
            time.sleep(_QUIET_S * 2)
            after = len(slack.record.shown) - before
            checked = _check(crowd, slack, bot)
        finally:
            bot.close()
            served.close()
    return Outcome(
        checked=checked,
        kinds=kinds,
        kills=len(bot.kills),
        asked_again=again,
        seconds=time.monotonic() - began,
        after_the_last_start=after,
        said_by_the_bot=bot.said,
        texts_left=_texts_left(bot),
        unused_scopes=sorted(slack.state.scopes - slack.state.used_scopes),
        deliveries=len(slack.record.delivered),
        calls=len(slack.record.calls),
    )


def _texts_left(bot: Bot) -> list[str]:
    """Return which questions and facts are in the bot's files or in what it said: there are to be none."""
    facts = STAFF_FACTS | BOARD_FACTS
    needles = [*facts, NOBODY_KNOWS, *(marker_of(fact) for fact in facts.values())]
    files = {path.name: path.read_bytes() for path in sorted(bot.folder.rglob("*")) if path.is_file()}
    kept = files | {"what it said": bot.said.encode()}
    return [f"{needle!r} in {name}" for name, held in kept.items() for needle in needles if needle.encode() in held]


def _wait_until_heard(slack: SlackServer, town: Town, bot: Bot) -> None:
    """Wait until the bot listens: it takes an event."""
    deadline = time.monotonic() + START_S
    slack.sends_to(bot.address, Pace(scale=1 / 600))
    while True:
        opened_home = slack.opens_home(town.staff[0])
        slack.settle()
        if opened_home.acknowledged:
            break
        assert time.monotonic() < deadline, f"expected the bot to take an event, it said: {bot.said[-2_000:]}"
    slack.changes(slack.record.delivered.clear)


def _act(crowd: Crowd, bot: Bot, served: Served, plan: Plan) -> dict[str, int]:
    """Let the crowd act, and kill and restart meanwhile, at even distances; return how often what was done."""
    kills = {plan.events * (number + 1) // (plan.kills + 1) for number in range(plan.kills)}
    restarts = {plan.events * (2 * number + 1) // (2 * plan.restarts) + 3 for number in range(plan.restarts)}
    kinds: dict[str, int] = {}
    began = time.monotonic()
    restarting: list[threading.Thread] = []
    for number in range(plan.events):
        time.sleep(max(0.0, began + number / plan.a_second - time.monotonic()))
        if plan.trouble and number % _TROUBLE_EVERY == 0:
            _trouble(crowd.slack.faults, number // _TROUBLE_EVERY)
        kind = crowd.step()
        kinds[kind] = kinds.get(kind, 0) + 1
        if number in kills:
            bot.kill()
            bot.start()
        if number in restarts:
            restarting.append(threading.Thread(target=served.restart))
            restarting[-1].start()
    for one in restarting:
        one.join()
    return kinds


def _trouble(faults: Faults, number: int) -> None:
    """Let one thing go wrong at Slack. Only what can be looked for again breaks off after it was done."""
    troubles: tuple[Callable[[], None], ...] = (
        lambda: faults.limit("chat.postMessage", retry_after_s=1, times=2),
        lambda: faults.break_down("chat.postEphemeral", times=2),
        lambda: faults.reset("chat.postMessage", after=True),
        lambda: faults.limit("users.info", retry_after_s=1),
        lambda: faults.refuse("chat.postMessage", "internal_error"),
        lambda: faults.break_down("response_url", status=503),
        lambda: faults.hang("chat.postMessage", 2.0),
        lambda: faults.reset("chat.postEphemeral"),
    )
    troubles[number % len(troubles)]()


def _until_quiet(crowd: Crowd, slack: SlackServer, bot: Bot, stalled_s: float) -> int:
    """Wait until nothing comes any more; commands that were lost to a kill are given again, as people do."""
    given = 0
    replaced: set[str] = set()
    for _ in range(_MOST_ROUNDS):
        slack.settle()
        _wait_for_answers(crowd, slack, bot, stalled_s)
        told = {name.removeprefix("/ask ") for name in _check(crowd, slack, bot).told_to_ask_again}
        failed = {name for name, one in crowd.commands.items() if not one[0].acknowledged}
        again = sorted((told | failed) - replaced)
        if not again:
            break
        replaced.update(again)
        given += crowd.ask_again(again)
    return given


def _wait_for_answers(crowd: Crowd, slack: SlackServer, bot: Bot, stalled_s: float) -> None:
    """Wait until all is answered and quiet, or nothing has come for long."""
    seen, since = -1, time.monotonic()
    while True:
        time.sleep(0.25)
        now = len(slack.record.calls)
        if now != seen:
            seen, since = now, time.monotonic()
            continue
        quiet = time.monotonic() - since
        if quiet > stalled_s or (quiet > _QUIET_S and not _check(crowd, slack, bot).lost):
            return


def _check(crowd: Crowd, slack: SlackServer, bot: Bot) -> Checked:
    def check_it() -> Checked:
        rights = Rights(crowd.town.may_read())
        return check(slack.record, crowd.asked(), rights, kills=bot.kills, asks_again=ASK_AGAIN, joinable=True)

    return slack.changes(check_it)
