"""Law 5: what a service keeps lies where its settings say, and nowhere else: a record elsewhere is none."""

from datetime import timedelta
from pathlib import Path

import pytest

from indexes.clock import utc_now
from indexes.events import Withdrawal, event_from_line
from service.access.key_ring import KeyWish
from service.access.key_store import KEYS_FILE
from service.access.session_store import SESSIONS_FILE
from service.audit.storage.sqlite_store import STORE_FILE
from tests.support.audit_doors import command, use_fakes
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import TRAVEL, VENDOR_QUESTION, leaves_on_record, open_studio, with_rules


def _databases(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*.sqlite")}


def test_questions_sessions_keys_and_decisions_lie_where_they_were_said_to(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_studio(with_rules(library)) as studio:
        studio.ask(VENDOR_QUESTION)
        assert studio.browser().get("/").status_code == 200
        studio.service.key_ring.make(KeyWish("slack", ["ask"], utc_now().date() + timedelta(days=1)), by="cli")
        decided = {"document": TRAVEL, "decision": "revoke", "reason": "replaced"}
        assert studio.api.post("/v1/approvals", json=decided).status_code == 200
    use_fakes(library, monkeypatch)
    assert command(library, "ask", VENDOR_QUESTION).exit_code == 0  # opens the log by itself
    assert [leaf.type for leaf in leaves_on_record(library)].count("query.finished") == 2
    newest = event_from_line(library.places.lines().splitlines()[-1])
    assert (type(newest), newest.document) == (Withdrawal, TRAVEL)
    in_files = {STORE_FILE, SESSIONS_FILE, KEYS_FILE}
    assert _databases(library.root / "state") & in_files == (set() if library.places.database else in_files)
    assert library.register_path.exists() is not bool(library.places.database)
