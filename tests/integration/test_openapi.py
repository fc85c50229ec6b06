"""The service describes itself completely, and does what its description says."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any, get_args

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, note
from hypothesis import settings as hypothesis_settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from service.audit.events import Closing, Verdict, request_closed
from service.http.identity import ON_BEHALF_OF
from service.http.middleware import MAX_BODY_BYTES
from tests.support.callers import PEOPLE, ROLES, Office, Who, open_office, person
from tests.support.every_route import EVERY, IN_OPENAIS_FORM
from tests.support.examples import THOROUGH, examples
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import ADDRESS, Studio

TAKEN_BY_APPROVALS = {"DecideBody"}
TAKEN_BY_HEARING = {"FeedbackBody", "DocumentRequestBody"}
TAKEN_BY_AUDIT = {"PayloadBody", "EraseBody", "OwnEraseBody", "ReplayBody", "RotateBody", "ExportBody"}
TAKEN_BY_AUDIT |= {"OpenRevealBody", "OpenErasureBody", "ConfirmBody"}


def test_openapi_describes_every_route_of_the_api_with_its_results_problems_and_examples(shared_studio: Studio) -> None:
    described = shared_studio.api.get("/openapi.json").json()
    assert described["info"]["title"] == "Greenlit"
    ours = [route for route in EVERY if " /v1/" in route and route not in IN_OPENAIS_FORM]  # OpenAI describes those
    of_the_api = {route.split()[1].replace(":path", "") for route in ours}
    assert set(described["paths"]) == {"/healthz", "/readyz", "/metrics", *of_the_api}
    for path, operations in described["paths"].items():
        for operation in operations.values():
            assert operation["description"], path
            if path.startswith("/v1"):
                assert operation["security"] == [{"HTTPBearer": []}], path
                problems = operation["responses"].keys() - {"200", "201", "304"}
                assert {"401", "403", "422", "429", "500", "503", "default"} <= problems, path
                for status in problems:
                    (content,) = operation["responses"][status]["content"].items()
                    assert content[0] == "application/problem+json", path
                    assert content[1]["schema"]["required"] == ["type", "title", "status", "detail"], path
    schemas = described["components"]["schemas"]
    assert schemas["AskBody"]["additionalProperties"] is False
    assert schemas["AskBody"]["properties"]["question"]["examples"] == ["Who approves a new AI vendor?"]
    for schema in ("AnswerBody", "CitationBody", "ReceiptBody", "RefusalBody", "PassageBody"):
        assert schema in schemas
    for name, schema in schemas.items():
        if name in TAKEN_BY_AUDIT | TAKEN_BY_APPROVALS | TAKEN_BY_HEARING:
            assert schema["additionalProperties"] is False, name


def test_openapi_says_what_every_audit_route_gives_and_shows_an_example(shared_studio: Studio) -> None:
    described = shared_studio.api.get("/openapi.json").json()
    for path, operations in described["paths"].items():
        for operation in operations.values() if path.startswith("/v1/audit") else ():
            assert operation["summary"], path
            ((media_type, content),) = operation["responses"]["200"]["content"].items()
            assert content["schema"], path
            if media_type == "application/json":
                name = content["schema"]["$ref"].rsplit("/", 1)[-1]
                assert '"examples"' in json.dumps(_with_parts(described["components"]["schemas"], name)), name
            else:
                assert "example" in json.dumps(content), path
            assert {"403", "404", "422", "500", "503"} <= operation["responses"].keys(), path


@pytest.mark.parametrize(
    ("path", "method", "gives", "problems"),
    [
        ("/v1/approvals", "post", "StandingBody", {"401", "403", "404", "409", "412", "422", "503"}),
        ("/v1/approvals/queue", "get", "QueueBody", {"401", "403", "422", "503"}),
        ("/v1/feedback", "post", "FeedbackGivenBody", {"401", "403", "404", "422", "503"}),
        ("/v1/requests", "post", "DocumentRequestedBody", {"401", "403", "404", "422", "503"}),
    ],
)
def test_openapi_says_what_the_routes_of_approvals_give_and_how_they_refuse(
    shared_studio: Studio, path: str, method: str, gives: str, problems: set[str]
) -> None:
    described = shared_studio.api.get("/openapi.json").json()
    operation = described["paths"][path][method]
    assert operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith(f"/{gives}")
    assert problems <= operation["responses"].keys()
    assert '"examples"' in json.dumps(_with_parts(described["components"]["schemas"], gives))


def _with_parts(schemas: dict[str, Any], name: str) -> list[Any]:
    """Return a schema and those it is made of."""
    parts = re.findall(r"#/components/schemas/(\w+)", json.dumps(schemas[name]))
    return [schemas[name], *(_with_parts(schemas, part) for part in parts)]


few_examples = hypothesis_settings(
    max_examples=examples(2, thorough=100),
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


EVERYTHING = person(*ROLES)  # may do all that somebody may
WHO = (None, *(who for who in PEOPLE if not who.in_group), EVERYTHING)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(TinyLibrary(tmp_path_factory.mktemp("described") / "studio")) as opened:
        opened.ask(person("staff"))  # so that there are records to see
        yield opened


@pytest.fixture(scope="module")
def operations(office: Office) -> list[Any]:
    """Every operation of the description, each to be called in the application itself."""
    schema = schemathesis.openapi.from_dict(office.studio.app.openapi())
    schema.app = office.studio.app
    found = list(schema.get_all_operations())
    assert len(found) > 30
    return [result.ok() for result in found if isinstance(result, Ok)]


def test_whoever_asks_is_answered_as_described(office: Office, operations: list[Any]) -> None:
    """Schemathesis makes good and bad requests from the description: a status that it names, problem JSON, no crash.

    The first of each is sent by everybody, more by who may do everything.
    """
    headers = {who: dict(office.headers(who)) if who else {} for who in WHO}
    tried: dict[Who | None, Counter[int]] = {who: Counter() for who in WHO}
    first: list[Sequence[Any]] = []
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if mode is GenerationMode.NEGATIVE and operation.method != "post":
                continue  # a name that is wrong is a name that is not found; the tests above have those
            first.clear()

            @few_examples
            @given(case=operation.as_strategy(generation_mode=mode))
            def check(case: schemathesis.Case[Any]) -> None:
                sent = deepcopy((case.path_parameters, case.query, case.headers, case.body))
                first.append(sent)
                callers = WHO if sent == first[0] or THOROUGH else (EVERYTHING,)  # the same if it is tried once more
                if case.meta and case.meta.generation.mode is GenerationMode.POSITIVE:
                    case.headers.pop(ON_BEHALF_OF, None)  # of people it is never good, and most cases would end there
                for who in callers:  # the same case: making one takes longer than asking
                    note(f"asked by {who.name if who else 'nobody'}")
                    response = case.call(headers=headers[who], base_url=ADDRESS)
                    tried[who][response.status_code] += 1
                    _is_as_described(case, response)
                    if who is None and case.path.startswith("/v1"):
                        assert response.status_code == 401

            check()
    for who, answered in tried.items():
        assert len(answered) > 1, f"expected answers of several kinds for {who}"
        assert answered.total() > examples(40, thorough=2000), who


def _is_as_described(case: schemathesis.Case[Any], response: Any) -> None:
    status = response.status_code
    assert status < 500
    assert str(status) in case.operation.definition.raw["responses"], (
        f"expected a status that is described, got {status}"
    )
    if status >= 400:
        assert response.headers["content-type"] == ["application/problem+json"]
        assert response.json().keys() == {"type", "title", "status", "detail"}
    case.validate_response(response, excluded_checks=[ignored_auth, positive_data_acceptance])


def _described(office: Office, path: str, method: str) -> dict[str, Any]:
    described: dict[str, Any] = office.studio.app.openapi()["paths"][path][method]
    return described


def test_what_is_turned_away_before_any_door_is_a_problem_as_described(office: Office) -> None:
    answers = _described(office, "/v1/ask", "post")["responses"]
    headers = dict(office.headers(EVERYTHING))
    client = office.studio.stranger()
    too_long = client.post("/v1/ask", json={"question": "a" * MAX_BODY_BYTES}, headers=headers)
    elsewhere = client.post("/v1/ask", json={"question": "a"}, headers=headers | {"Host": "elsewhere.example"})
    assert (too_long.status_code, elsewhere.status_code) == (413, 400)
    for response in (too_long, elsewhere):
        said = answers.get(str(response.status_code), answers["default"])["content"]
        assert [response.headers["content-type"]] == list(said) == ["application/problem+json"]
        assert response.json().keys() == {"type", "title", "status", "detail"}


def test_what_somebody_said_is_told_to_them_as_described(office: Office) -> None:
    """A list that holds nothing fits any description."""
    who = person("staff", in_group=True)
    api, question = office.api(who), office.ask(who)
    said = {"request_id": question.request_id, "verdict": "outdated", "comment": "Not since March."}
    assert api.post("/v1/feedback", json=said).status_code == 200
    for wish in ({"wish": "Night trains", "request_id": question.request_id}, {"wish": "Ferries"}):
        number = api.post("/v1/requests", json=wish).json()["number"]
        office.studio.opened.log.note(request_closed("counsel", request=number, how="granted", note="There it is."))
    told = api.get("/v1/audit/own").raise_for_status().json()
    (one,) = told["questions"]
    assert [(given["verdict"], given["comment"]) for given in one["feedback"]] == [("outdated", "Not since March.")]
    for asked_for in (*one["requests"], *told["requests"]):
        assert (asked_for["closed"]["how"], asked_for["closed"]["note"]) == ("granted", "There it is.")
    schemas = office.studio.app.openapi()["components"]["schemas"]
    verdict, how = (
        schemas[of]["properties"][field]
        for of, field in (("SaidFeedbackBody", "verdict"), ("ClosedRequestBody", "how"))
    )
    assert set(verdict["enum"]) == set(get_args(Verdict))
    assert set(how["enum"]) == set(get_args(Closing))
