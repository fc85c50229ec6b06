"""Libraries to measure on go the user's way: approved, ingested by the real parser, opened within the boundary."""

import contextlib
from datetime import date
from pathlib import Path

import pytest

from eval.quality.libraries import approve_all, ingest_all, open_place
from tests.support.fakes import HashingEncoder
from tests.support.judge_parts import POLICY, a_library


@pytest.fixture(scope="module", autouse=True)
def read_here() -> None:
    """Read in the limited process, as users do."""


def test_a_folder_is_approved_ingested_and_opened(tmp_path: Path) -> None:
    library, builds, encoder = tmp_path / "library", tmp_path / "builds", HashingEncoder()
    (library / "notes").mkdir(parents=True)
    (library / "sources.toml").write_text('[[source]]\nname = "notes"\ngroups = ["staff"]\n')
    (library / "notes" / "a.md").write_text("# Rooms\n\nThe archive opens at nine in the morning.\n")
    assert approve_all(library, ["notes"]) == 1
    assert ingest_all(library, builds, encoder).counts() == {"ingested": 1}
    place = open_place(library, builds, encoder)
    assert place.scope.rows.tolist() == [True]
    assert place.build.passages.passages([0])[0].text == "The archive opens at nine in the morning."
    place.build.passages.close()


def test_a_place_holds_what_somebody_may_see_and_nothing_else(tmp_path: Path) -> None:
    library = a_library(tmp_path)
    library.allow("board", groups=["board"])
    library.add("board/minutes.md", "# Minutes\n\nThe board meets on Mondays.\n", expires=date(2099, 1, 1))
    library.ingest()
    for groups, seen in ((frozenset[str](), [POLICY]), (frozenset({"board"}), ["board/minutes.md", POLICY])):
        place = open_place(library.folder, library.builds, library.encoder, groups)
        with contextlib.closing(place.build.passages):
            names = ("board/minutes.md", POLICY, "legal/old.md", "legal/none.md")
            assert [name for name in names if place.document(name)] == seen
