"""The example question that the tests of the audit log record, and a folder to keep logs in."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from service.audit.leaves import (
    AnswererRef,
    BuildRef,
    CitationRef,
    EncoderRef,
    HitRef,
    QueryFinished,
    QueryReceived,
    ReleaseRef,
    RetrievalRef,
    VerdictRef,
)
from tests.support.audit_parts import LogFolder, Press, TroubledStore

REQUEST_ID = "01890a5d-ac96-774b-bcce-b302099a8057"


@pytest.fixture
def received() -> QueryReceived:
    return QueryReceived(
        request_id=REQUEST_ID,
        channel="api",
        auth="api_key",
        build=BuildRef(id="20261119-1", manifest_hash="c" * 64),
        release=ReleaseRef(version="0.1.0", config_hash="d" * 64),
    )


@pytest.fixture
def finished() -> QueryFinished:
    return QueryFinished(
        request_id=REQUEST_ID,
        received_seq=5,
        verdict=VerdictRef(outcome="answered", evidence_u=812_000, threshold_u=400_000),
        elapsed_us=41_250,
        encoder=EncoderRef(name="all-MiniLM-L6-v2", digest="e" * 64, dtype="bfloat16"),
        retrieval=RetrievalRef(
            kind="fused", k=10, weights_u={"dense": 600_000, "lexical": 400_000}, filter_hash="f" * 64
        ),
        register_seq=7,
        hits=(
            HitRef(
                rank=1,
                passage_id="1" * 24,
                document="legal/ai-use-policy.pdf",
                sha256="2" * 64,
                passage_hash="3" * 64,
                score_u=-1_500,
                used=True,
            ),
        ),
        answerer=AnswererRef(kind="extractive", name="sentences-v1"),
        citations=(CitationRef(n=1, passage_id="1" * 24, start=120, end=245, check="verbatim", score_u=990_000),),
    )


@pytest.fixture
def log_at(tmp_path: Path) -> Iterator[Callable[..., LogFolder]]:
    """Open logs in folders of this test by name; whatever is still open at the end is closed."""
    with ExitStack() as stack:

        def open_it(name: str = "log", *, of: LogFolder | None = None) -> LogFolder:
            log = of or LogFolder(tmp_path / name)
            log.open()
            stack.callback(log.close)
            return log

        yield open_it


@pytest.fixture
def log(log_at: Callable[..., LogFolder]) -> LogFolder:
    """An open log that has no leaf yet."""
    return log_at()


@pytest.fixture
def troubled(tmp_path: Path) -> Iterator[TroubledStore]:
    with closing(TroubledStore.open(tmp_path / "var", busy_timeout_s=0.05)) as opened:
        yield opened


@pytest.fixture
def press() -> Press:
    return Press()
