"""The example question that the tests of the audit log record, and the parts to record it with."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
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
from service.audit.log import AuditLog
from service.audit.sqlite_store import SqliteLeafStore
from service.audit.store import LeafStore
from service.audit.writer import Writer

REQUEST_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
NOON_US = 1_795_089_600_000_000  # 2026-11-19T12:00:00Z

OpenLog = Callable[..., AuditLog]


@pytest.fixture
def received() -> QueryReceived:
    return QueryReceived(
        request_id=REQUEST_ID,
        channel="api",
        actor="actor-" + "a" * 32,
        auth="api_key",
        groups_hash="b" * 64,
        build=BuildRef(id="20261119-1", manifest_hash="c" * 64),
        release=ReleaseRef(version="0.1.0", config_hash="d" * 64),
    )


@pytest.fixture
def finished() -> QueryFinished:
    return QueryFinished(
        request_id=REQUEST_ID,
        received_seq=0,
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
def open_log(tmp_path: Path) -> Iterator[OpenLog]:
    """Open logs on the folder `var`; whatever is still open at the end is closed."""
    with ExitStack() as stack:

        def open_it(
            *, store: LeafStore | None = None, clock: Callable[[], int] = lambda: NOON_US, patience_s: float = 30.0
        ) -> AuditLog:
            store = store or SqliteLeafStore.open(tmp_path / "var", busy_timeout_s=0.05)
            writer = Writer(store=store, retry_wait_s=0.02, patience_s=patience_s)
            writer.start()
            log = AuditLog(name="greenlit", store=store, writer=writer, clock=clock)
            stack.callback(log.close)
            return log

        yield open_it
