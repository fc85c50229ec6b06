"""Law 5 with the log in PostgreSQL: 503 at every door while its server is gone, no answer, and nothing is lost."""

from collections.abc import Iterator, Sequence

import pytest
import structlog
from pydantic import SecretStr
from starlette.testclient import TestClient

from service.audit.checking.verifying import InAChild
from service.audit.storage.postgres_beside import PostgresBesideStore
from service.audit.storage.store import Entry, Receipt, Settle, StoredLeaf
from tests.support.audit_doors import asked
from tests.support.audit_parts import wait_until
from tests.support.fakes import TinyLibrary
from tests.support.postgres_server import Server, a_server
from tests.support.service_parts import VENDOR_QUESTION, Studio, open_studio, with_rules

pytestmark = pytest.mark.not_over("database", "objects", "milvus", why="it brings a database of its own, always")
NEEDLE = "ten working days"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of its own: it is killed. Its log tells all that it is asked for, with every value."""
    with a_server("log_min_messages = info", "log_statement = all", "log_parameter_max_length = -1") as started:
        yield started


@pytest.fixture
def kept(library: TinyLibrary, server: Server) -> Iterator[Studio]:
    """A service whose log lies in a database."""
    url = server.url(server.new_database(), password="s3cret4711")
    with open_studio(with_rules(library), database_url=SecretStr(url)) as opened:
        yield opened


def _asks(studio: Studio, browser: TestClient) -> list[tuple[int, str]]:
    api = [studio.api.post(door, json={"question": VENDOR_QUESTION}) for door in ("/v1/ask", "/v1/search")]
    page = browser.post("/", data={"question": VENDOR_QUESTION})
    return [(response.status_code, response.text) for response in (*api, page)]


def test_there_is_no_answer_at_any_door_until_the_server_is_back(kept: Studio, server: Server) -> None:
    before, browser = kept.ask(VENDOR_QUESTION), kept.browser()
    with structlog.testing.capture_logs() as told:
        server.kill()
        for code, text in _asks(kept, browser):
            assert code == 503
            assert NEEDLE not in text
        ready = kept.api.get("/readyz").json()
        assert set(ready["failing"]) >= {"log"}
        assert "the audit store postgresql://" in str(ready["problems"])
        server.start()
        wait_until(lambda: not kept.opened.log.healthy())
    assert "s3cret4711" not in f"{told} {ready}"
    assert NEEDLE in str(kept.ask(VENDOR_QUESTION))
    leaf = kept.opened.store.leaf(before["receipt"]["seq"])
    assert leaf is not None
    assert leaf.leaf_hash == before["receipt"]["leaf_hash"]
    assert [one.seq for one in kept.opened.store.leaves(-1, 999)] == list(range(kept.opened.store.size()))


def test_an_answer_whose_record_cannot_be_finished_does_not_leave(kept: Studio, server: Server) -> None:
    """The server goes between the question and its answer."""
    asked(kept)
    whole = PostgresBesideStore.append_after
    with pytest.MonkeyPatch.context() as patch:

        def cut(store: PostgresBesideStore, settle: Settle) -> list[Receipt]:
            def settled(others: Sequence[StoredLeaf]) -> Sequence[Entry]:
                entries = settle(others)
                if any(entry.type == "query.finished" for entry in entries):
                    server.kill()
                return entries

            return whole(store, settled)

        patch.setattr(PostgresBesideStore, "append_after", cut)
        response = kept.api.post("/v1/ask", json={"question": VENDOR_QUESTION})
    assert response.status_code == 503
    assert NEEDLE not in response.text
    server.start()
    wait_until(lambda: not kept.opened.log.healthy())
    assert NEEDLE in str(kept.ask(VENDOR_QUESTION))


def test_no_file_of_the_server_and_no_line_of_its_log_holds_a_prompt(kept: Studio, server: Server) -> None:
    """Law 6 where the log is kept by another program."""
    kept.ask(f"{VENDOR_QUESTION} quokka4711")
    kept.opened.log.publish()
    server.run("CHECKPOINT")
    said = (server.folder / "log").read_bytes()
    assert b"INSERT INTO leaves" in said, "it tells what it is asked for"
    files = [path for path in server.folder.rglob("*") if path.is_file()]
    assert any(b"query.received" in path.read_bytes() for path in files)
    assert [path.name for path in files if b"quokka4711" in path.read_bytes()] == []


def test_a_running_service_verifies_a_log_in_a_database(kept: Studio) -> None:
    asked(kept)
    kept.opened.log.publish()
    settings = kept.service.settings
    check = InAChild(
        state=settings.state, keys=settings.keys_folder(), name=kept.opened.name, database=settings.database()
    )
    verdict = check.run(lambda *_: None)
    assert verdict["ok"] is True
    assert verdict["counts"]["leaves"] == kept.opened.store.size()
