"""A studio with two approvers, and what a worker would have read."""

import hashlib
import re
from pathlib import PurePosixPath
from typing import Any

from starlette.testclient import TestClient

from indexes.previews import Preview, preview_file, preview_json
from indexes.readings import ReadingNote
from ingest.loading.registry import load_document
from tests.support.audit_doors import Company, approver, company
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import Studio


def with_approvers(studio: Studio) -> Company:
    """Let Ann decide on legal and security, Bo on security."""
    ann = approver("a-1", "legal", "security", name="Ann Lee")
    return company(studio, ann=ann, bo=approver("b-2", "security", name="Bo Ek"))


def hash_of(library: TinyLibrary, document: str) -> str:
    """Return the hash of a document's file."""
    return hashlib.sha256((library.folder / document).read_bytes()).hexdigest()


def read_as_worker(library: TinyLibrary, document: str, *warnings: ReadingNote) -> None:
    """Leave a preview of a document's file, as the worker does."""
    parsed = load_document(document, (library.folder / document).read_bytes())
    sha256 = hash_of(library, document)
    title = parsed.title or PurePosixPath(document).stem
    preview = Preview(document, sha256, title, parsed.text, parsed.sections, warnings)
    file = preview_file(library.builds, sha256, document)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(preview_json(preview), encoding="utf-8")


def form_of(page: str, verdict: str) -> dict[str, Any]:
    """Return the fields of the form of a document's page that decides so, as a browser would send them."""
    (form,) = [
        one for one in re.findall(r"<form.*?</form>", page, re.DOTALL) if f'name="verdict" value="{verdict}"' in one
    ]
    fields: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="(\w+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ("checkbox" not in tag or "checked" in tag):
            fields[name.group(1)] = value.group(1) if value else ""
    return fields


def words_of(page: str) -> str:
    """Return what a page says, without its tags."""
    return " ".join(re.sub("<[^>]+>", " ", page).split())


def decided(browser: TestClient, document: str, verdict: str, **more: Any) -> Any:
    """Open a document and send its form that decides so."""
    page = browser.get(f"/desk/documents/{document}").text
    return browser.post("/desk/decide", data={**form_of(page, verdict), **more})
