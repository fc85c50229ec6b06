"""Does a sentence affirm what its base affirms, and is what must be a must there, what may be a may?

Negations are counted: two cancel out, so "may not be used unless it is listed" is "may be used only if it is listed".
Of the base, only clauses count that the sentence takes up. Words that deny by themselves are negations too
("forbidden", "without", "lacks"). Irony, doubt and what only a whole document makes clear are not understood.
"""

from collections.abc import Sequence

from service.answering.supported.alike import nearly, opposites, stem
from service.answering.supported.amounts import Amount
from service.answering.supported.said import Said

_DENIES = frozenset(
    """not no never nobody none nothing nowhere neither nor cannot without unless except forbid forbids forbidden
    prohibit prohibits prohibited ban bans banned refuse refused refuses reject rejected rejects lack lacks lacking
    missing void invalid impossible unable fails failed exclude excluded excluding excludes barely hardly
    rather instead disallowed disallow exempt""".split()
)
_NOT = "n't"
_PLAINLY = frozenset("not no never nobody none nothing neither nor cannot".split())  # these turn a must or may round
_NOT_DENYING = (("not", "only"), ("no", "matter"), ("not", "least"))
_ALL_BUT = frozenset("everything everybody everyone all anything nothing".split())
_MUST = frozenset(
    "must shall required requires require obliged mandatory compulsory needs need needed necessary".split()
)
_HAS_TO = frozenset("has have had".split())
_MAY = frozenset(
    "may can could might allowed allow allows permitted permit permits possible able entitled free optional".split()
)
_SHOULD = frozenset("should ought recommended advised".split())
_FORBIDS = frozenset("forbidden forbids forbid prohibited prohibits prohibit banned".split())
_NEEDS_NO = frozenset("need needs needed have has required obliged necessary".split())
_VERBS = frozenset("must shall may can could might should ought".split())  # a "not" of theirs stands behind them
_WEAK = frozenset("may might could".split())
_CONDITIONS = frozenset("if when whenever where while because although unless until before after".split())
_NEAR = 2  # tokens between a must or may and its "not"
_FAR = frozenset("no nobody none nothing never neither".split())  # these may stand further before it
_TAKEN_UP = 0.6  # of the words of a clause of the base: it is taken up


def polarity_faults(
    said: Said, own: Sequence[Amount], base: Said, found: Sequence[Amount], label: Said | None
) -> set[str]:
    """Return "negation" where a sentence denies what its base affirms, affirms what it denies, or says must for may.

    Args:
        said: the sentence.
        own: its numbers; a "no" that belongs to a bound ("no more than ten") denies nothing.
        base: what it rests on.
        found: the numbers of that.
        label: what the base stands under, where that is no question: "The following is forbidden:".
    """
    taken = _taken_up(said, base)
    denied = _denials(said, base, own)
    denied_there = [at for at in _denials(base, said, found) if base.clauses[at] in taken]
    if not denied:  # what the sentence says may be beside what is denied: "a former player has never ..."
        denied_there = [at for at in denied_there if _is_taken_up(at, said, base)]
    over = _denials(label, said, ()) if label else []
    if len(denied) % 2 != (len(denied_there) + len(over)) % 2:
        return {"negation"}
    if _says_opposite(said, base):
        return {"negation"}
    modes = _modes(said, denied, None)
    if modes == {"may"} and "only" in said.words and len(denied) != len(denied_there) + len(over):
        return set()  # "may only with a second person" for "nobody may without": two denials are one permission
    there = _modes(base, denied_there, taken) | (_modes(label, over, None) if label else frozenset())
    if not there:
        return {"negation"} if _weakens(said, base) else set()
    return set() if not modes or modes & there else {"negation"}


def _is_of_one(said: Said, place: int, at: int) -> bool:
    """Tell whether a "no" can belong to a must or may: it is in no other clause that begins with an "if"."""
    clause = said.clauses[place]
    return clause == said.clauses[at] or said.words[said.clauses.index(clause)] not in _CONDITIONS


def _weakens(said: Said, base: Said) -> bool:
    """Tell whether something may be done in a sentence that is done, or has to be, in its base: "may be collected"."""
    plain = frozenset(base.words)
    for at, word in enumerate(said.words):
        if word in _WEAK and plain.isdisjoint(_MAY):
            following = next((one for one in said.heavy if at < one <= at + _NEAR + 1), None)
            if following is not None and said.words[following] in plain and said.words[at + 1] not in _PLAINLY:
                return True
    return False


def _taken_up(said: Said, base: Said) -> frozenset[int]:
    """Return the clauses of the base that a sentence takes up: those of which it says most, at least one."""
    content = frozenset(said.content)
    taken: set[int] = set()
    most, nearest = 0, 0
    for clause, terms in base.by_clause.items():
        shared = sum(term in content or nearly(term, content) for term in terms)
        if shared > most:
            most, nearest = shared, clause
        if shared >= _TAKEN_UP * len(terms) if terms else clause - 1 in taken or clause == 0:
            taken.add(clause)
    return frozenset(taken | {nearest})


def _is_taken_up(at: int, said: Said, base: Said) -> bool:
    """Tell whether a sentence has one of the two words with content that a denial of its base stands before."""
    denied = [base.terms[place] for place in base.heavy if place > at and base.clauses[place] == base.clauses[at]][:2]
    return not denied or any(term in said.held or nearly(term, said.held) for term in denied)


def _denials(said: Said, other: Said, numbers: Sequence[Amount]) -> list[int]:
    """Return the places of words that deny."""
    of_bounds = {number.denial for number in numbers}
    return [at for at, word in enumerate(said.words) if at not in of_bounds and _denies(said, at, word, other)]


def _denies(said: Said, at: int, word: str, other: Said) -> bool:
    if word in _DENIES or word.endswith(_NOT):
        return not any(said.words[at : at + len(form)] == form for form in _NOT_DENYING)
    if word == "but":
        return at > 0 and said.words[at - 1] in _ALL_BUT
    return word.startswith("un") and said.terms[at] not in other.held and stem(word[2:]) in other.held


def _says_opposite(said: Said, base: Said) -> bool:
    """Tell whether a sentence has the opposite of a word of its base, which has not the sentence's word."""
    return any(
        term not in base.held
        and not base.held.isdisjoint(opposites(term))
        and said.held.isdisjoint(opposites(term) & base.held)
        for term in said.held
    )


def _modes(said: Said, denials: Sequence[int], clauses: frozenset[int] | None) -> frozenset[str]:
    """Return which of must, may and should a text says; "must not" and "may not" are one, as are "need not" and may."""
    modes: set[str] = set()
    plain, last = [at for at in denials if said.words[at] in _PLAINLY or said.words[at].endswith(_NOT)], -1
    for at, word in enumerate(said.words):
        if clauses is not None and said.clauses[at] not in clauses:
            continue
        denied = any(
            last < place <= at + 2
            and (
                (said.words[place] in _FAR and _is_of_one(said, place, at))
                or (at - place <= _NEAR and not (place < at and word in _VERBS))
            )
            for place in plain
        )
        has_to = word in _HAS_TO and said.words[at + 1 : at + 2] == ("to",)
        if word in _MUST or has_to:
            modes.add("may" if denied and (word in _NEEDS_NO or has_to) else "must not" if denied else "must")
        elif word in _MAY:
            modes.add("must not" if denied else "may")
        elif word in _FORBIDS:
            modes.add("must not")
        elif word in _SHOULD:
            modes.add("should")
        else:
            continue
        last = at + 2
    return frozenset(modes)
