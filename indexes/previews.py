"""What the worker leaves beside the builds for whoever decides: previews of documents that wait, and what it is doing.

A preview is what the loader would index of one version of one document that nobody approved (yet). Law 1: it lies
outside every build, nothing of it is embedded or indexed, only approvers are shown it, and it goes when the version is
decided.
`worker.json` says what the worker does, so that a page can. The worker writes both (`ingest.watch`), doors only read.
"""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from indexes.documents import Section, locator_from_json
from indexes.readings import ReadingNote, notes_from_json

PREVIEWS_FOLDER = "previews"
WORKER_FILE = "worker.json"

_TIMES = ("since", "seen_at", "built_at")

Doing = Literal["waiting", "reading", "building"]


@dataclass(frozen=True, slots=True)
class Preview:
    """One version of a document as it would be indexed; `problem` says, in words, why it cannot be read."""

    document: str
    sha256: str
    title: str
    text: str
    sections: tuple[Section, ...]
    warnings: tuple[ReadingNote, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class WorkerState:
    """What the worker does since when, and what came of its last build.

    It reads documents that await a decision, or builds; `done` of `total` is how far that is: documents read, and then,
    in a build, passages encoded. `build_id` and `built_at` are of the build that is live, `problem` says in words why
    the last one was not made or not published. `seen_at` is when it last wrote this: a worker that has not for a minute
    is not running.
    """

    doing: Doing
    since: datetime
    seen_at: datetime
    done: int = 0
    total: int = 0
    build_id: str | None = None
    built_at: datetime | None = None
    problem: str | None = None


def preview_file(builds: Path, sha256: str, document: str) -> Path:
    """Return where the preview of a version of a document lies: two documents may have the same bytes."""
    name = hashlib.sha256(f"{document}\0{sha256}".encode()).hexdigest()
    return builds / PREVIEWS_FOLDER / f"{name}.json"


def read_preview(builds: Path, sha256: str, document: str) -> Preview | None:
    """Return the preview of a version of a document; `None` if there is none (yet, or any more)."""
    value = _read(preview_file(builds, sha256, document))
    if value is None:
        return None
    return Preview(
        document=value["document"],
        sha256=value["sha256"],
        title=value["title"],
        text=value["text"],
        sections=tuple(
            Section(one["span"][0], one["span"][1], locator_from_json(one["locator"])) for one in value["sections"]
        ),
        warnings=notes_from_json(value["warnings"]),
        problem=value["problem"],
    )


def preview_json(preview: Preview) -> str:
    """Return what `read_preview` reads."""
    return json.dumps(
        {
            "document": preview.document,
            "sha256": preview.sha256,
            "title": preview.title,
            "text": preview.text,
            "sections": [{"span": [one.start, one.end], "locator": one.locator.as_json()} for one in preview.sections],
            "warnings": [one.as_json() for one in preview.warnings],
            "problem": preview.problem,
        }
    )


def read_worker_state(builds: Path) -> WorkerState | None:
    """Return what the worker said last; `None` if it never did, or what it said cannot be read."""
    value = _read(builds / WORKER_FILE)
    if value is None:
        return None
    times = {name: datetime.fromisoformat(value[name]) if value[name] else None for name in _TIMES}
    return WorkerState(**{**value, **times})


def worker_state_json(state: WorkerState) -> str:
    """Return what `read_worker_state` reads."""
    times = {name: moment.isoformat() if (moment := getattr(state, name)) else None for name in _TIMES}
    return json.dumps({**dataclasses.asdict(state), **times})


def _read(file: Path) -> dict[str, Any] | None:
    try:
        value: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value
