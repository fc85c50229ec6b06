"""Are the numbers of a sentence those of what it rests on, and do they belong to the same things there?

A number has to stand in the base with its unit, per the same, bounding the same way. Where the base has others of the
same unit, those words of the sentence that stand beside it have to stand beside it there too, and not beside another:
"a break of 45 minutes after six hours" does not follow from "30 minutes after six hours, 45 minutes after nine".
"""

from collections.abc import Sequence

from service.answering.supported.alike import nearly
from service.answering.supported.amounts import TIME, Amount, measured, same_unit, same_value
from service.answering.supported.said import Said

_NUMBER_WEIGHT = 2.0  # of another number beside one, against a word
_MISSED = 1.0  # what a word of the base beside a number costs that the sentence lacks
_JOINS = frozenset("and or but while whereas".split())
_MARGIN = 0.75  # by which another number has to fit better


def number_faults(
    said: Said, numbers: Sequence[Amount], base: Said, found: Sequence[Amount], *, above: frozenset[str]
) -> set[str]:
    """Return what is wrong with the numbers of a sentence: codes of `support`.

    Args:
        said: the sentence.
        numbers: its numbers.
        base: what it rests on.
        found: the numbers of that.
        above: the terms that stand over the base (title, headings, label).
    """
    faults: set[str] = set()
    for number in numbers:
        same = [one for one in found if same_value(number, one)]
        if not same:
            faults.add(_missing(number, base, found, above))
            continue
        fitting = [one for one in same if same_unit(number, one)]
        if not fitting or all(_per_differs(number, one) for one in fitting):
            faults.add("unit")
        elif all(_bound_differs(number, one) for one in fitting):
            faults.add("quantifier")
        elif _belongs_elsewhere(number, fitting, said, numbers, base, found):
            faults.add("number")
    if any(term not in base.held and term not in above for term in measured(said, numbers)):
        faults.add("unit")
    faults.discard("")
    return faults


def _missing(number: Amount, base: Said, found: Sequence[Amount], above: frozenset[str]) -> str:
    if number.text in base.held or number.text in above:
        return "unit" if number.value is not None and number.text not in above else ""
    if number.text == "1" and _is_single(number.unit, base):
        return ""
    if number.dated or ":" in number.text:
        return "date"
    if any(number.value is not None and one.text == number.text for one in found):
        return "unit"
    return "number"


def _is_single(unit: str, base: Said) -> bool:
    """Tell whether a base speaks of one by its article: "a day", for "one day"."""
    stems = [at for at, term in enumerate(base.terms) if at and (term == unit or TIME.get(term, (0, ""))[1] == unit)]
    return any(base.words[at - 1] in ("a", "an", "single") for at in stems)


def _per_differs(number: Amount, one: Amount) -> bool:
    return bool(number.per and one.per) and number.per != one.per


def _bound_differs(number: Amount, one: Amount) -> bool:
    if number.bound != one.bound:
        return bool(number.bound)
    return bool(number.bound) and number.strict != one.strict


def _belongs_elsewhere(
    number: Amount, fitting: list[Amount], said: Said, numbers: Sequence[Amount], base: Said, found: Sequence[Amount]
) -> bool:
    """Tell whether another number of the same unit stands in the base where the sentence has this one."""
    if not number.unit:
        return False
    others = [
        one
        for one in found
        if one.written == number.written
        and not same_value(number, one)
        and not any(same_value(two, one) for two in numbers)
    ]
    if not others:
        return False
    if all(one.written != number.written for one in fitting):
        return True  # "the first copy": the base has "the second copy", and a "first" of something else
    wanted = frozenset(said.content) - {number.text}
    mine = max(_fit(wanted, one, base, found) for one in fitting)
    return any(_fit(wanted, one, base, found) > mine + _MARGIN for one in others)


def _fit(wanted: frozenset[str], number: Amount, base: Said, found: Sequence[Amount]) -> float:
    """Return how well what stands beside a number of the base is what a sentence says."""
    start, end = _stretch(number, base, found)
    fit = 0.0
    for term in {base.terms[at] for at in base.heavy if start <= at < end and at != number.at}:
        weight = _NUMBER_WEIGHT if term[0].isdigit() else 1.0
        fit += weight if term in wanted or nearly(term, wanted) else -_MISSED * weight
    return fit


def _stretch(number: Amount, base: Said, found: Sequence[Amount]) -> tuple[int, int]:
    """Return the places of the base around a number that are nearer to it than to another of its unit."""
    rivals = [one.at for one in found if one.written == number.written and one.at != number.at]
    before = max((at for at in rivals if at < number.at), default=-1)
    behind = min((at for at in rivals if at > number.at), default=len(base.terms))
    start = _border(base, before, number.at) if before >= 0 else 0
    end = _border(base, number.at, behind) if behind < len(base.terms) else behind
    return start, end


def _border(base: Said, first: int, second: int) -> int:
    """Return where what belongs to the second of two numbers begins: at an "and" or "or", at a clause, or midway."""
    between = range(second - 1, first, -1)
    joins = [at for at in between if base.words[at] in _JOINS]
    begins = [at for at in between if base.clauses[at] != base.clauses[at - 1]]
    return (joins or begins or [(first + second + 1) // 2])[0]
