"""A database that holds the tables of a log, and nothing in them: copied from one that was opened once a process.

Making the tables takes twice what opening a log takes whose tables are there. Tests of making them, and of databases
that hold something else, take `database_url`, which is empty.
"""

from pathlib import Path

import pytest

from service.audit.storage.postgres_store import PostgresLeafStore
from tests.support.postgres_server import Server


@pytest.fixture(scope="session")
def log_template(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database that was opened as a log once; nobody is connected to it."""
    name = postgres_server.new_database()
    folder: Path = tmp_path_factory.mktemp("log-template")
    PostgresLeafStore.open(postgres_server.url(name), folder=folder).close()
    return name


@pytest.fixture
def log_url(postgres_server: Server, log_template: str) -> str:
    """The address of a database with the tables of a log that has no leaf yet."""
    return postgres_server.url(postgres_server.new_database(template=log_template))
