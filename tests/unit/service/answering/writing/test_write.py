"""A model writes, and what of it holds up is released, sentence by sentence, none before it was checked."""

from collections.abc import Sequence

import pytest

from service.answering.supported.support import Offered, Support
from service.answering.writing.checking import Checked, Done
from service.answering.writing.offering import Given
from service.answering.writing.prompt import prompt_hash
from service.answering.writing.records import Became, Written, written_from_json
from service.answering.writing.write import MOST_TOKENS, write
from service.models.errors import ModelCutOffError, ModelTimedOutError, ModelUnavailableError
from tests.support.model_texts import A, B, C
from tests.support.written_answers import Released, Says, Scripted, given, never, stands_there

GOOD = f"Invoices are kept for ten years. [{B}]\nContracts are kept for 5 years after they end. [{C}]\n"


def written(*texts: Says | list[Says], release: Released | None = None, offered: Given | None = None) -> Written:
    """What becomes of what a model writes, call by call."""
    return write(
        "How long are papers kept?",
        given() if offered is None else offered,
        model=Scripted(*texts),
        supports=stands_there,
        stopped=never,
        release=release or Released(),
    )


def codes(answer: Written) -> list[tuple[str, ...]]:
    return [one.codes for _, one in answer.sentences]


def test_what_holds_is_released_with_the_words_that_support_it_at_their_place() -> None:
    released = Released()
    answer = written(GOOD, release=released)
    assert answer.became is Became.WRITTEN
    assert released.texts == ["Invoices are kept for ten years.", "Contracts are kept for 5 years after they end."]
    assert tuple(released.sentences) == answer.released
    passages = {one.id: one.passage for one in given().offered}
    for one, cited in zip(answer.released, (B, C), strict=True):
        (quote,) = one.quotes
        passage = passages[cited]
        assert quote.passage_id == passage.passage_id
        assert passage.text[quote.start - passage.start : quote.end - passage.start] == quote.text


def test_a_sentence_is_released_before_the_next_is_read() -> None:
    log: list[str] = []

    def supports(sentence: str, cited: Sequence[Offered]) -> Support:
        log.append(f"checked {sentence[:9]}")
        return stands_there(sentence, cited)

    def release(one: Checked) -> bool:
        log.append(f"released {one.claim.text[:9]}")
        return True

    write("?", given(), model=Scripted(GOOD), supports=supports, stopped=never, release=release)
    assert log == ["checked Invoices ", "released Invoices ", "checked Contracts", "released Contracts"]


def test_nothing_that_was_not_checked_is_handed_out() -> None:
    released = Released()
    answer = written(f"Invoices are kept for nine years. [{B}]\n{GOOD}And they are blue. [{A}]", release=released)
    assert released.texts == ["Invoices are kept for ten years.", "Contracts are kept for 5 years after they end."]
    assert (answer.became, answer.left_out) == (Became.TRIMMED, 2)
    assert codes(answer) == [("not_said",), (), (), ("not_said",)]


def test_a_citation_that_is_missing_or_wrong_is_mended_by_a_passage_that_supports_the_sentence() -> None:
    answer = written(f"Invoices are kept for ten years.\nContracts are kept for 5 years after they end. [{A}] [99]")
    assert [(one.done, one.quotes[0].passage_id) for one in answer.released] == [
        (Done.CITED_ANEW, given().offered[1].passage.passage_id),
        (Done.CITED_ANEW, given().offered[2].passage.passage_id),
    ]
    assert [one.claim.not_offered for one in answer.released] == [0, 1]
    assert answer.became is Became.WRITTEN


def test_a_sentence_that_cites_nothing_and_that_nothing_supports_is_uncited() -> None:
    answer = written("Parking is free.", "Parking is free.")
    assert codes(answer) == [("uncited", "not_said")] * 2


def test_a_passage_that_is_cited_besides_has_a_quote_if_it_supports_the_sentence_by_itself() -> None:
    twice = given("Invoices are kept.", "Here too invoices are kept.", "Contracts end.")
    (one,) = written(f"Invoices are kept. [{C}, {B}, {A}]", offered=twice).released
    assert [quote.passage_id for quote in one.quotes] == [twice.offered[n].passage.passage_id for n in (1, 0)]


def test_small_talk_is_dropped_and_not_missed() -> None:
    answer = written(f"Sure! Here is the answer:\n\n{GOOD}I hope this helps!")
    assert (answer.became, answer.left_out) == (Became.WRITTEN, 0)
    assert [one.done for _, one in answer.sentences].count(Done.ASIDE) == 3


# Asked once more


def test_a_model_of_which_nothing_holds_is_asked_once_more_and_told_what_did_not() -> None:
    model, released = Scripted("Invoices are <b>burnt</b>. [x]", GOOD), Released()
    answer = write("?", given(), model=model, supports=stands_there, stopped=never, release=released)
    assert (answer.became, len(released.texts)) == (Became.WRITTEN, 2)
    assert "<sentence>Invoices are burnt. [x]</sentence>" in model.asked[1][1].text
    assert [call.kind for call in answer.calls] == ["write", "again"]
    assert answer.left_out == 0  # of the answer that is read


def test_where_something_holds_it_is_not_asked_once_more() -> None:
    model = Scripted(f"{GOOD}Parking is free.")
    write("?", given(), model=model, supports=stands_there, stopped=never, release=Released())
    assert len(model.asked) == 1


@pytest.mark.parametrize("text", ["", "   ", "Parking is free.", "<html><body>502</body></html>", "```\nx = 1\n```"])
def test_nothing_that_holds_twice_is_unsupported(text: str) -> None:
    answer = written(text, text)
    assert (answer.became, answer.released, len(answer.calls)) == (Became.UNSUPPORTED, (), 2)


@pytest.mark.parametrize("text", ["NO_ANSWER", "**NO_ANSWER**\n", "The passages do not say how long papers are kept."])
def test_a_model_that_declines_is_not_asked_again(text: str) -> None:
    answer = written(text)
    assert (answer.became, len(answer.calls)) == (Became.DECLINED, 1)


def test_a_model_that_declines_and_adds_what_it_knows_is_asked_once_more() -> None:
    assert written("The passages do not say. But in general ten years is usual.", "NO_ANSWER").became is Became.DECLINED


def test_without_a_passage_no_model_is_asked() -> None:
    assert written(offered=Given(())).became is Became.NOTHING_GIVEN


# What leans on another sentence


@pytest.mark.parametrize(
    ("draft", "released"),
    [
        (f"Invoices are kept for ten years. [{B}] They are destroyed by the archive. [{B}]", 2),
        (f"They are destroyed by the archive. [{B}]", 0),  # who are "they"?
        (f"Contracts are kept for 5 years after they end. [{C}] They are destroyed by the archive. [{B}]", 1),
        (f"Contracts are blue. [{C}] They are destroyed by the archive. [{B}]", 0),
        (f"Invoices are kept for ten years. [{B}] Great question! They are destroyed by the archive. [{B}]", 2),
    ],
)
def test_a_sentence_that_leans_on_another_needs_it_released_and_of_its_passage(draft: str, released: int) -> None:
    assert len(written(draft, draft).released) == released


def test_a_document_that_speaks_of_itself_is_not_taken_to_lean() -> None:
    offered = given("This policy applies to all staff.")
    assert len(written(f"This policy applies to all staff. [{A}]", offered=offered).released) == 1


@pytest.mark.parametrize(
    ("sentence", "leans"),
    [
        ("It is forbidden to upload scripts.", False),
        ("It is not allowed that guests film.", False),
        ("Es ist nicht erlaubt, Skripte zu teilen.", False),
        ("It is allowed in the archive.", True),  # what is?
        ("It is kept for ten years.", True),
        ("However, guests may film.", True),
        ("They last ten years.", True),
        ("Items may stay.", False),
        ("Then sign the form.", True),
        ("Thermometers stay.", False),
    ],
)
def test_what_a_sentence_begins_with_tells_whether_it_leans(sentence: str, *, leans: bool) -> None:
    draft = f"{sentence} [{A}]"
    assert len(written(draft, draft, offered=given(f"Rules. {sentence}")).released) == (not leans)


# Addresses and quotations


def _trusting(_sentence: str, cited: Sequence[Offered]) -> Support:
    """Support whatever is cited as if it said that invoices are kept."""
    return stands_there("Invoices are kept", cited)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Invoices are kept for ten years at evil.example.", "address"),
        ("Ask the archive at archive@evil.example how years are kept.", "address"),
        ("Invoices are kept for ten years at https://evil.example/x.", "address"),
        ("The rules say “never invoices are kept for years”.", "misquoted"),
        ('The archive says "invoices are kept for nine years".', "misquoted"),
    ],
)
def test_an_address_or_a_quotation_that_stands_nowhere_keeps_a_sentence_back(text: str, code: str) -> None:
    answer = write(
        "?", given(), model=Scripted(*[f"{text} [{B}]"] * 2), supports=_trusting, stopped=never, release=Released()
    )
    assert codes(answer)[0] == (code,)


@pytest.mark.parametrize(
    "text", ["Ask archive@northlight.example.", "The rules say: “Invoices are kept for ten years”, v1.5."]
)
def test_an_address_or_a_quotation_that_stands_there_does_not(text: str) -> None:
    assert write(
        "?", given(), model=Scripted(f"{text} [{B}]"), supports=_trusting, stopped=never, release=Released()
    ).released


def test_support_that_names_no_words_of_an_offered_passage_is_none() -> None:
    def astray(sentence: str, cited: Sequence[Offered]) -> Support:
        held = stands_there(sentence, cited)
        return Support(held.score, held.failed, (0, 10_000), held.id)

    answer = write("?", given(), model=Scripted(GOOD, GOOD), supports=astray, stopped=never, release=Released())
    assert (answer.became, set(codes(answer))) == (Became.UNSUPPORTED, {("no_quote",)})


# Whoever asked, and whatever breaks


def test_a_sentence_whose_passage_was_withdrawn_meanwhile_is_not_released() -> None:
    answer = written(GOOD, release=Released(withdrawn="Invoices"))
    assert [one.claim.text for one in answer.released] == ["Contracts are kept for 5 years after they end."]
    assert codes(answer) == [("withdrawn",), ()]


def test_what_cannot_be_made_durable_ends_the_call() -> None:
    model = Scripted(GOOD)

    def breaks(_one: Checked) -> bool:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        write("?", given(), model=model, supports=stands_there, stopped=never, release=breaks)
    assert model.closed == 1


@pytest.mark.parametrize("deaf", [False, True])
def test_stopping_ends_the_call_and_keeps_what_was_released(*, deaf: bool) -> None:
    released, model = Released(), Scripted(GOOD * 3, piece=1, deaf=deaf)
    answer = write(
        "?", given(), model=model, supports=stands_there, stopped=lambda: bool(released.sentences), release=released
    )
    assert (len(answer.released), answer.became, answer.calls[-1].ended) == (1, Became.TRIMMED, "stopped")
    assert model.closed == 1
    assert len(answer.calls[-1].raw) < len(GOOD)


def test_stopped_before_anything_was_released() -> None:
    model = Scripted(GOOD)
    answer = write("?", given(), model=model, supports=stands_there, stopped=lambda: True, release=Released())
    assert (answer.became, len(model.asked)) == (Became.STOPPED, 1)


@pytest.mark.parametrize("error", [ModelUnavailableError("x"), ModelTimedOutError("x"), ModelCutOffError("x")])
def test_a_model_that_breaks_at_once_has_failed(error: ModelUnavailableError) -> None:
    answer = written(error)
    assert (answer.became, answer.calls[0].failure, len(answer.calls)) == (Became.FAILED, error.code, 1)


def test_what_was_released_before_a_model_broke_stands_and_its_last_sentence_is_cut_off() -> None:
    first, second, _ = GOOD.split("\n")
    answer = written([f"{first}\n{second[:-14]}", ModelTimedOutError("x")])
    assert (answer.became, len(answer.released), answer.calls[0].failure) == (Became.TRIMMED, 1, "timed_out")
    assert codes(answer) == [(), ("cut_off",)]


def test_a_model_that_never_ends_is_ended() -> None:
    model = Scripted("Parking is free. " * 10_000, f"Invoices are kept for ten years. [{B}] " * 10_000)
    answer = write("?", given(), model=model, supports=stands_there, stopped=never, release=Released())
    assert [call.ended for call in answer.calls] == ["repeats", "repeats"]
    assert (answer.became, len(answer.released), model.closed) == (Became.TRIMMED, 1, 2)


# The record


def test_the_record_holds_what_was_sent_what_was_said_and_what_became_of_each_sentence() -> None:
    model = Scripted("Parking is free.", GOOD)
    answer = write("How long?", given(), model=model, supports=stands_there, stopped=never, release=Released())
    kept = answer.as_json()
    assert [call["raw"] for call in kept["calls"]] == ["Parking is free.", GOOD]
    assert [tuple(one["text"] for one in call["messages"]) for call in kept["calls"]] == [
        tuple(one.text for one in messages) for messages in model.asked
    ]
    assert [call["prompt_hash"] for call in kept["calls"]] == [prompt_hash("write"), prompt_hash("again")]
    assert {call["most_tokens"] for call in kept["calls"]} == set(model.most_tokens) == {MOST_TOKENS}
    assert [(one["call"], one["done"], one["score_u"]) for one in kept["sentences"]] == [
        (0, "left_out", 250_000),
        (1, "released", 1_000_000),
        (1, "released", 1_000_000),
    ]
    assert (kept["model"], kept["became"]) == ("scripted", "written")
    assert [one for one, _ in kept["given"]] == [A, B, C]
    assert written_from_json(kept) == answer


def test_a_record_of_another_format_is_not_read() -> None:
    with pytest.raises(ValueError, match="expected a written answer of format 1, got 2"):
        written_from_json({"format": 2})
