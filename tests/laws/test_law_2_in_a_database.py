"""Law 2 with the register in a database: what is decided anywhere acts on the next question at every service."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from indexes.library_register import register_of
from indexes.register_moving import move_to_rows
from indexes.register_state import RegisterPlace
from indexes.terms import Terms
from tests.support.breakable import BreakableStore
from tests.support.fakes import TinyLibrary
from tests.support.postgres_proxy import Proxy
from tests.support.postgres_server import Server
from tests.support.service_parts import (
    POLICY,
    VENDOR_QUESTION,
    Studio,
    open_studio,
    with_rules,
)

pytestmark = pytest.mark.not_over("database", "objects", "milvus", why="it brings a database of its own, always")
NEEDLE = "ten working days"
REASON = {"by": "ann@x.example", "reason": "superseded"}


@pytest.fixture
def register(library: TinyLibrary, database_url: str, monkeypatch: pytest.MonkeyPatch) -> RegisterPlace:
    """The register of a library with a build, in a database; each service has a log of its own, in a file."""
    with_rules(library)
    move_to_rows(library.folder, database_url)
    monkeypatch.setattr("tests.support.service_parts.open_breakable", _in_a_file)
    return register_of(library.folder, database_url)


def _in_a_file(folder: Path, *, database: str) -> BreakableStore:
    del database
    return BreakableStore.open(folder)


@pytest.fixture
def near(register: RegisterPlace, library: TinyLibrary, database_url: str) -> Iterator[Studio]:
    del register
    with open_studio(library, database_url=SecretStr(database_url)) as opened:
        yield opened


@pytest.fixture
def way(postgres_server: Server) -> Iterator[Proxy]:
    with Proxy(postgres_server) as opened:
        yield opened


@pytest.fixture
def far(near: Studio, library: TinyLibrary, database_url: str, postgres_server: Server, way: Proxy) -> Iterator[Studio]:
    """A second service on the same library, whose way to the database can be cut."""
    del near
    url = database_url.replace(str(postgres_server.folder), str(way.folder))
    with open_studio(library, database_url=SecretStr(url), state=library.root / "state-of-the-second") as opened:
        yield opened


def _decide(library: TinyLibrary, register: RegisterPlace) -> tuple[Callable[[], None], Callable[[], None]]:
    """Return what revokes the policy, and what approves it again, as the command line does."""
    approvals = library.approvals
    approvals.register = register

    def revoke() -> None:
        approvals.withdraw("revoke", POLICY, **REASON)

    def approve() -> None:
        approvals.approve(approvals.plan_approval(POLICY, Terms(by="ann@x.example")))

    return revoke, approve


def _asks(studio: Studio) -> tuple[int, Any]:
    response = studio.api.post("/v1/ask", json={"question": VENDOR_QUESTION})
    return response.status_code, response.json()


def _cites(studio: Studio) -> bool:
    code, answer = _asks(studio)
    assert code == 200, answer
    return NEEDLE in str(answer)


def test_a_revocation_acts_on_the_next_question_at_each_of_two_services(
    near: Studio, far: Studio, library: TinyLibrary, register: RegisterPlace
) -> None:
    """Five times over, with questions under way at both all the while: begun after the decision, none cites it."""
    revoke, approve = _decide(library, register)
    go_on, answers = threading.Event(), []

    def ask(studio: Studio) -> None:
        while not go_on.is_set():
            answers.append(_cites(studio))

    asking = [threading.Thread(target=ask, args=(studio,)) for studio in (near, far)]
    for thread in asking:
        thread.start()
    try:
        late = []
        for _ in range(5):
            library.clock.pass_days(1)
            revoke()
            late += [_cites(near), _cites(far)]
            library.clock.pass_days(1)
            approve()
            assert _cites(far)
            assert _cites(near)
    finally:
        go_on.set()
        for thread in asking:
            thread.join()
    assert not any(late)
    assert any(answers)


def test_what_an_approver_decides_at_one_service_acts_at_the_other(
    near: Studio, far: Studio, library: TinyLibrary
) -> None:
    assert _cites(far)
    body = {"document": POLICY, "decision": "revoke", "reason": "superseded"}
    decided = near.api.post("/v1/approvals", json=body)
    assert decided.status_code == 200, decided.text
    assert not _cites(far)
    assert not library.register_path.exists()


def test_a_service_that_is_cut_off_refuses_and_answers_nothing_it_remembers(
    near: Studio, far: Studio, way: Proxy, library: TinyLibrary, register: RegisterPlace
) -> None:
    revoke, _ = _decide(library, register)
    assert _cites(far)
    browser = far.browser()
    way.cut()
    for _ in range(2):
        code, told = _asks(far)
        assert code == 503
        assert NEEDLE not in str(told)
    assert far.api.get("/readyz").status_code == 503
    assert NEEDLE not in browser.post("/", data={"question": VENDOR_QUESTION}).text
    assert _cites(near), "nobody else is held up"
    library.clock.pass_days(1)
    revoke()
    way.mend()
    assert not _cites(far), "it comes back by itself, and knows what was decided meanwhile"
    assert far.api.get("/readyz").status_code == 200


def test_the_record_names_the_registers_position_and_hash_as_of_a_file(
    near: Studio, library: TinyLibrary, register: RegisterPlace
) -> None:
    revoke, _ = _decide(library, register)
    asked = near.ask(VENDOR_QUESTION)
    library.clock.pass_days(1)
    revoke()
    near.ask(VENDOR_QUESTION)
    extended = [json.loads(leaf.leaf) for leaf in near.opened.store.of_type("register.extended")]
    lines = [line for leaf in extended for line in leaf["lines"]]
    assert lines == list(register.refresh().line_hashes)
    assert not list(near.opened.store.of_type("register.rewritten"))
    (finished,) = [
        json.loads(leaf.leaf)
        for leaf in near.opened.store.leaves(-1, 99)
        if leaf.type == "query.finished" and json.loads(leaf.leaf)["request_id"] == asked["request_id"]
    ]
    assert finished["register_seq"] == 2
