"""Root outside a container is told of, with what is lost; anybody else is not."""

import os
from pathlib import Path

import pytest

from indexes import account


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine that is no container, whatever the tests run in."""
    monkeypatch.setattr(account, "_MARKS", (tmp_path / "mark",))
    for name in ("KUBERNETES_SERVICE_HOST", "container"):
        monkeypatch.delenv(name, raising=False)


def test_root_is_told_what_is_lost_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert "the modes of files keep nobody out" in account.as_root()
    assert "run it as a user of its own" in account.as_root()


def test_a_user_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert account.as_root() == ""


@pytest.mark.parametrize("sign", ["mark", "KUBERNETES_SERVICE_HOST", "container"])
def test_nor_is_root_in_a_container(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sign: str) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    if sign == "mark":
        (tmp_path / "mark").touch()
    else:
        monkeypatch.setenv(sign, "yes")
    assert account.as_root() == ""
