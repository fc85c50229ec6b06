"""A word that stands where the base has another: the words on both sides are the base's, the one between them is not.

"Needs the agreement of the composer of the title" is the base's "of the producer of the title" with one word changed.
Somebody who rewords changes more than that, and lists of words (`alike`) know the commonest that say the same. A word
that the base has elsewhere is held to both words on both sides: "numbers from 11 upwards as words, except ...".
"""

from service.answering.supported.alike import is_light, nearly
from service.answering.supported.said import Said

_BEFORE_NOUNS = frozenset("the a an of by to for in from with at on as each every no our its your their".split())
_SIDE = 2  # words that are looked at on either side
_LEAST = 3  # of them that have to be the base's, at least one on either side; an end of both texts is one, too


def is_swapped(said: Said, base: Said) -> bool:
    """Tell whether a word with content stands in a sentence where its base has another that the sentence lacks."""
    places: dict[str, list[int]] = {}
    for at, term in enumerate(base.terms):
        places.setdefault(term, []).append(at)
    for at in said.heavy:
        term = said.terms[at]
        if not at or said.words[at - 1] not in _BEFORE_NOUNS:
            continue
        there = term in base.held or nearly(term, base.held)
        if there and term[0].isdigit():
            continue  # which of several numbers is meant is told by `numbers`
        least = 2 * _SIDE if there else _LEAST
        before = places.get(said.terms[at - 1], [])
        if any(_fits(said, at, base, place + 1, least) for place in before):
            return True
    return False


def _fits(said: Said, at: int, base: Said, place: int, least: int) -> bool:
    if place >= len(base.terms) or base.terms[place] in said.held or is_light(base.words[place]):
        return False
    left = _shared(said, base, at, place, -1)
    right = _shared(said, base, at, place, 1)
    return left > 0 and right > 0 and left + right >= least


def _shared(said: Said, base: Said, at: int, place: int, step: int) -> int:
    """Return how many words on one side of two places are the same, up to `_SIDE`; the end of both is one."""
    shared = 0
    for far in range(step, step * (_SIDE + 1), step):
        one, other = at + far, place + far
        ends = not 0 <= one < len(said.terms), not 0 <= other < len(base.terms)
        if any(ends):
            return shared + all(ends)
        if said.terms[one] != base.terms[other]:
            break
        shared += 1
    return shared
