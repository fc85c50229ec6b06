"""What the two leaves of a question say, and that no text is in them."""

import json

import pytest

from indexes.manifest import read_manifest
from service.answering.retrieve import CANDIDATES, KIND
from service.audit.store import Payload
from tests.service_parts import OFF_TOPIC_QUESTION, POLICY, VENDOR_QUESTION, Studio

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
    assert sum(finished["retrieval"]["weights_u"].values()) == 1_000_000
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

    def texts(payloads: tuple[Payload, ...]) -> dict[str, str]:
        return {payload.field: payload.body.decode() for payload in payloads}

    assert texts(studio.store.payloads(0)) == {"prompt": VENDOR_QUESTION}
    assert texts(studio.store.payloads(1)) == {"answer": SENTENCE}


def test_the_same_question_twice_has_the_same_actor_and_another_commitment(studio: Studio) -> None:
    studio.ask(VENDOR_QUESTION)
    studio.ask(VENDOR_QUESTION)
    first, second = studio.leaves()[0], studio.leaves()[2]
    assert first["actor"] == second["actor"]
    assert first["prompt_commit"] != second["prompt_commit"]
