"""What takes two people leaves a log that verifies where it lies, and in an export, with and without texts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.audit.checking.verifier import check_export
from service.audit.checking.verify_store import verify_store
from service.audit.desk import Auditing, auditing_over
from service.audit.keys.keyring import Keyring
from service.audit.reading.export_files import write_export
from service.audit.storage.sqlite_store import SqliteLeafStore
from tests.support.real_logs import RealLog, at_us


@pytest.fixture
def made(tmp_path: Path) -> Iterator[RealLog]:
    """A log with openings, confirmed ones and others, an erasing that found texts and one that found none."""
    made = RealLog(tmp_path)
    seq = made.ask()
    parts = auditing_over(made.parts)
    for _ in range(2):
        opening = parts.reveal.open("ann", seq=seq, case="HR-1", reason="a threat")
    parts.reveal.confirm("ben", opening["id"])
    parts.reveal.waiting("ben")
    _erase(parts, at_us(2026, 11, 1))
    made.now_us = at_us(2026, 11, 21)
    _erase(parts, made.now_us)
    made.ask()
    yield made
    made.close()


def _erase(parts: Auditing, before_us: int) -> None:
    opening = parts.erasure_by_age.open("olga", before_us=before_us, ground="court_order", purpose="a judgment")
    parts.erasure_by_age.confirm("otto", opening["id"])


def test_the_log_verifies(made: RealLog) -> None:
    made.publish()
    kinds = [leaf.type for leaf in made.parts.store.leaves(-1, 1000)]
    assert [kinds.count(kind) for kind in ("reveal.opened", "identity.revealed")] == [2, 1]
    assert [kinds.count(kind) for kind in ("erasure.opened", "payload.erased")] == [2, 2]
    verdict = verify_store(
        SqliteLeafStore(folder=made.state),
        keys=[made.parts.signer.key().text()],
        keyring=Keyring(folder=made.keys),
        signed=made.parts.signer.last(),
    )
    assert (verdict.ok, verdict.problems) == (True, ())


@pytest.mark.parametrize("payloads", [False, True])
def test_an_export_verifies(made: RealLog, tmp_path: Path, *, payloads: bool) -> None:
    lines = auditing_over(made.parts).exports.lines("ann", payloads=payloads, purpose="the yearly check")
    folder = write_export(lines, tmp_path / "export")
    assert check_export(folder, keys=[made.parts.signer.key().text()]).problems == []
