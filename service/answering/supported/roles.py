"""Are words where they are in the base: who does what to whom, what comes first, what is denied?

Nothing is parsed. Two words have changed places where each stands where the other stood in the base, around

1  a verb: "the buyer tells the producer" is not "the producer tells the buyer"; "the producer is told by the buyer" is
2  their prepositions: "from Public to Restricted" is not "from Restricted to Public"
3  a "not": "deleted and not suspended" is not "suspended and not deleted"
4  a word such as "before", "if" or "than": what stood behind it stands before it
5  where it is said that an order counts: items of a list

One word that moves alone says nothing, since whoever rewords moves words. What a sentence leaves out is not looked at.
"""

from collections.abc import Iterator, Sequence

from indexes.words import terms_in_order
from service.answering.supported.alike import is_light
from service.answering.supported.said import Said

_BE = frozenset("is are was were be been being get gets got".split())
_MODAL = frozenset("may must can cannot could should shall will would do does did".split())
_BETWEEN = frozenset("not never also only then always first still".split())
_ARTICLES = frozenset("the a an each every all its their his her our your this that these those no any it them".split())
_OPENS_NOUNS = _ARTICLES | frozenset("more less fewer most many some several such other him us you".split())
_PREPOSITIONS = frozenset(
    "from to by of for in on at with without under over into through against between within behind towards via".split()
)
_BEFORE_NOUNS = _ARTICLES | _PREPOSITIONS
_BOUND = frozenset("has have needs need requires require".split())  # light, but not the same both ways round
_PARTICIPLES = frozenset(
    """told sent kept made done held taken given written shown known paid sold bought put found read left lost
    brought drawn chosen led met cut set""".split()
)
_CONNECTIVES = {
    word: words.split()[0]
    for words in (
        "if when whenever where",
        "before",
        "after once",
        "until",
        "unless",
        "than",
        "over above",
        "because since",
    )
    for word in words.split()
}
_BESIDE = frozenset("in for with at on as".split())  # "flights are booked in economy", "economy is booked for flights"
_NAMED = 2  # words of a noun with what tells it from another of its kind
_AROUND = 3  # tokens before a word in which its preposition is, and behind a "by" in which who does it is


def role_faults(said: Said, base: Said) -> set[str]:
    """Return "roles" where two words of a sentence have changed the places that they have in its base."""
    shared = _once(said) & _once(base)
    turned = (
        _around_a_verb(said, base)
        or _swapped(_prepositions(said, shared), _prepositions(base, shared))
        or _denied_for_another(said, base)
        or _around_a_connective(said, base, shared)
        or _in_another_order(said, base, shared)
    )
    return {"roles"} if turned else set()


def _once(said: Said) -> frozenset[str]:
    """Return the terms with content that a text has once."""
    terms = [said.terms[at] for at in said.heavy]
    return frozenset(term for term in terms if terms.count(term) == 1)


def _around_a_verb(said: Said, base: Said) -> bool:
    verbs, verbs_there = frozenset(_verbs(said)), frozenset(_verbs(base))
    places = {_own_stem(word): at for at, word in enumerate(base.words) if _may_be_verb(base, at)}
    for at, word in enumerate(said.words):
        there = places.get(_own_stem(word)) if _may_be_verb(said, at) else None
        if there is not None and (at in verbs or there in verbs_there) and _is_turned(said, at, base, there):
            return True
    return False


def _own_stem(word: str) -> str:
    """Return the stem of a word by itself: "give" and "get" are one for `alike`, but not the same both ways round."""
    return (terms_in_order(word) or [word])[0]


def _may_be_verb(said: Said, at: int) -> bool:
    word = said.words[at]
    return at > 0 and (not is_light(word) or word in _BOUND) and said.words[at - 1] not in _BEFORE_NOUNS


def _verbs(said: Said) -> Iterator[int]:
    """Return the places of what is a verb by what stands beside it."""
    for at, word in enumerate(said.words):
        if _may_be_verb(said, at) and (
            word in _BOUND
            or said.words[_before(said, at)] in _BE | _MODAL
            or not _OPENS_NOUNS.isdisjoint(said.words[at + 1 : at + 2])
            or (word[-1] == "s" != word[-2:-1] and _BE.isdisjoint(said.words[at + 1 : at + 2]))
        ):
            yield at


def _before(said: Said, at: int) -> int:
    """Return the place of the word before another, adverbs left out."""
    place = at - 1
    while place > 0 and (said.words[place] in _BETWEEN or said.words[place].endswith("ly")):
        place -= 1
    return place


def _is_passive(said: Said, at: int) -> bool:
    word = said.words[at]
    done = word.endswith("ed") or word in _PARTICIPLES
    return done and at > 0 and (said.words[_before(said, at)] in _BE or said.words[at + 1 : at + 2] == ("by",))


def _is_turned(said: Said, at: int, base: Said, place: int) -> bool:
    """Tell whether what stands before and behind a verb of a sentence has changed sides, for the voice that it has."""
    left, right = _sides(said, at)
    base_left, base_right = _sides(base, place)
    if not left or not base_left:
        return False
    who, who_there = left[-1], base_left[-1]
    if who == who_there and who in right and who in base_right:  # "the old contract replaces the new contract"
        return _crossed(left[-_NAMED:], right[:_NAMED], base_left[-_NAMED:], base_right[:_NAMED])
    turned = who in base_right and who not in base_left and who_there in right and who_there not in left
    passive, passive_there = _is_passive(said, at), _is_passive(base, place)
    if passive and passive_there and not turned:
        return _changed(_behind_by(said, at), _behind_by(base, place), said, base)
    if passive and passive_there and (_behind(base, who, _BESIDE) or _behind(said, who_there, _BESIDE)):
        return False
    if passive == passive_there:
        return turned
    # one of both is passive: whoever does it stands behind its "by"
    doer = _behind_by(said, at) if passive else _behind_by(base, place)
    doer_there = base_right if passive else right
    return who == who_there and bool(doer & frozenset(doer_there))


def _crossed(left: list[str], right: list[str], base_left: list[str], base_right: list[str]) -> bool:
    moved = frozenset(left) & frozenset(base_right) - frozenset(base_left) - frozenset(right)
    back = frozenset(right) & frozenset(base_left) - frozenset(base_right) - frozenset(left)
    return bool(moved and back)


def _changed(doer: frozenset[str], doer_there: frozenset[str], said: Said, base: Said) -> bool:
    """Tell whether somebody else does it than in the base, where both stand in both texts."""
    if not doer or not doer_there or doer & doer_there:
        return False
    return doer <= base.held and doer_there <= said.held


def _sides(said: Said, at: int) -> tuple[list[str], list[str]]:
    """Return the terms with content before and behind a place, of its clause."""
    near = [place for place in said.heavy if said.clauses[place] == said.clauses[at]]
    return [said.terms[one] for one in near if one < at], [said.terms[one] for one in near if one > at]


def _behind_by(said: Said, at: int) -> frozenset[str]:
    """Return who does what is passive: the first terms with content behind the first "by" of its clause."""
    for place in range(at + 1, len(said.words)):
        if said.words[place] == "by" and said.clauses[place] == said.clauses[at]:
            return frozenset(said.terms[one] for one in said.heavy if place < one <= place + _AROUND)
    return frozenset()


def _behind(said: Said, term: str, words: frozenset[str]) -> bool:
    """Tell whether one of some prepositions is that of a term."""
    return _prepositions(said, frozenset({term})).get(term) in words


def _prepositions(said: Said, shared: frozenset[str]) -> dict[str, str]:
    """Return the preposition of each term that has one."""
    found = {}
    for at in said.heavy:
        if said.terms[at] in shared:
            for place in range(at - 1, max(at - 1 - _AROUND, -1), -1):
                if said.words[place] in _PREPOSITIONS:
                    found[said.terms[at]] = said.words[place]
                    break
    return found


def _swapped(own: dict[str, str], there: dict[str, str]) -> bool:
    """Tell whether two terms have each other's preposition."""
    moved = [(own[term], there[term]) for term in own if term in there and own[term] != there[term]]
    return any((old, new) in moved for new, old in moved)


def _denied_for_another(said: Said, base: Said) -> bool:
    own, there = _denied(said), _denied(base)
    return bool((own - there) & base.held) and bool((there - own) & said.held)


def _denied(said: Said) -> frozenset[str]:
    """Return the terms that stand right behind a "not"."""
    heavy = frozenset(said.heavy)
    found = set()
    for at, word in enumerate(said.words):
        if word in ("not", "never"):
            place = next((one for one in range(at + 1, at + 1 + _AROUND) if one in heavy), None)
            if place is not None:
                found.add(said.terms[place])
    return frozenset(found)


def _around_a_connective(said: Said, base: Said, shared: frozenset[str]) -> bool:
    there = list(_governed(base))
    for kind, governed, others in _governed(said):
        same = [(terms, rest) for other, terms, rest in there if other == kind]
        crossed = [
            bool(governed & rest & shared - terms - others) and bool(others & terms & shared - rest - governed)
            for terms, rest in same
        ]
        if crossed and all(crossed):
            return True
    return False


def _governed(said: Said) -> Iterator[tuple[str, frozenset[str], frozenset[str]]]:
    """Return what stands behind each connective in its clause, and the rest; an "and ..." behind it is of neither."""
    for at, word in enumerate(said.words):
        if kind := _CONNECTIVES.get(word):
            own = said.clauses[at]
            goes_on = own + 1 in said.clauses and said.words[said.clauses.index(own + 1)] in ("and", "or")
            behind = frozenset(said.terms[one] for one in said.heavy if one > at and said.clauses[one] == own)
            rest = [one for one in said.heavy if one < at or said.clauses[one] > own + goes_on]
            yield kind, behind, frozenset(said.terms[one] for one in rest)


def _in_another_order(said: Said, base: Said, shared: frozenset[str]) -> bool:
    if not _orders(base.words):
        return False
    return _orders(said.words) and _listed(said, shared) != _listed(base, shared)


def _orders(words: Sequence[str]) -> bool:
    return any(words[at : at + 3] in (("in", "this", "order"), ("in", "that", "order")) for at in range(len(words)))


def _listed(said: Said, shared: frozenset[str]) -> list[str]:
    return [said.terms[at] for at in said.heavy if said.terms[at] in shared]
