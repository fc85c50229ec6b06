"""The audit routes that show records: what each takes and gives. That looks are on record is law 7."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.api.audit_routes import moment_us
from service.audit.errors import FilterError
from tests.support.audit_doors import ORIGIN, PURPOSE, asked, got, posted
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import OFF_TOPIC_QUESTION, POLICY, VENDOR_QUESTION, Studio, open_studio, with_rules

SENTENCE = "The security team reviews every new AI vendor within ten working days."


def _seqs(page: dict[str, Any]) -> list[int]:
    return [record["seq"] for record in page["records"]]


# --- records ---


def test_records_are_listed_by_number_and_page(studio: Studio) -> None:
    question = asked(studio)
    first = got(studio, "/records", params={"limit": 3})
    assert (_seqs(first), first["next"]) == ([0, 1, 2], 2)
    second = got(studio, "/records", params={"after": first["next"], "limit": 1000})
    assert (_seqs(second), second["next"]) == (list(range(3, question.finished + 2)), None)
    assert [record["type"] for record in second["records"]][-1] == "audit.read"  # of the look before
    assert first["records"][0] == {
        "seq": 0,
        "leaf_hash": first["records"][0]["leaf_hash"],
        "type": "shard.opened",
        "ts_us": 1795176000000000,
        "time": "2026-11-20T12:00:00Z",
        "request_id": None,
        "origin": ORIGIN,
        "first_seq": 0,
    }


def test_records_are_filtered(studio: Studio) -> None:
    answered, refused = asked(studio), asked(studio, OFF_TOPIC_QUESTION)
    studio.browser().post("/", data={"question": VENDOR_QUESTION})
    assert _seqs(got(studio, "/records", params={"type": "query.finished", "channel": "api"})) == [
        answered.finished,
        refused.finished,
    ]
    assert _seqs(got(studio, "/records", params={"outcome": "refused"})) == [refused.finished]
    assert _seqs(got(studio, "/records", params={"reason": "no_evidence"})) == [refused.finished]
    assert _seqs(got(studio, "/records", params={"request_id": answered.request_id})) == [
        answered.received,
        answered.finished,
    ]
    assert _seqs(got(studio, "/records", params={"document": POLICY, "limit": 1})) == [answered.finished]
    assert len(_seqs(got(studio, "/records", params={"channel": "web"}))) == 2


def test_records_are_those_of_a_time(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio:
        first = asked(studio)
        library.clock.pass_days(1)
        second = asked(studio)
        kind = {"type": "query.finished"}
        assert _seqs(got(studio, "/records", params={"since": "2026-11-21", **kind})) == [second.finished]
        assert _seqs(got(studio, "/records", params={"until": "2026-11-21T12:00:00Z", **kind})) == [first.finished]
        assert _seqs(got(studio, "/records", params={"until": "2026-11-21T13:00:00+01:00", **kind})) == [first.finished]
        assert _seqs(
            got(studio, "/records", params={"since": "2026-11-21T12:00:00", "until": "2026-11-22", **kind})
        ) == [second.finished]


@pytest.mark.parametrize(
    ("params", "detail"),
    [
        ({"since": "yesterday"}, "expected a day like 2026-11-20 or a time like 2026-11-20T09:00:00Z, got neither"),
        ({"outcom": "refused"}, "unknown field: see /openapi.json for what this takes"),
        ({"actor": "actor-1"}, "unknown field: see /openapi.json for what this takes"),
        ({"limit": 1001}, "limit: is too large"),
        ({"after": "first"}, "after: expected a whole number"),
        ({"outcome": "It was refused."}, 'expected "outcome" = a code of lower-case letters, digits and _'),
        ({"request_id": "1"}, 'expected "request_id" = the id of a question'),
    ],
)
def test_a_filter_that_cannot_be_understood_is_refused_and_leaves_no_record(
    shared_studio: Studio, params: dict[str, Any], detail: str
) -> None:
    before = shared_studio.all_leaves()
    problem = got(shared_studio, "/records", 422, params)
    assert problem["type"] == "urn:greenlit:problem:request"
    assert problem["detail"].startswith(detail)
    assert shared_studio.all_leaves() == before


def test_a_record_is_shown_with_its_exact_bytes_and_without_its_texts(studio: Studio) -> None:
    question = asked(studio)
    record = got(studio, f"/records/{question.received}")
    stored = studio.store.leaf(question.received)
    assert stored is not None
    assert record["leaf_text"].encode() == stored.leaf
    assert record["leaf"] == json.loads(stored.leaf)
    assert (record["payloads"], record["erased"], record["channel"]) == (["prompt"], None, "api")
    assert VENDOR_QUESTION not in json.dumps(record)


def test_the_texts_of_a_record_are_opened_for_a_purpose(studio: Studio) -> None:
    question = asked(studio)
    opened = posted(studio, f"/records/{question.received}/payload", {"purpose": PURPOSE})
    assert opened == {"seq": question.received, "texts": {"prompt": VENDOR_QUESTION}, "erased": None}
    opened = posted(studio, f"/records/{question.finished}/payload", {"purpose": PURPOSE})
    assert opened["texts"] == {"answer": SENTENCE}
    assert "is missing" in posted(studio, f"/records/{question.received}/payload", {}, 422)["detail"]
    assert (
        "expected a purpose" in posted(studio, f"/records/{question.received}/payload", {"purpose": " "}, 422)["detail"]
    )


@pytest.mark.parametrize("seq", [99, 2**53 - 1])
def test_a_number_that_no_record_has_is_not_found(shared_studio: Studio, seq: int) -> None:
    asked(shared_studio)
    problems = [
        got(shared_studio, f"/records/{seq}", 404),
        posted(shared_studio, f"/records/{seq}/payload", {"purpose": PURPOSE}, 404),
        got(shared_studio, "/proof", 404, {"seq": seq}),
        posted(shared_studio, "/replay", {"seq": seq}, 404),
    ]
    assert {problem["type"] for problem in problems} == {"urn:greenlit:problem:no-record"}


@pytest.mark.parametrize("seq", ["-1", "x", "1.5", str(2**53), "9" * 5000])
def test_what_is_no_number_is_refused(shared_studio: Studio, seq: str) -> None:
    assert shared_studio.api.get(f"/v1/audit/records/{seq}").status_code == 422
    assert shared_studio.api.get("/v1/audit/proof", params={"seq": seq}).status_code == 422


# --- one's own ---


def test_ones_own_questions_are_listed_by_page_the_newest_first(studio: Studio) -> None:
    first, second = asked(studio), asked(studio, OFF_TOPIC_QUESTION)
    page = got(studio, "/own", params={"limit": 1})
    (newest,) = page["questions"]
    assert (newest["request_id"], newest["question"], newest["answer"]) == (second.request_id, OFF_TOPIC_QUESTION, None)
    assert (newest["outcome"], newest["reason"], newest["receipt"]["seq"]) == (
        "refused",
        "no_evidence",
        second.finished,
    )
    (oldest,) = got(studio, "/own", params={"before": page["next"]})["questions"]
    assert (oldest["request_id"], oldest["answer"], oldest["documents"]) == (first.request_id, SENTENCE, [POLICY])


def test_ones_own_question_is_erased(studio: Studio) -> None:
    question = asked(studio)
    assert posted(studio, "/own/erase", {"request_id": question.request_id})["erased"] == 2
    (own,) = got(studio, "/own")["questions"]
    assert (own["question"], own["answer"], own["erased"]["ground"]) == (None, None, "asker_request")


@pytest.mark.parametrize("limit", [0, 201])
def test_a_page_has_its_bounds(shared_studio: Studio, limit: int) -> None:
    got(shared_studio, "/own", 422, {"limit": limit})


# --- times ---


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20T09:00:00Z", datetime(2026, 11, 20, 9, tzinfo=UTC)),
        ("2026-11-20T09:00", datetime(2026, 11, 20, 9, tzinfo=UTC)),
        ("2026-11-20T09:00:00+02:00", datetime(2026, 11, 20, 7, tzinfo=UTC)),
        ("1970-01-01", datetime(1970, 1, 1, tzinfo=UTC)),
        ("1960-01-01T00:00:00.000001", datetime(1960, 1, 1, 0, 0, 0, 1, tzinfo=UTC)),
    ],
)
def test_a_day_or_a_time_is_a_moment(text: str, moment: datetime) -> None:
    assert moment_us(text) == (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@pytest.mark.parametrize("text", ["", "now", "20.11.2026", "2026-13-01", "2026-11-20T25:00", "2026-11-31"])
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(FilterError, match="expected a day like 2026-11-20"):
        moment_us(text)
