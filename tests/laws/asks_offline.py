"""Run by the test of law 8 as a program of its own: does everything once, and prints which network calls were tried.

Whatever it imports was watched already, see `tests/support/fork_server.py`. What tracing of FastAPI or of the SDK of
MCP would export is written down as well.
"""

import importlib
import json
import pkgutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tests.support.network_watch import ATTEMPTS


def modules() -> Iterator[str]:
    """Return every module of the program."""
    yield "greenlit"
    for package in ("indexes", "ingest", "service"):
        for module in pkgutil.walk_packages([package], f"{package}."):
            yield module.name


def main(root: Path) -> None:
    """Import everything, load the encoder, ingest two documents, serve and ask."""
    imported = [importlib.import_module(name).__name__ for name in modules()]

    from huggingface_hub import constants  # noqa: PLC0415  (only now, as the program is watched while it imports)
    from opentelemetry import trace  # noqa: PLC0415

    from indexes.encoder import DEFAULT_ENCODER, load_encoder  # noqa: PLC0415
    from ingest.given import Ingestion  # noqa: PLC0415
    from ingest.loading.process import LoaderProcess  # noqa: PLC0415
    from ingest.pipeline import ingest  # noqa: PLC0415
    from service.audit.storage.sqlite_store import SqliteLeafStore  # noqa: PLC0415
    from tests.support.fakes import QuietProgress, TinyLibrary  # noqa: PLC0415
    from tests.support.mcp_messages import called  # noqa: PLC0415
    from tests.support.service_parts import (  # noqa: PLC0415
        POLICY,
        POLICY_TEXT,
        TRAVEL,
        TRAVEL_TEXT,
        VENDOR_QUESTION,
        open_studio,
    )

    trace.set_tracer_provider(_NotingTracers())
    library = TinyLibrary(root)
    library.add(POLICY, POLICY_TEXT, expires=date(2099, 1, 1))
    library.add(TRAVEL, TRAVEL_TEXT, expires=date(2099, 1, 1))
    encoder = load_encoder(DEFAULT_ENCODER)
    with LoaderProcess() as parser:
        report = ingest(
            Ingestion(
                library=library.folder,
                builds=library.builds,
                holds=library.holds,
                encoder=encoder,
                parser=parser,
                progress=QuietProgress(),
                now=lambda: datetime.now(UTC),
                max_file_bytes=1 << 20,
            )
        )
    library.encoder = encoder  # type: ignore[assignment]
    with open_studio(library) as studio:
        answer = studio.ask(VENDOR_QUESTION)["answer"]
        by_mcp = called(studio.api, "ask", question=VENDOR_QUESTION)["structuredContent"]["answer"]
    stored = SqliteLeafStore(folder=root / "state").leaves(-1, 1000)
    records = sum(leaf.type.startswith("query.") for leaf in stored)
    closed = constants.HF_HUB_OFFLINE and constants.HF_HUB_DISABLE_TELEMETRY
    said = {
        "imported": imported,
        "model libraries closed": closed,
        "passages": report.passages,
        "answer": answer,
        "by MCP": by_mcp,
        "records": records,
    }
    print(json.dumps({**said, "attempts": ATTEMPTS}))  # noqa: T201


def _NotingTracers() -> Any:  # noqa: N802  (stands for a class, which can be made only after the program is imported)
    from opentelemetry import trace  # noqa: PLC0415

    class Tracers(trace.TracerProvider):
        def get_tracer(self, *_: object, **__: object) -> trace.Tracer:
            ATTEMPTS.append("a tracer was asked for")
            return trace.NoOpTracer()

    return Tracers()
