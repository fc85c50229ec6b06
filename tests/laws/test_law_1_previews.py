"""Law 1: nothing unapproved is embedded, indexed or shown to who asks, although it is read for who decides."""

from urllib.parse import quote

import pytest

from indexes.previews import PREVIEWS_FOLDER
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import TRAVEL_TEXT, files_holding, open_studio, with_rules
from tests.support.worker_parts import Worker

DRAFT, SHORT = "legal/draft-parking.md", "security/short-parking.md"
NEEDLE = "heliport on the roof"
QUESTION = f"Who may park on the {NEEDLE}?"
TEXT = f"# Parking\n\nOnly directors may park on the {NEEDLE}.\n"


@pytest.fixture
def worker(library: TinyLibrary) -> Worker:
    """A worker that has read two documents that nobody, or one person of two, approved."""
    with_rules(library)
    library.write(DRAFT, TEXT)
    library.add(SHORT, TEXT)
    library.add("legal/new-travel.md", TRAVEL_TEXT.replace("fifty", "sixty"))  # so that a build is made beside
    worker = Worker(library).go(10)
    assert (worker.previews(), len(worker.reports)) == (2, 1)
    assert worker.reports[0].published
    return worker


def test_an_unapproved_document_is_read_for_a_preview_and_goes_nowhere_else(worker: Worker) -> None:
    library = worker.library
    assert library.parser.parsed.count(DRAFT) == library.parser.parsed.count(SHORT) == 1
    assert library.encoder.encoded
    assert not [text for text in library.encoder.encoded if NEEDLE in text], "embedded"
    holding = {path.relative_to(library.builds).parts[0] for path in files_holding(NEEDLE, library.builds)}
    assert holding == {PREVIEWS_FOLDER}
    assert not files_holding(DRAFT, *(path.parent for path in library.builds.glob("*/manifest.json")))


def test_no_door_shows_a_preview_to_who_asks(worker: Worker) -> None:
    with open_studio(worker.library) as studio:
        for document in (DRAFT, SHORT):
            shown = studio.doors_showing(document, QUESTION, f"directors may park on the {NEEDLE}")
            assert shown == [], document
        browser = studio.browser()
        for path in (worker.library.builds / PREVIEWS_FOLDER).glob("*.json"):
            for name in (path.stem, path.name, f"{PREVIEWS_FOLDER}/{path.name}"):
                for route in ("/documents/", "/originals/", "/v1/documents/", "/v1/originals/"):
                    assert browser.get(f"{route}{quote(name)}").status_code in (401, 404)


@pytest.mark.parametrize("decision", ["approved", "rejected"])
def test_what_is_decided_has_no_preview_and_what_was_approved_is_then_embedded(worker: Worker, decision: str) -> None:
    library = worker.library
    if decision == "approved":
        library.approve(DRAFT)
    else:
        library.approvals.withdraw("reject", DRAFT, by="ann@x.example", reason="no rule")
    worker.go(10)
    assert worker.preview(DRAFT) is None
    assert worker.previews() == 1
    assert any(NEEDLE in text for text in library.encoder.encoded) is (decision == "approved")
