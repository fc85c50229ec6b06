"""What a model is given of the passages found: each with an id of its own and what its document says of its age.

Ids are random for each question, so that no document can name one: a text that asks to be cited cannot say as what.
Passages are given whole, the best first, up to a number of characters.
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from indexes.builds import Build
from indexes.documents import Passage
from service.answering.editions.dated import HEAD_CHARS, dated
from service.answering.supported.support import Offered

MOST_CHARS = 12_000  # of passages in a prompt, some 3,000 tokens: what small models take with room for an answer
MOST_PASSAGES = 10
_ID_BYTES = 4


@dataclass(frozen=True, slots=True)
class Given:
    """The passages that a model is given, best first, and what documents say of their age, by document, in words."""

    offered: tuple[Offered, ...]
    dates: tuple[tuple[str, str], ...] = ()

    @property
    def ids(self) -> frozenset[str]:
        """The ids that may be cited."""
        return frozenset(one.id for one in self.offered)

    def only(self, ids: Iterable[str]) -> "Given":
        """Return the passages of some ids, in the order in which they were given."""
        kept = frozenset(ids)
        return Given(tuple(one for one in self.offered if one.id in kept), self.dates)


def new_id() -> str:
    """Return an id that nobody can guess: "p" and eight hex digits."""
    return f"p{secrets.token_hex(_ID_BYTES)}"


def give(
    passages: Sequence[Passage], *, build: Build, ids: Callable[[], str] = new_id, most_chars: int = MOST_CHARS
) -> Given:
    """Return what a model is given.

    Args:
        passages: those that may be sent to it, best first.
        build: the build that they were found in.
        ids: makes an id; for tests and for making a prompt again.
        most_chars: of all passages together. One that does not fit is left out; a shorter one after it may fit.
    """
    offered: dict[str, Offered] = {}
    room, texts = most_chars, " ".join(passage.text for passage in passages)
    for passage in passages:
        if len(passage.text) > room or len(offered) == MOST_PASSAGES:
            continue
        room -= len(passage.text)
        one = next(made for made in iter(ids, None) if made not in offered and made not in texts)
        offered[one] = Offered(one, passage)
    dates = {one.passage.document: _date(one.passage, build) for one in offered.values()}
    return Given(tuple(offered.values()), tuple((document, date) for document, date in dates.items() if date))


def _date(passage: Passage, build: Build) -> str:
    head = (build.passages.text(passage.document) or "")[:HEAD_CHARS]
    return dated(passage.document, passage.title, head).in_words()
