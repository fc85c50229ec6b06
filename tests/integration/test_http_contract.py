"""The HTTP interface is exactly what DESIGN.md says, and every error of it is problem JSON."""

import re
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.fakes import TinyLibrary
from tests.support.service_parts import (
    OFF_TOPIC_QUESTION,
    POLICY,
    POLICY_TEXT,
    TRAVEL,
    VENDOR_QUESTION,
    Studio,
    open_studio,
    with_rules,
)

UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
SHA256 = re.compile(r"[0-9a-f]{64}")
SENTENCE = "The security team reviews every new AI vendor within ten working days."


def _receipt(value: dict[str, Any], studio: Studio) -> None:
    """Hold a receipt against the newest record, which is the end of the question."""
    assert sorted(value) == ["leaf_hash", "origin", "seq"]
    assert (value["origin"], value["seq"]) == ("greenlit.test/audit/2026-11", studio.store.size() - 1)
    stored = studio.store.leaf(value["seq"])
    assert stored is not None
    assert (stored.type, stored.leaf_hash) == ("query.finished", value["leaf_hash"])
    assert SHA256.fullmatch(value["leaf_hash"])


def test_an_answer_has_exactly_the_published_shape(shared_studio: Studio) -> None:
    result = shared_studio.ask(VENDOR_QUESTION, conversation_id=None)
    document = shared_studio.api.get(f"/v1/documents/{POLICY}").json()
    start = document["text"].index(SENTENCE)
    span = [start, start + len(SENTENCE)]
    assert UUID7.fullmatch(result.pop("request_id"))
    _receipt(result.pop("receipt"), shared_studio)
    passage_id = result["citations"][0].pop("passage_id")
    assert result["citations"][0].pop("locator")["kind"] in ("page", "heading", "document")
    assert re.fullmatch(r"[0-9a-f]{24}", passage_id)
    (further,) = result.pop("passages")
    assert set(further) == set(result["citations"][0]) - {"n", "quote", "note"} | {"passage_id", "locator"}
    assert further["passage_id"] != passage_id
    assert result == {
        "outcome": "answered",
        "answer": SENTENCE,
        "sentences": [{"text": SENTENCE, "citations": [1], "more": 0, "check": "verbatim"}],
        "citations": [
            {
                "n": 1,
                "document": POLICY,
                "title": "AI use policy",
                "sha256": document["sha256"],
                "quote": SENTENCE,
                "span": span,
                "url": f"/documents/{POLICY}?version={document['sha256'][:16]}&from={span[0]}&to={span[1]}#quote",
                "approved_by": "ann@x.example",
                "approved_on": "2026-11-20",
                "expires": "2027-11-20",
                "note": None,
            }
        ],
        "not_mentioned": [],
        "not_looked_up": [],
        "notes": [],
        "model": None,
        "refusal": None,
        "searched_for": None,
    }


def test_a_refusal_has_exactly_the_published_shape(shared_studio: Studio) -> None:
    result = shared_studio.ask(OFF_TOPIC_QUESTION)
    assert UUID7.fullmatch(result.pop("request_id"))
    _receipt(result.pop("receipt"), shared_studio)
    assert isinstance(result["refusal"].pop("message"), str)
    assert result == {
        "outcome": "refused",
        "answer": None,
        "sentences": [],
        "citations": [],
        "not_mentioned": [],
        "not_looked_up": [],
        "notes": [],
        "passages": [],
        "model": None,
        "refusal": {"reason": "no_evidence"},
        "searched_for": None,
    }


def test_a_search_has_exactly_the_published_shape(shared_studio: Studio) -> None:
    result = shared_studio.search(VENDOR_QUESTION, limit=1)
    text = shared_studio.api.get(f"/v1/documents/{POLICY}").json()["text"]
    assert UUID7.fullmatch(result.pop("request_id"))
    _receipt(result.pop("receipt"), shared_studio)
    (passage,) = result.pop("passages")
    assert result == {}
    assert re.fullmatch(r"[0-9a-f]{24}", passage.pop("passage_id"))
    start, end = passage.pop("span")
    assert text[start:end] == passage.pop("text")
    assert passage.pop("locator")["kind"] in ("page", "heading", "document")
    assert 0.5 < passage.pop("score") < 1, "the probability that of both passages it is this one"
    sha256 = passage.pop("sha256")
    assert SHA256.fullmatch(sha256)
    assert passage.pop("url") == f"/documents/{POLICY}?version={sha256[:16]}&from={start}&to={end}#quote"
    listed = shared_studio.api.get("/v1/documents").json()["documents"][0]
    approval = {name: listed[name] for name in ("approved_by", "approved_on", "expires")}
    assert passage == {"rank": 1, "document": POLICY, "title": "AI use policy", "note": None, **approval}


def test_a_locator_says_where_in_the_document(library: TinyLibrary) -> None:
    library.add("legal/handbook.md", "# Handbook\n\n## Money\n\n### Refunds\n\nRefunds are paid within nine days.\n")
    library.ingest()
    with open_studio(library) as studio:
        (passage,) = studio.search("When are refunds paid?")["passages"]
    assert passage["locator"]["kind"] == "heading"
    assert passage["locator"]["path"][-2:] == ["Money", "Refunds"]


def test_documents_have_exactly_the_published_shape(shared_studio: Studio) -> None:
    listed = shared_studio.api.get("/v1/documents").json()
    policy = shared_studio.api.get(f"/v1/documents/{POLICY}").json()
    text = policy.pop("text")
    assert policy.pop("warnings") == []
    assert sorted(listed) == ["documents"]
    assert [document["document"] for document in listed["documents"]] == [POLICY, TRAVEL]
    assert listed["documents"][0] == policy
    assert SHA256.fullmatch(policy.pop("sha256"))
    assert policy == {
        "document": POLICY,
        "title": "AI use policy",
        "passages": 1,
        "approved_by": "ann@x.example",
        "approved_on": "2026-11-20",
        "expires": "2027-11-20",
    }
    assert SENTENCE in text


def test_an_original_is_the_approved_bytes_and_cannot_run_anything(studio: Studio) -> None:
    studio.library.write(POLICY, "# Changed since\n")
    response = studio.api.get(f"/v1/originals/{POLICY}")
    assert response.content == POLICY_TEXT.encode()
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_every_response_has_the_closed_headers(shared_studio: Studio) -> None:
    responses = [
        shared_studio.api.post("/v1/ask", json={"question": VENDOR_QUESTION}),
        shared_studio.api.post("/v1/ask", json={}),
        shared_studio.api.post("/v1/ask", content=b"a" * 70_000),
        shared_studio.api.get("/nothing"),
        shared_studio.api.get("/v1/documents", headers={"Host": "evil.example"}),
        shared_studio.stranger().get("/v1/documents"),
        shared_studio.browser().get("/"),
    ]
    assert [response.status_code for response in responses] == [200, 422, 413, 404, 400, 401, 200]
    for response in responses:
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "server" not in response.headers


NOT_DOCUMENTS = [
    "legal/nothing.md",
    "legal",
    "legal/",
    "/",
    "",
    "..",
    "../sources.toml",
    "legal/../../library/sources.toml",
    "legal/../legal/ai-policy.md",
    "sources.toml",
    "register.jsonl",
    "/etc/passwd",
    "//etc/passwd",
    "file:///etc/passwd",
    "legal\\ai-policy.md",
    "LEGAL/AI-POLICY.MD",
    "legal/ai-policy.md ",
    "legal/ai-policy.md/",
    "legal/ai-policy.md\x00",
    "legal/ai-policy.md\x00.txt",
    "' OR '1'='1",
    "legal/ai-policy.md' --",
    '"; DROP TABLE documents; --',
    "*",
    "%",
    "legal/_i-policy.md",
    "\ufeff",
    "legal/" + "a" * 5000,
    "\u202e/\u202e",
]


@pytest.mark.parametrize("document", NOT_DOCUMENTS)
@pytest.mark.parametrize("where", ["/v1/documents/", "/v1/originals/"])
def test_whatever_is_not_the_name_of_a_document_is_not_found(shared_studio: Studio, where: str, document: str) -> None:
    response = shared_studio.api.get(f"{where}{quote(document, safe='')}")
    assert response.status_code == 404
    assert response.json() == {
        "type": "urn:greenlit:problem:not-found",
        "title": "Not Found",
        "status": 404,
        "detail": "there is no such thing here, or you may not read it",
    }


@pytest.mark.parametrize("raw", ["%ff%fe", "legal/ai-policy.md%00", "%2e%2e/%2e%2e/etc/passwd", "%c0%ae%c0%ae/x"])
def test_bytes_that_are_no_name_are_not_found(shared_studio: Studio, raw: str) -> None:
    assert shared_studio.api.get(f"/v1/documents/{raw}").status_code == 404


def test_a_name_with_other_letters_and_signs_is_found_at_its_address(library: TinyLibrary) -> None:
    name = "legal/Reise & Spesen/über 100 % #1?.md"
    library.add(name, "# Reisen\n\nThe travel allowance abroad is ninety euros a day.\n")
    with open_studio(with_rules(library)) as studio:
        result = studio.ask("What is the travel allowance abroad?")
        (citation,) = result["citations"]
        assert citation["document"] == name
        assert studio.api.get(f"/v1/documents/{quote(name)}").json()["document"] == name
        page = studio.browser().get(citation["url"].split("#")[0]).text
    assert f'<mark id="quote" tabindex="-1">{citation["quote"]}</mark>' in page


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/nothing", 404, "not-found"),
        ("GET", "/docs", 404, "not-found"),
        ("GET", "/redoc", 404, "not-found"),
        ("GET", "/v1/ask/", 404, "not-found"),
        ("GET", "/v1/ask", 405, "method-not-allowed"),
        ("PUT", "/v1/ask", 405, "method-not-allowed"),
        ("DELETE", "/v1/documents/legal/ai-policy.md", 405, "method-not-allowed"),
        ("TRACE", "/v1/documents", 405, "method-not-allowed"),
        ("OPTIONS", "/v1/ask", 405, "method-not-allowed"),
        ("POST", "/openapi.json", 405, "method-not-allowed"),
        ("GET", "/documents/legal/ai-policy.md?from=x", 422, "request"),
    ],
)
def test_every_error_is_a_problem(shared_studio: Studio, method: str, path: str, status: int, kind: str) -> None:
    response = shared_studio.browser().request(method, path)
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert (response.status_code, problem["status"]) == (status, status)
    assert problem["type"] == f"urn:greenlit:problem:{kind}"
    assert problem["title"]
    assert problem["detail"]


def test_who_is_not_signed_in_is_told_how_to_be(shared_studio: Studio) -> None:
    response = shared_studio.stranger().get("/v1/documents")
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json() == {
        "type": "urn:greenlit:problem:not-signed-in",
        "title": "Not signed in",
        "status": 401,
        "detail": "expected an identity that is valid here",
    }
