"""Health: what fails by name, what is wrong in words."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from indexes.clock import utc_now
from ingest.pipeline import ingest
from service.access.key_ring import KeyWish
from service.access.key_store import KEYS_FILE
from service.models.errors import ModelUnavailableError
from service.models.models_file import MODELS_FILE
from service.operating.health import Report
from tests.support.fakes import TinyLibrary
from tests.support.model_parts import ENTRY, LeftModel, SayingModel, written
from tests.support.service_parts import POLICY, TRAVEL, Studio, open_studio, with_rules

DOORS = "security/doors.md"


@pytest.fixture
def library(library: TinyLibrary) -> TinyLibrary:
    """A library with something approved in each of its sources."""
    library.add(DOORS, "# Doors\n\nDoors are locked at seven.\n")
    library.approve(DOORS, by="ben@x.example")
    return library


def test_all_is_well(studio: Studio) -> None:
    report = studio.service.health.report()
    assert report == Report((), ())
    assert report.ready


def test_without_a_build_it_is_not_ready(library: TinyLibrary) -> None:
    with open_studio(library) as studio:
        report = studio.service.health.report()
    assert report.failing == ("build",)
    assert "run greenlit ingest" in report.problems[0]


def test_a_library_that_cannot_be_read_is_named(studio: Studio) -> None:
    (studio.library.folder / "sources.toml").write_text("[[source")
    report = studio.service.health.report()
    assert report.failing == ("library",)
    assert "cannot be read as TOML" in report.problems[0]


def test_a_line_of_the_register_that_cannot_be_understood_is_a_problem_but_others_are_answered(studio: Studio) -> None:
    with studio.library.register_path.open("ab") as file:
        file.write(b"nonsense\n")
    report = studio.service.health.report()
    assert report.ready
    assert "register.jsonl, line 5" in report.problems[0]


def test_a_newer_build_that_cannot_be_opened_is_a_problem_but_the_old_one_answers(studio: Studio) -> None:
    assert studio.service.health.report().ready
    (studio.library.builds / "current").write_text("20990101T000000Z-nothing\n")
    report = studio.service.health.report()
    assert report.ready
    assert "is missing from" in report.problems[0]


def _revoke_all(studio: Studio) -> None:
    for document in (POLICY, TRAVEL, DOORS):
        studio.library.revoke(document)


def _another_source(studio: Studio) -> None:
    studio.library.allow("people", groups=["staff"])


def _file_gone(studio: Studio) -> None:
    (studio.library.folder / TRAVEL).unlink()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_revoke_all, "the register approves nothing now"),
        (_file_gone, f"source 'legal': 1 of 2 approved documents has no file, such as '{TRAVEL}'"),
    ],
)
def test_what_is_not_there_to_answer_from_is_named(
    library: TinyLibrary, spoil: Callable[[Studio], None], says: str
) -> None:
    with open_studio(with_rules(library)) as studio:
        spoil(studio)
        report = studio.service.health.report()
    assert report.ready
    assert [says in problem for problem in report.problems] == [True]


@pytest.mark.parametrize("when", ["while it runs", "at its start"])
def test_without_its_register_it_is_not_ready_until_that_is_back(library: TinyLibrary, when: str) -> None:
    with_rules(library)
    aside = library.folder / "aside"
    if when == "at its start":
        library.register_path.rename(aside)
    with open_studio(library) as studio:
        health = studio.service.health
        if when == "while it runs":
            assert health.report().ready
            library.register_path.rename(aside)
        gone = health.report()
        asked = studio.api.post("/v1/ask", json={"question": "How are doors locked?"})
        answered = studio.api.get("/readyz")
        aside.rename(library.register_path)
        assert health.report() == Report((), ())
        assert studio.ask("When are doors locked?")["outcome"] == "answered"
    assert gone.failing == ("library",)
    assert "register.jsonl is not there, and the live build holds" in gone.problems[0]
    assert (asked.status_code, answered.status_code) == (503, 503)
    assert asked.json()["title"] == "Approvals cannot be read"


def test_what_is_due_and_what_waits_is_a_remark(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio:
        studio.library.add("legal/soon.md", "# Soon\n", expires=library.clock.at.date() + timedelta(days=3))
        studio.library.add("legal/over.md", "# Over\n", expires=library.clock.at.date() - timedelta(days=1))
        studio.library.add("security/keys.md", "# Keys\n")
        _another_source(studio)
        report = studio.service.health.report()
        told = studio.api.get("/readyz").json()["remarks"]
        stranger = studio.stranger().get("/readyz").json()["remarks"]
    assert (report.ready, report.problems) == (True, ())
    assert told == list(report.remarks)
    assert stranger == []
    assert [remark.partition(",")[0].partition(":")[0] for remark in report.remarks] == [
        "1 approval has ended",
        "1 approval ends within 30 days",
        "1 document waits for another approval",
        "source 'people' has no approved document",
    ]


def test_a_folder_of_builds_that_another_installation_uses_is_a_problem_until_it_is_ones_own(
    library: TinyLibrary, tmp_path: Path
) -> None:
    other = TinyLibrary(tmp_path / "other")
    other.add("legal/films.md", "# Films\n\nKeep films for ever.\n")
    other.ingest()
    with open_studio(with_rules(library), builds=other.builds) as studio:
        for _ in range(2):
            report = studio.service.health.report()
            assert report.ready
            assert ["was made for another library" in problem for problem in report.problems] == [True]
        ingest(replace(library.ingestion(), builds=other.builds))
        assert studio.service.health.report().problems == ()


def test_a_key_that_ends_soon_is_a_remark(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio:
        studio.service.key_ring.make(KeyWish("prometheus", ["metrics"], utc_now().date()), by="cli")
        report = studio.service.health.report()
    assert (report.ready, report.problems) == (True, ())
    assert ["the API key 'prometheus' (metrics) ends after" in remark for remark in report.remarks] == [True]


def test_keys_that_cannot_be_read_are_told_and_stop_nothing(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio:
        (studio.state / KEYS_FILE).write_bytes(b"no database")
        report = studio.service.health.report()
    assert report.ready
    assert any("API keys cannot be read" in told for told in (*report.problems, *report.remarks))


@pytest.mark.parametrize("refused", ["query.received", "query.finished"])
def test_a_log_that_cannot_be_written_is_named(studio: Studio, refused: str) -> None:
    studio.store.close()  # so that it cannot be mended by reopening at once
    studio.store.refused = {refused}
    studio.store.reopen = _away  # type: ignore[method-assign]
    studio.api.post("/v1/ask", json={"question": "Who reviews a vendor?"})
    report = studio.service.health.report()
    assert report.failing == ("log",)
    assert report.problems
    assert studio.api.get("/readyz").status_code == 503


def test_approvals_that_cannot_be_put_on_record_fail_the_log(studio: Studio) -> None:
    """Nothing may be answered from approvals that are not on record, so this service is not ready."""
    studio.store.refused = {"register.extended"}
    studio.store.reopen = _away  # type: ignore[method-assign]
    studio.library.add("legal/new.md", "# New\n\nA new rule for everybody.\n")
    report = studio.service.health.report()
    assert report.failing == ("log",)
    assert "the disk is full" in report.problems[0]


# A language model


def _unapproved(studio: Studio) -> None:
    _write_models(studio, {**ENTRY, "approved_by": None})


def _expired(studio: Studio) -> None:
    _write_models(studio, {**ENTRY, "expires": "2001-01-01"})


def _no_key(studio: Studio) -> None:
    _write_models(studio, {**ENTRY, "api_key_env": "A_KEY_THAT_NOBODY_SET"})


def _no_toml(studio: Studio) -> None:
    (studio.library.folder / MODELS_FILE).write_text("[[model")


def _no_models(studio: Studio) -> None:
    (studio.library.folder / MODELS_FILE).unlink()


def _write_models(studio: Studio, *entries: dict[str, Any]) -> None:
    (studio.library.folder / MODELS_FILE).write_text(written(*entries))


@pytest.fixture
def judged(library: TinyLibrary) -> Iterator[Studio]:
    """A service whose model says which passages answer."""
    (library.folder / MODELS_FILE).write_text(written({**ENTRY, "expires": "2099-01-01"}))
    down = SayingModel(error=ModelUnavailableError("it is down"))
    with open_studio(with_rules(library), connect=lambda *_: down, judge="llm", model="writer") as studio:
        yield studio


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_unapproved, "nobody approved it"),
        (_expired, "its approval ended on 2001-01-01"),
        (_no_key, "expected its key in A_KEY_THAT_NOBODY_SET, got nothing"),
        (_no_toml, "cannot be read as TOML"),
        (_no_models, "'writer' is not in models.toml"),
    ],
)
def test_a_model_that_may_not_be_called_is_a_problem_and_answers_are_given(
    judged: Studio, spoil: Callable[[Studio], None], says: str
) -> None:
    assert judged.service.health.report() == Report((), ())
    spoil(judged)
    report = judged.service.health.report()
    assert report.ready
    assert [says in problem for problem in report.problems] == [True]
    assert judged.api.get("/readyz").status_code == 200


def test_a_model_that_is_left_alone_is_a_problem_and_answers_are_given(library: TinyLibrary) -> None:
    (library.folder / MODELS_FILE).write_text(written({**ENTRY, "expires": "2099-01-01"}))
    with open_studio(with_rules(library), connect=lambda *_: LeftModel(), judge="llm", model="writer") as studio:
        assert studio.service.health.report().ready
        ready = studio.api.get("/readyz")
        assert (ready.status_code, ready.json()["problems"]) == (200, ["model 'writer' failed 5 times in a row"])


def test_an_approval_of_a_model_that_cannot_be_put_on_record_fails_the_log(judged: Studio) -> None:
    judged.store.refused = {"models.changed"}
    judged.store.reopen = _away  # type: ignore[method-assign]
    _write_models(judged, {**ENTRY, "model": "another"})
    report = judged.service.health.report()
    assert report.failing == ("log",)
    assert "the disk is full" in report.problems[0]


def _away() -> None:
    from service.audit.errors import AuditUnavailableError  # noqa: PLC0415

    raise AuditUnavailableError("the disk is full")
