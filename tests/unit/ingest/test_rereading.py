"""Which documents are read otherwise than when they were approved: told from builds where they know, else read anew."""

import pytest

from indexes.documents import text_hash
from indexes.errors import VersionError
from indexes.lines import DocumentStanding
from ingest.errors import LoadError
from ingest.rereading import Reread, Rereading, reread
from tests.support.fakes import QuietProgress, TinyLibrary

A = "legal/a.md"
TEXT = "# Leave\n\nTrainees have leave for ten days.\n"
AS_READ = "Leave\n\nTrainees have leave for ten days."


def _look(library: TinyLibrary, *reads: str | Exception) -> tuple[Rereading, list[str]]:
    """Look at the library; what has to be read anew is read as is said."""
    read, answers = list[str](), iter(reads)

    def load(line: DocumentStanding) -> str:
        read.append(line.document)
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    found = reread(library.approvals.overview(), library.builds, read=load, progress=QuietProgress())
    return found, read


def test_what_the_live_build_holds_as_it_is_read_today_is_not_read_again(library: TinyLibrary) -> None:
    library.add(A, TEXT, text_sha256=text_hash(AS_READ))
    assert _look(library, AS_READ) == (Rereading((), 0), [A])
    library.ingest()
    assert _look(library) == (Rereading((), 0), [])
    library.approve(A, text_sha256="b" * 64)
    (found,), _ = _look(library)[0].found, None
    assert found == Reread(A, ("b" * 64,), text_hash(AS_READ))


def test_what_cannot_be_read_any_more_says_why_and_what_went_away_meanwhile_is_passed_over(
    library: TinyLibrary,
) -> None:
    for name in "abc":
        library.add(f"legal/{name}.md", TEXT, text_sha256="a" * 64)
    looked, _ = _look(library, LoadError("it is damaged"), VersionError("changed"), "other")
    assert looked.found == (
        Reread(A, ("a" * 64,), None, "it is damaged"),
        Reread("legal/c.md", ("a" * 64,), text_hash("other")),
    )


@pytest.mark.parametrize("current", ["nothing", "damaged"])
def test_without_a_build_that_can_be_opened_everything_is_read(library: TinyLibrary, current: str) -> None:
    library.add(A, TEXT, text_sha256=text_hash(AS_READ))
    if current == "damaged":
        (library.builds / "20261120T120000Z-0").mkdir(parents=True)
        (library.builds / "20261120T120000Z-0" / "passages.sqlite").write_text("no store")
        (library.builds / "current").write_text("20261120T120000Z-0")
    looked, read = _look(library, "other")
    assert (looked.found[0].difference, read) == (None, [A])
