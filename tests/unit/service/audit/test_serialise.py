"""The bytes of the two leaves: exactly these, never personal, never 64 KiB."""

import json
from dataclasses import replace
from typing import Any

import pytest

from service.audit.errors import AuditEntryError
from service.audit.leaves import (
    AnswererRef,
    CitationRef,
    Commitment,
    HitRef,
    Pseudonym,
    QueryFinished,
    QueryReceived,
    QuerySentence,
    Stamp,
    TokensRef,
    VerdictRef,
)
from service.audit.serialise import finished_leaf, received_leaf, sentence_leaf

STAMP = Stamp(origin="greenlit/audit/2026-11", ts_us=1_795_089_600_000_000)
PROMPT = Commitment(digest="9" * 64, length=23)
ASKER = Pseudonym(actor="actor-" + "a" * 32, groups_hash="b" * 64)


def test_a_received_leaf_is_exactly_these_bytes(received: QueryReceived) -> None:
    assert received_leaf(received, STAMP, asker=ASKER, prompt=PROMPT) == (
        b'{"actor":"actor-' + b"a" * 32 + b'","auth":"api_key",'
        b'"build":{"id":"20261119-1","manifest_hash":"' + b"c" * 64 + b'"},'
        b'"channel":"api","groups_hash":"' + b"b" * 64 + b'",'
        b'"origin":"greenlit/audit/2026-11","prompt_commit":"' + b"9" * 64 + b'","prompt_len":23,'
        b'"release":{"config_hash":"' + b"d" * 64 + b'","version":"0.1.0"},'
        b'"request_id":"01890a5d-ac96-774b-bcce-b302099a8057","ts_us":1795089600000000,"type":"query.received","v":1}'
    )


def test_a_finished_leaf_is_exactly_these_bytes(finished: QueryFinished) -> None:
    assert finished_leaf(finished, STAMP, answer=Commitment("8" * 64, 120)) == (
        b'{"answer_commit":"' + b"8" * 64 + b'","answer_len":120,'
        b'"answerer":{"endpoint_id":null,"kind":"extractive","name":"sentences-v1","params":{},"template_hash":null},'
        b'"citations":[{"check":"verbatim","n":1,"passage_id":"' + b"1" * 24 + b'","score_u":990000,"span":[120,245]}],'
        b'"elapsed_us":41250,'
        b'"encoder":{"digest":"' + b"e" * 64 + b'","dtype":"bfloat16","name":"all-MiniLM-L6-v2"},'
        b'"evidence_u":812000,'
        b'"hits":[{"document":"legal/ai-use-policy.pdf","passage_hash":"' + b"3" * 64 + b'",'
        b'"passage_id":"' + b"1" * 24 + b'","rank":1,"score_u":-1500,"sha256":"' + b"2" * 64 + b'","used":true}],'
        b'"origin":"greenlit/audit/2026-11","outcome":"answered","reason":null,"received_seq":5,"register_seq":7,'
        b'"request_id":"01890a5d-ac96-774b-bcce-b302099a8057",'
        b'"retrieval":{"filter_hash":"' + b"f" * 64 + b'","k":10,"kind":"fused",'
        b'"weights_u":{"dense":600000,"lexical":400000}},'
        b'"threshold_u":400000,"ts_us":1795089600000000,"type":"query.finished","v":1}'
    )


def test_what_a_language_model_adds_is_in_the_leaf(finished: QueryFinished) -> None:
    answerer = AnswererRef(kind="llm", name="model", params={"temperature_u": 0}, tokens=TokensRef(812, 96))
    leaf = finished_leaf(
        replace(finished, answerer=answerer), STAMP, answer=Commitment("8" * 64, 1), raw=Commitment("7" * 64, 2)
    )
    value = json.loads(leaf)
    assert value["tokens"] == {"completion": 96, "prompt": 812}
    assert value["answerer"]["raw_commit"] == "7" * 64


CITED = CitationRef(n=2, passage_id="1" * 24, start=120, end=245, check="supported", score_u=970_000)
SENTENCE = QuerySentence("01890a5d-ac96-774b-bcce-b302099a8057", 5, 2, "supported", 970_000, (CITED,))


def test_a_sentence_leaf_is_exactly_these_bytes() -> None:
    assert sentence_leaf(SENTENCE, STAMP, sentence=Commitment("7" * 64, 31)) == (
        b'{"check":"supported",'
        b'"citations":[{"check":"supported","n":2,"passage_id":"'
        + b"1"
        * 24
        + b'","score_u":970000,"span":[120,245]}],'
        b'"n":2,"origin":"greenlit/audit/2026-11","received_seq":5,'
        b'"request_id":"01890a5d-ac96-774b-bcce-b302099a8057","score_u":970000,'
        b'"sentence_commit":"'
        + b"7" * 64
        + b'","sentence_len":31,"ts_us":1795089600000000,"type":"query.sentence","v":1}'
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"citations": ()}, "expected a sentence from 1 on with a citation, got number 2 with 0"),
        ({"n": 0}, "expected a sentence from 1 on with a citation, got number 0 with 1"),
        ({"check": "Ten years."}, 'expected "check" = a code'),
        ({"request_id": "q1"}, 'expected "request_id" = a UUIDv7'),
    ],
)
def test_a_sentence_leaf_holds_no_text_and_cites_something(change: dict[str, Any], message: str) -> None:
    with pytest.raises(AuditEntryError, match=message):
        sentence_leaf(replace(SENTENCE, **change), STAMP, sentence=Commitment("7" * 64, 31))


def test_a_question_that_failed_early_says_so_with_nulls() -> None:
    entry = QueryFinished(
        request_id="01890a5d-ac96-774b-bcce-b302099a8057",
        received_seq=3,
        verdict=VerdictRef(outcome="aborted", reason="stopped"),
        elapsed_us=0,
    )
    value = json.loads(finished_leaf(entry, STAMP, answer=None))
    assert (value["outcome"], value["reason"], value["received_seq"]) == ("aborted", "stopped", 3)
    assert value["encoder"] is value["retrieval"] is value["answerer"] is value["answer_commit"] is None
    assert value["hits"] == value["citations"] == []


def test_a_conversation_is_named_only_when_there_is_one(received: QueryReceived) -> None:
    leaf = received_leaf(replace(received, conversation_id="C024:1795.0001"), STAMP, asker=ASKER, prompt=PROMPT)
    assert json.loads(leaf)["conversation_id"] == "C024:1795.0001"


def test_the_key_that_a_question_came_with_is_named_only_when_there_is_one(received: QueryReceived) -> None:
    leaf = received_leaf(replace(received, key_id="abcdefg234"), STAMP, asker=ASKER, prompt=PROMPT)
    assert json.loads(leaf)["key_id"] == "abcdefg234"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"actor": "mira@northlight.example"}, 'expected "actor" = a pseudonym'),
        ({"actor": "actor-" + "A" * 32}, 'expected "actor" = a pseudonym'),
        ({"request_id": "f47ac10b-58cc-4372-a567-0e02b2c3d479"}, 'expected "request_id" = a UUIDv7'),
        ({"request_id": "01890a5d-ac96-774b-bcce-b302099a8057\n"}, 'expected "request_id" = a UUIDv7'),
        ({"groups_hash": "staff,legal"}, 'expected "groups_hash" = 64 hex digits'),
        ({"conversation_id": "why was I let go?"}, 'expected "conversation_id" = 1 to 128'),
        ({"conversation_id": ""}, 'expected "conversation_id" = 1 to 128'),
        ({"key_id": "mira's key"}, 'expected "key_id" = the 10 characters'),
        ({"key_id": ""}, 'expected "key_id" = the 10 characters'),
    ],
)
def test_what_could_be_personal_is_refused_and_not_quoted(
    received: QueryReceived, change: dict[str, Any], message: str
) -> None:
    of_asker = {key: value for key, value in change.items() if key in {"actor", "groups_hash"}}
    of_entry = {key: value for key, value in change.items() if key not in of_asker}
    with pytest.raises(AuditEntryError, match=message) as caught:
        received_leaf(replace(received, **of_entry), STAMP, asker=replace(ASKER, **of_asker), prompt=PROMPT)
    assert not any(value and value in str(caught.value) for value in change.values())


def test_the_id_of_a_result_is_checked_as_well(finished: QueryFinished) -> None:
    with pytest.raises(AuditEntryError, match='expected "request_id" = a UUIDv7'):
        finished_leaf(replace(finished, request_id="mira"), STAMP, answer=None)


def test_a_reason_is_a_code_and_given_exactly_when_nothing_was_answered(finished: QueryFinished) -> None:
    def leaf(verdict: VerdictRef) -> bytes:
        return finished_leaf(replace(finished, verdict=verdict), STAMP, answer=None)

    with pytest.raises(AuditEntryError, match='expected "reason" = a code'):
        leaf(VerdictRef(outcome="failed", reason="no such file: /home/mira"))
    with pytest.raises(AuditEntryError, match="exactly when nothing was answered, got outcome 'refused' without one"):
        leaf(VerdictRef(outcome="refused"))
    with pytest.raises(AuditEntryError, match="got outcome 'answered' with one"):
        leaf(VerdictRef(outcome="answered", reason="no_evidence"))


def _hits(finished: QueryFinished, count: int, *, used: set[int]) -> tuple[HitRef, ...]:
    return tuple(
        replace(finished.hits[0], rank=rank, document="legal/" + "é" * 200, used=rank in used)
        for rank in range(1, count + 1)
    )


def test_a_long_leaf_leaves_out_unused_hits_from_the_last_and_says_how_many(finished: QueryFinished) -> None:
    leaf = finished_leaf(replace(finished, hits=_hits(finished, 200, used={1, 2, 199})), STAMP, answer=None)
    value = json.loads(leaf)
    ranks = [hit["rank"] for hit in value["hits"]]
    assert 63 * 1024 < len(leaf) < 64 * 1024
    assert len(ranks) + value["hits_left_out"] == 200
    assert ranks == [*range(1, len(ranks)), 199]


def test_used_hits_are_never_left_out(finished: QueryFinished) -> None:
    with pytest.raises(AuditEntryError, match="expected a leaf of at most 65535 bytes, got"):
        finished_leaf(replace(finished, hits=_hits(finished, 200, used=set(range(201)))), STAMP, answer=None)
