"""Models within the process that write what a test says, the passages they are given, and a plain idea of support.

`Scripted` stands for a model, `stands_there` for `service.answering.supported`: what is supported stands in a passage
word for word. Neither knows HTTP.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from indexes.documents import Locator, Passage, passage_id
from service.answering.supported.support import Offered, Support
from service.answering.writing.checking import Checked
from service.answering.writing.offering import Given
from service.models.errors import ModelError
from service.models.port import Message
from tests.support.model_texts import A, B, C

SCRIPTS = "Never upload unreleased scripts to a chatbot. Staff may use the approved tools."
INVOICES = "Invoices are kept for ten years. They are destroyed by the archive. Ask archive@northlight.example."
CONTRACTS = "Contracts are kept for 5 years after they end."
Says = str | ModelError | Callable[[Sequence[Message]], str]


def passage(text: str, *, document: str = "legal/rules.md", start: int = 0, title: str = "Rules") -> Passage:
    """Return a passage with a text, at a place of its document."""
    end = start + len(text)
    return Passage(
        passage_id(document, "a" * 64, start, end), document, "a" * 64, title, start, end, text, Locator("document")
    )


def given(*texts: str) -> Given:
    """Return passages of one document as they are given to a model, by the ids A, B, C."""
    texts = texts or (SCRIPTS, INVOICES, CONTRACTS)
    starts = [sum(len(text) + 2 for text in texts[:at]) for at in range(len(texts))]
    made = [passage(text, start=start) for text, start in zip(texts, starts, strict=True)]
    return Given(tuple(Offered(one, held) for one, held in zip((A, B, C), made, strict=False)))


class Scripted:
    """Writes one text a call, in pieces of a size; an error among its texts is raised after what stands before it.

    A text may be made from the messages; a model that is `deaf` writes on when it is stopped. `asked` are the messages
    of each call, `closed` how many calls were closed.
    """

    name = "scripted"

    def __init__(self, *texts: Says | Sequence[Says], piece: int = 7, deaf: bool = False) -> None:
        self._texts = list(texts)
        self._deaf = deaf
        self._piece = piece
        self.asked: list[tuple[Message, ...]] = []
        self.closed = 0
        self.most_tokens: list[int] = []

    def stream(self, messages: Sequence[Message], *, most_tokens: int, stopped: Callable[[], bool]) -> Iterator[str]:
        """Yield what it says next."""
        self.asked.append(tuple(messages))
        self.most_tokens.append(most_tokens)
        texts = self._texts.pop(0)
        return self._pieces(
            messages, [texts] if isinstance(texts, str | ModelError) or callable(texts) else texts, stopped
        )

    def _pieces(self, messages: Sequence[Message], texts: Sequence[Says], stopped: Callable[[], bool]) -> Iterator[str]:
        try:
            for says in texts:
                if isinstance(says, ModelError):
                    raise says
                text = says if isinstance(says, str) else says(messages)
                for at in range(0, len(text), self._piece):
                    if stopped() and not self._deaf:
                        return
                    yield text[at : at + self._piece]
        finally:
            self.closed += 1


def stands_there(sentence: str, cited: Sequence[Offered]) -> Support:
    """Support a sentence that stands in a passage word for word."""
    words = re.findall(r"[\w@.]*\w", sentence)
    for one in cited:
        found = re.search(r"\W+".join(map(re.escape, words)), one.passage.text, re.IGNORECASE)
        if words and found:
            span = (one.passage.start + found.start(), one.passage.start + found.end())
            return Support(1.0, (), span, one.id)
    return Support(0.25, ("not_said",), None, None)


def never() -> bool:
    """Nobody stops it."""
    return False


class Released:
    """Takes what is released, as a caller does that makes it durable and shows it; refuses what says a word."""

    def __init__(self, *, withdrawn: str = "") -> None:
        self.sentences: list[Checked] = []
        self._withdrawn = withdrawn

    def __call__(self, checked: Checked) -> bool:
        if self._withdrawn and self._withdrawn in checked.claim.text:
            return False
        self.sentences.append(checked)
        return True

    @property
    def texts(self) -> list[str]:
        """What was shown."""
        return [one.claim.text for one in self.sentences]
