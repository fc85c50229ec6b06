"""Does a sentence keep what its base makes it depend on: a condition, an exception, who of all is meant?

1  a clause of the base that begins with "if", "unless" or the like, beside a clause that the sentence takes up
2  what "except" and "unless" take out of a rule
3  where the sentence speaks of all or of none: what the base says behind or before the noun to tell which are meant
4  "and" between two things that are both needed, where the sentence says "or"

Kept is what the sentence has at least one word of: how well it is said is weighed elsewhere.
"""

from collections.abc import Iterator

from service.answering.supported.alike import is_light, nearly
from service.answering.supported.said import Said

_CONDITIONS = frozenset("if unless except when whenever provided".split())
_NO_CONDITION = frozenset("even whether not only".split())  # before one: "even if"
_ALL = frozenset("all every each any no".split())
_NONE = frozenset("nobody none never".split())
_SAYS = frozenset("is are was were has have may must can cannot could should shall will need needs do does".split())
_WHICH = frozenset("that who which whose".split())
_NEEDED = frozenset("only must both need needs needed required requires has have".split())
_TAKEN_UP = 0.6  # of the words of a clause, or of the sentence
_TOLD = 2  # words behind a "who" that tell who is meant: where its own verb stands is not known


def condition_faults(said: Said, base: Said) -> set[str]:
    """Return "condition" where a sentence leaves out what its base makes it depend on."""
    dropped = _drops_a_clause(said, base) or _drops_who(said, base) or _needs_less(said, base)
    return {"condition"} if dropped else set()


def _drops_a_clause(said: Said, base: Said) -> bool:
    return any(
        _takes_up(said, main) and governed and not any(_has(said, term) for term in governed)
        for governed, main in _conditional(base)
    )


def _conditional(base: Said) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    """Return the terms of each condition, and of the clause that depends on it."""
    for at, word in enumerate(base.words):
        if word not in _CONDITIONS or (at and base.words[at - 1] in _NO_CONDITION):
            continue
        if word == "when" and at and base.terms[at - 1][0].isdigit():
            continue  # "in 1916 when they won": it happened
        clause = base.clauses[at]
        governed = frozenset(base.terms[one] for one in base.heavy if one > at and base.clauses[one] == clause)
        before = frozenset(base.terms[one] for one in base.heavy if one < at and base.clauses[one] == clause)
        leads = at == 0 or (not before and base.words[at - 1 : at] in (("and",), ("but",)))
        main = base.by_clause.get(clause + 1 if leads or not clause else clause - 1, frozenset())
        yield governed - (before or main), before or main


def _takes_up(said: Said, terms: frozenset[str]) -> bool:
    """Tell whether a sentence says most of a clause, or little else."""
    shared = sum(_has(said, term) for term in terms)
    return shared > 0 and shared >= _TAKEN_UP * min(len(terms), len(said.content))


def _has(said: Said, term: str) -> bool:
    return term in said.held or nearly(term, said.held)


def _drops_who(said: Said, base: Said) -> bool:
    """Tell whether a sentence of all or of none leaves out what tells which of them are meant."""
    for at in _spoken_of(said):
        places = [place for place in base.heavy if base.terms[place] == said.terms[at]]
        told = [_told_behind(base, place) | _told_before(base, place) for place in places]
        if told and all(terms and not any(_has(said, term) for term in terms) for terms in told):
            return True
    return False


def _spoken_of(said: Said) -> Iterator[int]:
    """Return the places of nouns of which a sentence says all: behind an "every", or anywhere behind a "nobody"."""
    heavy = frozenset(said.heavy)
    is_none = False
    for at, word in enumerate(said.words):
        is_none = is_none or word in _NONE
        if at in heavy and (is_none or _is_behind_all(said, at, heavy)):
            yield at


def _is_behind_all(said: Said, at: int, heavy: frozenset[int]) -> bool:
    while at in heavy:
        at -= 1
    return at >= 0 and said.words[at] in _ALL


def _told_behind(base: Said, at: int) -> frozenset[str]:
    """Return the terms of a clause right behind a noun that tells which are meant, up to the verb of the noun."""
    found: set[str] = set()
    if base.words[at + 1 : at + 2] and base.words[at + 1] in _WHICH:
        for place in range(at + 2, len(base.words)):
            ends = base.clauses[place] != base.clauses[at + 1] or len(found) == _TOLD
            if ends or (found and base.words[place] in _SAYS):
                break
            if not is_light(base.words[place]):
                found.add(base.terms[place])
    return frozenset(found)


def _told_before(base: Said, at: int) -> frozenset[str]:
    """Return the term right before a noun behind an "every": "every trained member"."""
    if at > 1 and base.words[at - 2] in _ALL and not is_light(base.words[at - 1]):
        return frozenset({base.terms[at - 1]})
    return frozenset()


def _needs_less(said: Said, base: Said) -> bool:
    """Tell whether one of two things is enough for a sentence where its base needs both."""
    if _NEEDED.isdisjoint(base.words):
        return False
    both = set(_joined(base, "and"))
    return any(pair in both for pair in _joined(said, "or"))


def _joined(said: Said, word: str) -> Iterator[tuple[str, str]]:
    """Return the last term before and the first behind each "and" or "or"."""
    for at, one in enumerate(said.words):
        if one == word:
            before = next((said.terms[place] for place in range(at - 1, -1, -1) if not is_light(said.words[place])), "")
            behind = [said.terms[place] for place in said.heavy if place > at][:2]
            yield from ((before, term) for term in behind)
