"""One good request for each route of the application, for tests that go through all of them.

The routes about the audit log are those of `audit_doors`; a new route gets a line here.
"""

import dataclasses
import hashlib
import itertools
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from indexes.clock import utc_now
from service.access.key_ring import KeyWish
from service.audit.events import document_requested
from service.mcp.protected import METADATA_PATH
from tests.support.audit_doors import CALLS, CONVERSATION, Asked, Call
from tests.support.callers import BOARD_PLAN, BOARD_TEXT
from tests.support.mcp_messages import message
from tests.support.service_parts import POLICY, POLICY_TEXT, TRAVEL, VENDOR_QUESTION, Studio
from tests.support.small_pdf import small_pdf

_numbers = itertools.count()  # a name of its own for each key


def _name() -> str:
    return f"spare-{next(_numbers)}"


def _key_wish(_: Asked) -> dict[str, object]:
    return {"name": _name(), "scopes": ["ask"], "expires": utc_now().date().isoformat()}


OPEN: Mapping[str, Call] = {
    call.route: call
    for call in (
        Call("GET /healthz", lambda _: "/healthz"),
        Call("GET /readyz", lambda _: "/readyz"),
        Call("GET /openapi.json", lambda _: "/openapi.json"),
        Call("GET /style.css", lambda _: "/style.css"),
        Call("GET /icon.svg", lambda _: "/icon.svg"),
        Call("GET /scripts/{name}.js", lambda _: "/scripts/page.js"),
        Call("GET /open", lambda _: "/open"),
        Call("GET /sign-in", lambda _: "/sign-in"),
        Call("GET /sign-in/callback", lambda _: "/sign-in/callback"),
        Call("POST /sign-out", lambda _: "/sign-out", lambda _: {}),
        Call(f"GET {METADATA_PATH}", lambda _: METADATA_PATH),
    )
}
_PUSHED = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]}


def _new_person(_: Asked) -> dict[str, object]:
    return {**_PUSHED, "userName": f"{_name()}@northlight.example", "active": True}


def _new_group(_: Asked) -> dict[str, object]:
    return {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": _name()}


def _change(_: Asked) -> dict[str, object]:
    one = {"op": "replace", "value": {"externalId": _name()}}
    return {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [one]}


_SCIM = "/scim/v2"


def _scim_of(kind: str, new: Callable[[Asked], Mapping[str, Any]]) -> list[Call]:
    one = f"{_SCIM}/{kind}/{{id_}}"

    def every(_: Asked) -> str:
        return f"{_SCIM}/{kind}"

    def that(question: Asked) -> str:
        return f"{_SCIM}/{kind}/{question.pushed_id}"

    return [
        Call(f"GET {_SCIM}/{kind}", every),
        Call(f"POST {_SCIM}/{kind}", every, new),
        Call(f"GET {one}", that),
        Call(f"PUT {one}", that, new),
        Call(f"PATCH {one}", that, _change),
        Call(f"DELETE {one}", that),
    ]


SCIM: Mapping[str, Call] = {
    call.route: call
    for call in (
        Call(f"GET {_SCIM}/ServiceProviderConfig", lambda _: f"{_SCIM}/ServiceProviderConfig"),
        Call(f"GET {_SCIM}/ResourceTypes", lambda _: f"{_SCIM}/ResourceTypes"),
        Call(f"GET {_SCIM}/Schemas", lambda _: f"{_SCIM}/Schemas"),
        *_scim_of("Users", _new_person),
        *_scim_of("Groups", _new_group),
    )
}


def _chat(_: Asked) -> dict[str, object]:
    return {"model": "greenlit", "messages": [{"role": "user", "content": VENDOR_QUESTION}]}


def _decision(_: Asked) -> dict[str, object]:
    return {"document": TRAVEL, "decision": "revoke", "reason": "replaced"}


_CONVERSATION = f"/conversations/{CONVERSATION}"


def _feedback(question: Asked) -> dict[str, object]:
    return {"request_id": question.request_id, "verdict": "outdated", "comment": "Not since March."}


def _readers(question: Asked) -> dict[str, object]:
    version = {"document": question.document, "sha256": "0" * 64}
    return {"documents": [version], "people": ["somebody@northlight.example"]}


def _wish(_: Asked) -> dict[str, object]:
    return {"wish": "The rules for night trains"}


def _closing(question: Asked) -> dict[str, object]:
    return {"number": question.wished, "how": "granted", "note": "It is in legal now."}


def _on_the_page(_: Asked) -> dict[str, object]:
    return {"document": TRAVEL, "verdict": "revoke", "reason": "replaced"}


def _marked(_: Asked) -> dict[str, object]:
    return {"document": f".0.{TRAVEL}", "action": "reject"}


def _desk_original(question: Asked) -> str:
    text = {POLICY: POLICY_TEXT, BOARD_PLAN: BOARD_TEXT}.get(question.document, "")
    return f"/desk/originals/{quote(question.document)}?sha256={hashlib.sha256(text.encode()).hexdigest()}"


def _paged(question: Asked) -> str:
    """Return a document with pages beside the one that is meant; `ready` puts it there."""
    return str(PurePosixPath(question.document).with_suffix(".pdf"))


CLOSED: Mapping[str, Call] = {**CALLS, **SCIM} | {
    call.route: call
    for call in (
        Call("POST /v1/ask", lambda _: "/v1/ask", lambda _: {"question": VENDOR_QUESTION}),
        Call("POST /v1/chat/completions", lambda _: "/v1/chat/completions", _chat),
        Call("GET /v1/models", lambda _: "/v1/models"),
        Call("GET /v1/models/{model}", lambda _: "/v1/models/greenlit"),
        Call("POST /v1/search", lambda _: "/v1/search", lambda _: {"question": VENDOR_QUESTION}),
        Call("POST /v1/feedback", lambda _: "/v1/feedback", _feedback),
        Call("POST /v1/requests", lambda _: "/v1/requests", _wish),
        Call("GET /v1/start", lambda _: "/v1/start"),
        Call("GET /v1/answers/{request_id}", lambda q: f"/v1/answers/{q.request_id}"),
        Call(
            "POST /v1/answers/{request_id}/share",
            lambda q: f"/v1/answers/{q.request_id}/share",
            lambda _: {"shared": True},
        ),
        Call("POST /v1/readers", lambda _: "/v1/readers", _readers),
        Call("GET /v1/documents", lambda _: "/v1/documents"),
        Call("GET /v1/documents/{document:path}", lambda q: f"/v1/documents/{quote(q.document)}"),
        Call("GET /v1/originals/{document:path}", lambda q: f"/v1/originals/{quote(q.document)}"),
        Call("GET /v1/pages/{document:path}/{page}", lambda q: f"/v1/pages/{quote(_paged(q))}/1"),
        Call("GET /v1/me", lambda _: "/v1/me"),
        Call("GET /metrics", lambda _: "/metrics"),
        Call("POST /mcp", lambda _: "/mcp", lambda _: message("resources/list")),
        Call("POST /v1/sessions/end", lambda _: "/v1/sessions/end", lambda _: {"person": "somebody"}),
        Call("POST /v1/approvals", lambda _: "/v1/approvals", _decision),
        Call("GET /v1/approvals/queue", lambda _: "/v1/approvals/queue"),
        Call("GET /v1/keys", lambda _: "/v1/keys"),
        Call("POST /v1/keys", lambda _: "/v1/keys", _key_wish),
        Call("POST /v1/keys/{key_id}/revoke", lambda q: f"/v1/keys/{q.key_id}/revoke", lambda _: {}),
        Call("GET /", lambda _: "/"),
        Call("POST /", lambda _: "/", lambda _: {"question": VENDOR_QUESTION}),
        Call("POST /feedback", lambda _: "/feedback", _feedback),
        Call("POST /requests", lambda _: "/requests", _wish),
        Call("GET /desk/feedback", lambda _: "/desk/feedback"),
        Call("GET /desk/requests", lambda _: "/desk/requests"),
        Call("POST /desk/requests/close", lambda _: "/desk/requests/close", _closing),
        Call("GET /desk/gaps", lambda _: "/desk/gaps"),
        Call("POST /notice", lambda _: "/notice", lambda _: {"to": "/"}),
        Call("GET /conversations", lambda _: "/conversations"),
        Call("POST /conversations", lambda _: "/conversations", lambda _: {"search": "vendor"}),
        Call("GET /conversations/{conversation_id}", lambda _: _CONVERSATION),
        Call(
            "POST /conversations/{conversation_id}/rename",
            lambda _: f"{_CONVERSATION}/rename",
            lambda _: {"name": "Vendors"},
        ),
        Call("POST /conversations/{conversation_id}/erase", lambda _: f"{_CONVERSATION}/erase", lambda _: {}),
        Call("GET /answers/{request_id}", lambda q: f"/answers/{q.request_id}"),
        Call("POST /answers/{request_id}/share", lambda q: f"/answers/{q.request_id}/share", lambda _: {}),
        Call("GET /documents", lambda _: "/documents"),
        Call("GET /documents/{document:path}", lambda q: f"/documents/{quote(q.document)}"),
        Call("GET /originals/{document:path}", lambda q: f"/originals/{quote(q.document)}"),
        Call("GET /pages/{document:path}/{page}", lambda q: f"/pages/{quote(_paged(q))}/1"),
        Call("GET /desk", lambda _: "/desk"),
        Call("GET /desk/documents/{document:path}", lambda q: f"/desk/documents/{quote(q.document)}"),
        Call("GET /desk/originals/{document:path}", _desk_original),
        Call("GET /desk/worker", lambda q: f"/desk/worker?document=.{quote(q.document)}"),
        Call("POST /desk/decide", lambda _: "/desk/decide", _on_the_page),
        Call("POST /desk/bulk", lambda _: "/desk/bulk", _marked),
        Call(
            "POST /desk/upload",
            lambda _: "/desk/upload",
            lambda _: {"source": "legal"},
            files=lambda _: {"file": (f"{_name()}.md", b"# New\n")},
        ),
    )
}
EVERY: Mapping[str, Call] = {**OPEN, **CLOSED}
IN_OPENAIS_FORM = {"POST /v1/chat/completions", "GET /v1/models", "GET /v1/models/{model}"}  # and errors too
NOBODYS = Asked("01890a5d-ac96-774b-bcce-b302099a8057", 0, 1, document=POLICY, key_id="a" * 10, pushed_id="nobody")


def routes_of(app: FastAPI) -> list[str]:
    """Return every route that an application serves, as `METHOD path`."""
    found = []
    for route in iter_route_contexts(app.routes):
        assert route.path is not None
        assert route.methods, f"{route.path}: expected a route with methods, got a {type(route).__name__}"
        found += [f"{method} {route.path}" for method in route.methods if method != "HEAD"]
    return found


def is_about_ones_own(route: str) -> bool:
    """Tell whether a route is good only for a question of one's own."""
    of_one = ("POST /v1/audit/own/erase", "POST /record/erase", "POST /v1/feedback", "POST /feedback")
    return route in of_one or "{conversation_id}" in route or "{request_id}" in route


def is_about_a_question(route: str) -> bool:
    """Tell whether a route is good only for a question that was really asked; some of them erase it."""
    others = ("POST /v1/audit/", "GET /v1/audit/reveals", "POST /audit", "GET /audit/re")
    return is_about_ones_own(route) or route.startswith(others)


def ready(studio: Studio, call: Call, question: Asked) -> Asked:
    """Return a question with which a request is good: with what others opened, a key that can be revoked, pages."""
    if "{key_id}" in call.route:
        wish = KeyWish(_name(), ["ask"], utc_now().date() + timedelta(days=1))
        return dataclasses.replace(question, key_id=studio.service.key_ring.make(wish, by="cli").key.key_id)
    if call.route == "POST /desk/requests/close":
        asked_for = document_requested("somebody", request_id=None, wish="The rules for night trains")
        return dataclasses.replace(question, wished=studio.opened.log.note(asked_for).seq)
    if "/pages/" in call.route and not (studio.library.folder / _paged(question)).exists():
        studio.library.add(_paged(question), small_pdf(["Minutes are kept for as long as there is a studio."]))
        studio.library.ingest()
    if "{id_}" in call.route:
        user = {"userName": f"{_name()}@northlight.example", "active": True}
        add = studio.service.pushed.add
        made = add("user", user) if "/Users/" in call.route else add("group", {"displayName": _name()})
        return dataclasses.replace(question, pushed_id=made.id)
    return call.ready(studio, question)
