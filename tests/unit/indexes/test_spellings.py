"""British and American spellings are one word, and neighbours that are one thing are put together."""

import pytest

from indexes.spellings import spelled, together
from indexes.words import terms


@pytest.mark.parametrize(
    "pair",
    """colour/color colours/colors coloured/colored behaviour/behavior favourite/favorite honourable/honorable
    organisation/organization organise/organize organisers/organizers realised/realized analyse/analyze
    licence/license licences/licenses defence/defense offence/offense centre/center centres/centers metre/meter
    kilometres/kilometers theatre/theater fibre/fiber catalogue/catalog catalogues/catalogs dialogue/dialog
    programme/program travelling/traveling travelled/traveled labelled/labeled cancelled/canceled modelling/modeling
    fuelled/fueled practise/practice fulfil/fulfill enrolment/enrollment grey/gray jewellery/jewelry judgement/judgment
    instalment/installment skilful/skillful aluminium/aluminum programmes/programs""".split(),
)
def test_british_and_american_are_one_term(pair: str) -> None:
    british, american = pair.split("/")
    assert terms(british) == terms(american)


@pytest.mark.parametrize(
    "pair", ["cheque/check", "hour/hor", "four/for", "our/or", "tour/tor", "acre/acer", "size/sise"]
)
def test_other_words_stay_two(pair: str) -> None:
    first, second = pair.split("/")
    assert terms(first) != terms(second)


@pytest.mark.parametrize(
    ("word", "number"),
    [("two", "2"), ("nineteen", "19"), ("forty", "40"), ("one", "one"), ("first", "1st"), ("second", "second")],
)
def test_number_words_are_figures_but_for_those_that_mean_something_else(word: str, number: str) -> None:
    assert spelled(word) == number


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("set up the desk", "setup the desk"),
        ("thirty two crews", "32 crews"),
        ("thirty crews", "thirty crews"),
        ("three hundred euros", "300 euros"),
        ("a hundred euros", "a hundred euros"),
        ("2.5 million", "2500000"),
        ("up to us", "up to us"),
        ("more than that", "more than that"),
        ("at least", "at least"),
        ("", ""),
    ],
)
def test_neighbours_that_are_one_thing_are_put_together(text: str, expected: str) -> None:
    assert " ".join(together(text.split())) == expected
