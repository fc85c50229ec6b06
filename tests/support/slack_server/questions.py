"""What the checker is told: the questions that were asked, and who may read what."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.support.slack_server.recording import Shown


@dataclass(frozen=True, slots=True)
class Question:
    """A question that somebody asked. `thread` and `response_url` say where its answer belongs, as far as they do.

    `expects` are texts of which an answer holds one. With none the question is not to be answered from documents: what
    is said to it is a refusal, and `silence` means that nothing at all is said.
    """

    name: str
    channel: str
    user: str
    expects: tuple[str, ...] = field(default=(), repr=False)
    thread: str | None = None
    response_url: str | None = None
    silence: bool = False
    may_go_unanswered: bool = False  # Slack told the person that it did not work, or it is refused only now and then

    @property
    def place(self) -> tuple[str | None, ...]:
        """What tells its answer from others': as little as Slack needs."""
        if self.response_url:
            return ("response", self.response_url)
        if self.channel.startswith("D"):
            return ("thread", self.channel, self.thread)
        return ("person", self.channel, self.user)


@dataclass(frozen=True, slots=True)
class Rights:
    """Who may read what: of each document, texts that no other has, and the people who may read it."""

    readers: Mapping[str, frozenset[str]] = field(repr=False)

    def wrong(self, shown: Shown, *, joinable: bool) -> list[str]:
        """Return which of the texts somebody could read who may not: by their place in the list, not by themselves."""
        text, people = shown.text, shown.joinable if joinable else shown.readers
        found = []
        for number, (marker, may) in enumerate(self.readers.items()):
            if marker in text and (people - may or shown.is_shared_place):
                found.append(f"document {number} to {sorted(people - may)[:3] or 'a shared channel'}")
        return found
