"""What the last ingestion left out of the build although it is approved, and why: `last_ingest.json` beside the builds.

The writer leaves it with each ingestion, whether that published a build or found the live one to be right. The reader
tells by it what a new ingestion would take in from what it cannot: a scan without text stays out however often it is
tried. It names documents and says why, as the ingestion did, and holds nothing of a document's text but a heading that
a reason may name. What another release left says nothing of what this one would take in.
"""

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

LAST_INGEST_FILE = "last_ingest.json"


@dataclass(frozen=True, slots=True)
class StaysOut:
    """A version of a document that is approved and stays out; `why` is the kind of the reason, `reason` in words."""

    document: str
    sha256: str
    why: str
    reason: str


@functools.cache
def _release() -> str:
    """Return the release of this program; finding it means to read a file."""
    return version("greenlit")


def last_ingest_json(stays_out: Iterable[StaysOut]) -> str:
    """Return what `left_by_last_ingest` reads."""
    return json.dumps({"release": _release(), "stays_out": [asdict(one) for one in stays_out]})


def left_by_last_ingest(builds: Path) -> Mapping[str, StaysOut]:
    """Return what the last ingestion left out, by document; empty if there was none, or one of another release.

    Args:
        builds: the folder of builds.
    """
    try:
        value = json.loads((builds / LAST_INGEST_FILE).read_text(encoding="utf-8"))
        if value["release"] != _release():
            return {}
        return {one["document"]: StaysOut(**one) for one in value["stays_out"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
