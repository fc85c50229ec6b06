"""Every error has a problem, none of which repeats what was sent."""

import json

import pytest
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field
from starlette.testclient import TestClient

from indexes.errors import BuildDamagedError, NoBuildError
from service.access.errors import NotAllowedError, NotSignedInError
from service.answering.errors import AnswerFailedError, LibraryUnavailableError, QuestionError, ReplayError
from service.api.problems import add_problem_handlers, problem_for, problem_response
from service.audit.errors import (
    AuditBusyError,
    AuditEntryError,
    AuditKeyError,
    AuditUnavailableError,
    ErasureError,
    ExportError,
    FilterError,
    NoRecordError,
    NotCoveredError,
    RevealError,
    SealError,
)

SECRET = "quokka4711"


@pytest.mark.parametrize(
    ("error", "kind", "status"),
    [
        (QuestionError("expected a question, got none"), "question", 422),
        (NotSignedInError("expected a token"), "not-signed-in", 401),
        (NotAllowedError("expected an auditor"), "not-allowed", 403),
        (NoRecordError("there is no record 7"), "no-record", 404),
        (FilterError("expected a day"), "request", 422),
        (RevealError("expected another person"), "reveal", 422),
        (ErasureError("expected another person"), "erasure", 422),
        (ExportError("expected a range within the log"), "export", 422),
        (NotCoveredError("no checkpoint covers it yet"), "not-covered", 409),
        (ReplayError("the build is gone"), "replay", 409),
        (SealError("the text 'prompt' of record 7 is missing"), "damaged", 500),
        (AuditUnavailableError(SECRET), "log", 503),
        (AuditKeyError(SECRET), "log", 503),
        (AuditBusyError(SECRET), "log", 503),
        (AuditEntryError(SECRET), "log", 503),
        (NoBuildError(SECRET), "build", 503),
        (BuildDamagedError(SECRET), "build", 503),
        (LibraryUnavailableError(SECRET), "library", 503),
        (AnswerFailedError(SECRET), "internal", 500),
        (ValueError(SECRET), "internal", 500),
    ],
)
def test_each_error_has_its_problem(error: Exception, kind: str, status: int) -> None:
    found_kind, found_status, title, detail = problem_for(error)
    assert (found_kind, found_status) == (kind, status)
    assert title
    assert detail
    assert SECRET not in title + detail


@pytest.mark.parametrize(
    "error", [NoRecordError, RevealError, ErasureError, ExportError, ReplayError, SealError, FilterError]
)
def test_what_an_auditor_can_do_something_about_is_said_in_its_own_words(error: type[Exception]) -> None:
    assert problem_for(error("expected this, got that"))[3] == "expected this, got that"


def test_a_problem_has_the_form_of_rfc_9457() -> None:
    response = problem_response("question", 422, "The question cannot be taken", "expected a question, got none")
    assert response.media_type == "application/problem+json"
    assert json.loads(bytes(response.body)) == {
        "type": "urn:greenlit:problem:question",
        "title": "The question cannot be taken",
        "status": 422,
        "detail": "expected a question, got none",
    }


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    count: int
    request_id: str = Field("a", pattern="^a$")


@pytest.fixture
def noticed() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def client(noticed: list[tuple[str, str]]) -> TestClient:
    app = FastAPI()
    add_problem_handlers(app, lambda kind, error: noticed.append((kind, type(error).__name__)))

    @app.post("/take")
    def take(body: Body) -> Body:
        return body

    @app.post("/v1/audit/take")
    def take_for_audit(body: Body) -> Body:
        return body

    @app.get("/v1/audit/log")
    @app.get("/log")
    def log() -> None:
        raise AuditUnavailableError(SECRET)

    @app.get("/question")
    def question() -> None:
        raise QuestionError("expected a question, got none")

    return TestClient(app, raise_server_exceptions=False)


def test_an_operator_is_told_of_what_is_broken_and_not_of_what_was_asked(
    client: TestClient, noticed: list[tuple[str, str]]
) -> None:
    assert client.get("/question").status_code == 422
    assert noticed == []
    assert client.get("/log").status_code == 503
    assert noticed == [("log", "AuditUnavailableError")]


def test_what_is_wrong_with_a_body_is_said_field_by_field_once(client: TestClient) -> None:
    response = client.post("/take", json={"name": [SECRET], "count": SECRET})
    assert response.json()["detail"] == "name: expected a text; count: expected a whole number"


def test_a_kind_of_mistake_that_nobody_foresaw_is_said_in_general(client: TestClient) -> None:
    response = client.post("/take", json={"name": "a", "count": 1.5})
    assert response.json()["detail"] == "count: not of the expected form"


def test_an_unknown_field_is_told_without_its_name(client: TestClient) -> None:
    body = {"name": "a", "count": 1, SECRET: SECRET}
    assert client.post("/take", json=body).json()["detail"] == "unknown field: a question comes with nothing else"
    said = client.post("/v1/audit/take", json=body).json()["detail"]
    assert said == "unknown field: see /openapi.json for what this takes"


def test_a_form_is_told_in_words(client: TestClient) -> None:
    response = client.post("/take", json={"name": "a", "count": 1, "request_id": SECRET})
    assert response.json()["detail"] == "request_id: expected the id of a question, as it came with the answer"


def test_a_log_that_is_away_is_told_to_auditors_as_such(client: TestClient, noticed: list[tuple[str, str]]) -> None:
    asked, audited = client.get("/log").json(), client.get("/v1/audit/log").json()
    assert (asked["title"], audited["title"]) == ("No record, no answer", "No record, nothing shown")
    assert audited["detail"] == "the audit log cannot be written or read, so nothing is shown or changed"
    assert asked["type"] == audited["type"] == "urn:greenlit:problem:log"
    assert noticed == [("log", "AuditUnavailableError")] * 2
