"""Reading one file before anybody approves it: as it would be stored, and only the version that is meant."""

from pathlib import Path

import pytest

from indexes.documents import Locator
from indexes.errors import NoFileError, UnsafeFileError, VersionError
from ingest.read import read_file, read_version
from tests.support.fakes import TinyLibrary

TEXT = "# Doors\n\nDoors are locked at seven.\n"


def test_a_file_is_read_as_it_would_be_stored(library: TinyLibrary) -> None:
    path = library.write("legal/doors.md", TEXT)
    library.approve("legal/doors.md")
    read = read_file(path, library.parser, max_bytes=1000)
    line = library.approvals.standing_of("legal/doors.md")
    again = read_version(library.approvals.sources, line.document, str(line.sha256), library.parser, max_bytes=1000)
    assert (read.document, read.title, read.sha256) == ("doors.md", "Doors", line.sha256)
    assert (read.text, read.sections, again.document) == (again.text, again.sections, "legal/doors.md")
    assert [section.locator for section in read.sections] == [Locator("document")], (
        "the title is no heading beside itself"
    )


def test_a_link_that_somebody_names_is_followed_and_a_file_may_be_as_large_as_is_allowed(
    library: TinyLibrary, tmp_path: Path
) -> None:
    (tmp_path / "link.md").symlink_to(library.write("legal/doors.md", TEXT))
    assert read_file(tmp_path / "link.md", library.parser, max_bytes=len(TEXT)).title == "Doors"
    with pytest.raises(UnsafeFileError, match="is too large"):
        read_file(tmp_path / "link.md", library.parser, max_bytes=len(TEXT) - 1)
    assert library.parser.parsed == ["link.md"]


def test_another_version_than_the_one_that_is_meant_is_not_parsed(library: TinyLibrary) -> None:
    library.write("legal/doors.md", TEXT)
    sources = library.approvals.sources
    with pytest.raises(VersionError, match=r"'legal/doors\.md' changed while it was being read"):
        read_version(sources, "legal/doors.md", "a" * 64, library.parser, max_bytes=1000)
    with pytest.raises(NoFileError, match=r"there is no file 'legal/windows\.md' any more"):
        read_version(sources, "legal/windows.md", "a" * 64, library.parser, max_bytes=1000)
    assert library.parser.parsed == []
