"""A service follows the builds in an object store beside its questions, and goes on with what it has when it cannot."""

import contextlib
import threading
import time
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from filelock import FileLock

from indexes.holds import hold_build
from indexes.objects.held import Holding, holds_there
from indexes.objects.mirror import Mirror
from indexes.objects.store import manifest_key, object_key
from service.operating.followed_builds import FollowedBuilds, following
from tests.support.object_parts import Machines
from tests.support.object_server import ObjectServer
from tests.support.service_parts import POLICY, Studio, open_studio, with_rules

QUESTION = "Keep masters for how many years?"


@contextlib.contextmanager
def _replica(
    machines: Machines, monkeypatch: pytest.MonkeyPatch, **more: Any
) -> Iterator[tuple[Studio, FollowedBuilds]]:
    """A service that follows only when a test says so."""
    monkeypatch.setattr("service.parts.following", lambda _: contextlib.nullcontext())
    replica = machines.library.root / "replica"
    with open_studio(machines.library, builds=replica, builds_address=machines.address, **more) as studio:
        followed = studio.service.followed
        assert followed
        yield studio, followed


def _breaks(*_: object) -> None:
    raise KeyError("zebra4711")


def _answer(studio: Studio) -> str:
    return str(studio.ask(QUESTION)["answer"])


def test_a_cold_start_answers_nothing_until_the_build_is_here_and_then_all(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines.publish(10)
    with _replica(machines, monkeypatch) as (studio, followed):
        before = studio.service.health.report()
        assert before.failing == ("build",)
        assert any("is looked for and fetched" in words for words in before.problems)
        followed.look()
        assert studio.service.health.report().problems == ()
        assert "10 years" in _answer(studio)


def test_a_build_published_on_another_machine_answers_after_the_next_look(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines.publish(10)
    with _replica(machines, monkeypatch) as (studio, followed):
        followed.look()
        assert "10 years" in _answer(studio)
        machines.publish(11)
        followed.look()
        assert "11 years" in _answer(studio)


def test_a_store_that_fails_is_told_and_what_is_here_goes_on_answering(
    bucket_machines: Machines, object_server: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexes.objects.bucket._TRIES", 0)
    bucket_machines.publish(10)
    with _replica(bucket_machines, monkeypatch) as (studio, followed):
        followed.look()
        object_server.faults.methods = frozenset({"GET"})
        object_server.faults.status, object_server.faults.code = "403 Forbidden", "AccessDenied"
        followed.look()
        report = studio.service.health.report()
        assert report.ready
        (told,) = report.problems
        assert "denies access to current: let this account read and list there" in told
        assert "what is here goes on answering" in told
        assert "hush-hush" not in told
        assert "10 years" in _answer(studio)

        object_server.faults.none()
        followed.look()
        assert studio.service.health.report().problems == ()


def test_a_replica_that_was_away_answers_from_what_it_has_and_says_what_is_missing_until_it_is_here(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = machines.publish(10).build_id
    with _replica(machines, monkeypatch) as (_, followed):
        followed.look()
    for years in (11, 12):
        newest = machines.publish(years).build_id
    with _replica(machines, monkeypatch) as (studio, followed):
        report = studio.service.health.report()
        assert (report.ready, report.problems) == (True, ())
        unknown = f"builds: {first} answers, and which build is live in {machines.store.shown} is not known yet"
        assert unknown in report.remarks
        with FileLock(followed.mirror.folder / ".fetching.lock"):  # as another process that fetches for minutes
            followed.look()
            assert studio.service.live_build.get().build_id == first
            assert studio.ask(QUESTION)["outcome"] == "refused", "its version is approved no more, and the new one away"
            (remark,) = followed.remarks()
            assert remark.startswith(f"builds: {first} answers until {newest}, which is live in ")
            assert followed.problems() == []
        followed.look()
        assert followed.remarks() == []
        assert "12 years" in _answer(studio)


@contextlib.contextmanager
def _back(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Studio, FollowedBuilds]]:
    """A replica that was away while two builds were published, and follows by itself."""
    machines.publish(10)
    with monkeypatch.context() as patched, _replica(machines, patched) as (_, followed):
        followed.look()
    for years in (11, 12):
        machines.publish(years)
    replica = machines.library.root / "replica"
    with open_studio(machines.library, builds=replica, builds_address=machines.address) as studio:
        assert studio.service.followed
        yield studio, studio.service.followed


def test_a_replica_that_was_away_answers_its_first_question_from_the_live_build(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = Mirror._take

    def slowly(mirror: Mirror, build_id: str, **more: Any) -> None:
        if threading.current_thread().name == "following builds":
            time.sleep(0.3)
        take(mirror, build_id, **more)

    monkeypatch.setattr(Mirror, "_take", slowly)
    with _back(machines, monkeypatch) as (studio, followed):
        assert "12 years" in _answer(studio)
        assert (followed.remarks(), followed.problems()) == ([], [])


@pytest.mark.parametrize(
    ("slow", "bound", "told"),
    [("live", "KNOWN_WITHIN_S", "which build is live in"), ("_take", "CAUGHT_UP_WITHIN_S", "what was approved in")],
)
def test_a_store_that_takes_too_long_keeps_no_replica_from_starting(
    machines: Machines, monkeypatch: pytest.MonkeyPatch, slow: str, bound: str, told: str
) -> None:
    asked, go_on, done = threading.Event(), threading.Event(), getattr(Mirror, slow)

    def slowly(*given: Any, **more: Any) -> Any:
        if threading.current_thread().name == "following builds":
            asked.set()
            go_on.wait(60)
        return done(*given, **more)

    monkeypatch.setattr(Mirror, slow, slowly)
    monkeypatch.setattr(f"service.operating.followed_builds.{bound}", 0.05)
    try:
        with _back(machines, monkeypatch) as (studio, followed):
            assert asked.is_set()
            assert studio.ask("Which orbit do satellites follow?")["outcome"] == "refused"
            (remark,) = followed.remarks()
            assert told in remark
            go_on.set()
            followed.wait()
            assert "12 years" in _answer(studio)
    finally:
        go_on.set()


def test_a_fault_of_ours_is_told_and_following_goes_on(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    machines.publish(10)
    with _replica(machines, monkeypatch) as (studio, followed):
        followed.look()
        seen_at = followed.seen_at
        with monkeypatch.context() as patch:
            for broken in ("Mirror.live", "Holding.send"):
                patch.setattr(f"service.operating.followed_builds.{broken}", _breaks)
            followed.look()
        assert ["KeyError, which is a fault of Greenlit's" in words for words in followed.problems()] == [True, True]
        assert "zebra4711" not in str(followed.problems())
        assert followed.seen_at == seen_at
        assert "10 years" in _answer(studio)
        followed.look()
        assert followed.problems() == []


def test_a_build_that_another_process_fetches_still_is_not_told_as_followed(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines.publish(10)
    with _replica(machines, monkeypatch) as (_, followed):
        followed.mirror.folder.mkdir()
        with FileLock(followed.mirror.folder / ".fetching.lock"):
            followed.look()
        assert followed.seen_at is None
        followed.look()
        assert followed.seen_at is not None


def test_a_build_that_is_damaged_in_the_store_is_told_and_the_one_before_answers(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = machines.publish(10).build_id
    with _replica(machines, monkeypatch) as (studio, followed):
        followed.look()
        before = {stored.key for stored in machines.store.list("objects/")}
        machines.publish(11)
        new = {stored.key for stored in machines.store.list("objects/")} - before
        machines.store.delete(new)
        followed.look()
        assert studio.service.live_build.get().build_id == first
        assert studio.service.health.report().ready
        assert any("run greenlit ingest, which sends what is missing" in told for told in followed.problems())


def test_files_here_that_were_damaged_are_fetched_again(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    machines.publish(10)
    with _replica(machines, monkeypatch) as (studio, followed):
        followed.look()
        (damaged,) = (machines.library.root / "replica").glob("*/dense.faiss")
        damaged.unlink()
        damaged.write_bytes(b"rot")
        assert studio.service.live_build.problem()
        followed.look()
        assert studio.service.live_build.problem() is None
        assert "10 years" in _answer(studio)


def test_what_was_answered_from_is_held_in_the_store(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    build_id = machines.publish(10).build_id
    with _replica(machines, monkeypatch) as (studio, followed):
        followed.look()
        assert holds_there(machines.store) == {}
        _answer(studio)
        followed.look()
        assert set(holds_there(machines.store)) == {build_id}


def test_a_hold_that_cannot_be_sent_is_told_and_sent_later(
    bucket_machines: Machines, object_server: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexes.objects.bucket._TRIES", 0)
    bucket_machines.publish(10)
    with _replica(bucket_machines, monkeypatch) as (studio, followed):
        followed.look()
        _answer(studio)
        object_server.faults.methods = frozenset({"PUT"})
        object_server.faults.status, object_server.faults.code = "403 Forbidden", "AccessDenied"
        followed.look()
        assert any("are not all held in s3://" in told for told in followed.problems())
        object_server.faults.none()
        followed.look()
        assert followed.problems() == []
        assert len(holds_there(bucket_machines.store)) == 1


def test_a_hold_that_comes_after_its_build_was_removed_is_told_once(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_id = machines.publish(10).build_id
    with _replica(machines, monkeypatch) as (studio, followed):
        followed.look()
        _answer(studio)  # and then this machine was away for two days
        machines.publish(11)
        machines.store.delete([manifest_key(build_id)])
        followed.look()
        (told,) = followed.problems()
        assert f"{build_id}: not there any more, and what was answered cannot be made again" in told
        followed.look()
        assert followed.problems() == []


def test_an_answer_of_a_build_that_is_not_here_any_more_is_made_again(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines.publish(10)
    with _replica(machines, monkeypatch) as (studio, followed):
        followed.look()
        seq = studio.ask(QUESTION)["receipt"]["seq"]
        for years in (11, 12, 13):
            machines.publish(years)
            followed.look()
        found = studio.service.replay.run("auditor", seq)
        assert (found["verdict"], found["differences"]) == ("identical", [])
        leaves = studio.leaves()
        received, finished = leaves[-3:-1] if leaves[-1]["type"].startswith("audit") else leaves[-2:]
        grounds = studio.service.grounds.of(received, finished, groups=frozenset({"staff"}))
        assert [ground.words is not None for ground in grounds] == [True]


def test_originals_are_shown_though_they_lie_elsewhere(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    with_rules(machines.library)
    machines.publish(10)
    with _replica(machines, monkeypatch) as (studio, followed):
        followed.look()
        assert studio.api.get(f"/v1/originals/{POLICY}").status_code == 200
        _, sha256 = next(one for one in studio.service.live_build.get().documents if one[0] == "legal/a.md")
        machines.store.delete([object_key(sha256)])
        assert studio.api.get("/v1/originals/legal/a.md").status_code == 503


def test_following_goes_on_by_itself_until_the_service_ends(machines: Machines) -> None:
    build_id = machines.publish(10).build_id
    replica = machines.library.root / "replica"
    with open_studio(machines.library, builds=replica, builds_address=machines.address) as studio:
        assert studio.service.followed
        studio.service.followed.wait()
        assert studio.service.live_build.get().build_id == build_id


def test_without_a_store_nothing_is_followed(studio: Studio) -> None:
    assert studio.service.followed is None
    with following(None):
        pass


def test_holds_only_ever_become_longer(machines: Machines) -> None:
    machines.store.put(manifest_key("20261121T120000Z-00"), b"there")
    holding = []
    for name, until in (("one", date(2027, 5, 1)), ("another", date(2027, 3, 1))):
        folder = machines.library.root / name
        hold_build(folder, "20261121T120000Z-00", until=until)
        holding.append(Holding(machines.store, folder))
    for one in holding:
        one.send()
    machines.store.put("holds/20261121T120000Z-01/rubbish", b"x")
    assert holds_there(machines.store) == {"20261121T120000Z-00": date(2027, 5, 1), "20261121T120000Z-01": date.max}


def test_no_question_is_dropped_while_builds_change(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    with_rules(machines.library)
    machines.publish(0)
    with _replica(machines, monkeypatch) as (studio, followed):
        followed.look()
        ended, results = threading.Event(), list[dict[str, Any]]()

        def ask() -> None:
            while not ended.is_set():
                results.append(studio.ask("May employees use AI tools for the script?"))

        asking = [threading.Thread(target=ask) for _ in range(2)]
        for thread in asking:
            thread.start()
        for years in (1, 2, 3):
            machines.publish(years)
            followed.look()
        ended.set()
        for thread in asking:
            thread.join()

        builds = {leaf["build"]["id"] for leaf in studio.all_leaves() if leaf["type"] == "query.received"}
        assert len(builds) > 1
        assert {result["outcome"] for result in results} == {"answered"}
