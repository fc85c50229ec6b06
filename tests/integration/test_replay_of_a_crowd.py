"""Questions that were encoded together, made again one by one: the same passages, scores and answers."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from indexes.encoder import SentenceTransformersEncoder
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import BEARER, open_studio, with_rules

QUESTIONS = [
    "Who reviews a new AI vendor?",
    "What is the daily travel allowance?",
    "May staff upload unreleased scripts to a chatbot?",
    "In which class are flights booked, and who says so when somebody from the sound department asks about it?",
    "travel",
    "Who?",
]


def test_a_replay_is_identical_whoever_asked_at_the_same_time(
    library: TinyLibrary, real_encoder: SentenceTransformersEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.encoder = real_encoder  # type: ignore[assignment]
    sizes: list[int] = []
    encode = real_encoder.encode_with_pieces

    def noting(texts: list[str]) -> object:
        sizes.append(len(texts))
        return encode(texts)

    with open_studio(with_rules(library)) as studio, ThreadPoolExecutor(16) as pool:
        monkeypatch.setattr(real_encoder, "encode_with_pieces", noting)
        answers = list(pool.map(studio.ask, QUESTIONS * 2))
        assert max(sizes) > 1, "some were encoded together"
        for answer in answers:
            response = studio.api.post("/v1/audit/replay", json={"seq": answer["receipt"]["seq"]}, headers=BEARER)
            assert response.status_code == 200, response.text
            told = response.json()
            assert told["verdict"] == "identical", told
            assert told["score_difference_u"] <= 10
