"""The sample library is what the documents say: enough to try everything on, and remade from its manuscripts.

The clock is set to the day after the last decision, so that no approval runs out under the test.
"""

import importlib.metadata
import importlib.util
import io
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pypdf
import pytest

from indexes.approvals import Approvals
from indexes.lines import DocumentStanding
from indexes.standing import Standing
from ingest.loading.registry import load_document

# The bytes of the made documents depend on these releases; other ones must give the same text, if not the same bytes.
_MADE_WITH = {"reportlab": "5.1.0", "python-docx": "1.2.0"}
_DAY_AFTER = datetime(2026, 11, 21, tzinfo=UTC)
_LEAST_APPROVED = 16
_LEAST_LONG_PDFS = 4
_LONG_PAGES = 3


@pytest.fixture(scope="module")
def library() -> Path:
    return Path(__file__).resolve().parents[2] / "approved_docs"


@pytest.fixture(scope="module")
def approvals(library: Path) -> Approvals:
    return Approvals(library=library, now=lambda: _DAY_AFTER, max_file_bytes=1 << 20)


@pytest.fixture(scope="module")
def lines(approvals: Approvals) -> list[DocumentStanding]:
    return approvals.overview()


@pytest.fixture(scope="module")
def maker(library: Path) -> ModuleType:
    """The script that makes the PDF and DOCX documents."""
    spec = importlib.util.spec_from_file_location("make_documents", library / "make_documents.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for make in ("make_pdf", "make_docx"):
        setattr(module, make, _once(getattr(module, make)))
    return module


def _once(make: Callable[[Any], bytes]) -> Callable[[Any], bytes]:
    """Let each document be made once, for all tests."""
    made: dict[Path, bytes] = {}
    return lambda manuscript: made.get(manuscript.target) or made.setdefault(manuscript.target, make(manuscript))


def test_register_is_whole_and_every_file_can_be_a_document(
    approvals: Approvals, lines: list[DocumentStanding]
) -> None:
    assert approvals.state().problems == ()
    assert [line for line in lines if line.problem] == []


def test_register_shows_each_way_to_stay_out_once(lines: list[DocumentStanding]) -> None:
    counts = Counter(line.standing for line in lines)

    for standing in (Standing.PENDING, Standing.EXPIRED, Standing.REVOKED, Standing.CHANGED):
        assert counts[standing] == 1, standing
    assert counts[Standing.MISSING] == 0


def test_enough_is_approved_in_four_sources(lines: list[DocumentStanding]) -> None:
    approved = [line for line in lines if line.standing is Standing.APPROVED]

    assert len(approved) >= _LEAST_APPROVED
    assert len({line.document.split("/")[0] for line in approved}) == 4
    assert any(line.grant and len(line.grant.approved_by) == 2 for line in approved)
    assert any(line.grant and "staff" not in line.grant.groups for line in approved)


def test_approvals_hold_for_years_so_that_a_clone_answers(lines: list[DocumentStanding]) -> None:
    approved = [line for line in lines if line.standing is Standing.APPROVED]

    assert all(line.grant and line.grant.live_at(_DAY_AFTER + timedelta(days=5 * 365)) for line in approved)


def test_there_are_pdfs_with_pages_to_cite(library: Path, lines: list[DocumentStanding]) -> None:
    approved = [line.document for line in lines if line.standing is Standing.APPROVED]
    pages = {name: len(pypdf.PdfReader(library / name).pages) for name in approved if name.endswith(".pdf")}

    assert len([name for name, count in pages.items() if count >= _LONG_PAGES]) >= _LEAST_LONG_PDFS


def test_every_format_that_can_be_read_is_there(lines: list[DocumentStanding]) -> None:
    approved = {Path(line.document).suffix for line in lines if line.standing is Standing.APPROVED}

    assert approved == {".pdf", ".docx", ".md", ".html", ".txt"}


def test_made_documents_are_what_their_manuscripts_give(library: Path, maker: ModuleType) -> None:
    installed = {name: importlib.metadata.version(name) for name in _MADE_WITH}
    make: dict[str, Callable[[object], bytes]] = {".pdf": maker.make_pdf, ".docx": maker.make_docx}
    manuscripts = [maker.read_manuscript(path) for path in sorted((library / "manuscripts").glob("*.md"))]

    assert manuscripts
    for manuscript in manuscripts:
        kept, made = manuscript.target.read_bytes(), make[manuscript.target.suffix](manuscript)
        if installed == _MADE_WITH:
            assert made == kept, f"{manuscript.target.name}: run approved_docs/make_documents.py, then approve it anew"
        if made != kept:
            assert load_document(manuscript.target.name, made) == load_document(manuscript.target.name, kept)


def test_check_says_that_nothing_differs(maker: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    if {name: importlib.metadata.version(name) for name in _MADE_WITH} == _MADE_WITH:
        assert maker.main(["--check"]) == 0
        assert "differs" not in capsys.readouterr().out


def test_pdfs_are_plain_files_without_anything_that_runs(library: Path) -> None:
    for path in library.rglob("*.pdf"):
        catalog = pypdf.PdfReader(io.BytesIO(path.read_bytes())).root_object
        assert not {"/OpenAction", "/AA", "/AcroForm"} & set(catalog)
