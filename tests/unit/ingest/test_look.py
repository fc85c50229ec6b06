"""A look notices whatever a build could be made otherwise for, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from indexes.register import Register
from ingest.look import Looker
from tests.support.fakes import TinyLibrary

A = "legal/rules/a.md"


def _written_again(library: TinyLibrary) -> None:
    path = library.folder / A
    path.write_text(path.read_text().replace("thirty", "twenty"))


def _renamed(library: TinyLibrary) -> None:
    (library.folder / A).rename(library.folder / "legal" / "b.md")


def _linked(library: TinyLibrary) -> None:
    (library.root / "second-name.md").hardlink_to(library.folder / A)


def _elsewhere(library: TinyLibrary) -> None:
    listed = library.folder / "sources.toml"
    listed.write_text(listed.read_text().replace('name = "legal"', 'name = "legal"\npath = "../elsewhere"'))


CHANGES: dict[str, Callable[[TinyLibrary], object]] = {
    "a new file": lambda library: library.write("security/new.md", "New."),
    "a file written again": _written_again,
    "a file renamed": _renamed,
    "a file gone": lambda library: (library.folder / A).unlink(),
    "a second name of a file": _linked,
    "a line of the register": lambda library: library.approve(A),
    "another place of a source": _elsewhere,
    "no allowlist": lambda library: (library.folder / "sources.toml").unlink(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_it_notices(library: TinyLibrary, change: str) -> None:
    library.write(A, "# Leave\n\nEverybody has thirty days of leave.\n")
    looker = Looker(library.folder, Register(library.register_path))
    before = looker.look()
    assert looker.look() == before
    CHANGES[change](library)
    assert looker.look() != before


def test_what_is_no_document_is_not_looked_at(library: TinyLibrary, tmp_path: Path) -> None:
    looker = Looker(library.folder, Register(library.register_path))
    before = looker.look()
    library.write("legal/.draft.md.swp", "an editor's own")
    library.write("readme.txt", "in no source")
    assert looker.look() == before
    (library.folder / "legal" / "link").symlink_to(tmp_path)
    linked = looker.look()
    (tmp_path / "behind-the-link.md").write_text("outside")
    assert looker.look() == linked


def test_a_source_elsewhere_is_followed(library: TinyLibrary) -> None:
    elsewhere = library.root / "elsewhere"
    elsewhere.mkdir()
    _elsewhere(library)
    looker = Looker(library.folder, Register(library.register_path))
    before = looker.look()
    (elsewhere / "a.md").write_text("New.")
    assert looker.look() != before
