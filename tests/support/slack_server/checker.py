"""Reads everything the server received, and says what is wrong with it.

1. Each question is answered exactly once: an answer is what holds one of the texts that it expects, in its own place
   (the thread of direct messages, the person and the channel, the `response_url`). Later versions of one message are
   one answer.
2. Nothing of a document, known by texts that only it has, was shown where somebody could read it who may not, nor in a
   channel that is shared with others, nor together with a mention of everybody.
3. Nobody was answered who is not to be: bots, edits, deletions, the app itself.
4. How long acknowledgements took.

A process that is killed between Slack's taking something for one person alone and its own noting that may send it once
more: Slack gives no way to look. Such pairs are counted apart, and only around a kill.
"""

import collections
import itertools
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.support.slack_server.questions import Question, Rights
from tests.support.slack_server.recording import Delivered, Record, Shown

_AROUND_A_KILL_S = 3.0
_JUST_S = 0.1  # between the moment that is noted for a kill and the process's end
_MESSAGES = ("message", "ephemeral", "response")
_ALL = re.compile(r"<!(here|channel|everyone)[>|]")
WITHIN_S = 1.0


@dataclass(slots=True)
class Checked:
    """What the checker found."""

    questions: int = 0
    answered: int = 0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    again_after_a_kill: list[str] = field(default_factory=list)  # to the same person alone
    told_to_ask_again: list[str] = field(default_factory=list)
    left_alone: list[str] = field(default_factory=list)  # that may go unanswered
    in_wrong_places: list[str] = field(default_factory=list)
    not_to_be_answered: list[str] = field(default_factory=list)
    shared: int = 0  # messages that everybody in a room reads
    shared_twice: list[str] = field(default_factory=list)
    refused_again: list[str] = field(default_factory=list)  # to whoever may not ask: no answer, and no harm
    talked_on: list[str] = field(default_factory=list)  # threads with more messages than questions
    mentions_of_all: list[str] = field(default_factory=list)
    never_delivered: list[str] = field(default_factory=list)
    acknowledged_s: list[float] = field(default_factory=list)  # sorted
    not_acknowledged: int = 0  # attempts at which somebody listened, and nothing came back in time
    nobody_listened: int = 0  # attempts while the app was away, and those that a kill broke off
    errors: dict[str, int] = field(default_factory=dict)  # what the Web API refused, by method and error

    @property
    def faults(self) -> list[str]:
        """Return everything that breaks a promise."""
        named = {
            "lost": self.lost,
            "answered more than once": self.twice,
            "shown in a wrong place": self.in_wrong_places,
            "answered, and is not to be": self.not_to_be_answered,
            "shared more than once": self.shared_twice,
            "said more often than asked": self.talked_on,
            "mentions everybody": self.mentions_of_all,
            "given up by Slack": self.never_delivered,
        }
        return [f"{what}: {one}" for what, found in named.items() for one in found]

    def quantile(self, share: float) -> float:
        """Return within how many seconds a share of the deliveries was acknowledged."""
        if not self.acknowledged_s:
            return math.nan
        return self.acknowledged_s[min(len(self.acknowledged_s) - 1, math.ceil(share * len(self.acknowledged_s)) - 1)]

    @property
    def within_a_second(self) -> float:
        """Return the share of deliveries that were acknowledged within a second, of those that somebody heard."""
        heard = len(self.acknowledged_s) + self.not_acknowledged
        return sum(took <= WITHIN_S for took in self.acknowledged_s) / heard if heard else 0.0


def check(
    record: Record,
    questions: Sequence[Question],
    rights: Rights,
    *,
    kills: Sequence[float] = (),
    asks_again: Sequence[str] = (),
    joinable: bool = False,
) -> Checked:
    """Read a record.

    Args:
        record: what the server received.
        questions: all that were asked.
        rights: who may read what.
        kills: when the app was killed, on the clock of `time.monotonic`.
        asks_again: texts with which a command is told that it was lost to a restart, which counts as no answer.
        joinable: whether people who can join a public channel by themselves count as its readers.
    """
    checked = Checked(questions=len(questions))
    _count_answers(checked, record, questions, sorted(kills), asks_again)
    _count_messages(checked, record, questions)
    _count_shared(checked, record)
    for shown in record.shown:
        for one in rights.wrong(shown, joinable=joinable):
            checked.in_wrong_places.append(f"{one}, by {shown.method} ({shown.where}) in {shown.channel}")
        if shown.where in _MESSAGES and _mentions_all(shown.content):
            checked.mentions_of_all.append(f"{shown.method} in {shown.channel}")
    for call in record.calls:
        if call.error and not call.is_fault:
            name = f"{call.method}: {call.error}"
            checked.errors[name] = checked.errors.get(name, 0) + 1
    _time(checked, record.delivered, tuple(kills))
    return checked


def _count_answers(
    checked: Checked, record: Record, questions: Sequence[Question], kills: list[float], asks_again: Sequence[str]
) -> None:
    shown = _by_place(record)
    groups: dict[tuple[object, ...], list[Question]] = defaultdict(list)
    for question in questions:
        groups[*question.place, question.expects, question.silence].append(question)
    expected: dict[tuple[object, ...], set[str]] = defaultdict(set)
    for question in questions:
        expected[question.place].update(question.expects)
    for asked in groups.values():
        first = asked[0]
        here = shown[first.place]
        if first.silence:
            if here:
                checked.not_to_be_answered.append(f"{_names(asked)}, by {here[0].method}")
            continue
        answers = _answers(here, first, expected[first.place], asks_again)
        checked.answered += min(len(answers), len(asked))
        if len(answers) > len(asked):
            _too_many(checked, asked, answers, kills)
        elif len(answers) < len(asked):
            _too_few(checked, asked, answers, told=any(_says(one, asks_again) for one in here))


def _too_many(checked: Checked, asked: Sequence[Question], answers: Sequence[Shown], kills: Sequence[float]) -> None:
    extra, line = len(answers) - len(asked), f"{_names(asked)}: {len(answers)}"
    if extra == 1 and asked[0].may_go_unanswered and not asked[0].expects:
        checked.refused_again.append(line)
    elif extra <= _by_kills(answers, kills):
        checked.again_after_a_kill.append(line)
    else:
        checked.twice.append(line)


def _too_few(checked: Checked, asked: Sequence[Question], answers: Sequence[Shown], *, told: bool) -> None:
    if asked[0].may_go_unanswered:
        checked.left_alone.append(_names(asked))
    elif asked[0].response_url and told:
        checked.told_to_ask_again.append(_names(asked))
    else:
        checked.lost.append(f"{_names(asked)}: {len(answers)} of {len(asked)}")


def _names(asked: Iterable[Question]) -> str:
    return ", ".join(one.name for one in asked)


def _count_messages(checked: Checked, record: Record, questions: Sequence[Question]) -> None:
    """Find threads of direct messages where the app speaks more often than it is asked: it may be talking to itself."""
    asked = collections.Counter(one.place for one in questions)
    asked.update(one.place for one in questions if one.may_go_unanswered)  # see `refused_again`
    for place, shown in _by_place(record).items():
        said = {one.message for one in shown if one.where == "message"}
        if place[0] == "thread" and len(said) > asked[place]:
            checked.talked_on.append(f"{place[1]}: {len(said)} to {asked[place]}")


def _count_shared(checked: Checked, record: Record) -> None:
    """Count what was said openly in rooms; what the app's metadata name alike stands there once in each thread."""
    said: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for one in record.shown:
        if one.where == "message" and not str(one.channel).startswith("D"):
            named = str((one.content.get("metadata") or {}).get("event_payload") or one.message)
            said[str(one.channel), str(one.thread), named].add(one.message)
    checked.shared = len(said)
    checked.shared_twice = [f"{place}: {len(messages)}" for (place, *_), messages in said.items() if len(messages) > 1]


def _by_place(record: Record) -> Mapping[tuple[str | None, ...], list[Shown]]:
    """Return the messages by the place of the question that they could be for."""
    found: dict[tuple[str | None, ...], list[Shown]] = defaultdict(list)
    for shown in record.shown:
        if shown.where not in _MESSAGES:
            continue
        if shown.response_url:
            found["response", shown.response_url].append(shown)
        elif shown.channel and shown.channel.startswith("D"):
            found["thread", shown.channel, shown.thread].append(shown)
        else:
            for user in shown.readers if shown.where == "ephemeral" else ():
                found["person", shown.channel, user].append(shown)
    return found


def _answers(
    shown: Iterable[Shown], question: Question, expected_here: Iterable[str], asks_again: Sequence[str]
) -> list[Shown]:
    """Return the answers among what was shown, the first version of each; a refusal is what answers nothing else."""
    found: dict[str, Shown] = {}
    for one in shown:
        wanted = _says(one, question.expects) if question.expects else not _says(one, expected_here)
        if wanted and not _says(one, asks_again):
            found.setdefault(one.message, one)
    return list(found.values())


def _says(shown: Shown, words: Iterable[str]) -> bool:
    return any(word in shown.text for word in words)


def _by_kills(answers: Sequence[Shown], kills: Sequence[float]) -> int:
    """Return how many answers to one person alone may be there because of kills that came just after another."""
    left, allowed = list(kills), 0
    for first, second in itertools.pairwise(answers):
        alone = len(first.readers) == 1 and first.readers == second.readers
        last = min(second.at, first.at + _AROUND_A_KILL_S)
        just = next((kill for kill in left if first.at - _JUST_S <= kill <= last), None)
        if alone and just is not None and first.where != "message" != second.where:
            left.remove(just)
            allowed += 1
    return allowed


def _mentions_all(content: object, *, top: bool = True) -> bool:
    """Return whether a message calls everybody: in what Slack reads as markup, not in a quote of `rich_text`."""
    if isinstance(content, list):
        return any(_mentions_all(one, top=False) for one in content)
    if not isinstance(content, dict):
        return False
    if content.get("type") == "broadcast":
        return True
    text = content.get("text")
    as_markup = top or content.get("type") in ("mrkdwn", "markdown")
    if as_markup and isinstance(text, str) and _ALL.search(text):
        return True
    return any(_mentions_all(one, top=False) for one in content.values())


def _time(checked: Checked, delivered: Iterable[Delivered], kills: Sequence[float]) -> None:
    for one in delivered:
        for attempt in one.attempts:
            ended = attempt.at + attempt.took_s
            broken_off = any(attempt.at <= kill + _AROUND_A_KILL_S and kill <= ended for kill in kills)
            if attempt.refused or (attempt.status == 0 and broken_off):
                checked.nobody_listened += 1
            elif 200 <= attempt.status < 300:
                checked.acknowledged_s.append(attempt.took_s)
            else:
                checked.not_acknowledged += 1
        if one.given_up and one.kind == "event":
            checked.never_delivered.append(one.name)
    checked.acknowledged_s.sort()
