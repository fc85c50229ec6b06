"""Starts the engines that `--over` names, one of each a process, and takes down what tests put there."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

import service.builds_made
from indexes.milvus_opening import opened_collections
from tests.support.over import Engines, over, resting_on
from tests.support.over_option import engines_named


@pytest.fixture(scope="session", autouse=True)
def _engines(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let all libraries that are made from now on rest on the engines."""
    names = engines_named(request.config.getoption("over"))
    engines = Engines(objects="objects" in names)
    with ExitStack() as lasting:
        if "database" in names:
            from tests.support.over_database import made_template  # noqa: PLC0415 - what it needs may not be there
            from tests.support.postgres_server import a_server  # noqa: PLC0415 - beside the one above

            # Services that a module's tests share are open beside each other, each with up to fifteen connections.
            engines.postgres = lasting.enter_context(a_server("max_connections = 150"))
            engines.template = made_template(engines.postgres, tmp_path_factory.mktemp("template"))
        if "milvus" in names:
            engines.milvus = request.getfixturevalue("milvus_server")
            lasting.enter_context(_one_client(engines))
        lasting.callback(engines.take_down, since=0)
        lasting.enter_context(resting_on(engines))
        yield


@pytest.fixture(autouse=True)
def _own_places(_engines: None) -> Iterator[None]:
    """Take down what a test made for itself; what its module made before it stays."""
    engines = over()
    before = len(engines.made)
    yield
    engines.take_down(since=before)


@contextmanager
def _one_client(engines: Engines) -> Iterator[None]:
    """Let all services of this process share a client of Milvus, which none of them closes."""

    def shared(address: str) -> Any:
        is_ours = engines.milvus is not None and address == engines.milvus.url
        return engines.collections if is_ours else opened_collections(address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service.builds_made, "opened_collections", shared)
        yield
    engines.collections.milvus.close()
