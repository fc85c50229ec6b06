"""Fixtures that many tests share."""

import functools
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog
import typer.main
import typer.testing
from hypothesis import settings

from indexes.encoder import DEFAULT_ENCODER, SentenceTransformersEncoder, load_encoder
from tests.support.entailment import make_entailment_model
from tests.support.examples import examples
from tests.support.fakes import Clock, HashingEncoder, TinyLibrary
from tests.support.keeps import (  # noqa: F401  (fixtures)
    access_url,
    deliveries_url,
    keep,
    made_access_url,
    made_deliveries_url,
    new_keep,
)
from tests.support.lent_encoder import lent
from tests.support.minutes import minute  # noqa: F401  (a fixture)
from tests.support.models import make_tiny_model
from tests.support.object_parts import Machines
from tests.support.object_server import bucket_address, object_server  # noqa: F401  (fixtures)
from tests.support.one_call import use_one_call
from tests.support.openid import openid_provider  # noqa: F401  (a fixture)
from tests.support.postgres_server import database_url, postgres_server  # noqa: F401  (fixtures)
from tests.support.prepared_log import log_template, log_url  # noqa: F401  (fixtures)
from tests.support.quick_ends import use_quick_ends
from tests.support.replicas import make_replica  # noqa: F401  (a fixture)
from tests.support.service_parts import Studio, open_studio, with_rules

if TYPE_CHECKING:
    from tests.support.milvus_server import Server

# What a command line is made of does not change, and making it takes longer than most commands.
typer.testing._get_command = functools.cache(typer.main.get_command)  # type: ignore[attr-defined]

use_one_call()
use_quick_ends()

# These machines are noisy: how long an example takes says nothing.
settings.register_profile("project", deadline=None, max_examples=examples(25, thorough=500))
settings.load_profile("project")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hashing_encoder() -> HashingEncoder:
    return HashingEncoder()


@pytest.fixture
def library(tmp_path: Path) -> TinyLibrary:
    return TinyLibrary(tmp_path / "studio")


@pytest.fixture
def machines(library: TinyLibrary) -> Machines:
    """A library whose builds lie in a folder that machines share."""
    (library.root / "share").mkdir()
    return Machines(library, f"file://{library.root}/share")


@pytest.fixture
def bucket_machines(library: TinyLibrary, bucket_address: str) -> Machines:  # noqa: F811  (the fixture)
    """A library whose builds lie in a bucket."""
    return Machines(library, bucket_address)


@pytest.fixture(scope="session")
def real_encoder() -> SentenceTransformersEncoder:
    """The embedded encoder, loaded once; the tests that use it ask little."""
    return lent() or load_encoder(DEFAULT_ENCODER, copies=1)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model that loads in a moment."""
    return make_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def tiny_encoder(tiny_model: Path) -> SentenceTransformersEncoder:
    """A real encoder that loads in a moment: the embedded one's words, but no understanding of them."""
    return SentenceTransformersEncoder(name="tiny", folder=tiny_model, copies=2)


@pytest.fixture(scope="session")
def entailment_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a real entailment model that finds everything entailed."""
    return make_entailment_model(tmp_path_factory.mktemp("models") / "entailing")


@pytest.fixture
def studio(library: TinyLibrary) -> Iterator[Studio]:
    """A service that knows two rules: on AI tools, and on travel."""
    with open_studio(with_rules(library)) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """The same service for all tests of a module: for what is refused, and for whoever looks only at what is new."""
    library = TinyLibrary(tmp_path_factory.mktemp("shared") / "studio")
    with open_studio(with_rules(library)) as opened:
        yield opened


class _Listening(logging.Handler):
    def __init__(self, heard: list[str]) -> None:
        super().__init__()
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        self._heard.append(f"{record.name} {record.getMessage()} {record.exc_info} {vars(record)}")


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """What anything of this process logs at any level, while a test runs.

    Instead of pytest's own, which stands around every test and takes some of its time.
    """
    heard: list[str] = []
    root, listening = logging.getLogger(), _Listening(heard)
    before = root.level
    root.addHandler(listening)
    root.setLevel(logging.DEBUG)
    yield heard
    root.setLevel(before)
    root.removeHandler(listening)


@pytest.fixture(autouse=True)
def _fresh_service_log() -> Iterator[None]:
    """Let no test leave its service log to the next."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def milvus_server() -> Iterator["Server"]:
    """A server that speaks Milvus's protocol, one a process; skipped where what it needs is not installed."""
    for module in ("pymilvus", "milvus_lite"):
        pytest.importorskip(module, reason="needs pip install 'greenlit[milvus]' milvus-lite")
    from tests.support.milvus_server import started  # noqa: PLC0415 - what it needs may not be there

    with started() as server:
        yield server
