"""What a language model did for an answer is said in the same words everywhere, and nothing where it did nothing."""

import pytest

from service.clients.by_model import by_model, wrote

NAME = "house model"
REWROTE = f"{NAME} rewrote the question so that it stands alone."
WROTE = f"Written by {NAME} from the passages below; each sentence was checked against them."


def _did(**did: object) -> dict[str, object]:
    return {"name": NAME, "wrote": False, "judged": False, "rewrote": False, "left_out": 0, **did}


def test_of_a_quoted_answer_nothing_is_said() -> None:
    assert by_model(None) == ()
    assert by_model(None, "no_evidence") == ()
    assert by_model(_did()) == ()
    assert not wrote(None)
    assert not wrote(_did(judged=True))


@pytest.mark.parametrize(
    ("did", "said"),
    [
        (_did(wrote=True), (WROTE,)),
        (_did(judged=True), (f"{NAME} chose the passages.",)),
        (_did(rewrote=True), (REWROTE,)),
        (_did(rewrote=True, wrote=True), (REWROTE, WROTE)),
        (_did(wrote=True, judged=True), (WROTE, f"{NAME} also chose the passages.")),
        (
            _did(wrote=True, left_out=1),
            (WROTE, "1 sentence was left out because the passages do not say it."),
        ),
        (
            _did(wrote=True, left_out=2),
            (WROTE, "2 sentences were left out because the passages do not say them."),
        ),
        (
            _did(left_out=3),  # none held up, so the answer is a quoted one
            (f"3 sentences that {NAME} wrote were left out because the passages do not say them.",),
        ),
    ],
)
def test_who_wrote_who_chose_and_what_was_left_out_is_said(did: dict[str, object], said: tuple[str, ...]) -> None:
    assert by_model(did) == said
    assert wrote(did) is bool(did["wrote"])


def test_a_refusal_says_what_the_model_found_and_never_that_it_answered() -> None:
    none = (f"{NAME} found no passage that answers this.",)
    assert by_model(_did(judged=True), "no_evidence") == none
    assert by_model(_did(wrote=True), "no_evidence") == none
    failed = (f"{NAME} wrote an answer, and no sentence of it held up.",)
    assert by_model(_did(left_out=2), "unsupported_draft") == failed
    assert by_model(_did(judged=True), "unsupported_draft") == ()
    assert by_model(_did(judged=True), "request_not_supported") == ()
    assert by_model(_did(rewrote=True), "no_evidence") == (REWROTE,)


def test_a_name_stays_on_its_line() -> None:
    assert by_model(_did(judged=True, name="a\n> b")) == ("a > b chose the passages.",)
