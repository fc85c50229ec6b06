"""The stores that the contract tests of the audit log hold to its laws: to hold another one, add its opener here."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from service.audit.storage.postgres_beside import PostgresBesideStore
from service.audit.storage.sqlite_store import SqliteLeafStore
from service.audit.storage.store import LeafStore


def _sqlite(folder: Path, _: pytest.FixtureRequest) -> LeafStore:
    return SqliteLeafStore.open(folder)


def _postgres(folder: Path, request: pytest.FixtureRequest) -> LeafStore:
    return PostgresBesideStore.open(request.getfixturevalue("log_url"), folder=folder)


OPENERS: dict[str, Callable[[Path, pytest.FixtureRequest], LeafStore]] = {"postgres": _postgres, "sqlite": _sqlite}


@pytest.fixture(params=sorted(OPENERS))
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], LeafStore]]:
    with ExitStack() as stack:

        def open_it() -> LeafStore:
            store = OPENERS[request.param](tmp_path / "var", request)
            stack.callback(store.close)
            return store

        yield open_it


@pytest.fixture
def store(open_store: Callable[[], LeafStore]) -> LeafStore:
    return open_store()
