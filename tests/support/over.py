"""Where what belongs to a library of a test lies: in files of one folder, or over other engines (`--over`).

Without the option everything lies in files, as in an installation on one machine. With it, a `TinyLibrary` gets
`Places`: a database of its own on a real PostgreSQL server for decisions, the log, sessions, keys and counts; an object
store that builds are sent to and fetched from; a server of Milvus's protocol for candidates. The object store is a
folder that machines share (`file://`), no bucket: what brings builds there, fetches and checks them is the same, and
the adapters, in which the two differ, are held to one contract in `tests/unit/indexes/objects/test_stores.py`. A bucket
would be asked for each file of each build.

Tests go by a library and a studio and know nothing of this; what they look at behind the service they ask of `Places`.
The option, and which tests it leaves out: `over_option`. What it starts: `over_fixtures`.
"""

import functools
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from indexes.library_register import register_of
from indexes.objects.address import short_name
from indexes.objects.mirror import Mirror
from indexes.objects.opening import open_mirror
from indexes.objects.store import OBJECTS_PREFIX
from indexes.register import REGISTER_FILE
from indexes.register_state import RegisterPlace
from ingest.collecting import NO_COLLECTIONS, Collecting
from ingest.sending import Sender

if TYPE_CHECKING:
    import psycopg

    from indexes.milvus_candidates import MilvusCollections
    from tests.support.milvus_server import Server as MilvusServer
    from tests.support.postgres_server import Server as PostgresServer

_SCHEMAS = ("greenlit_audit", "greenlit_register", "greenlit_access", "greenlit_slack")


@dataclass
class Engines:
    """What was started: nothing, or some servers, and the places that rest on them."""

    postgres: "PostgresServer | None" = None
    template: str = ""  # a database with all tables and nothing in them
    objects: bool = False
    milvus: "MilvusServer | None" = None
    made: list["Places"] = field(default_factory=list)

    @functools.cached_property
    def collections(self) -> "MilvusCollections":
        """One client for all: each would keep threads of its own to the end of the process."""
        assert self.milvus is not None
        return self.milvus.collections()

    def new_database(self) -> str:
        """Make a database with all tables, and return its address; empty where there is no server."""
        return self.postgres.url(self.postgres.new_database(template=self.template)) if self.postgres else ""

    def take_down(self, *, since: int) -> None:
        """Close the places that were made since there were so many."""
        for places in self.made[since:]:
            places.close()
        del self.made[since:]

    def drop_database(self, url: str) -> None:
        """Remove a database by its address, if there is one."""
        if url and self.postgres:
            self.postgres.drop_database(name_in(url))


FILES = Engines()
_over = [FILES]  # the newest is what new libraries rest on


def over() -> Engines:
    """Return the engines that a library rests on which is made now."""
    return _over[-1]


@contextmanager
def resting_on(engines: Engines) -> Iterator[None]:
    """Let libraries that are made meanwhile rest on these."""
    _over.append(engines)
    try:
        yield
    finally:
        _over.pop()


class Places:
    """Where what belongs to one library lies, beside its folders; `database`, `builds` and `milvus` are addresses.

    Each is empty where files do. Used by one thread; `close` ends its connections and drops its database.
    """

    def __init__(self, root: Path, engines: Engines) -> None:
        """Take the folder around the library; a database is made when it is first asked for."""
        self._root = root
        self._engines = engines
        self._database = ""
        self._register: RegisterPlace | None = None
        self._mirrors: list[Mirror] = []  # of the services that run
        self.builds = f"file://{root}/share" if engines.objects else ""
        self.milvus = engines.milvus.url if engines.milvus else ""
        if engines is not FILES:
            engines.made.append(self)
        if self.builds:
            (root / "share").mkdir()

    @property
    def database(self) -> str:
        if not self._database:
            self._database = self._engines.new_database()
        return self._database

    @property
    def fetched(self) -> Path:
        """The folder that a service fetches builds into: another than that of whoever makes them."""
        return self._root / "fetched" / short_name(self.builds)

    def settings(self) -> dict[str, Any]:
        """Return the settings of a service that name these places, as `Settings` holds them."""
        named: dict[str, Any] = {}
        if self.database:
            named["database_url"] = SecretStr(self.database)
        if self.builds:
            named |= {"builds": self.fetched, "builds_address": self.builds}
        if self.milvus:
            named |= {"index": "milvus", "milvus_uri": SecretStr(self.milvus)}
        return named

    def environment(self) -> dict[str, str]:
        """Return the same as variables of the environment."""
        named = {"DATABASE_URL": self.database, "BUILDS": self.builds, "MILVUS_URI": self.milvus}
        if self.builds:
            named["BUILDS_CACHE"] = str(self.fetched.parent)
        if self.milvus:
            named["INDEX"] = "milvus"
        return {f"GREENLIT_{name}": value for name, value in named.items() if value}

    def ingesting(self, builds: Path, *, own: Collecting) -> dict[str, Any]:
        """Return what of an `Ingestion` names these places.

        Args:
            builds: the folder that it makes builds in.
            own: what makes collections by a test's own wish.
        """
        mirror = open_mirror(self.builds, builds)
        named: dict[str, Any] = {"collections": self._collecting(builds, mirror) if own is NO_COLLECTIONS else own}
        if self.database:
            named["register"] = self.register
        if mirror:
            named["sender"] = Sender(mirror)
        return named

    def _collecting(self, builds: Path, mirror: Mirror | None) -> Collecting:
        if not self.milvus:
            return NO_COLLECTIONS
        from ingest.build_collections import BuildCollections  # noqa: PLC0415 - what it needs may not be there
        from ingest.collection_ledger import FolderLedger, StoreLedger  # noqa: PLC0415 - beside the one above

        ledger = StoreLedger(mirror.store) if mirror else FolderLedger(builds)
        return BuildCollections(self._engines.collections.milvus, ledger)

    @property
    def register(self) -> RegisterPlace:
        """Where decisions lie."""
        if self._register is None:
            self._register = register_of(self._root / "library", self.database)
        return self._register

    def lines(self) -> bytes:
        """Return the register as it is, a line of bytes each."""
        if not self._engines.postgres:
            path = self._root / "library" / REGISTER_FILE
            return path.read_bytes() if path.exists() else b""
        if not self._database:
            return b""
        return b"".join(line + b"\n" for line in self.register.lines())

    def rewrite(self, content: bytes) -> None:
        """Let the register be these bytes, as somebody could who writes past everything that keeps it."""
        if not self.database:
            (self._root / "library" / REGISTER_FILE).write_bytes(content)
            return
        from tests.support.over_database import rewrite_register  # noqa: PLC0415 - what it needs may not be there

        rewrite_register(self.database, content)

    def remove_register(self) -> None:
        """Let there be no register any more."""
        if not self.database:
            (self._root / "library" / REGISTER_FILE).unlink()
            return
        with self.connected() as connection:
            connection.execute("DROP SCHEMA greenlit_register CASCADE")

    def holding(self, needle: str) -> list[str]:
        """Return the tables that hold a text, in whichever column; files are searched by whoever knows them."""
        if not self.database:
            return []
        from tests.support.over_database import tables_holding  # noqa: PLC0415 - what it needs may not be there

        with self.connected() as connection:
            return tables_holding(connection, needle, _SCHEMAS)

    @contextmanager
    def connected(self) -> Iterator["psycopg.Connection[tuple[Any, ...]]"]:
        """Lend a connection of the owner of the database."""
        import psycopg  # noqa: PLC0415 - it may not be there

        with closing(psycopg.connect(self.database, autocommit=True)) as connection:
            yield connection

    @contextmanager
    def followed_by(self, mirror: Mirror) -> Iterator[None]:
        """Know of a service that follows builds: tests do not wait for the ten seconds after which it looks again."""
        self._mirrors.append(mirror)
        try:
            yield
        finally:
            self._mirrors.remove(mirror)

    def published(self) -> None:
        """Let the services that run look now which build is live."""
        for mirror in self._mirrors:
            mirror.follow()

    def published_files(self, builds: Path) -> list[Path]:
        """Return every file of the builds that were made in a folder, where they lie for whoever answers."""
        where = self._root / "share" / OBJECTS_PREFIX if self.builds else builds
        return [path for path in sorted(where.rglob("*")) if path.is_file()]

    @property
    def rest_on(self) -> tuple[bool, bool, str]:
        """Whether there is a database and an object store, and which server of Milvus."""
        return self._engines.postgres is not None, bool(self.builds), self.milvus

    def snapshot(self, builds: Path) -> str:
        """Return a copy of the database as it is, to begin others from; nothing of the library is open.

        A collection in Milvus is named by each copy of `builds`: none of them may drop it, as if another had made it.
        """
        if self.milvus and (builds / "collections").exists():
            shutil.rmtree(builds / "collections")
        if not self.database:
            return ""
        self._let_go()
        assert self._engines.postgres is not None
        return self._engines.postgres.new_database(template=name_in(self.database))

    def begin_from(self, snapshot: str) -> None:
        """Have the database be a copy of another."""
        if not snapshot:
            return
        self.close()
        assert self._engines.postgres is not None
        self._database = self._engines.postgres.url(self._engines.postgres.new_database(template=snapshot))

    def _let_go(self) -> None:
        if self._register is not None:
            self._register.close()
            self._register = None

    def close(self) -> None:
        """End its connections, and drop its database."""
        self._let_go()
        self._engines.drop_database(self._database)
        self._database = ""


def name_in(url: str) -> str:
    """Return the name of the database in an address of the server of tests."""
    return url.partition("?")[0].rpartition("/")[2]
