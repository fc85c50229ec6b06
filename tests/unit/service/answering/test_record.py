"""What the two leaves of a question say, and that no text is in them."""

import hashlib
import json

import pytest

from indexes.manifest import read_manifest
from service.answering.finding.retrieve import CANDIDATES, KIND
from tests.support.answering_parts import RANKING
from tests.support.service_parts import OFF_TOPIC_QUESTION, POLICY, TRAVEL, VENDOR_QUESTION, Studio, sealed_texts

SENTENCE = "The security team reviews every new AI vendor within ten working days."


def test_the_received_leaf_names_the_asker_by_pseudonym_and_the_build_by_hash(studio: Studio) -> None:
    studio.ask(VENDOR_QUESTION)
    received = studio.leaves()[0]
    folder = next(studio.library.builds.glob("*/manifest.json")).parent
    assert received["channel"] == "api"
    assert received["auth"] == "local-token"
    assert received["actor"].startswith("actor-")
    assert received["build"] == {"id": folder.name, "manifest_hash": read_manifest(folder).content_hash()}
    assert received["release"]["config_hash"] == studio.service.settings.config_hash()
    assert received["prompt_len"] == len(VENDOR_QUESTION)
    assert received["ts_us"] == round(studio.library.clock().timestamp() * 1_000_000)


def test_the_finished_leaf_tells_how_the_answer_came_about(studio: Studio) -> None:
    result = studio.ask(VENDOR_QUESTION)
    finished = studio.leaves()[1]
    encoder = studio.library.encoder
    assert (finished["outcome"], finished["reason"]) == ("answered", None)
    assert finished["evidence_u"] >= finished["threshold_u"] > 0
    assert finished["encoder"] == {"name": encoder.name, "digest": encoder.digest, "dtype": encoder.dtype}
    assert (finished["retrieval"]["kind"], finished["retrieval"]["k"]) == (KIND, CANDIDATES)
    assert finished["retrieval"]["weights_u"] == RANKING.weights_u()
    scores = [hit["score_u"] for hit in finished["hits"]]
    assert 1_000_000 - 2 <= sum(scores) <= 1_000_000 + 2, "both passages of the library are candidates"
    assert scores == sorted(scores, reverse=True)
    assert finished["register_seq"] == 2
    assert finished["answerer"]["kind"] == "extractive"
    assert finished["answer_len"] == len(result["answer"])
    (citation,) = result["citations"]
    assert finished["citations"] == [
        {
            "n": 1,
            "passage_id": citation["passage_id"],
            "span": citation["span"],
            "check": "verbatim",
            "score_u": None,
        }
    ]
    used = [hit["document"] for hit in finished["hits"] if hit["used"]]
    assert used == [POLICY]
    assert [hit["rank"] for hit in finished["hits"]] == [1, 2]


def test_a_refusal_records_what_was_found_and_that_nobody_drafted(studio: Studio) -> None:
    studio.ask(OFF_TOPIC_QUESTION)
    finished = studio.leaves()[1]
    assert finished["answerer"]["kind"] == "none"
    assert len(finished["hits"]) == 2
    assert not any(hit["used"] for hit in finished["hits"])


def test_how_long_it_took_is_in_microseconds(studio: Studio) -> None:
    studio.ask(VENDOR_QUESTION)
    assert 0 < studio.leaves()[1]["elapsed_us"] < 60_000_000


@pytest.mark.parametrize("question", [VENDOR_QUESTION, OFF_TOPIC_QUESTION])
def test_no_text_is_in_a_leaf(studio: Studio, question: str) -> None:
    studio.ask(question)
    leaves = json.dumps(studio.leaves())
    assert question not in leaves
    assert SENTENCE not in leaves
    assert "local-token" in leaves
    assert '"local"' not in leaves  # nor the name of the asker


def test_prompt_and_answer_are_beside_the_leaves(studio: Studio) -> None:
    studio.ask(VENDOR_QUESTION)

    received, finished = studio.store.of_request(studio.leaves()[0]["request_id"])
    assert [payload.field for payload in studio.store.payloads(received.seq)] == ["asker", "prompt"]
    assert [payload.field for payload in studio.store.payloads(finished.seq)] == ["answer"]
    texts = {field: sealed_texts(studio.state, field) for field in ("asker", "prompt", "answer")}
    assert texts == {"asker": ["local"], "prompt": [VENDOR_QUESTION], "answer": [SENTENCE]}


def test_who_asked_is_sealed_with_another_key_than_what_was_asked(studio: Studio) -> None:
    studio.ask(VENDOR_QUESTION)
    received, _ = studio.store.of_request(studio.leaves()[0]["request_id"])
    keys = {payload.field: payload.key_id for payload in studio.store.payloads(received.seq)}
    assert keys == {"asker": "identity-2026-11", "prompt": "payload-2026-11-1"}


def test_what_the_asker_could_see_is_kept_under_the_hash_in_the_leaf(studio: Studio) -> None:
    studio.ask(VENDOR_QUESTION)
    studio.search(VENDOR_QUESTION)
    hashes = {leaf["retrieval"]["filter_hash"] for leaf in studio.leaves() if leaf["type"] == "query.finished"}
    (filter_hash,) = hashes
    pairs = studio.store.scope(filter_hash)
    assert pairs is not None
    assert hashlib.sha256(pairs).hexdigest() == filter_hash
    assert [line.split("\0")[0] for line in pairs.decode().splitlines()] == [POLICY, TRAVEL]


def test_the_same_question_twice_has_the_same_actor_and_another_commitment(studio: Studio) -> None:
    studio.ask(VENDOR_QUESTION)
    studio.ask(VENDOR_QUESTION)
    first, second = studio.leaves()[0], studio.leaves()[2]
    assert first["actor"] == second["actor"]
    assert first["prompt_commit"] != second["prompt_commit"]
