"""Law 6 for those who look into the record: metadata holds no prompt, and what is opened is left nowhere on the way.

Purposes and cases are texts too: the canary is in them as well. Then everything is searched for it.
"""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from service.audit.storage.sqlite_store import STORE_FILE
from tests.support.audit_doors import CALLS, Asked, asked, command, opened, use_fakes
from tests.support.fakes import TinyLibrary
from tests.support.over_database import past_triggers
from tests.support.service_parts import Studio, open_studio, texts_on_record, with_rules
from tests.support.traces import CANARY, Traces, over_http

ANSWERED = f"Who reviews a new AI vendor, {CANARY}?"
REFUSED = f"Is {CANARY} sleeping?"
PURPOSE = f"complaint about {CANARY}"
# These show a text on purpose.
OPENING = [
    "POST /v1/audit/records/{seq}/payload",
    "POST /audit/records/{seq}/texts",
    "GET /v1/audit/own",
    "GET /record",
]


def _canaries(question: Asked) -> dict[str, Mapping[str, Any]]:
    """Return bodies that have the canary wherever a text may stand."""
    return {
        "POST /v1/audit/reveals": {"seq": question.received, "case": CANARY, "reason": PURPOSE},
        "POST /v1/audit/erasures": {"before": "2026-11-20", "ground": "court_order", "purpose": PURPOSE},
        "POST /v1/audit/erase": {"request_id": question.request_id, "ground": "court_order", "purpose": PURPOSE},
        "POST /v1/audit/export": {"purpose": PURPOSE},
        "POST /v1/audit/records/{seq}/payload": {"purpose": PURPOSE},
    }


def _send(client: Any, route: str, question: Asked) -> Any:
    call = CALLS[route]
    body = _canaries(question).get(route)
    if body is not None:
        return client.post(call.address(question), json=dict(body))
    return call.send(client, question)


def test_what_shows_no_text_shows_no_prompt_and_leaves_none(library: TinyLibrary, traces: Traces) -> None:
    with open_studio(with_rules(library)) as studio, over_http(studio) as client:
        questions: dict[str, Asked] = {}
        for route in sorted(set(CALLS) - set(OPENING)):
            uses_up = "eras" in route or "confirm" in route  # texts, or what was opened
            for text in (ANSWERED, REFUSED):
                if uses_up or text not in questions:
                    questions[text] = opened(studio, asked(studio, text))
                response = _send(client, route, questions[text])
                assert response.status_code == 200, (route, response.text)
                if route == "POST /record/erase":
                    continue  # shows one's other questions again
                assert CANARY not in response.text, route
                traces.keep_all(response)
            assert traces.found() == [], route
            if uses_up:
                questions.clear()


@pytest.mark.parametrize("route", OPENING)
def test_a_text_that_is_opened_goes_to_whoever_opened_it_and_nowhere_else(
    library: TinyLibrary, traces: Traces, route: str
) -> None:
    with open_studio(with_rules(library)) as studio, over_http(studio) as client:
        response = _send(client, route, asked(studio, ANSWERED))
        assert ANSWERED in response.text
        assert response.headers["cache-control"] == "no-store"
        traces.keep(response)
    assert traces.found() == []
    assert texts_on_record(library, "prompt") == [ANSWERED]


BAD: list[tuple[str, Mapping[str, Any]]] = [
    ("/reveals", {"seq": 0, "case": CANARY, "reason": CANARY}),
    ("/reveals", {"seq": CANARY, "case": CANARY, "reason": CANARY}),
    ("/reveals", {"seq": 0, "case": CANARY, "reason": CANARY, "by": CANARY}),
    (f"/reveals/{CANARY}/confirm", {}),
    ("/reveals/0/confirm", {CANARY: CANARY}),
    ("/reveals/0/confirm", {}),
    ("/erasures", {"before": CANARY, "ground": "court_order", "purpose": CANARY}),
    ("/erasures", {"before": "9999-01-01", "ground": "court_order", "purpose": CANARY}),
    ("/erasures/0/confirm", {CANARY: CANARY}),
    ("/erase", {"request_id": CANARY, "purpose": CANARY}),
    ("/erase", {"before": CANARY, "request_id": "01890a5d-ac96-774b-bcce-b302099a8057"}),
    ("/erase", {"before": "2026-11-20", "request_id": "01890a5d-ac96-774b-bcce-b302099a8057", "purpose": CANARY}),
    ("/erase", {"request_id": "01890a5d-ac96-774b-bcce-b302099a8057", "ground": CANARY}),
    ("/erase", {"request_id": "01890a5d-ac96-774b-bcce-b302099a8057", "purpose": CANARY}),
    ("/export", {"since": CANARY}),
    ("/export", {"from": 0, "since": "2026-11-20", "purpose": CANARY}),
    ("/export", {"from": 9_000_000, "purpose": CANARY}),
    ("/export", {"purpose": CANARY * 300}),
    ("/replay", {"seq": 0, CANARY: CANARY}),
    ("/records/99999/payload", {"purpose": CANARY}),
    ("/records/0/payload", {"purpose": [CANARY]}),
    ("/rotate", {"purpose": CANARY}),
    ("/own/erase", {"request_id": CANARY}),
]


def test_a_request_that_cannot_be_taken_is_not_repeated(library: TinyLibrary, traces: Traces) -> None:
    with open_studio(with_rules(library)) as studio, over_http(studio) as client:
        asked(studio)
        for path, body in BAD:
            response = client.post(f"/v1/audit{path}", json=dict(body))
            assert 400 <= response.status_code < 500, (path, response.text)
            traces.told += [str(response.headers), response.text]  # not its address, in which one of them stands
        for query in ("type", "outcome", "reason", "channel", "request_id", "since", "until", "limit", CANARY):
            response = client.get("/v1/audit/records", params={query: f"{CANARY} ?"})
            assert response.status_code == 422, query
            traces.told += [str(response.headers), response.text]  # not its address, in which a filter has to stand
        assert client.post("/record/erase", data={"request_id": CANARY}).status_code == 404
    assert traces.found() == []


WORDS: list[Callable[[Asked], list[str]]] = [
    lambda _: ["list"],
    lambda q: ["list", "--request-id", q.request_id],
    lambda q: ["show", str(q.received)],
    lambda q: ["show", str(q.finished), "--json"],
    lambda q: ["replay", str(q.received)],
    lambda q: ["reveal", "open", str(q.received), "--case", CANARY, "--reason", PURPOSE],
    lambda q: ["reveal", "confirm", str(q.reveal)],
    lambda _: ["erase", "--before", "2026-11-20", "--purpose", PURPOSE],
    lambda q: ["proof", str(q.received)],
    lambda q: ["erase", "--request-id", q.request_id, "--purpose", PURPOSE],
    lambda _: ["rotate", "payload"],
]


def _run_all(library: TinyLibrary, question: Asked, folder: Path) -> str:
    printed = ""
    for words in (*(words(question) for words in WORDS), ["export", str(folder)]):
        result = command(library, "audit", *words)
        assert result.exit_code == 0, result.output
        printed += result.output
    return printed


def test_commands_print_no_prompt_and_leave_none(
    library: TinyLibrary, traces: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_studio(with_rules(library)) as studio, over_http(studio):
        questions = [opened(studio, asked(studio, ANSWERED)), opened(studio, asked(studio, REFUSED))]
        through_the_service = _run_all(library, questions[0], library.root / "first-export")
    use_fakes(library, monkeypatch)
    here = _run_all(library, questions[1], library.root / "second-export")
    assert CANARY not in through_the_service + here
    assert traces.found() == []
    assert texts_on_record(library, "prompt") == []  # both were erased


def test_an_export_with_texts_holds_them_in_its_folder_and_leaves_none_elsewhere(
    library: TinyLibrary, traces: Traces, tmp_path: Path
) -> None:
    with open_studio(with_rules(library)) as studio, over_http(studio):
        asked(studio, ANSWERED)
        folder = tmp_path / "export"
        result = command(library, "audit", "export", str(folder), "--payloads", "--purpose", PURPOSE)
        assert (result.exit_code, CANARY in result.output) == (0, False)
    assert sorted(path.name for path in folder.iterdir() if CANARY in path.read_text()) == [
        "payloads.jsonl",
        "records.csv",
    ]
    assert traces.found() == []


def test_a_text_that_was_altered_is_told_by_its_place_only(
    library: TinyLibrary, traces: Traces, tmp_path: Path
) -> None:
    with open_studio(with_rules(library)) as studio, over_http(studio) as client:
        question = asked(studio, ANSWERED)
        _alter(studio, question)
        for route in OPENING:
            response = _send(client, route, question)
            assert response.status_code == 500
            traces.keep(response)
        said = _send(client, OPENING[0], question).json()
        assert said["type"] == "urn:greenlit:problem:damaged"
        assert f"the text 'prompt' of record {question.received}" in said["detail"]
        result = command(library, "audit", "show", str(question.received), "--payload", "--purpose", PURPOSE)
        assert (result.exit_code, CANARY in result.output) == (1, False)
        result = command(library, "audit", "export", str(tmp_path / "out"), "--payloads", "--purpose", PURPOSE)
        assert (result.exit_code, CANARY in result.output) == (1, False)
        assert "the running service broke off" in result.output  # half an export is none
        assert list(tmp_path.glob("*out*")) == []
    assert f"the text 'prompt' of record {question.received}" in traces.service_log.getvalue()
    assert traces.found() == []


def _alter(studio: Studio, question: Asked) -> None:
    (prompt,) = (one for one in studio.store.payloads(question.received) if one.field == "prompt")
    altered = prompt.sealed[:-1] + bytes([prompt.sealed[-1] ^ 1])
    if studio.library.places.database:
        change = "UPDATE greenlit_audit.payloads SET sealed = %s WHERE seq = %s AND field = %s"
        with studio.library.places.connected() as connection:
            past_triggers(connection, "greenlit_audit.payloads", run=[(change, (altered, question.received, "prompt"))])
        return
    with closing(sqlite3.connect(studio.state / STORE_FILE, isolation_level=None)) as file:
        for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            file.execute(f"DROP TRIGGER {name}")
        where = (altered, question.received, "prompt")
        assert file.execute("UPDATE payloads SET sealed = ? WHERE seq = ? AND field = ?", where).rowcount == 1
