"""Reading documents within the boundary; a document that may not be read is one that does not exist."""

import pytest

from indexes.errors import BuildDamagedError, NoBuildError
from service.access.principals import Principal
from service.answering.errors import LibraryUnavailableError
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import POLICY, POLICY_TEXT, TRAVEL, Studio, open_studio

NOBODY = Principal("nobody", frozenset(), frozenset(), "test")


def test_documents_are_listed_by_name_with_who_approved_them(studio: Studio) -> None:
    listed = studio.service.reading.documents(studio.service.owner)
    assert [readable.info.document for readable in listed] == [POLICY, TRAVEL]
    assert listed[0].as_json()["approved_by"] == "ann@x.example"


def test_a_text_is_the_stored_one_and_an_original_the_approved_bytes(studio: Studio) -> None:
    owner = studio.service.owner
    text = studio.service.reading.text(owner, POLICY)
    original = studio.service.reading.original(owner, POLICY)
    assert text is not None
    assert "Never upload unreleased scripts" in text.text
    assert text.as_json() == {**text.readable.as_json(), "warnings": [], "text": text.text}
    assert original is not None
    assert original[1] == POLICY_TEXT.encode()


@pytest.mark.parametrize("document", ["legal/none.md", "", "legal", POLICY.upper()])
def test_what_does_not_exist_is_nothing(studio: Studio, document: str) -> None:
    owner = studio.service.owner
    assert studio.service.reading.text(owner, document) is None
    assert studio.service.reading.original(owner, document) is None


def test_for_somebody_in_no_group_there_is_nothing(studio: Studio) -> None:
    assert studio.service.reading.documents(NOBODY) == []
    assert studio.service.reading.text(NOBODY, POLICY) is None
    assert studio.service.reading.original(NOBODY, POLICY) is None


def test_an_original_that_was_changed_in_the_build_is_not_given(studio: Studio) -> None:
    owner = studio.service.owner
    found = studio.service.reading.original(owner, POLICY)
    assert found is not None
    for path in studio.library.builds.glob(f"*/originals/{found[0].info.sha256}"):
        path.write_bytes(b"something else")
    with pytest.raises(BuildDamagedError, match="is not what was approved: run greenlit ingest"):
        studio.service.reading.original(owner, POLICY)
    assert studio.api.get(f"/v1/originals/{POLICY}").status_code == 503


def test_without_a_library_or_a_build_nobody_can_say(library: TinyLibrary) -> None:
    with open_studio(library) as studio:
        owner = studio.service.owner
        with pytest.raises(NoBuildError, match="no current build"):
            studio.service.reading.documents(owner)
        library.ingest()
        (library.folder / "sources.toml").unlink()
        with pytest.raises(LibraryUnavailableError, match=r"no sources\.toml"):
            studio.service.reading.documents(owner)
