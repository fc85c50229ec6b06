"""A rotation that is cut off at any step, or meets another: the log can be followed, and a new rotation mends it."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from service.audit import events
from service.audit.checkpoints import signer
from service.audit.checkpoints.signer import Signer
from service.audit.formats.notes import VerifierKey
from service.audit.log import AuditLog
from tests.support.witness_parts import LogOnDisk, in_force, key_ids, origin, rotation

Step = Callable[..., Any]


class CrashError(Exception):
    """Stands for the end of the process."""


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LogOnDisk]:
    with closing(LogOnDisk(tmp_path / "log")) as opened:
        opened.grow(2)
        yield opened


def _after(patch: pytest.MonkeyPatch, owner: object, name: str, *, nth: int = 1) -> None:
    """Let the process end right after the nth call of a step."""
    real, calls = getattr(owner, name), iter(range(1, 100))

    def step(*arguments: Any, **more: Any) -> Any:
        result = real(*arguments, **more)
        if next(calls) == nth:
            raise CrashError
        return result

    patch.setattr(owner, name, step)


def _before(patch: pytest.MonkeyPatch, owner: object, name: str, *, nth: int = 1) -> None:
    """Let the process end right before the nth call of a step."""
    real, calls = getattr(owner, name), iter(range(1, 100))

    def step(*arguments: Any, **more: Any) -> Any:
        if next(calls) == nth:
            raise CrashError
        return real(*arguments, **more)

    patch.setattr(owner, name, step)


def _before_its_verifier_key_is_written(patch: pytest.MonkeyPatch) -> None:
    real = signer._write

    def write(path: Path, text: str) -> None:
        if path.name == signer.PUBLIC_KEY:
            raise CrashError
        real(path, text)

    patch.setattr(signer, "_write", write)


CRASHES: dict[str, Step] = {
    "before the key is made": lambda patch: _before(patch, Signer, "prepare_next"),
    "before it is announced": lambda patch: _before(patch, AuditLog, "note"),
    "after it is announced": lambda patch: _after(patch, AuditLog, "note"),
    "after that is covered": lambda patch: _after(patch, AuditLog, "publish"),
    "when it just took over": _before_its_verifier_key_is_written,
    "after it took over": lambda patch: _after(patch, Signer, "go_over"),
    "after the old one is revoked": lambda patch: _after(patch, AuditLog, "note", nth=2),
    "before that is covered": lambda patch: _before(patch, AuditLog, "publish", nth=2),
    "at the very end": lambda patch: _after(patch, AuditLog, "publish", nth=2),
}


@pytest.mark.parametrize("crash", CRASHES.values(), ids=CRASHES)
@pytest.mark.parametrize("leaves_since", [0, 1])
def test_a_crash_at_any_step_is_taken_up_by_rotating_again(
    log: LogOnDisk, monkeypatch: pytest.MonkeyPatch, crash: Step, leaves_since: int
) -> None:
    first = log.key()
    log.opened.log.publish()
    with monkeypatch.context() as patch:
        crash(patch)
        with pytest.raises(CrashError):
            rotation(log).signing_key()
    log.reopen()
    if leaves_since:
        log.grow(leaves_since)  # the log goes on for a while, with checkpoints
    assert log.key() in in_force(log, first), "the log as the crash left it can be followed"

    made = rotation(log).signing_key()
    log.grow()
    assert made["vkey"] == log.key().text() == (log.folder / "keys" / signer.PUBLIC_KEY).read_text().strip()
    assert log.key() != first
    assert in_force(log, first) == [log.key()], "no other key is in force any more"
    created, revoked = key_ids(log, events.KEY_CREATED_TYPE), key_ids(log, events.KEY_REVOKED_TYPE)
    assert len(set(created)) == len(created), "nothing is announced twice"
    assert sorted(created) == sorted([*revoked, made["key_id"]]), "each that is used no more is revoked once"


def test_checkpoints_between_the_steps_can_be_followed_too(log: LogOnDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    first, opened = log.key(), log.opened

    def with_checkpoints(owner: object, name: str) -> None:
        real = getattr(owner, name)

        def step(*arguments: Any, **more: Any) -> Any:
            opened.log.make_ready()
            grow()
            result = real(*arguments, **more)
            grow()
            return result

        monkeypatch.setattr(owner, name, step)

    note, publish = opened.log.note, opened.log.publish

    def grow() -> None:
        note(events.key_created("payload", "payload-2026-11-9"))
        publish()

    for owner, name in ((opened.log, "note"), (opened.log, "publish"), (Signer, "prepare_next"), (Signer, "go_over")):
        with_checkpoints(owner, name)
    rotation(log).signing_key()
    assert in_force(log, first) == [log.key()]
    assert len(opened.store.checkpoints(origin("2026-11"))) > 8


def test_rotations_at_the_same_time_follow_each_other(log: LogOnDisk) -> None:
    first, rotate = log.key(), rotation(log)
    with ThreadPoolExecutor(4) as threads:
        made = [done.result() for done in [threads.submit(rotate.signing_key) for _ in range(4)]]
    assert len({one["key_id"] for one in made}) == 4, "no two callers were handed the same key"
    assert in_force(log, first) == [log.key()]
    created = key_ids(log, events.KEY_CREATED_TYPE)
    assert sorted(created) == sorted([first.key_id.hex(), *(one["key_id"] for one in made)])
    assert key_ids(log, events.KEY_REVOKED_TYPE) == created[:-1]


def test_a_second_rotation_waits_for_the_first(log: LogOnDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    rotate, real = rotation(log), Signer.go_over
    with ThreadPoolExecutor(1) as elsewhere:
        waiting: list[Future[dict[str, str]]] = []

        def go_over(own: Signer, prepared: VerifierKey) -> VerifierKey:
            if not waiting:
                waiting.append(elsewhere.submit(rotate.signing_key))
                with pytest.raises(TimeoutError):
                    waiting[0].result(timeout=0.3)
            return real(own, prepared)

        monkeypatch.setattr(Signer, "go_over", go_over)
        made = rotate.signing_key()
        assert waiting[0].result()["key_id"] != made["key_id"]


def test_a_payload_key_that_was_not_recorded_is_recorded_by_the_next_rotation(
    log: LogOnDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        _before(patch, AuditLog, "note")
        with pytest.raises(CrashError):
            rotation(log).payload_key()
    log.reopen()
    assert log.opened.keyring.key_ids("2026-11")[1] == "payload-2026-11-2", "it is there, and nothing says so"
    rotation(log).payload_key()
    ids = [f"payload-2026-11-{number}" for number in (1, 2, 3)]
    assert key_ids(log, events.KEY_CREATED_TYPE, "payload") == ids
    for purpose in ("identity", "actor"):
        assert key_ids(log, events.KEY_CREATED_TYPE, purpose) == [f"{purpose}-2026-11"], "once each"
