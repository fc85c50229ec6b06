"""`greenlit eval ingest`: the same small documents ingested in one process, then on a Ray cluster; the builds compared.

Each begins from nothing. Times are those that an ingestion reports, and so hold all that it starts: of the cluster also
Ray and a copy of the encoder in each worker, which a large library hardly notices. Prints figures.
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from eval.quality.libraries import approve_all, ingest_all
from eval.speed.large_library import deal_pages
from indexes.builds import current_build_id
from indexes.encoder import DEFAULT_ENCODER, load_encoder
from indexes.manifest import Manifest, read_manifest
from ingest.cluster.agreed import Agreed, found_here
from ingest.cluster.engine import RayEngine
from ingest.cluster.process import DriverProcess
from ingest.describe import same
from ingest.report import Report
from ingest.split import Splitter

_PARAGRAPHS = 2  # of a small document: about a passage
_TIMEOUT_S, _MEMORY_BYTES = 120.0, 2 << 30


def engine_bench(console: Console, documents: int, *, data: Path | None, cores: int | None) -> bool:
    """Measure and print; tell whether both builds are the same.

    Args:
        console: where to print.
        documents: about how many.
        data: the folder of public sets, if there is one: what documents are made of.
        cores: of this machine for the cluster, `None` for all; without meaning where `RAY_ADDRESS` names one.

    Raises:
        EngineError: the cluster cannot be reached, or failed.
    """
    encoder = load_encoder(DEFAULT_ENCODER)
    agreed = Agreed(found_here(encoder, Splitter(encoder).info), _TIMEOUT_S, _MEMORY_BYTES, "auto")
    with TemporaryDirectory() as folder:
        library = Path(folder) / "library"
        (library / "dealt").mkdir(parents=True)
        (library / "sources.toml").write_text('[[source]]\nname = "dealt"\nkind = "folder"\ngroups = ["staff"]\n')
        pages = deal_pages(library / "dealt", passages=documents, data=data, paragraphs_a_page=_PARAGRAPHS)
        approve_all(library, ["dealt"])
        here, there = Path(folder) / "here", Path(folder) / "there"
        console.print(f"  {pages:,} documents are ingested twice ...")
        local = ingest_all(library, here, encoder)
        _print(console, "one process", pages, local)
        with RayEngine(agreed, driver=DriverProcess(address=os.environ.get("RAY_ADDRESS", ""), cores=cores)) as engine:
            _print(console, "Ray", pages, ingest_all(library, there, encoder, engine=engine))
        one, other = _manifest(here), _manifest(there)
        alike = same(one, other) and one.files == other.files
    console.print(f"  every file of both builds the same: {'yes' if alike else 'NO'}")
    return alike


def _print(console: Console, what: str, pages: int, report: Report) -> None:
    made, rate = f"{pages:,} documents, {report.passages:,} passages", report.passages / report.seconds
    console.print(f"  {what:12} {made} in {report.seconds:.1f} s: {rate:.1f} passages/s")


def _manifest(builds: Path) -> Manifest:
    return read_manifest(builds / current_build_id(builds))
