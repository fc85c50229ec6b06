"""Numbers of a text with what they belong to: their unit, per what, which way they bound, whether they are of a date.

"At most EUR 35 a week" is 35, of euros, per week, an upper bound. Two numbers are the same where nothing that both say
differs; exact conversions are known (a year is 12 months, half is 50 percent), roundings are not. Which of several
numbers of a passage a sentence means is told by `numbers`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from service.answering.supported.said import Said

_MONTHS = frozenset("januari februari march april MAY june juli august septemb octob novemb decemb".split())
_YEAR = re.compile(r"(?:19|20)\d\d")
_CURRENCIES = frozenset("euro dollar pound yen franc chf sek nok dkk pln czk rupe".split())
TIME = {
    "second": (1, "s"), "minut": (60, "s"), "min": (60, "s"), "hour": (3_600, "s"), "hrs": (3_600, "s"),
    "day": (86_400, "s"), "week": (604_800, "s"), "fortnight": (1_209_600, "s"),
    "month": (1, "month"), "quarter": (3, "month"), "year": (12, "month"), "decad": (120, "month"),
}  # fmt: skip
# Units that are told apart; any other noun behind a number is what it counts, and is compared where both have one.
_UNITS = frozenset(
    """percent page point frame charact word line mile kilometr km metr mm cm inch feet foot squar cubic litr kilogram
    kg gram ton tonn degre khz hz bit byte kb mb gb tb pb fps db lu luf dbtp dbfs mbit gbit nit amper volt watt seat
    nit digit letter person peopl night weekend session copi drive card""".split()
)
_KINDS_OF_DAY = frozenset("work busi calendar bank".split())
_PER = frozenset("a an per each everi".split())
_FORMS = {  # words before a number, and which way they bound it
    "most": "at most, up to, within, under, below, maximum, maximum of, limit of, limited to, less than, fewer than, "
    "shorter than, younger than, smaller than, cheaper than, lower than, earlier than, as late as",
    "least": "at least, over, above, minimum, minimum of, more than, longer than, older than, larger than, "
    "greater than, higher than, later than, beyond, exceed, exceeds, exceeding, exceeded, upwards of, as early as",
}
_FORMS_BEHIND = {
    "most": "or less, or fewer, at most, or earlier, maximum, or under, at the latest, or below",
    "least": "or more, at least, or longer, and more, upwards, or over, or later, minimum, or above, plus, or older, "
    "at the earliest",
}
_OF_TIME = frozenset("later earlier late early latest earliest".split())  # turned round where it is so long before
_AHEAD = frozenset("before ahead prior beforehand".split())
_DENIALS = frozenset("no not never cannot".split())
_DENIED = 4  # tokens before a bound in which a "not" is its own: "may not be open for more than ten days"
_STRICT = frozenset(
    """more less fewer over above below under exceed exceeds exceeding exceeded longer shorter
    older later beyond larger greater smaller higher lower younger earlier cheaper""".split()
)
_BEHIND = 4  # tokens behind a number among which its unit is
_OF_PARTS = {"half": ("50", "percent")}


@dataclass(frozen=True, slots=True)
class Amount:
    """A number at a place of a text.

    Attributes:
        at: the place of its token.
        end: that of the token which ends its unit.
        value: a decimal number in units of `unit`; `None` for a rank, a time of day or an identifier, which `text` is.
        text: as it is written, in its one form.
        unit: the stem of its unit or of what it counts, "" where none stands beside it; times are "s" or "month".
        written: the stem of the unit as it stands there: "minut" and "hour" are both of "s".
        known: whether `unit` is a unit and not just a noun.
        per: the stem of what it is per, "" for none.
        bound: "most", "least", or "".
        strict: whether the bound leaves the number itself out ("more than").
        dated: whether a month stands beside it.
        denial: the place of a "no" or "not" that is a part of the bound, -1 for none.
    """

    at: int
    end: int
    value: Decimal | None
    text: str
    unit: str
    written: str
    known: bool
    per: str
    bound: str
    strict: bool
    dated: bool
    denial: int = -1


def amounts(said: Said) -> list[Amount]:
    """Return the numbers of a text, in order."""
    steps = "first" in said.words and "then" in said.words  # "first the kit, then the trailer" counts nothing
    return [
        _amount(said, at)
        for at, term in enumerate(said.terms)
        if (term[0].isdigit() or term in _OF_PARTS) and not (steps and said.words[at] == "first")
    ]


def same_value(one: Amount, other: Amount) -> bool:
    """Tell whether two numbers are one, whatever they bound and per what they are."""
    if one.value is None or other.value is None:
        return one.text == other.text
    if one.known and other.known:
        return one.unit == other.unit and one.value == other.value
    return one.text == other.text


def same_unit(one: Amount, other: Amount) -> bool:
    """Tell whether two numbers may be of one unit: nothing that both say of it differs."""
    if not one.unit or not other.unit:
        return True
    return one.unit == other.unit or not (one.known or other.known)


def measured(said: Said, numbers: Sequence[Amount]) -> frozenset[str]:
    """Return the units of time and money that stand in a text but not behind one of its numbers: "each week"."""
    return frozenset(
        term
        for at, term in enumerate(said.terms)
        if (term in TIME or term in _CURRENCIES) and not any(one.at - 1 <= at <= one.end for one in numbers)
    )


def _amount(said: Said, at: int) -> Amount:
    terms = said.terms
    text, unit = _OF_PARTS.get(terms[at], (terms[at], ""))
    near = terms[at + 1 : at + 1 + _BEHIND]
    dated = bool(_MONTHS.intersection((*terms[max(at - 1, 0) : at], *near[:1])))
    value = _decimal(text)
    known, step, factor = bool(unit), 0, 1
    if value is not None and not unit and not dated:
        unit, known, step, factor = _unit(said, at)
    elif value is None and at + 1 in said.heavy:
        unit = terms[at + 1]  # "the second copy"
    bound, strict, denial = _bound(said, at, _rest_of_date(said, at) if dated else step)
    return Amount(
        at=at,
        end=at + step,
        value=None if value is None else value * factor,
        text=text,
        unit=unit,
        written=terms[at + step] if unit and step else unit,
        known=known,
        per=_per(said, at + 1 + step),
        bound=bound,
        strict=strict,
        dated=dated,
        denial=denial,
    )


def _rest_of_date(said: Said, at: int) -> int:
    """Return how many tokens behind a day or month still are of its date: "31 December 2027"."""
    step = 0
    while said.terms[at + step + 1 : at + step + 2] and (
        said.terms[at + step + 1] in _MONTHS or _YEAR.fullmatch(said.terms[at + step + 1])
    ):
        step += 1
    return step


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _unit(said: Said, at: int) -> tuple[str, bool, int, int]:
    """Return the unit of a number, whether it is one, how many tokens behind it it ends, and its factor."""
    terms = said.terms
    if at and terms[at - 1] in _CURRENCIES:
        return terms[at - 1], True, 0, 1
    kind = ""
    for step, place in enumerate(range(at + 1, min(at + 1 + _BEHIND, len(terms))), 1):
        term = terms[place]
        if term in _KINDS_OF_DAY:
            kind = "work"
        elif term in TIME:
            factor, unit = TIME[term]
            return (f"{kind} {term}", True, step, 1) if kind else (unit, True, step, factor)
        elif term in _CURRENCIES or term in _UNITS:
            return term, True, step, 1
        elif term[0].isdigit() or said.clauses[place] != said.clauses[at]:
            # "two to four weeks", "one or two days": the unit stands behind the second
            if not (term[0].isdigit() and step > 1 and terms[place - 1] in ("to", "or", "and")):
                break
        elif place in said.heavy:
            unit = term
            return unit, False, step, 1
        elif term not in ("to", "or", "and", "more", "full", "of", "the", "such"):
            break
    return "", False, 0, 1


def _per(said: Said, start: int) -> str:
    terms = said.terms
    for at in range(start, min(start + 3, len(terms) - 1)):
        if terms[at] in _PER and terms[at + 1][0].isalpha():
            return terms[at + 1]
        if terms[at] not in ("for", "in", "percent"):
            break
    return ""


def _bound(said: Said, at: int, step: int) -> tuple[str, bool, int]:
    """Return which way a number is bound, whether strictly, and where a "no" of it stands."""
    words = said.words
    end = at - 1 if at and said.terms[at - 1] in _CURRENCIES else at
    end -= bool(end and words[end - 1] in ("a", "an", "the", "about"))
    ahead = bool(_AHEAD.intersection(words[at + 1 + step : at + 4 + step]))
    for bound, form in _BEFORE_IT:
        if words[max(end - len(form), 0) : end] == form:
            denial = _denial(said, end - len(form), form)
            turned = (denial >= 0) != (ahead and not _OF_TIME.isdisjoint(form))
            return _OTHER[bound] if turned else bound, denial < 0 and not _STRICT.isdisjoint(form), denial
    behind = words[at + 1 + step : at + 5 + step]
    for bound, form in _BEHIND_IT:
        if any(
            behind[skip : skip + len(form)] == form and _ends(said, at + 1 + step, skip + len(form)) for skip in (0, 1)
        ):
            return _OTHER[bound] if ahead and not _OF_TIME.isdisjoint(form) else bound, False, -1
    return "", False, -1


def _ends(said: Said, start: int, length: int) -> bool:
    """Tell whether what stands behind a number belongs to it: to its clause, and to no number after it."""
    end = start + length
    is_next = end < len(said.terms) and (said.terms[end][0].isdigit() or said.terms[end] in _CURRENCIES)
    return not is_next and said.clauses[end - 1] == said.clauses[start - 1]


def _denial(said: Said, start: int, form: tuple[str, ...]) -> int:
    """Return the place of a "no" or "not" that turns a bound round: "no more than", "may not be open for more than"."""
    if _STRICT.isdisjoint(form):
        return -1
    for at in range(start - 1, max(start - 1 - _DENIED, -1), -1):
        if said.clauses[at] != said.clauses[start]:
            break
        if said.words[at] in _DENIALS:
            return at
    return -1


_OTHER = {"most": "least", "least": "most"}


def _forms(of: dict[str, str]) -> list[tuple[str, tuple[str, ...]]]:
    """Return forms as words, the longest first."""
    made = [(bound, tuple(form.split())) for bound, forms in of.items() for form in forms.split(", ")]
    return sorted(made, key=lambda one: -len(one[1]))


_BEFORE_IT, _BEHIND_IT = _forms(_FORMS), _forms(_FORMS_BEHIND)
