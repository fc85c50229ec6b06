"""Under which name a question is answered: that of one sent again, of one still open, or a new one."""

import pytest

from service.chat_completions.retries import Retries, is_again
from service.http.once import KEPT_S, MOST_KEPT


class _Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_what_is_sent_again_has_the_name_it_had_also_after_its_end() -> None:
    retries = Retries()
    name = retries.begin("uma", b"1", again=False)
    assert retries.begin("uma", b"1", again=True) == name
    for _ in range(2):
        retries.end("uma", b"1", name)
    assert retries.begin("uma", b"1", again=True) == name


def test_what_a_person_asks_again_is_new_once_the_first_has_ended() -> None:
    retries = Retries()
    name = retries.begin("uma", b"1", again=False)
    assert retries.begin("uma", b"1", again=False) == name
    retries.end("uma", b"1", name)
    assert retries.begin("uma", b"1", again=False) == name, "one is still open"
    for _ in range(2):
        retries.end("uma", b"1", name)
    second = retries.begin("uma", b"1", again=False)
    assert second != name
    retries.end("uma", b"1", second)
    assert retries.begin("uma", b"1", again=True) == second


def test_others_and_other_questions_have_names_of_their_own() -> None:
    retries = Retries()
    names = {retries.begin(who, what, again=True) for who in ("uma", "theo") for what in (b"1", b"2")}
    assert len(names) == 4


def test_it_is_forgotten_after_a_while_and_when_there_are_many() -> None:
    clock = _Clock()
    retries = Retries(clock_s=clock)
    name = retries.begin("uma", b"1", again=False)
    clock.now_s = KEPT_S + 1
    late = retries.begin("uma", b"1", again=True)
    assert late != name
    for n in range(MOST_KEPT):
        retries.begin("theo", str(n).encode(), again=False)
    assert retries.begin("uma", b"1", again=True) != late


def test_a_client_says_that_it_sends_again_by_a_number() -> None:
    assert [is_again(said) for said in (None, "0", "1", "12")] == [False, False, True, True]


@pytest.mark.parametrize("said", ["", "-1", "x", "1.5", "٣", "9" * 5000])
def test_anything_else_breaks_nothing(said: str) -> None:
    is_again(said)
