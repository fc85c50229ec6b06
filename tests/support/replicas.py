"""Processes that write one log in PostgreSQL at once, as the tests see them: several writers in this very process.

A `Replica` has a state folder of its own; its keys are those of all, unless a test gives it others.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from service.audit.checking.verify_store import Verdict, verify_store
from service.audit.checkpoints.shared_publisher import SharedPublisher
from service.audit.keys.keyring import Keyring
from service.audit.opening import OpenLog, assemble
from service.audit.storage.postgres_beside import PostgresBesideStore
from service.audit.storage.postgres_store import PostgresLeafStore
from tests.support.audit_parts import LogFolder

_MOST = 100_000


@dataclass
class Replica(LogFolder):
    """One process that writes the log in a database beside others."""

    url: str = ""
    kept_in: Path = Path()

    @property
    def keys(self) -> Path:
        return self.kept_in

    def open(self) -> OpenLog:
        self.parts = assemble(
            PostgresBesideStore.open(self.url, folder=self.state),
            keys=self.keys,
            name=self.name,
            clock=lambda: self.now_us if self.tick is None else self.tick(),
            notice=self.notices.append,
            pace=self.pace,
        )
        return self.parts

    @property
    def publisher(self) -> SharedPublisher:
        return cast("SharedPublisher", self.parts.log._writer._publisher)

    def reading(self) -> PostgresLeafStore:
        return PostgresLeafStore.reading(self.url, folder=self.state)

    def leaves(self) -> list[dict[str, Any]]:
        return [json.loads(leaf.leaf) for leaf in self.reading().leaves(-1, _MOST)]

    def verdict(self) -> Verdict:
        """Verify all of the log, texts included, with the keys of this process."""
        signer = self.parts.signer
        return verify_store(
            self.reading(), keys=[signer.key().text()], keyring=Keyring(folder=self.keys), signed=signer.last()
        )


MakeReplica = Callable[..., Replica]


@pytest.fixture
def make_replica(log_url: str, tmp_path: Path) -> Iterator[MakeReplica]:
    """Open one more process that writes the log; closed at the end."""
    with ExitStack() as opened:
        made = 0

        def make(*, keys: Path | None = None, url: str = log_url, **more: Any) -> Replica:
            nonlocal made
            made += 1
            replica = Replica(tmp_path / f"replica-{made}", url=url, kept_in=keys or tmp_path / "keys", **more)
            replica.open()
            opened.callback(replica.close)
            return replica

        yield make
