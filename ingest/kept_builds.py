"""The builds that there are: what each takes of the disk, why it stays, and removing one on somebody's word.

The disk counts a file once however many builds share it, so what only one build has is told apart: that is what its
removal gives back. Whoever removes has the lock of ingestion, and has said so on record before.
"""

import contextlib
import json
import stat
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from indexes.decisions import Decision
from indexes.errors import BuildError, NoBuildError
from indexes.holds import hold_ends
from indexes.live import current_build_id
from indexes.made_elsewhere import is_elsewhere, never_approved
from indexes.manifest import MANIFEST_FILE
from indexes.objects.mirror import FETCHING_PREFIX
from indexes.pack import PACK_FOLDER, Pack
from ingest.old_builds import KEPT_BUILDS, STAGING_PREFIX, newest_first, remove_folder, remove_packed

_UNFINISHED = (STAGING_PREFIX, FETCHING_PREFIX)


@dataclass(frozen=True, slots=True)
class KeptBuild:
    """A build: when it was made (ISO 8601), of how many documents, its bytes, and why it stays.

    `held_until` is the last day, in UTC, on which a record may need it, `None` if none does.
    """

    build_id: str
    made_at: str
    documents: int
    own_bytes: int
    shared_bytes: int
    is_live: bool
    is_newest: bool
    is_packed: bool
    held_until: date | None
    is_young: bool = False  # out of use for less than a day, where it lies in an object store
    never_approved: int = 0  # of its documents, how many no line of this library's register ever approved

    @property
    def is_elsewhere(self) -> bool:
        """Whether another library's register let its documents in."""
        return is_elsewhere(self.never_approved, of=self.documents)

    def why(self) -> str:
        """Say why it stays."""
        reasons = ["live"] if self.is_live else ["one of the newest two"] if self.is_newest else []
        if self.held_until == date.max:
            reasons.append("held without end: its hold cannot be understood")
        elif self.held_until:
            reasons.append(f"held until {self.held_until} for what it answered")
        reasons += ["packed"] if self.is_packed else []
        reasons += ["out of use for less than a day"] if self.is_young and not reasons else []
        reasons += ["made for another library"] if self.is_elsewhere else []
        return ", ".join(reasons) or "goes with the next ingestion"

    def as_json(self) -> dict[str, Any]:
        """Return it for a program."""
        return {**asdict(self), "held_until": self.held_until.isoformat() if self.held_until else None}


def kept_builds(builds: Path, *, holds: Path, today: date, decisions: Mapping[str, Decision]) -> list[KeptBuild]:
    """Return the builds in a folder, the newest first, those that are packed last.

    Args:
        builds: the folder of builds.
        holds: the folder of holds.
        today: the day, in UTC: a hold that has ended keeps nothing.
        decisions: what the register of this library says; of a packed build nothing is held against it.

    Raises:
        BuildError: the pack cannot be read.
        OSError: the disk refuses.
    """

    def held(build_id: str) -> date | None:
        until = hold_ends(holds, build_id)
        return until if until and until >= today else None

    live, folders = _live(builds), newest_first(builds)
    newest = {folder.name for folder in [one for one in folders if one.name != live][: KEPT_BUILDS - 1]}
    found = []
    for folder in folders:
        own, shared = _sizes(folder)
        made_at, versions = _said(folder)
        found.append(
            KeptBuild(
                build_id=folder.name,
                made_at=made_at,
                documents=len(versions),
                own_bytes=own,
                shared_bytes=shared,
                is_live=folder.name == live,
                is_newest=folder.name in newest,
                is_packed=False,
                held_until=held(folder.name),
                never_approved=never_approved(versions, decisions),
            )
        )
    with Pack.reading(builds) as pack:
        packed = sorted(set(pack.build_ids()) - {folder.name for folder in folders}, reverse=True) if pack else []
        sizes = pack.sizes() if pack else {}
        for build_id in packed:
            head = (pack.head(build_id) if pack else None) or {"created_at": "", "passages": []}
            own, shared = sizes[build_id]
            documents = len(head["passages"])
            found.append(
                KeptBuild(build_id, head["created_at"], documents, own, shared, False, False, True, held(build_id))
            )
    return found


def other_sizes(builds: Path) -> dict[str, int]:
    """Return how many bytes lie beside the builds: the pack, the cache of vectors, previews, and what is unfinished.

    Unfinished is what an ingestion writes that runs, or was killed: then the next one removes it.
    """
    unfinished = sum(sum(_sizes(folder)) for prefix in _UNFINISHED for folder in builds.glob(f"{prefix}*"))
    return {name: sum(_sizes(builds / name)) for name in (PACK_FOLDER, "cache", "previews")} | {
        "unfinished": unfinished
    }


def removing(builds: Path, build_id: str) -> Callable[[], None]:
    """Return what removes a build; nothing is removed before it is called.

    Raises:
        NoBuildError: there is none of that id.
        BuildError: it is the live one, or the pack cannot be read.
    """
    if build_id == _live(builds):
        raise BuildError(f"expected a build that is not live, {build_id} is: publish another first (greenlit ingest)")
    if any(folder.name == build_id for folder in newest_first(builds)):
        return lambda: remove_folder(builds / build_id)
    with Pack.reading(builds) as pack:
        packed = pack.build_ids() if pack else []
    if build_id not in packed:
        raise NoBuildError(f"expected a build of {builds}, {build_id} is none: see greenlit builds")
    return lambda: remove_packed(builds, kept=set(packed) - {build_id})


def _live(builds: Path) -> str:
    try:
        return current_build_id(builds)
    except BuildError:
        return ""


def _said(folder: Path) -> tuple[str, list[tuple[str, str]]]:
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_bytes())
        return str(manifest["created_at"]), versions_in(manifest)
    except (OSError, ValueError, KeyError, TypeError):
        return "", []


def versions_in(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the documents of a build by its manifest as it was read, whichever version of Greenlit wrote it.

    Raises:
        KeyError, TypeError: it names none that can be understood.
    """
    return [(str(one["document"]), str(one["sha256"])) for one in manifest["documents"]]


def _sizes(folder: Path) -> tuple[int, int]:
    """Return the bytes of the files that have no other name, and of those that have."""
    own = shared = 0
    with contextlib.suppress(FileNotFoundError):  # what was unfinished has another name by now, or is gone
        for path in folder.rglob("*") if folder.is_dir() else ():
            status = path.lstat()
            if stat.S_ISREG(status.st_mode):
                own += status.st_size * (status.st_nlink == 1)
                shared += status.st_size * (status.st_nlink > 1)
    return own, shared
