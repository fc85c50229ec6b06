"""A build that was made for another library is told from one of this one, whatever became of its documents since."""

from pathlib import Path

import pytest

from indexes.made_elsewhere import made_elsewhere, never_approved
from indexes.manifest import read_manifest
from indexes.register import Register
from tests.support.fakes import TinyLibrary

FILES = ("legal/a.md", "legal/b.md", "legal/c.md", "legal/d.md")


def _built(library: TinyLibrary, *names: str) -> list[tuple[str, str]]:
    """Return what a build of these documents holds."""
    for name in names:
        library.add(name, f"# {name} of {library.root.name}\n\nKept for ten years.\n")
    manifest = read_manifest(library.builds / str(library.ingest().build_id))
    return [(one.document, one.sha256) for one in manifest.documents]


def _told(library: TinyLibrary, versions: list[tuple[str, str]]) -> str | None:
    return made_elsewhere("the-build", versions, Register(library.register_path).refresh().decisions, "the register")


@pytest.fixture
def other(tmp_path: Path) -> TinyLibrary:
    return TinyLibrary(tmp_path / "other")


def test_what_became_of_documents_since_does_not_make_a_build_another_s(library: TinyLibrary) -> None:
    versions = _built(library, *FILES)
    assert _told(library, versions) is None
    library.revoke("legal/a.md")
    library.add("legal/b.md", "# Another version\n")
    library.clock.pass_days(4000)  # all approvals have ended
    assert _told(library, versions) is None
    assert _told(library, []) is None


def test_a_build_of_another_library_is_told_though_its_documents_have_the_same_names(
    library: TinyLibrary, other: TinyLibrary
) -> None:
    _built(library, "legal/a.md", "legal/b.md")
    for names in (("legal/a.md",), ("legal/c.md", "legal/d.md"), FILES):
        versions = _built(other, *names)
        told = _told(library, versions)
        assert told
        assert told.startswith("the build the-build was made for another library: no line of the register ever")
        assert "set GREENLIT_BUILDS to a folder of this installation's own" in told


def test_a_few_lines_that_are_gone_or_damaged_do_not_make_it_another_s(library: TinyLibrary) -> None:
    versions = _built(library, *FILES)
    lines = library.register_path.read_bytes().splitlines(keepends=True)
    library.register_path.write_bytes(b"".join(lines[:-1]))
    assert never_approved(versions, Register(library.register_path).refresh().decisions) == 1
    assert _told(library, versions) is None
    damaged = [line.replace(b'"sha256"', b'"sha"') for line in lines]
    library.register_path.write_bytes(b"".join(damaged))
    assert _told(library, versions) is None, "what these lines said, nobody can say"
    library.register_path.write_bytes(lines[0])
    assert "ever approved 3 of its 4 documents" in str(_told(library, versions))
