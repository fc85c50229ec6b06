"""Which passages are offered besides an answer: what was found and is not cited, for whoever wants to read on.

They are no part of the answer: the record holds them as hits. A place that is cited is not offered again, and no place
twice; nor is what may not be read at this moment.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from indexes.documents import Passage
from indexes.standing import Grant
from service.answering.answers import Citation, Further

MOST = 3
_AMONG = 6  # hits: what comes after them seldom is on the question


def further(
    found: Iterable[Passage], citations: Sequence[Citation], grants: Mapping[str, Grant]
) -> tuple[Further, ...]:
    """Return the passages to offer, the best first.

    Args:
        found: the hits' passages, the best first.
        citations: those of the answer.
        grants: what may be read now, by document.
    """
    places = {_place(citation.verified.passage) for citation in citations}
    offered: list[Further] = []
    for passage in islice(found, _AMONG):
        granted = grants.get(passage.document)
        if granted and granted.sha256 == passage.sha256 and _place(passage) not in places:
            places.add(_place(passage))
            offered.append(Further(passage, granted))
    return tuple(offered[:MOST])


def _place(passage: Passage) -> tuple[str, str]:
    return passage.document, passage.locator.place()
