"""Fixtures that many tests share."""

from pathlib import Path

import pytest

from indexes.encoder import DEFAULT_ENCODER, SentenceTransformersEncoder, load_encoder
from tests.fakes import Clock, HashingEncoder, TinyLibrary


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hashing_encoder() -> HashingEncoder:
    return HashingEncoder()


@pytest.fixture
def library(tmp_path: Path) -> TinyLibrary:
    return TinyLibrary(tmp_path / "studio")


@pytest.fixture(scope="session")
def real_encoder() -> SentenceTransformersEncoder:
    """The embedded encoder, loaded once."""
    return load_encoder(DEFAULT_ENCODER)
