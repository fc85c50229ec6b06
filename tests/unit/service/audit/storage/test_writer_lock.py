"""The lock that keeps the log to one writing process."""

import os
import re
from pathlib import Path

import pytest

from service.audit.errors import AuditBusyError, AuditUnavailableError
from service.audit.storage.writer_lock import WriterLock


def test_the_second_is_refused_with_the_file_the_holder_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "audit.lock"
    first, second = WriterLock(path=path), WriterLock(path=path)
    first.take()
    words = rf"another process \({os.getpid()}\) writes the audit log and holds {re.escape(str(path))}: stop it first"
    with pytest.raises(AuditBusyError, match=words):
        second.take()
    first.release()
    second.take()
    second.release()


def test_the_lock_file_stays_and_is_private(tmp_path: Path) -> None:
    lock = WriterLock(path=tmp_path / "audit.lock")
    lock.take()
    lock.release()
    lock.release()
    assert (tmp_path / "audit.lock").stat().st_mode & 0o777 == 0o600


def test_a_lock_file_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    with pytest.raises(AuditUnavailableError, match=r"audit\.lock cannot be opened \(No such file or directory\)"):
        WriterLock(path=tmp_path / "gone" / "audit.lock").take()
