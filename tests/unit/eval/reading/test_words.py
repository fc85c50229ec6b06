"""Words of two readings are compared as a reader would: marks count nothing, places and order count."""

import random

from eval.reading.words import found, has_equations, in_order, lacking, words_of, words_of_markdown


def test_words_are_letters_and_digits_in_lower_case() -> None:
    assert words_of("The ﬁne is 1,250 € — per DAY_ONE.") == ["the", "fine", "is", "1", "250", "per", "day", "one"]


def test_marks_addresses_and_comments_of_markdown_are_no_words() -> None:
    text = r"# A **b** [c [d]](https://e.example/f_(g) 'h') ![i](j.png) <!-- k --> - [x] l &amp; m \_ n"
    assert words_of_markdown(text.replace("'h'", '"h"')) == ["a", "b", "c", "d", "i", "l", "m", "n"]


def test_equations_are_told_from_prices() -> None:
    assert has_equations(r"so $\frac{1}{2}$ of it")
    assert has_equations("$$x$$")
    assert not has_equations("from $5 to $10 a day")


def test_a_word_is_found_as_often_as_it_was_read() -> None:
    assert found(["no", "no", "yes"], ["no", "yes", "yes"]) == 2


def test_order_is_the_longest_common_subsequence() -> None:
    assert in_order("a b c d".split(), "b a c x d".split()) == 3
    assert in_order(["a"], []) == in_order([], ["a"]) == 0
    chance = random.Random(7)  # noqa: S311 - no secret
    for _ in range(20):
        one, other = (chance.choices("abcd", k=chance.randrange(30)) for _ in range(2))
        assert in_order(one, other) == _by_the_table(one, other)


def _by_the_table(one: list[str], other: list[str]) -> int:
    row = [0] * (len(other) + 1)
    for left in one:
        above = row[:]
        for at, right in enumerate(other, 1):
            row[at] = above[at - 1] + 1 if left == right else max(above[at], row[at - 1])
    return row[-1]


def test_a_word_that_is_parted_otherwise_does_not_lack() -> None:
    seen = "the co owner pays the painting".split()
    assert not lacking(seen, "the coowner pays the paint ing".split())
    assert not lacking("the coowner".split(), "the co owner".split())


def test_a_word_that_was_not_read_lacks_as_often_as_it_lacks() -> None:
    assert lacking("no no entry".split(), "no entrance".split()) == {"no": 1, "entry": 1}
    assert lacking("sixty two".split(), "sixtyone".split()) == {"sixty": 1, "two": 1}
