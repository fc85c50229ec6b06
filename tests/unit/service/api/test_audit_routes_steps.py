"""The audit routes that change something or take records out: erasing a question, replaying, rotating, exporting."""

import json
from typing import Any

import pytest

from service.audit.formats.notes import read_verifier_key, verified
from tests.support.audit_doors import PURPOSE, asked, got, posted
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import OFF_TOPIC_QUESTION, VENDOR_QUESTION, Studio, open_studio, with_rules

SENTENCE = "The security team reviews every new AI vendor within ten working days."


def test_the_texts_of_a_question_are_erased_and_the_proofs_stay(studio: Studio) -> None:
    question = asked(studio)
    body = {"request_id": question.request_id, "ground": "court_order", "purpose": PURPOSE}
    erased = posted(studio, "/erase", body)
    assert erased["erased"] == 2
    assert erased["receipt"]["seq"] == question.finished + 1
    record = got(studio, f"/records/{question.received}")
    assert (record["payloads"], record["erased"]["ground"]) == ([], "court_order")
    opened = posted(studio, f"/records/{question.received}/payload", {"purpose": PURPOSE})
    assert (opened["texts"], opened["erased"]["seq"]) == ({}, question.finished + 1)
    assert got(studio, "/proof", params={"seq": question.received})["leaf_hash"] == record["leaf_hash"]
    assert posted(studio, "/erase", body) == {"erased": 0, "ranges": [], "receipt": None}


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({}, 422, "request_id: is missing"),
        ({"request_id": "01890a5d-ac96-774b-bcce-b302099a8057", "before": "2026-11-20"}, 422, "unknown field"),
        ({"request_id": "all"}, 422, "request_id: expected the id of a question, as it came with the answer"),
        (
            {"request_id": "01890a5d-ac96-774b-bcce-b302099a8057", "ground": "He asked!"},
            422,
            "ground: expected a code of 1 to 32 lower-case letters",
        ),
        ({"request_id": "01890a5d-ac96-774b-bcce-b302099a8057"}, 404, "there is no such question on record"),
    ],
)
def test_what_is_to_be_erased_has_to_be_said(
    shared_studio: Studio, body: dict[str, Any], status: int, detail: str
) -> None:
    before = shared_studio.all_leaves()
    assert detail in posted(shared_studio, "/erase", body, status)["detail"]
    assert shared_studio.all_leaves() == before


@pytest.mark.parametrize("ask", [VENDOR_QUESTION, OFF_TOPIC_QUESTION])
def test_a_past_answer_is_made_again(studio: Studio, ask: str) -> None:
    question = asked(studio, ask)
    for seq in (question.received, question.finished):
        replayed = posted(studio, "/replay", {"seq": seq})
        assert (replayed["verdict"], replayed["differences"], replayed["passages"]) == ("identical", [], 2)
    posted(studio, "/erase", {"request_id": question.request_id})
    gone = posted(studio, "/replay", {"seq": question.finished}, 409)
    assert (gone["type"], gone["title"]) == ("urn:greenlit:problem:replay", "The answer cannot be made again")


def test_keys_are_changed(studio: Studio) -> None:
    asked(studio)
    before = got(studio, "/key")
    assert posted(studio, "/rotate", {"purpose": "payload"}) == {"purpose": "payload", "key_id": "payload-2026-11-2"}
    signing = posted(studio, "/rotate", {"purpose": "signing"})
    assert signing["vkey"] == got(studio, "/key").strip() != before.strip()
    assert verified(got(studio, "/checkpoint"), [read_verifier_key(signing["vkey"])])
    assert "or a key that is lost" in posted(studio, "/rotate", {"purpose": "identity"}, 422)["detail"]
    unknown = posted(studio, "/rotate", {"purpose": "pepper"}, 422)["detail"]
    assert unknown == "purpose: expected one of the values that /openapi.json names"


# --- exports ---


def _export(studio: Studio, **body: Any) -> list[dict[str, str]]:
    response = studio.api.post("/v1/audit/export", json=body)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/x-ndjson")
    return [json.loads(line) for line in response.text.splitlines()]


def _manifest(lines: list[dict[str, str]]) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(lines[-1]["line"])
    return value


def test_an_export_streams_the_lines_of_its_files(studio: Studio) -> None:
    question = asked(studio)
    lines = _export(studio)
    assert lines[-1]["file"] == "manifest.json"
    leaves = [line["line"] for line in lines if line["file"] == "leaves.jsonl"]
    assert [json.loads(leaf)["type"] for leaf in leaves][-1] == "query.finished"
    assert (_manifest(lines)["from_seq"], _manifest(lines)["to_seq"]) == (0, question.finished)
    assert {line["file"] for line in lines} >= {"records.csv", "checkpoints.jsonl", "checkpoint-2026-11.txt"}
    assert VENDOR_QUESTION not in json.dumps(lines)
    with_texts = _export(studio, payloads=True, purpose=PURPOSE, **{"from": question.received, "to": question.received})
    texts = [json.loads(line["line"]) for line in with_texts if line["file"] == "payloads.jsonl"]
    assert [(text["field"], text["text"]) for text in texts] == [("prompt", VENDOR_QUESTION)]


def test_an_export_is_of_a_span_of_numbers_or_of_time(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio:
        first = asked(studio)
        library.clock.pass_days(1)
        second = asked(studio)
        spans: list[tuple[dict[str, Any], tuple[int, int]]] = [
            ({"since": "2026-11-01", "until": "2026-12-01"}, (0, second.finished)),  # first: exports are records too
            ({"from": 2, "to": 4}, (2, 4)),
            ({"since": "2026-11-21", "to": second.finished}, (second.received, second.finished)),
            ({"until": "2026-11-21"}, (0, first.finished)),
            ({"from": 1, "until": "2026-11-21"}, (1, first.finished)),
        ]
        for body, expected in spans:
            manifest = _manifest(_export(studio, **body))
            assert (manifest["from_seq"], manifest["to_seq"]) == expected


@pytest.mark.parametrize(
    ("body", "kind", "detail"),
    [
        ({"from": 3, "to": 1}, "export", "expected the first record to come before the last, got 3 to 1"),
        ({"to": 9999}, "export", "expected a range within the log, got 0 to 9999"),
        ({"since": "2027-01-01"}, "export", "expected a time in which something was recorded"),
        ({"until": "2026-01-01"}, "export", "expected a time in which something was recorded"),
        ({"from": 1, "since": "2026-11-20"}, "request", "got both for one end"),
        ({"since": "autumn"}, "request", "expected a day like 2026-11-20"),
        ({"payloads": True}, "request", "expected a purpose in words for which the texts are exported, got none"),
        ({"payloads": True, "purpose": " "}, "request", "expected a purpose in words"),
        ({"to": -1}, "request", "to: is too small"),
        ({"payloads": 1}, "request", "payloads: expected true or false"),
    ],
)
def test_an_export_that_cannot_be_made_is_said_before_anything_is_streamed(
    shared_studio: Studio, body: dict[str, Any], kind: str, detail: str
) -> None:
    asked(shared_studio)
    problem = posted(shared_studio, "/export", body, 422)
    assert problem["type"] == f"urn:greenlit:problem:{kind}"
    assert detail in problem["detail"]
    assert "audit.exported" not in [leaf["type"] for leaf in shared_studio.all_leaves()]
