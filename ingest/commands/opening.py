"""What the writer's commands open: approvals, the parser, how a build is made; how they end with an error.

Exit codes: 0 done, 1 refused or found wrong, 2 bad usage.
"""

import contextlib
import importlib.util
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from indexes.approvals import Approvals
from indexes.clock import utc_now
from indexes.console import fail, out, problem
from indexes.errors import RegisterError
from indexes.library_register import register_of
from indexes.settings import LibrarySettings

if TYPE_CHECKING:
    from indexes.encoder import Encoder
    from indexes.objects.mirror import Mirror
    from ingest.collecting import Collecting
    from ingest.engine import Engine, Parser
    from ingest.given import Ingestion, Progress
    from ingest.loading.process import LoaderProcess

PathArgument = Annotated[str, typer.Argument(help="a file or folder of the library, or a document's name")]
EngineName = Literal["local", "ray"]
By = Annotated[str, typer.Option("--by", help="who decides: a name or address")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]


def opened_approvals(settings: LibrarySettings) -> Approvals:
    """Return the library as an approver handles it."""
    return Approvals(
        library=settings.library,
        now=utc_now,
        max_file_bytes=settings.max_file_bytes,
        builds=settings.builds,
        register=register_of(settings.library, settings.database()),
    )


def stop_if_damaged(approvals: Approvals, *, as_json: bool = False) -> None:
    """Say what of the register cannot be understood, and end the command with 1; do nothing if all of it can be.

    What a damaged line names counts as not approved: what a command would say or write beside that rests on less than
    people decided.

    Raises:
        RegisterError: it cannot be read.
    """
    problems = [found.in_words(approvals.register.shown) for found in approvals.state().problems]
    if not problems:
        return
    if as_json:
        out.json({"problems": problems})
    for words in problems if not as_json else ():
        problem(words)
    raise typer.Exit(1)


def failed(error: Exception | str, code: int | None = None) -> typer.Exit:
    """End with an error: with 1 if the register is in the way, else with 2, unless a code is given."""
    return fail(error, code or (1 if isinstance(error, RegisterError) else 2))


def limited_parser(settings: LibrarySettings) -> "LoaderProcess":
    """Return what parses documents in a limited child, with the limits of the settings."""
    from ingest.loading.process import LoaderProcess

    return LoaderProcess(
        timeout_s=settings.parse_timeout_s,
        max_memory_bytes=settings.parse_memory_bytes,
        sandbox=settings.parser_sandbox,
    )


def opened_ingestion(settings: LibrarySettings, parser: "Parser", progress: "Progress") -> "Ingestion":
    """Return how a build is made, as the settings say; loads the encoder."""
    from indexes.encoder import load_encoder
    from indexes.holds import HOLDS_FOLDER
    from indexes.objects.opening import open_mirror
    from ingest.given import Ingestion
    from ingest.sending import Sender

    mirror = open_mirror(settings.builds_address(), settings.builds)
    return Ingestion(
        library=settings.library,
        builds=settings.builds,
        holds=settings.state / HOLDS_FOLDER,
        encoder=load_encoder(settings.encoder),
        parser=parser,
        progress=progress,
        now=utc_now,
        max_file_bytes=settings.max_file_bytes,
        dense_index=settings.dense_index,
        collections=opened_collecting(settings, mirror),
        register=register_of(settings.library, settings.database()),
        sender=Sender(mirror) if mirror else None,
    )


def opened_collecting(settings: LibrarySettings, mirror: "Mirror | None") -> "Collecting":
    """Return what makes and drops the collections of builds, as the settings say; nothing is called yet.

    Where builds go without, a server that is named all the same is for dropping those that were made before.

    Args:
        settings: where collections are, and the folder of builds.
        mirror: of the object store that builds lie in, if they do.
    """
    from indexes.milvus_opening import opened_collections
    from ingest.collecting import NoCollections
    from ingest.collection_ledger import FolderLedger, StoreLedger

    ledger = StoreLedger(mirror.store) if mirror else FolderLedger(settings.builds)
    makes = bool(settings.milvus())
    address = settings.milvus_uri.get_secret_value() if settings.milvus_uri else ""
    if not makes and importlib.util.find_spec("pymilvus") is None:
        address = ""
    opened = opened_collections(address)
    if opened is None:
        return NoCollections(ledger)
    from ingest.build_collections import BuildCollections

    return BuildCollections(opened.milvus, ledger, makes=makes)


@contextlib.contextmanager
def opened_engine(name: EngineName, settings: LibrarySettings, encoder: "Encoder") -> "Iterator[Engine | None]":
    """Lend what reads and encodes, as an option names it; `None` for this process.

    Raises:
        EngineError: what it needs is not installed.
    """
    if name == "local":
        yield None
        return
    from ingest.cluster.agreed import Agreed, found_here
    from ingest.cluster.engine import RayEngine
    from ingest.cluster.process import DriverProcess
    from ingest.errors import EngineError
    from ingest.split import Splitter

    if importlib.util.find_spec("ray") is None:
        raise EngineError("--engine ray needs Ray: install greenlit[ray], here and on every machine of the cluster")
    agreed = Agreed(
        here=found_here(encoder, Splitter(encoder).info),
        parse_timeout_s=settings.parse_timeout_s,
        parse_memory_bytes=settings.parse_memory_bytes,
        sandbox=settings.parser_sandbox,
    )
    with RayEngine(agreed, driver=DriverProcess(address=os.environ.get("RAY_ADDRESS", ""))) as engine:
        yield engine
