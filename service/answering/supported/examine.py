"""Holds one clause against what is cited: which statement it rests on, what is wrong with it there, and its measures.

1  read what the clause says (`said`) and its numbers (`amounts`)
2  take its base: of the statements that say nearly as much of it as the best, the one with the least that is wrong
3  what is wrong: its numbers (`numbers`), names (`named`), quantities (`quantities`), negations (`polarity`), who does
   what to whom (`roles`), what it depends on (`conditions`), one word for another (`slots`), and whether words that the
   base lacks stand in another statement: then two rules are joined into one that neither is

What the words that are left amount to is measured (`measures`), and weighed by `support`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from service.answering.supported.alike import nearly
from service.answering.supported.amounts import Amount, amounts
from service.answering.supported.conditions import condition_faults
from service.answering.supported.measures import covered, measures
from service.answering.supported.named import name_faults
from service.answering.supported.numbers import number_faults
from service.answering.supported.polarity import polarity_faults
from service.answering.supported.quantities import quantity_faults
from service.answering.supported.roles import role_faults
from service.answering.supported.said import Said, say
from service.answering.supported.slots import is_swapped
from service.answering.supported.statements import Statement

_TRIED = 4  # statements that a clause is held against
_NEARLY_AS_MUCH = 0.8  # of what the best says: another may be the base too
_ABOVE = 0.8  # the weight of a word that stands over a statement, against one in it


@dataclass(frozen=True, slots=True)
class Examined:
    """What became of a clause: codes of `support`, its measures in the order of `MEASURES`, and what it rests on."""

    faults: frozenset[str]
    measured: tuple[float, ...]
    base: Statement


def examine(text: str, found: Sequence[Statement]) -> Examined | None:
    """Hold a clause against statements, at least one; `None` where it says nothing that could be looked for."""
    said = say(text)
    if not said.content:
        return None
    faults, base = _base(text, said, found)
    return Examined(frozenset(faults), tuple(measures(text, said, base, found)), base)


def _base(text: str, said: Said, found: Sequence[Statement]) -> tuple[set[str], Statement]:
    content, numbers = frozenset(said.content), amounts(said)
    held = sorted(found, key=lambda one: -len(content & one.said.held) - _ABOVE * len(content & one.above))[:_TRIED]
    says = [
        (1 - _ABOVE) * covered(said, one.said.held) + _ABOVE * covered(said, one.said.held | one.above) for one in held
    ]
    tried = [
        (_faults(text, said, numbers, one, found), -much, one)
        for one, much in zip(held, says, strict=True)
        if much >= _NEARLY_AS_MUCH * max(says)
    ]
    faults, _, base = min(tried, key=lambda one: (len(one[0]), one[1]))
    return faults, base


def _faults(text: str, said: Said, numbers: Sequence[Amount], base: Statement, found: Sequence[Statement]) -> set[str]:
    faults = number_faults(said, numbers, base.said, base.numbers, above=base.above)
    faults |= name_faults(text, said, base.said, raw=base.raw, above=base.above)
    faults |= quantity_faults(said, base.said)
    faults |= polarity_faults(said, numbers, base.said, base.numbers, base.label)
    faults |= role_faults(said, base.said)
    faults |= condition_faults(said, base.said)
    if is_swapped(said, base.said):
        faults.add("not_said")
    if _is_joined(said, base, found):
        faults.add("joined")
    return faults


def _is_joined(said: Said, base: Statement, found: Sequence[Statement]) -> bool:
    """Tell whether words that the base lacks are those of another statement."""
    held = base.said.held | base.above
    missed = {term for term in said.content if term not in held and not nearly(term, held)}
    return any(missed & one.said.held for one in found if one.span != base.span) if missed else False
