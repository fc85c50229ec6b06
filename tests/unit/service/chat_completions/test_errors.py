"""Problems become errors as OpenAI's clients read them, on the paths of this door and nowhere else."""

from typing import Any

import pytest
from starlette.responses import JSONResponse, Response
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from service.chat_completions.errors import COMPLETIONS, MODELS, InTheirForm
from tests.support.service_parts import ADDRESS


def _answered(status: int, kind: str, *, path: str = COMPLETIONS, method: str = "POST", **headers: str) -> Any:
    problem = {"type": f"urn:greenlit:problem:{kind}", "title": "Title", "status": status, "detail": "details"}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response: Response = JSONResponse(problem, status, headers, media_type="application/problem+json")
        if scope["method"] == "HEAD":
            response = Response(None, status, headers, media_type="application/problem+json")
        await response(scope, receive, send)

    return TestClient(InTheirForm(app), base_url=ADDRESS).request(method, path)


@pytest.mark.parametrize(
    ("status", "kind", "told"),
    [
        (400, "host", (400, "invalid_request_error", "host", None)),
        (401, "not-signed-in", (401, "authentication_error", "invalid_api_key", None)),
        (403, "not-allowed", (403, "permission_error", "not_allowed", None)),
        (405, "method-not-allowed", (405, "invalid_request_error", "method_not_allowed", None)),
        (413, "content-too-large", (413, "invalid_request_error", "content_too_large", None)),
        (422, "question", (400, "invalid_request_error", "question", "messages")),
        (429, "too-many", (429, "rate_limit_error", "rate_limit_exceeded", None)),
        (429, "overloaded", (429, "rate_limit_error", "overloaded", None)),
        (500, "internal", (500, "server_error", "internal", None)),
        (503, "build", (503, "server_error", "build", None)),
    ],
)
def test_each_problem_has_a_form(status: int, kind: str, told: tuple[int, str, str, str | None]) -> None:
    response = _answered(status, kind)
    error = response.json()["error"]
    assert (response.status_code, error["type"], error["code"], error["param"]) == told
    assert error["message"] == "Title: details"
    assert sorted(error) == ["code", "message", "param", "type"]
    assert response.headers["content-type"] == "application/json"


def test_when_to_come_back_and_what_is_missing_stay_said() -> None:
    assert _answered(429, "too-many", **{"Retry-After": "7"}).headers["retry-after"] == "7"
    assert _answered(401, "not-signed-in", **{"WWW-Authenticate": "Bearer"}).headers["www-authenticate"] == "Bearer"
    assert _answered(405, "method-not-allowed", Allow="POST").headers["allow"] == "POST"


@pytest.mark.parametrize("kind", ["overloaded", "internal", "library", "log", "model-unavailable"])
def test_what_may_be_on_record_already_is_not_to_be_sent_again(kind: str) -> None:
    assert _answered(503, kind).headers["x-should-retry"] == "false"
    assert "x-should-retry" not in _answered(429, "too-many").headers


@pytest.mark.parametrize("path", [MODELS, f"{MODELS}/gpt"])
def test_models_are_of_this_door_too(path: str) -> None:
    assert "error" in _answered(404, "not-found", path=path, method="GET").json()


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/modelsx", "/", "/v1/chat/completions/x"])
def test_elsewhere_nothing_is_rewritten(path: str) -> None:
    response = _answered(401, "not-signed-in", path=path)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["title"] == "Title"


def test_without_a_body_the_status_says_it() -> None:
    response = _answered(405, "method-not-allowed", method="HEAD")
    assert (response.status_code, response.content) == (405, b"")
