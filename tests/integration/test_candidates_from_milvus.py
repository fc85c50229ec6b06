"""One library asked twice, of its own indexes and of a server with Milvus's protocol: the same answers, or none."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from indexes.builds import current_build_id
from indexes.manifest import read_manifest
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import Studio, open_studio

if TYPE_CHECKING:
    from tests.support.milvus_server import Server

GROUPS = ("staff", "press")
TOPICS = "masters contracts invoices cameras badges keys visitors backups passwords leave travel meals".split()
QUESTIONS = (
    "How long are masters kept?",
    "Who signs contracts?",
    "How many days may invoices wait?",
    "What about badges and keys of visitors?",
    "Which orbit do satellites follow?",
    "How long are passwords and backups kept?",
)


def _fill(library: TinyLibrary) -> None:
    library.allow("board", groups=("board",))
    for number, topic in enumerate(TOPICS):
        other = TOPICS[number - 1]
        text = (
            f"# Rules on {topic}\n\nAll {topic} are kept for {number + 2} years. The {topic} desk signs {other}.\n\n"
            f"Open {topic} may wait {number + 3} days, and never longer. Ask before {other} are given away.\n"
        )
        source = "board" if number % 4 == 3 else "legal"
        library.add(f"{source}/{topic}.md", text, groups=GROUPS if number % 5 else ("press",))
    library.ingest()


def _told(studio: Studio) -> list[Any]:
    told = []
    for question in QUESTIONS:
        answer, found = studio.ask(question), studio.search(question, limit=8)
        told.append([answer["outcome"], answer["refusal"], answer["sentences"]])
        told.append([(c["passage_id"], c["quote"], c["span"]) for c in answer["citations"]])
        told.append([(one["passage_id"], one["score"]) for one in found["passages"]])
    return told


def _settings(server: "Server") -> dict[str, Any]:
    return {"index": "milvus", "milvus_uri": SecretStr(server.url)}


@contextlib.contextmanager
def _with_collections(library: TinyLibrary, server: "Server") -> Iterator[TinyLibrary]:
    from ingest.build_collections import BuildCollections  # noqa: PLC0415 - what it needs may not be there
    from ingest.collection_ledger import FolderLedger  # noqa: PLC0415 - beside the one above

    collections = server.collections()
    library.collections = BuildCollections(collections.milvus, FolderLedger(library.builds))
    _fill(library)
    yield library
    collections.milvus.close()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> TinyLibrary:
    library = TinyLibrary(tmp_path_factory.mktemp("plain") / "studio")
    _fill(library)
    return library


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory, milvus_server: "Server") -> Iterator[TinyLibrary]:
    with _with_collections(TinyLibrary(tmp_path_factory.mktemp("collected") / "studio"), milvus_server) as library:
        yield library


def test_one_library_gives_the_same_sentences_for_everybody_and_after_a_revocation(
    plain: TinyLibrary, collected: TinyLibrary, milvus_server: "Server"
) -> None:
    for groups in ("", "press,board"):
        with (
            open_studio(plain, groups=groups) as own,
            open_studio(collected, groups=groups, **_settings(milvus_server)) as other,
        ):
            before = _told(own)
            assert _told(other) == before
    for library in (plain, collected):
        library.revoke("legal/contracts.md")
    with (
        open_studio(plain, groups="press") as own,
        open_studio(collected, groups="press", **_settings(milvus_server)) as other,
    ):
        after = _told(own)
        assert _told(other) == after
    assert after != before
    for library in (plain, collected):  # the next test finds all as it was
        library.approve("legal/contracts.md", groups=GROUPS)


def test_law_2_a_revocation_acts_on_the_next_question(collected: TinyLibrary, milvus_server: "Server") -> None:
    with open_studio(collected, groups="press", **_settings(milvus_server)) as studio:
        assert "legal/contracts.md" in str(studio.search("Who signs contracts?"))
        collected.revoke("legal/contracts.md")
        assert "legal/contracts.md" not in str(studio.search("Who signs contracts?", limit=50))
        collected.approve("legal/contracts.md", groups=GROUPS)
        assert "legal/contracts.md" in str(studio.search("Who signs contracts?"))


def test_a_server_that_goes_away_is_on_record_and_told_and_comes_back(
    collected: TinyLibrary, milvus_server: "Server", monkeypatch: pytest.MonkeyPatch
) -> None:
    from indexes import milvus_candidates  # noqa: PLC0415 - what it needs may not be there

    monkeypatch.setattr(milvus_candidates, "_REST_S", 0.0)
    monkeypatch.setattr(milvus_candidates, "_LOOK_S", 0.0)
    with open_studio(collected, groups="press", **_settings(milvus_server)) as studio:
        asked = {"question": QUESTIONS[1]}
        milvus_server.stop()
        try:
            response = studio.api.post("/v1/ask", json=asked)
            ready = studio.stranger().get("/readyz")
        finally:
            milvus_server.start()
        *_, received, finished = studio.leaves()
        assert (response.status_code, response.json()["type"]) == (503, "urn:greenlit:problem:search")
        assert (finished["outcome"], finished["reason"]) == ("failed", "search_unavailable")
        assert finished["request_id"] == received["request_id"]
        assert ready.status_code == 503
        assert "search" in ready.json()["failing"]
        assert studio.ask(QUESTIONS[1])["outcome"] == "answered"
        assert studio.stranger().get("/readyz").status_code == 200


def test_a_collection_that_is_lost_is_told_and_made_again(collected: TinyLibrary, milvus_server: "Server") -> None:
    milvus = milvus_server.collections().milvus
    first = read_manifest(collected.builds / current_build_id(collected.builds)).collection
    assert first is not None
    assert not collected.ingest().published

    milvus.drop(first.name)
    with open_studio(collected, groups="press", **_settings(milvus_server)) as studio:
        response = studio.api.post("/v1/ask", json={"question": QUESTIONS[1]})
        assert response.status_code == 503
        assert any(f"{first.name} is not in Milvus" in one for one in studio.service.health.report().problems)
        assert collected.ingest().published
        assert studio.ask(QUESTIONS[1])["outcome"] == "answered"
    milvus.close()


def test_a_build_without_a_collection_is_searched_here_until_the_next_ingestion(
    plain: TinyLibrary, milvus_server: "Server"
) -> None:
    with open_studio(plain, groups="press", **_settings(milvus_server)) as studio:
        assert studio.ask(QUESTIONS[1])["outcome"] == "answered"


def test_a_build_with_a_collection_is_searched_here_where_no_server_is_set(collected: TinyLibrary) -> None:
    with open_studio(collected, groups="press") as studio:
        assert studio.ask(QUESTIONS[1])["outcome"] == "answered"
