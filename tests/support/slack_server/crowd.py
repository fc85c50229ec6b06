"""What people of the town do in a day, in an order that a seed gives: questions of every kind, and what is none.

Each question is one whose answer can be told from all others: by its thread in direct messages, by its `response_url`,
and in a room by the person and the fact, which nobody asks twice there. Refusals look alike, so the room
`production` is for questions that are refused, and nothing else.
"""

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tests.support.slack_server.questions import Question
from tests.support.slack_server.recording import Delivered
from tests.support.slack_server.running import MENTION, SlackServer
from tests.support.slack_server.town import BOARD_FACTS, NOBODY_KNOWS, STAFF_FACTS, Town, marker_of
from tests.support.slack_server.workspace import Channel, Member

_FACTS = STAFF_FACTS | BOARD_FACTS
_OFTEN = 0.5
_SHARES = (
    ("direct", 40),
    ("follow-up", 10),
    ("room", 20),
    ("command", 12),
    ("refused room", 4),
    ("shared room", 2),
    ("outsider", 3),
    ("edit", 3),
    ("share", 4),
    ("bot", 2),
    ("home", 2),
    ("mention in code", 2),
)


@dataclass
class Crowd:
    """People who do things; it remembers what they asked."""

    slack: SlackServer
    town: Town
    seed: int = 1
    sure: bool = False  # that Greenlit answers nothing that it cannot know: its encoder is the usual one
    questions: list[Question] = field(default_factory=list)
    commands: dict[str, tuple[Delivered, Member, Channel, str]] = field(default_factory=dict)  # by response_url
    done: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - the same day each time
        self._threads: list[tuple[Member, str]] = []  # of direct messages
        self._in_rooms = self._room_questions()
        self._do: dict[str, Callable[[], None]] = {
            "direct": self._direct,
            "follow-up": self._follow_up,
            "room": self._room,
            "command": self._command,
            "refused room": self._refused_room,
            "shared room": self._shared_room,
            "outsider": self._outsider,
            "edit": self._edit,
            "share": self._share,
            "bot": self._bot,
            "home": self._home,
            "mention in code": self._mention_in_code,
        }

    def step(self) -> str:
        """Let somebody do the next thing; return what kind it was."""
        kinds, weights = zip(*_SHARES, strict=True)
        kind: str = self._random.choices(kinds, weights)[0]
        self._do[kind]()
        self.done += 1
        return kind

    def ask_again(self, again: list[str]) -> int:
        """Give those commands once more whose `response_url` is named; return how many."""
        for name in again:
            _, member, channel, question = self.commands[name]
            self._give(member, channel, question)
        return len(again)

    def asked(self) -> list[Question]:
        """Return all questions, and of each command whether Slack brought it."""
        failed = {name for name, one in self.commands.items() if not one[0].acknowledged}
        return [
            replace(one, may_go_unanswered=one.may_go_unanswered or one.response_url in failed)
            for one in self.questions
        ]

    def _expects(self, member: Member, question: str) -> tuple[str, ...]:
        """Return the fact that answers a question, if the person may read it: otherwise it is refused."""
        if question in STAFF_FACTS or (question in BOARD_FACTS and member in self.town.board):
            return (marker_of(_FACTS[question]),)
        return ()

    def _somebody(self) -> Member:
        return self._random.choice(self.town.everybody)

    def _something(self, member: Member) -> str:
        known = [one for one in _FACTS if self._expects(member, one)]
        return self._random.choice([*_FACTS, NOBODY_KNOWS] if self.sure else known)

    def _direct(self) -> None:
        member = self._somebody()
        question = self._something(member)
        channel = self.town.workspace.direct(member)
        said = self.slack.says(member, channel, question)
        self._threads.append((member, said.thread))
        self._remember(member, channel, question, said.thread)

    def _follow_up(self) -> None:
        if not self._threads:
            return self._direct()
        member, thread = self._random.choice(self._threads)
        channel = self.town.workspace.direct(member)
        taken = {one.expects for one in self.questions if one.thread == thread}
        question = next(one for one in _FACTS if self._expects(member, one) not in {*taken, ()})
        self.slack.says(member, channel, question, thread=thread)
        return self._remember(member, channel, question, thread)

    def _room_questions(self) -> Iterator[tuple[Member, Channel, str]]:
        """Return who asks what in which room: each once, then each once more as if it were new."""
        general, board = self.town.rooms[0], self.town.room_of_the_board
        every = [(one, general, fact) for one in self.town.everybody for fact in _FACTS if self._expects(one, fact)]
        every += [(one, board, fact) for one in self.town.board for fact in BOARD_FACTS]
        self._random.shuffle(every)
        return itertools.chain(every, itertools.cycle(every))

    def _room(self) -> None:
        member, channel, question = next(self._in_rooms)
        self.slack.says(member, channel, f"{MENTION} {question}")
        self._remember(member, channel, question)

    def _refused_room(self) -> None:
        member = self._random.choice(self.town.staff)
        question = self._random.choice([*BOARD_FACTS, NOBODY_KNOWS])
        channel = self.town.rooms[1]
        self.slack.says(member, channel, f"{MENTION} {question}")
        self._remember(member, channel, question)

    def _shared_room(self) -> None:
        member, channel = self._somebody(), self.town.rooms[2]
        said = self.slack.says(member, channel, f"{MENTION} {self._random.choice(list(STAFF_FACTS))}")
        self.questions.append(Question(said.message.ts, channel.id, member.id, may_go_unanswered=True))

    def _outsider(self) -> None:
        member = self._random.choice([one for one in self.town.outsiders if not one.is_bot and not one.deleted])
        channel = self.town.workspace.direct(member)
        said = self.slack.says(member, channel, self._random.choice(list(STAFF_FACTS)))
        asked = Question(said.message.ts, channel.id, member.id, thread=said.thread, may_go_unanswered=True)
        self.questions.append(asked)

    def _command(self) -> None:
        member = self._somebody()
        self._give(member, self.town.rooms[0], self._something(member))

    def _give(self, member: Member, channel: Channel, question: str) -> None:
        given = self.slack.gives_command(member, channel, question)
        self.commands[given.name] = (given, member, channel, question)
        self.questions.append(
            Question(
                f"/ask {given.name}",
                channel.id,
                member.id,
                self._expects(member, question),
                response_url=given.name,
            )
        )

    def _edit(self) -> None:
        if not self._threads:
            return self._direct()
        member, thread = self._random.choice(self._threads)
        channel = self.town.workspace.direct(member)
        message = channel.messages[thread]
        self.slack.edits(channel, message, message.text + " ")
        return None

    def _bot(self) -> None:
        bot = next(one for one in self.town.outsiders if one.is_bot)
        channel = self.town.rooms[0]
        said = self.slack.says(bot, channel, f"{MENTION} {self._random.choice(list(STAFF_FACTS))}")
        self.questions.append(Question(said.message.ts, channel.id, bot.id, thread=said.thread, silence=True))

    def _share(self) -> None:
        """Let somebody share an answer that they alone see, by two clicks; in most rooms not all may read it."""
        seen = [one for one in self.slack.record.shown if one.where == "ephemeral" and _share_button(one.content)]
        if not seen:
            return self._room()
        among_the_board = [one for one in seen if one.channel == self.town.room_of_the_board.id]
        one = self._random.choice(among_the_board if among_the_board and self._random.random() < _OFTEN else seen)
        member = self.town.workspace.people[next(iter(one.readers))]
        channel = self.town.workspace.channels[str(one.channel)]
        message = {"ts": one.message, "is_ephemeral": True, "thread_ts": one.thread}
        for _ in range(2):
            self.slack.presses(member, _share_button(one.content), channel=channel, message=message)
        return None

    def _home(self) -> None:
        self.slack.opens_home(self._somebody())

    def _mention_in_code(self) -> None:
        member = self._somebody()
        self.slack.says(member, self.town.rooms[1], f"`{MENTION}` is how one calls it")

    def _remember(self, member: Member, channel: Channel, question: str, thread: str | None = None) -> None:
        name = f"{channel.name or 'direct'} {len(self.questions)}"
        expects = self._expects(member, question)
        self.questions.append(Question(name, channel.id, member.id, expects, thread=thread))


def _share_button(content: Any) -> dict[str, Any]:
    """Return the button with which an answer is shared; an empty one if there is none."""
    for one in content.values() if isinstance(content, dict) else content if isinstance(content, list) else ():
        if isinstance(one, dict) and one.get("type") == "button" and "share" in str(one.get("text")).lower():
            return one
        if found := _share_button(one):
            return found
    return {}
