"""What answers rest on gets on record once, whoever changed it, and answers wait for it."""

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from indexes.builds import current_build_id
from indexes.unpacking import past_build
from service.answering.follow import last_day_within_retention
from service.answering.record import Result
from service.audit.errors import AuditUnavailableError
from service.audit.events import BUILD_TYPE, CONFIG_TYPE, MODELS_TYPE
from service.audit.leaves import ReleaseRef
from service.audit.storage.store import Receipt
from tests.support.fakes import TinyLibrary
from tests.support.replay_parts import (
    ANSWER,
    POLICY_TEXT,
    QUESTION,
    RELEASE,
    Archive,
    a_question,
    open_archive,
    with_documents,
)

OTHER_RELEASE = ReleaseRef(version="1.1.0", config_hash="c" * 64)
ANY_SETTINGS = ReleaseRef(version="1.0.0", config_hash="d" * 64)


# The program and its settings


def test_a_release_is_recorded_when_it_first_starts_and_not_again(archive: Archive) -> None:
    archive.followed_by(RELEASE).started()
    (leaf,) = archive.leaves(CONFIG_TYPE)
    assert leaf["release"] == {"version": "1.0.0", "config_hash": "c" * 64}


@pytest.mark.parametrize("other", [OTHER_RELEASE, ANY_SETTINGS])
def test_another_version_or_other_settings_are_recorded_and_so_is_going_back(
    archive: Archive, other: ReleaseRef
) -> None:
    for release in (other, other, RELEASE):
        archive.followed_by(release).started()
    recorded = [(leaf["release"]["version"], leaf["release"]["config_hash"]) for leaf in archive.leaves(CONFIG_TYPE)]
    assert recorded == [(one.version, one.config_hash) for one in (RELEASE, other, RELEASE)]


# The language models

TWO_MODELS, NO_FILE = "a" * 64, hashlib.sha256(b"").hexdigest()


def test_approved_models_are_recorded_when_they_change_and_not_again(archive: Archive) -> None:
    for models_hash, models in ((TWO_MODELS, ("writer", "judge")), (TWO_MODELS, ("writer", "judge")), (NO_FILE, ())):
        archive.followed_by(RELEASE).models_changed(models_hash, models)
    recorded = [(leaf["models_hash"], leaf["models"]) for leaf in archive.leaves(MODELS_TYPE)]
    assert recorded == [(TWO_MODELS, ["judge", "writer"]), (NO_FILE, [])]


def test_where_there_never_was_a_model_nothing_is_recorded(archive: Archive) -> None:
    archive.followed_by(RELEASE).models_changed(NO_FILE, ())
    assert archive.leaves(MODELS_TYPE) == []


# The build


def test_a_build_is_recorded_when_it_first_answers_and_not_again(library: TinyLibrary) -> None:
    with_documents(library)
    for _ in range(2):
        with open_archive(library) as archive:
            archive.ask()
            archive.ask()
            recorded = archive.leaves(BUILD_TYPE)
            build = archive.live_build.get()
    assert [leaf["build"] for leaf in recorded] == [{"id": build.build_id, "manifest_hash": build.manifest_hash}]


def test_a_build_is_on_record_before_its_first_question(archive: Archive) -> None:
    archive.ask()
    types = [leaf["type"] for leaf in archive.leaves()]
    assert types.index(BUILD_TYPE) < types.index("query.received")


def test_a_new_build_is_recorded_and_so_is_going_back_to_an_old_one(archive: Archive) -> None:
    first = current_build_id(archive.library.builds)
    archive.ask()
    archive.library.add("legal/new.md", POLICY_TEXT)
    archive.library.ingest()
    second = current_build_id(archive.library.builds)
    archive.ask()
    (archive.library.builds / "current").write_text(first + "\n")
    archive.ask()
    assert [leaf["build"]["id"] for leaf in archive.leaves(BUILD_TYPE)] == [first, second, first]


def test_another_manifest_under_the_same_name_is_another_build(archive: Archive) -> None:
    build = archive.live_build.get()
    archive.follower.build_opened(replace(build, manifest_hash="0" * 64))
    assert [leaf["build"]["manifest_hash"] for leaf in archive.leaves(BUILD_TYPE)] == [build.manifest_hash, "0" * 64]


def test_nobody_is_answered_from_a_build_that_cannot_be_recorded(archive: Archive) -> None:
    archive.refuse(BUILD_TYPE)
    with pytest.raises(AuditUnavailableError, match="the disk is full"):
        archive.ask()
    archive.allow_all()
    assert archive.ask().text == ANSWER
    assert len(archive.leaves(BUILD_TYPE)) == 1


# How long a build is held


@pytest.mark.parametrize(
    ("day", "months", "last_day"),
    [
        (date(2026, 11, 20), 12, date(2027, 11, 30)),
        (date(2026, 11, 1), 12, date(2027, 11, 30)),
        (date(2026, 11, 30), 13, date(2027, 12, 31)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
        (date(2026, 12, 1), 6, date(2027, 6, 30)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 2, 28), 24, date(2028, 2, 29)),
        (date(2026, 1, 31), 36, date(2029, 1, 31)),
    ],
)
def test_records_are_kept_to_the_end_of_a_month(day: date, months: int, last_day: date) -> None:
    assert last_day_within_retention(day, months) == last_day


def _held_until(archive: Archive) -> dict[str, str]:
    holds = [json.loads(path.read_bytes()) for path in archive.library.holds.glob("*.json")]
    return {hold["build"]: hold["until"] for hold in holds}


def test_a_build_that_nobody_asks_is_not_held_and_goes_with_the_newer_ones(archive: Archive) -> None:
    first = archive.live_build.get()
    _publish(archive, 1)
    assert (archive.library.builds / first.build_id).exists(), "it is one of the newest two"
    archive.live_build.get()
    _publish(archive, 1)
    assert _held_until(archive) == {}
    assert not (archive.library.builds / first.build_id).exists()


@pytest.mark.parametrize("door", ["ask", "search", "refused", "turned away"])
def test_a_build_is_held_before_its_first_question_is_on_record(archive: Archive, door: str) -> None:
    build = archive.live_build.get()
    seen: list[dict[str, str]] = []
    received = archive.opened.log.received

    def look(*given: Any, **named: Any) -> Receipt:
        seen.append(_held_until(archive))
        return received(*given, **named)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(archive.opened.log, "received", look)
        _asked(archive, door)
    assert seen == [{build.build_id: "2027-11-30"}]


def test_a_question_that_takes_long_finds_its_build_held_however_many_are_published(archive: Archive) -> None:
    build = archive.live_build.get()
    opened = archive.recorder.received(a_question(QUESTION, ("staff",)), build)
    _publish(archive, 5)
    with past_build(archive.library.builds, build.build_id, scratch=archive.library.root) as found:
        assert found.manifest_hash == build.manifest_hash
    receipt = archive.recorder.finished(opened, Result("failed", "model_unavailable"))
    assert receipt.seq > opened.seq


def test_a_build_that_is_asked_in_a_later_month_is_held_for_longer(archive: Archive) -> None:
    build = archive.live_build.get()
    archive.follower.asked_of(build)
    archive.library.clock.pass_days(40)
    archive.follower.asked_of(build)
    assert _held_until(archive) == {build.build_id: "2027-12-31"}
    archive.followed_by(RELEASE, retention_months=36).asked_of(build)
    assert _held_until(archive) == {build.build_id: "2029-12-31"}


def test_a_build_that_is_asked_again_in_the_same_month_costs_nothing(archive: Archive) -> None:
    build = archive.live_build.get()
    archive.follower.asked_of(build)
    (path,) = archive.library.holds.glob("*.json")
    path.unlink()
    archive.follower.asked_of(build)
    assert _held_until(archive) == {}, "no file was read and none was written"


def test_who_asks_at_the_same_moment_waits_for_the_hold(archive: Archive) -> None:
    build = archive.live_build.get()

    def asked(_: int) -> dict[str, str]:
        archive.follower.asked_of(build)
        return _held_until(archive)

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(asked, range(32)))
    assert found == [{build.build_id: "2027-11-30"}] * 32


def test_a_hold_that_was_lost_is_written_again_when_the_service_starts(archive: Archive) -> None:
    archive.ask()
    (path,) = archive.library.holds.glob("*.json")
    path.unlink()
    build = archive.live_build.get()
    archive.followed_by(RELEASE).build_opened(build)
    assert _held_until(archive) == {build.build_id: "2027-11-30"}


def test_a_start_holds_no_build_that_was_not_asked(archive: Archive) -> None:
    archive.ask()
    _publish(archive, 1)
    held = _held_until(archive)
    archive.followed_by(RELEASE).build_opened(archive.live_build.get())
    assert _held_until(archive) == held


def test_a_build_that_answered_survives_any_number_of_new_ones(archive: Archive) -> None:
    seq = archive.ask().receipt.seq
    for number in range(4):
        archive.library.add(f"legal/new-{number}.md", f"# New {number}\n\nThis is rule number {number} of several.\n")
        archive.library.ingest()
    assert archive.replay(seq)["verdict"] == "identical"


def test_a_build_that_cannot_be_held_answers_and_that_is_told_once_for_each_reason(archive: Archive) -> None:
    archive.library.holds.write_text("no folder")
    assert archive.ask().text == ANSWER
    build = archive.live_build.get()
    for _ in range(3):
        archive.follower.asked_of(build)
    archive.follower.hold_owed()
    (told,) = archive.told
    assert "so the build could be removed while records refer to it" in told
    archive.library.holds.unlink()
    hold = archive.library.holds / f"{build.build_id}.json"
    hold.mkdir(parents=True)
    archive.follower.asked_of(build)
    assert len(archive.told) == 2, "another reason is told too"
    hold.rmdir()
    archive.follower.hold_owed()
    assert _held_until(archive) == {build.build_id: "2027-11-30"}
    archive.library.clock.pass_days(40)
    hold.unlink()
    hold.mkdir()
    archive.follower.asked_of(build)
    assert archive.told == [told, archive.told[1], archive.told[1]], "and the same again after it was mended"


def test_a_build_that_could_not_be_held_is_held_later_though_it_is_not_live_any_more(archive: Archive) -> None:
    build = archive.live_build.get()
    archive.library.holds.write_text("no folder")
    archive.ask()
    _publish(archive, 1)
    archive.live_build.get()
    archive.library.holds.unlink()
    archive.follower.hold_owed()
    assert _held_until(archive) == {build.build_id: "2027-11-30"}


def _publish(archive: Archive, builds: int) -> None:
    for _ in range(builds):
        number = len(list(archive.library.folder.glob("legal/more-*.md")))
        archive.library.add(f"legal/more-{number}.md", f"# More {number}\n\nThis is rule number {number} of several.\n")
        archive.library.clock.pass_days(1)
        made = archive.library.ingest().build_id
        os.utime(archive.library.builds / made / "manifest.json", (number + 4e9, number + 4e9))


def _asked(archive: Archive, door: str) -> None:
    if door == "search":
        archive.search()
    elif door == "turned away":
        archive.answering().turn_away(a_question(QUESTION, ("staff",)))
    else:
        archive.ask(*(["What of the moon?"] if door == "refused" else []))
