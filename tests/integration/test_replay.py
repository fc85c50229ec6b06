"""Answers of the real encoder, found again after everything around them has changed."""

from indexes.encoder import SentenceTransformersEncoder
from service.answering.evidence import read_calibration
from tests.support.fakes import TinyLibrary
from tests.support.replay_parts import OFF_TOPIC, POLICY, QUESTION, TRAVEL, is_identical, open_archive, with_documents

QUESTIONS = (QUESTION, "How much is the daily travel allowance?", "Which class are flights booked in?", OFF_TOPIC)


def test_answers_of_the_real_encoder_are_found_again_to_the_byte(
    library: TinyLibrary, real_encoder: SentenceTransformersEncoder
) -> None:
    library.encoder = real_encoder  # type: ignore[assignment]  # the fake stands for it everywhere else
    with open_archive(with_documents(library), calibration=read_calibration()) as archive:
        answers = [archive.ask(text) for text in QUESTIONS]
        found = archive.search(limit=3)
        library.revoke(POLICY)
        library.write(TRAVEL, "# Travel rules\n\nThe daily travel allowance is sixty euros.\n")
        library.approve(TRAVEL)
        library.ingest()
        assert archive.ask(QUESTIONS[1]).text != answers[1].text
        seen = [archive.replay(answer.receipt.seq) for answer in answers] + [archive.replay(found.receipt.seq)]
    assert all(is_identical(one) for one in seen)
    assert [answer.refusal is None for answer in answers] == [True, True, True, False]
    assert len({one["build"] for one in seen}) == 1
