"""Libraries to measure on go the user's way: approved, ingested by the real parser, opened within the boundary."""

from pathlib import Path

from eval.libraries import approve_all, ingest_all, open_for_staff
from tests.fakes import HashingEncoder


def test_a_folder_is_approved_ingested_and_opened(tmp_path: Path) -> None:
    library, builds, encoder = tmp_path / "library", tmp_path / "builds", HashingEncoder()
    (library / "notes").mkdir(parents=True)
    (library / "sources.toml").write_text('[[source]]\nname = "notes"\ngroups = ["staff"]\n')
    (library / "notes" / "a.md").write_text("# Rooms\n\nThe archive opens at nine in the morning.\n")
    assert approve_all(library, ["notes"]) == 1
    assert ingest_all(library, builds, encoder).counts() == {"ingested": 1}
    build, scope = open_for_staff(library, builds, encoder)
    assert scope.rows.tolist() == [True]
    assert build.passages.passages([0])[0].text == "The archive opens at nine in the morning."
    build.passages.close()
