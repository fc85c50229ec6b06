"""A real log that a witness looks at: its store and keys on disk, the routes that a witness asks, no service around it.

A `LogOnDisk` grows, turns the month, is copied, and is put back to an older copy. It is a `WatchedLog` by itself, and
`serving_log` puts it behind HTTP, with the token of the tests. `command` is the witness's, in this process; `in_force`
follows a log's keys as an auditor does.
"""

import contextlib
import dataclasses
import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner, Result

from service.audit import events
from service.audit.checking.watch import Answer
from service.audit.checking.witness import Witness
from service.audit.checkpoints.signer import SIGNING_KEY
from service.audit.errors import AuditError, FilterError, NoRecordError, NotCoveredError
from service.audit.formats import notes
from service.audit.formats.notes import Checkpoint, VerifierKey, read_verifier_key
from service.audit.leaves import BuildRef
from service.audit.opening import OpenLog, open_log
from service.audit.reading.proofs import Proofs
from service.audit.rotation import Rotation
from service.audit.shards import shards_of
from service.commands import witness as witness_cli
from tests.support.copied_logs import make_itself

_APP = typer.Typer()
_APP.command()(witness_cli.witness)
LOG_NAME = "greenlit.test"
KEY_NAME = f"{LOG_NAME}/audit"
TOKEN = "the-token-of-the-tests"
NOW_S = 1_795_176_000  # 2026-11-20T12:00:00Z
_STATUSES: tuple[tuple[type[AuditError], int], ...] = ((NoRecordError, 404), (NotCoveredError, 409), (FilterError, 422))


def origin(month: str) -> str:
    return f"{KEY_NAME}/{month}"


@dataclass
class LogOnDisk:
    """A log in a folder, open unless `close` was called; begins in November 2026."""

    folder: Path
    at: datetime = datetime(2026, 11, 20, 12, tzinfo=UTC)
    instead: dict[str, Answer | Exception] = field(default_factory=dict)  # what a route answers, by its name
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.opened: OpenLog = self._open()

    def _open(self) -> OpenLog:
        state = self.folder / "state"
        return open_log(state, keys=self.folder / "keys", name=LOG_NAME, clock=lambda: round(self.at.timestamp() * 1e6))

    def reopen(self) -> None:
        self.close()
        self.opened = self._open()

    def close(self) -> None:
        self.opened.close()

    def grow(self, leaves: int = 1, *, build: str = "b") -> None:
        """Record some leaves, and publish a checkpoint of them."""
        for _ in range(leaves):
            self.opened.log.note(events.build_activated(BuildRef(id=build, manifest_hash="c" * 64)))
        self.opened.log.publish()

    def turn_to(self, year: int, month: int) -> None:
        self.at = self.at.replace(year=year, month=month)

    def copy_to(self, folder: Path) -> None:
        """Copy everything the log's operator has, as a snapshot of the disk would: records, keys, what was signed."""
        self.close()
        shutil.copytree(self.folder, folder)
        make_itself(folder / "keys")
        self.opened = self._open()

    def put_back(self, folder: Path) -> None:
        """Take a copy for the log."""
        self.close()
        shutil.rmtree(self.folder)
        shutil.copytree(folder, self.folder)
        make_itself(self.folder / "keys")
        self.opened = self._open()

    def key(self) -> VerifierKey:
        return self.opened.signer.key()

    def private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes((self.folder / "keys" / SIGNING_KEY).read_bytes())

    @property
    def proofs(self) -> Proofs:
        return Proofs(store=self.opened.store)

    def note(self, month: str = "2026-11") -> str:
        return self.proofs.checkpoint(origin(month))

    def signed(self, checkpoint: Checkpoint) -> str:
        """Return a note that the log never published, signed with its key."""
        return notes.sign(checkpoint, name=KEY_NAME, private=self.private())

    def get(self, route: str, **params: str | int) -> Answer:
        """Answer as the routes of the service do, unless a test wants another answer."""
        self.asked.append(" ".join([route, *map(str, params.values())]))
        if isinstance(instead := self.instead.get(route), Exception):
            raise instead
        if instead is not None:
            return instead
        try:
            return self._answer(route, params)
        except AuditError as error:
            status = next((status for kind, status in _STATUSES if isinstance(error, kind)), 503)
            return Answer(status, json.dumps({"detail": str(error)}).encode())

    def _answer(self, route: str, params: dict[str, str | int]) -> Answer:
        if route == "/checkpoint":
            return Answer(200, self.proofs.checkpoint(str(params["origin"])).encode())
        value: dict[str, Any] = {"shards": self.proofs.shards(), "restores": self.proofs.restores()}
        if route == "/proof":
            value = self.proofs.inclusion(int(params["seq"]))
        if route == "/consistency":
            value = self.proofs.consistency(str(params["origin"]), int(params["old"]), int(params["new"]))
        return Answer(200, json.dumps(value).encode())


def new_witness(folder: Path, log: LogOnDisk, *, time_s: int = NOW_S, name: str | None = None) -> Witness:
    """Return a witness of a log, with the key that it has now."""
    return Witness.open(folder, name=name, log_keys=[log.key()], clock_s=lambda: time_s)


def kept_files(folder: Path) -> dict[str, bytes]:
    """Return what is in a witness's folder, but for its lock, which is empty."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != ".lock"}


def larger(checkpoint: Checkpoint, by: int) -> Checkpoint:
    """Return a checkpoint that no log with these leaves has."""
    return dataclasses.replace(checkpoint, size=checkpoint.size + by, root=bytes(32))


@contextlib.contextmanager
def serving_log(log: LogOnDisk) -> Iterator[str]:
    """Serve the routes of a log on a free port of this machine; lends the address."""

    class Routes(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if self.headers["Authorization"] != f"Bearer {TOKEN}":
                answer = Answer(401, b"{}")
            else:
                answer = log.get(parts.path.removeprefix("/v1/audit"), **dict(parse_qsl(parts.query)))
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Routes) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def rotation(log: LogOnDisk) -> Rotation:
    """Return what changes the keys of a log."""
    opened = log.opened
    return Rotation(
        name=opened.name,
        log=opened.log,
        store=opened.store,
        keyring=opened.keyring,
        signer=opened.signer,
        clock=opened.clock,
    )


def key_ids(log: LogOnDisk, kind: str, purpose: str = "signing") -> list[str]:
    """Return the ids of the keys that leaves of a type name, in order."""
    found = [json.loads(leaf.leaf) for leaf in log.opened.store.of_type(kind)]
    return [leaf["key_id"] for leaf in found if leaf["purpose"] == purpose]


def in_force(log: LogOnDisk, first: VerifierKey) -> list[VerifierKey]:
    """Follow the log as an auditor who was handed the first key, and return the keys to trust at its end.

    Every checkpoint must be signed by a key that is trusted by then: the first one, or one that was announced in a leaf
    that an earlier checkpoint covers; until a leaf that a checkpoint covers revokes it.
    """
    store = log.opened.store
    trusted = {first.key_id.hex(): first}
    for shard in shards_of(store):
        covered = 0
        for checkpoint in store.checkpoints(shard.origin):
            notes.verified(checkpoint.note, list(trusted.values()))
            for stored in store.leaves(shard.first_seq + covered - 1, checkpoint.size - covered):
                leaf = json.loads(stored.leaf)
                if leaf["type"] == events.KEY_CREATED_TYPE and leaf["purpose"] == "signing":
                    trusted[leaf["key_id"]] = read_verifier_key(leaf["vkey"])
                elif leaf["type"] == events.KEY_REVOKED_TYPE and leaf["purpose"] == "signing":
                    del trusted[leaf["key_id"]]
            covered = checkpoint.size
    return list(trusted.values())


def command(*arguments: str, **environment: str | None) -> Result:
    """Run `greenlit audit witness` in this process, with the token of the tests in the environment."""
    return CliRunner().invoke(_APP, arguments, env={"GREENLIT_TOKEN": TOKEN, **environment})
