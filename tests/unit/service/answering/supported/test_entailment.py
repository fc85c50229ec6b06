"""An entailment model holds to more what our own checks passed, and only ever takes away."""

from indexes.documents import Locator, Passage
from service.answering.supported.entailment import Shares
from service.answering.supported.support import Offered, Support, support
from tests.support.entailment import Entailing, is_entailed, says_nothing

BREAKS = "Fines are never reimbursed. A password must have at least 14 characters."
SAYS = "Fines are never reimbursed."


def _cited(text: str = BREAKS, id_: str = "k3", headings: tuple[str, ...] = ("2 Travel", "Fines")) -> Offered:
    locator = Locator("heading", headings=headings)
    return Offered(id_, Passage(id_, "rules.md", "0" * 64, "Rules", 0, len(text), text, locator))


def _held(sentence: str, entails: Entailing, *cited: Offered) -> Support:
    return support(sentence, cited or [_cited()], entails=entails)


def test_what_is_entailed_is_released_with_its_share() -> None:
    held = _held(SAYS, Entailing())
    assert (held.holds, held.entailed) == (True, 0.9)


def test_what_is_not_entailed_falls_and_keeps_its_score_and_quote() -> None:
    plain, held = support(SAYS, [_cited()]), _held(SAYS, Entailing(says_nothing))
    assert plain.holds
    assert (held.failed, held.entailed) == (("not_entailed",), 0.1)
    assert (held.score, held.quote, held.id) == (plain.score, plain.quote, plain.id)


def test_it_is_asked_about_nothing_that_fell_already_and_mends_nothing() -> None:
    entails = Entailing()
    held = _held("A password must have at least 8 characters.", entails)
    assert (held.failed, held.entailed, entails.asked) == (("number",), None, [])


def test_it_reads_what_a_sentence_rests_on_by_itself_and_under_what_stands_over_it() -> None:
    entails = Entailing()
    _held(SAYS, entails)
    assert entails.asked == [(SAYS, SAYS), (f"Rules: Travel: Fines: {SAYS}", SAYS)]


def test_the_reading_that_entails_more_counts() -> None:
    def only_in_its_place(premise: str, _text: str) -> Shares:
        return Shares(0.8, 0.1, 0.1) if premise.startswith("Rules: ") else Shares(0.0, 0.9, 0.1)

    held = _held(SAYS, Entailing(only_in_its_place))
    assert (held.holds, held.entailed) == (True, 0.8)


def test_the_least_share_is_enough_and_less_is_not() -> None:
    share = is_entailed("", "").entailment
    assert _held(SAYS, Entailing(least=share)).holds
    assert not _held(SAYS, Entailing(least=share + 0.001)).holds


def test_a_contradiction_falls_however_little_is_asked_for() -> None:
    assert not _held(SAYS, Entailing(lambda *_: Shares(0.4, 0.1, 0.5), least=0.0)).holds
    assert _held(SAYS, Entailing(lambda *_: Shares(0.4, 0.5, 0.1), least=0.0)).holds


def test_each_clause_is_held_to_what_it_rests_on_and_the_weakest_counts() -> None:
    clauses = {SAYS: 0.9, "A password must have at least 14 characters.": 0.6}
    sentence = " ".join(clauses)

    def clause_by_clause(premise: str, text: str) -> Shares:
        share = clauses.get(text, 0.0) if premise.endswith(text) else 0.0
        return Shares(share, 1 - share, 0.0)

    held = _held(sentence, Entailing(clause_by_clause))
    assert (held.holds, held.entailed) == (True, 0.6)
    assert not _held(sentence, Entailing(clause_by_clause, least=0.7)).holds
