"""Law 7 at every door: a look is on record before anything of it is shown, and only who may look gets to look.

What looks like one and is none (proofs, checkpoints, keys) shows hashes and no record. The parts behind the doors have
tests of their own, in `test_law_7_watching_is_watched.py`.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
import typer.main
from fastapi.routing import iter_route_contexts

from service.access.principals import Role
from service.commands.audit import app as audit_app
from service.operating.running import announced
from tests.support.audit_doors import (
    CALLS,
    COMMANDS,
    OWN,
    RECORDED,
    UNRECORDED,
    Asked,
    Call,
    Company,
    asked,
    command,
    company,
    opened,
    use_fakes,
)
from tests.support.audit_parts import wait_until
from tests.support.breakable import refuse_everywhere
from tests.support.fakes import TinyLibrary
from tests.support.made_once import grown
from tests.support.service_parts import Studio, leaves_on_record, open_studio, serving, with_rules

QUESTION = "Who reviews a new AI vendor, quokka4711?"
ANSWER = "ten working days"
EACH_RECORDED = pytest.mark.parametrize(("leaf", "call"), RECORDED, ids=[call.route for _, call in RECORDED])
EACH_UNRECORDED = pytest.mark.parametrize("call", UNRECORDED, ids=[call.route for call in UNRECORDED])
EACH_COMMAND = pytest.mark.parametrize(
    ("leaf", "words"), COMMANDS, ids=[" ".join(words(Asked("ID", 7, 8), Path("F"))) for _, words in COMMANDS]
)
# These show no record; `verify` reads files that somebody has already, and `witness` asks for checkpoints and proofs.
SHOW_NO_RECORD = {"proof", "key", "verify", "witness", "shrink", "prepare", "move"}


def _kinds(studio: Studio) -> list[str]:
    return [stored.type for stored in studio.store.leaves(-1, 100_000)]


def _send(studio: Studio, call: Call, question: Asked) -> Any:
    return call.send(studio.browser() if call.is_page else studio.api, question)


def _shows_nothing(text: str, question: Asked) -> bool:
    telling = (QUESTION, "quokka4711", ANSWER, "actor-", question.request_id, "query.", '"local"', "payload-2026")
    return not any(one in text for one in telling)


def test_every_route_and_page_of_the_log_is_looked_at_here(studio: Studio) -> None:
    served = {
        f"{method} {route.path}"
        for route in iter_route_contexts(studio.app.routes)
        for method in route.methods or ()
        if method != "HEAD" and route.path and route.path.startswith(("/v1/audit", "/audit", "/record"))
    }
    assert served == set(CALLS)


def test_every_command_of_the_log_is_looked_at_here() -> None:
    commands = set(typer.main.get_command(audit_app).commands)  # type: ignore[attr-defined]  # a group has them
    assert commands - SHOW_NO_RECORD == {words(Asked("", 0, 0), Path())[0] for _, words in COMMANDS}


@pytest.fixture(scope="module")
def breakable_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A service for tests that refuse it a leaf once."""
    library = TinyLibrary(tmp_path_factory.mktemp("breakable") / "studio")
    with open_studio(with_rules(library)) as opened:
        yield opened


@pytest.fixture(scope="module")
def looked_at_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A service at which each look is taken once: the log is verified for one at a time."""
    library = TinyLibrary(tmp_path_factory.mktemp("looked-at") / "studio")
    with open_studio(with_rules(library)) as opened:
        yield opened


@contextlib.contextmanager
def _refused(studio: Studio, leaf: str) -> Iterator[None]:
    """Let leaves of a type not be written meanwhile; at the end the log is well again."""
    studio.store.refused = {leaf}
    yield
    studio.store.refused = set()
    wait_until(lambda: not studio.opened.log.healthy())


@EACH_RECORDED
def test_what_cannot_be_put_on_record_is_not_shown_and_not_done(
    breakable_studio: Studio, leaf: str, call: Call
) -> None:
    studio = breakable_studio
    question = call.ready(studio, asked(studio, QUESTION))
    client = studio.browser() if call.is_page else studio.api
    before = _kinds(studio)
    with _refused(studio, leaf):
        response = call.send(client, question)
    assert response.status_code == 503
    assert _shows_nothing(response.text, question)
    assert _kinds(studio) == before
    assert [payload.field for payload in studio.store.payloads(question.received)] == ["asker", "prompt"]


@EACH_RECORDED
def test_whoever_looks_leaves_a_record_that_is_durable_before_the_first_byte_leaves(
    looked_at_studio: Studio, monkeypatch: pytest.MonkeyPatch, leaf: str, call: Call
) -> None:
    """The order of things: the leaf is committed, then the response begins, though it is streamed or large."""
    studio = looked_at_studio
    question = call.ready(studio, asked(studio, QUESTION))
    happened: list[str] = []

    async def listening(scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: Any) -> None:
            happened.append(message["type"])
            await send(message)

        await app(scope, receive, sending)

    monkeypatch.setattr(studio.store, "heard", happened.append)
    client = studio.browser() if call.is_page else studio.api
    app = client.app
    monkeypatch.setattr(client._transport, "app", listening)
    assert call.send(client, question).status_code == 200
    assert happened.index(leaf) < happened.index("http.response.start")


@EACH_UNRECORDED
def test_proofs_and_keys_are_nobodys_record_and_leave_none(shared_studio: Studio, call: Call) -> None:
    question = asked(shared_studio, QUESTION)
    before = _kinds(shared_studio)
    response = _send(shared_studio, call, question)
    assert response.status_code == 200, response.text
    assert _kinds(shared_studio) == before
    assert _shows_nothing(response.text, question)


# --- who may ---


@pytest.fixture(scope="module")
def shared_company(shared_studio: Studio) -> Company:
    """The same people for all tests of this module that look only at what is new."""
    return company(shared_studio)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_only_whose_role_it_is_gets_more_than_their_own_and_proofs(shared_company: Company, call: Call) -> None:
    people = shared_company
    question = call.ready(people.studio, people.ask("mira", QUESTION))
    before = _kinds(people.studio)
    somebody = {Role.STAFF: "mira", Role.AUDITOR: "ann", Role.OPERATOR: "otto"}
    if call.is_page and call.route not in OWN:
        refused = [call.send(people.browser(name), question) for name in ("mira", "otto")]
        assert [response.status_code for response in refused] == [403, 403]
        assert all("This is not open to you." in one.text and _shows_nothing(one.text, question) for one in refused)
        assert _kinds(people.studio) == before
        assert call.send(people.browser("ann"), question).status_code == 200
        return
    if (call in UNRECORDED and Role.OPERATOR not in call.roles) or call.route in OWN:
        client = people.browser("mira") if call.is_page else people.api("mira")
        assert call.send(client, question).status_code == 200
        return
    for role in somebody.keys() - set(call.roles):
        response = call.send(people.api(somebody[role]), question)
        assert response.status_code == 403
        assert response.json() == {
            "type": "urn:greenlit:problem:not-allowed",
            "title": "Not allowed",
            "status": 403,
            "detail": f"expected somebody with the role {' or '.join(call.roles)}",
        }
    assert _kinds(people.studio) == before
    for role in call.roles:
        ready = call.ready(people.studio, people.ask("mira", QUESTION))
        assert call.send(people.api(somebody[role]), ready).status_code == 200


IN_PERSON = [
    call for call in CALLS.values() if not call.is_page and call.route.split("/")[3] in ("reveals", "erasures")
]


@pytest.mark.parametrize("call", IN_PERSON, ids=[call.route for call in IN_PERSON])
def test_no_api_key_is_one_of_two_people(shared_company: Company, call: Call) -> None:
    people = shared_company
    question = call.ready(people.studio, people.ask("mira", QUESTION))
    before = _kinds(people.studio)
    response = call.send(people.api("kim"), question)
    if call.route == "GET /v1/audit/reveals":  # a look, by which nobody learns who asked
        assert response.status_code == 200
        return
    assert (response.status_code, response.json()["type"]) == (403, "urn:greenlit:problem:not-allowed")
    assert response.json()["detail"] == "expected a person who signed in themselves, got an API key"
    assert _kinds(people.studio) == before


def test_nobody_sees_somebody_elses_questions_as_their_own(studio: Studio) -> None:
    people = company(studio)
    question = people.ask("mira", QUESTION)
    for name in ("tom", "ann"):
        assert people.api(name).get("/v1/audit/own").json()["questions"] == []
        assert _shows_nothing(people.browser(name).get("/record").text, question)
    (own,) = people.api("mira").get("/v1/audit/own").json()["questions"]
    assert (own["request_id"], own["question"]) == (question.request_id, QUESTION)
    assert QUESTION in people.browser("mira").get("/record").text


@pytest.mark.parametrize("route", ["POST /v1/audit/own/erase", "POST /record/erase"])
def test_nobody_erases_somebody_elses_question_or_learns_that_it_is_there(studio: Studio, route: str) -> None:
    people = company(studio)
    question = people.ask("mira", QUESTION)
    unknown = Asked("01890a5d-ac96-774b-bcce-b302099a8057", 0, 1)
    call = CALLS[route]
    for name in ("tom", "ann"):
        client = people.browser(name) if call.is_page else people.api(name)
        anothers, missing = call.send(client, question), call.send(client, unknown)
        assert anothers.status_code == missing.status_code == 404
        assert anothers.text == missing.text
    assert "payload.erased" not in _kinds(studio)
    assert studio.store.payloads(question.received)


def test_ones_own_question_is_erased_by_oneself_and_the_record_of_it_names_nobody(studio: Studio) -> None:
    people = company(studio)
    question = people.ask("mira", QUESTION)
    assert CALLS["POST /v1/audit/own/erase"].send(people.api("mira"), question).json()["erased"] == 2
    (erased,) = (leaf for leaf in studio.all_leaves() if leaf["type"] == "payload.erased")
    assert (erased["ground"], erased.get("actor")) == ("asker_request", None)
    assert erased["ranges"] == [[question.received] * 2, [question.finished] * 2]  # a leaf of the register is between
    assert studio.store.payloads(question.received) == studio.store.payloads(question.finished) == ()


def test_who_looked_is_told_to_whoever_asked(studio: Studio) -> None:
    people = company(studio)
    question = people.ask("mira", QUESTION)
    for route in (
        "GET /v1/audit/records/{seq}",
        "POST /v1/audit/records/{seq}/payload",
        "POST /v1/audit/reveals/{id}/confirm",
    ):
        call = CALLS[route]
        assert call.send(people.api("ann"), call.ready(studio, question)).status_code == 200
    (own,) = people.api("mira").get("/v1/audit/own").json()["questions"]
    looks = [(look["what"], look["who"], look["purpose"]) for look in own["looks"]]
    assert looks == [("show", "ann", None), ("payload", "ann", "complaint 2026-17")]
    assert [(look["who"], look["case"]) for look in own["revealed"]] == [(["ben", "ann"], "HR-1")]
    assert own["openings"] == []


# --- the command line ---


@contextlib.contextmanager
def _running(library: TinyLibrary) -> Iterator[Studio]:
    with (
        open_studio(with_rules(library)) as studio,
        serving(studio.app) as url,
        announced(studio.state, url=url),
    ):
        yield studio


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A service that commands go through."""
    with _running(TinyLibrary(tmp_path_factory.mktemp("running") / "studio")) as studio:
        yield studio


@pytest.fixture
def quiet(library: TinyLibrary) -> Iterator[Studio]:
    """Another one, whose own log does not stand between what a command prints."""
    with structlog.testing.capture_logs(), _running(library) as studio:
        yield studio


@EACH_COMMAND
def test_a_command_leaves_a_record_in_the_running_service(
    running: Studio, tmp_path: Path, leaf: str, words: Any
) -> None:
    question = opened(running, asked(running, QUESTION))
    before = len(_kinds(running))
    result = command(running.library, "audit", *words(question, tmp_path))
    assert result.exit_code == 0, result.output
    assert leaf in _kinds(running)[before:]


@pytest.mark.few_over(4)
@EACH_COMMAND
def test_a_command_that_cannot_be_put_on_record_there_shows_nothing(
    quiet: Studio, tmp_path: Path, leaf: str, words: Any
) -> None:
    question = opened(quiet, asked(quiet, QUESTION))
    before = _kinds(quiet)
    quiet.store.refused = {leaf}
    result = command(quiet.library, "audit", *words(question, tmp_path))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "No record, nothing shown" in result.stderr
    assert _shows_nothing(result.stderr, question)
    assert _kinds(quiet) == before
    assert list(tmp_path.glob("export*")) == []


@pytest.fixture
def without_a_service(library: TinyLibrary, monkeypatch: pytest.MonkeyPatch) -> tuple[TinyLibrary, Asked]:
    """Let commands open the log themselves."""
    question = grown(library, _ask)
    use_fakes(library, monkeypatch)
    return library, question


def _ask(library: TinyLibrary) -> Asked:
    with open_studio(with_rules(library)) as studio:
        return opened(studio, asked(studio, QUESTION))


@EACH_COMMAND
def test_a_command_that_opens_the_log_leaves_a_record_too(
    without_a_service: tuple[TinyLibrary, Asked], tmp_path: Path, leaf: str, words: Any
) -> None:
    library, question = without_a_service
    before = len(leaves_on_record(library))
    result = command(library, "audit", *words(question, tmp_path))
    assert result.exit_code == 0, result.output
    assert leaf in [stored.type for stored in leaves_on_record(library)[before:]]


@pytest.mark.few_over(5)
@EACH_COMMAND
def test_and_shows_nothing_that_it_cannot_put_on_record(
    without_a_service: tuple[TinyLibrary, Asked],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    leaf: str,
    words: Any,
) -> None:
    library, question = without_a_service
    refuse_everywhere(monkeypatch, leaf)
    before = leaves_on_record(library)
    result = command(library, "audit", *words(question, tmp_path))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "the disk is full" in result.stderr
    assert _shows_nothing(result.stderr, question)
    assert leaves_on_record(library) == before
    assert list(tmp_path.glob("export*")) == []
