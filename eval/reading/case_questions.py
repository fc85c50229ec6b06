"""The field cases as questions to fit on: each asked by whoever may read the documents of its case alone.

The gold of a question is every unit of the case that holds what its check wants quoted, and nothing that may not be. A
check that wants silence becomes a question that nothing answers. All of them are tuned on, never held out: the cases
were read while rules were written. It judges nothing; that is `cases`.
"""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

from eval.quality.libraries import Place
from eval.quality.measure import Prepared
from eval.quality.question_sets import Gold, SetQuestion
from eval.reading.case_library import made
from eval.reading.cases import FOLDER, Check, case_folders, holds, read_checks, resolved
from indexes.builds import Build, current_build_id, open_build
from indexes.clock import utc_now
from indexes.encoder import Encoder
from indexes.passages import SplitDocument
from indexes.units import UnitKind
from service.answering.boundary import Boundary

_KIND = "case"
_SILENT = "missing_detail"
_UNQUOTED = frozenset({UnitKind.QUESTION, UnitKind.LABEL})


def prepare_cases(data: Path, *, work: Path, encoder: Encoder) -> list[Prepared]:
    """Make the library of the cases, and return a set for each case that asks something; together they are one set.

    Args:
        data: the folder of public data.
        work: where library and build are made, or were made by a run before.
        encoder: what questions are asked with.

    Returns:
        Sets of one build; closing the passages of one closes those of all.

    Raises:
        QuestionSetError: there are no cases.
    """
    folders, checks = case_folders(data), read_checks()
    library, builds = work / FOLDER / "library", work / FOLDER / "builds"
    made(library, builds, folders, encoder)
    build = open_build(builds / current_build_id(builds), encoder=encoder)
    boundary = Boundary(library=library, now=utc_now, notice=lambda _: None, on_change=lambda _: None)
    sets = []
    for folder in folders:
        place = Place(build, boundary.scope(build, frozenset({folder.name})))
        questions = tuple(_questions(folder.name, resolved(folder, checks.get(folder.name, [])), place))
        if questions:
            sets.append(Prepared(folder.name, place, questions))
    return sets


def _questions(case: str, checks: Sequence[Check], place: Place) -> Iterator[SetQuestion]:
    for number, check in enumerate(check for check in checks if check.question):
        gold = () if check.silent else tuple(_gold(check, place))
        if check.silent or gold:
            name = tuned_id(f"{case}-{number}")
            yield SetQuestion(name, check.question, not check.silent, _SILENT if check.silent else _KIND, gold)


def _gold(check: Check, place: Place) -> Iterator[Gold]:
    """Return the units that hold all that is wanted, or, where no unit does, those that hold some of it."""
    wanted = check.first or check.answer
    units = [
        (sum(holds(gold.text, one) for one in wanted), gold)
        for document in _documents(check.case, place.build, place)
        for gold in _units(document)
        if not any(holds(gold.text, one) for one in check.not_answer)
    ]
    most = max((held for held, _ in units), default=0)
    return (gold for held, gold in units if held and held == most)


def _documents(case: str, build: Build, place: Place) -> Iterator[SplitDocument]:
    for name in sorted(place.scope.grants):
        found = build.passages.split_document(name) if name.startswith(f"{case}/") else None
        if found:
            yield found


def _units(found: SplitDocument) -> Iterator[Gold]:
    for unit in found.units:
        if unit.kind not in _UNQUOTED:
            text = found.document.text[unit.start : unit.end]
            yield Gold(found.document.document, unit.start, unit.end, text)


def tuned_id(name: str) -> str:
    """Return a name whose hash lies in the tuned half: with marks added until it does."""
    names = (name + "+" * marks for marks in itertools.count())
    return next(one for one in names if SetQuestion(one, "", answerable=True, kind=_KIND).tuned_on)
