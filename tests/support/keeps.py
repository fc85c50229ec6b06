"""Where sessions, API keys and pushed people are kept, for tests: files of a folder, and tables that replicas share.

The tables lie in one database a process, made once and emptied for each test.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.access.private_database import Keep
from service.access.private_file import in_folder
from service.access.private_schema import SCHEMA, printed
from service.access.private_tables import in_database
from service.slack_bot.arriving import delivery_schema
from tests.support.postgres_server import Server

_TABLES = (
    *("keys", "key_changes", "peppers", "codes", "sessions", "logins", "people", "resources", "people_changes"),
    *("counts", "named"),
)
_EMPTIED = "; ".join(f"DELETE FROM {SCHEMA}.{table}" for table in _TABLES)  # noqa: S608  (names of ours)


@pytest.fixture(scope="session")
def made_access_url(postgres_server: Server) -> str:
    """The address of a database with the tables of sessions, keys and people; `access_url` has them empty."""
    name = postgres_server.new_database()
    postgres_server.run(printed(""), database=name)
    return postgres_server.url(name)


def name_in(url: str) -> str:
    """Return the name of the database in an address of the server of tests."""
    return url.partition("?")[0].rpartition("/")[2]


@pytest.fixture
def access_url(made_access_url: str, postgres_server: Server) -> str:
    """The address of a database whose tables of sessions, keys and people are there and empty."""
    postgres_server.run_again(_EMPTIED, database=name_in(made_access_url))
    return made_access_url


@pytest.fixture(params=["database", "file"])
def new_keep(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Keep]]:
    """Makes a place as each of several processes has it, over the same files or the same tables."""
    state = tmp_path / "var"
    if request.param == "file":
        yield lambda: in_folder(state)
    else:
        url = request.getfixturevalue("access_url")
        yield lambda: in_database(url, state=state)


@pytest.fixture
def keep(new_keep: Callable[[], Keep]) -> Keep:
    """One such place."""
    return new_keep()


@pytest.fixture(scope="session")
def made_deliveries_url(postgres_server: Server) -> str:
    """The address of a database with the tables of Slack's deliveries; `deliveries_url` has them empty."""
    name = postgres_server.new_database()
    postgres_server.run(*delivery_schema.made(), database=name)
    return postgres_server.url(name)


@pytest.fixture
def deliveries_url(made_deliveries_url: str, postgres_server: Server) -> str:
    """The address of a database whose tables of Slack's deliveries are there and empty."""
    tables = ("deliveries", "seen")
    emptied = "; ".join(f"DELETE FROM {delivery_schema.SCHEMA}.{table}" for table in tables)  # noqa: S608
    postgres_server.run_again(emptied, database=name_in(made_deliveries_url))
    return made_deliveries_url
