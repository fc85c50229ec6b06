"""Which of the passages found a model is given, and by which ids."""

import re
from collections.abc import Iterator

import pytest

from indexes.builds import Build
from indexes.documents import Passage
from service.answering.writing.offering import MOST_PASSAGES, give, new_id
from tests.support.answering_parts import open_made

DATED = "Valid from 1 May 2025. Invoices are kept."


@pytest.fixture(scope="module")
def build() -> Iterator[Build]:
    with open_made(
        {"legal/rules.md": [[DATED], ["Short."], ["Contracts end."]], "hr/leave.md": [["Leave ends."]]}
    ) as made:
        yield made


@pytest.fixture(scope="module")
def passages(build: Build) -> list[Passage]:
    return build.passages.passages([0, 1, 2, 3])


def test_ids_are_random_for_each_question_and_look_like_ids(build: Build, passages: list[Passage]) -> None:
    first, second = give(passages, build=build), give(passages, build=build)
    assert not first.ids & second.ids
    assert all(re.fullmatch("p[0-9a-f]{8}", one) for one in first.ids)
    assert len({new_id() for _ in range(1000)}) == 1000


def test_an_id_that_is_taken_or_stands_in_a_passage_is_not_used(build: Build, passages: list[Passage]) -> None:
    made = iter(["Short", "a1", "a1", "b2", "c3", "d4"])
    assert [one.id for one in give(passages, build=build, ids=lambda: next(made)).offered] == ["a1", "b2", "c3", "d4"]


def test_passages_are_given_whole_the_best_first_up_to_a_number_of_characters(
    build: Build, passages: list[Passage]
) -> None:
    told = give(passages, build=build, most_chars=len(DATED) + len("Leave ends.") + len("Short."))
    assert [one.passage for one in told.offered] == [passages[0], passages[1], passages[3]]
    assert give(passages, build=build, most_chars=3).offered == ()
    assert len(give([passages[0]] * 30, build=build).offered) == MOST_PASSAGES


def test_a_date_is_what_the_document_says_of_its_age(build: Build, passages: list[Passage]) -> None:
    assert give(passages, build=build).dates == (("legal/rules.md", "1 May 2025"),)


def test_some_of_what_was_given_can_be_given_on(build: Build, passages: list[Passage]) -> None:
    told = give(passages, build=build)
    first, _, third, _ = told.offered
    assert told.only([third.id, first.id, "p99999999"]).offered == (first, third)
