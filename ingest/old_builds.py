"""Old builds: what becomes of those that are not among the newest two. Only whoever has the lock of ingestion calls.

One that is held (`indexes.holds`) is packed (`indexes.pack`), because a record needs it and builds of neighbouring days
are nearly the same; any other is removed, and so is a packed one whose hold has ended. A folder goes only when the pack
gave its build back byte for byte and is durable. Whatever goes wrong keeps builds as they are, and is said. The files
of one that is open stay readable.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Collection
from datetime import date
from pathlib import Path

from indexes.builds import open_build
from indexes.errors import BuildError, HoldError
from indexes.holds import held_builds
from indexes.manifest import MANIFEST_FILE
from indexes.pack import Pack
from indexes.packing import pack_build

STAGING_PREFIX = ".staging-"  # of folders that the next ingestion removes
KEPT_BUILDS = 2  # the live one and the one before it, so that a bad publication can be undone by hand


def newest_first(builds: Path) -> list[Path]:
    """Return the folders of the builds that are not packed.

    Raises:
        OSError: the disk refuses.
    """
    manifests = sorted(builds.glob(f"*/{MANIFEST_FILE}"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [path.parent for path in manifests]


def put_away_old(builds: Path, *, live: str, holds: Path, today: date) -> list[str]:
    """Pack the held ones of the builds that are not among the newest, and remove the others.

    Args:
        builds: the folder of builds.
        live: the id of the live build, which is kept however old it looks.
        holds: the folder of holds.
        today: the day, in UTC.

    Returns:
        What kept any from being packed or removed, in words; empty if nothing did.
    """
    try:
        held = held_builds(holds, today=today)
        others = [folder for folder in newest_first(builds) if folder.name != live]
    except (HoldError, OSError) as error:
        return [f"no old build was removed: {error}"]
    problems: list[str] = []
    for folder in others[KEPT_BUILDS - 1 :]:
        try:
            if folder.name in held:
                _pack(builds, folder)
            remove_folder(folder)
        except (BuildError, OSError) as error:
            problems.append(f"the old build {folder.name} stays as it is: {error}")
    try:
        remove_packed(builds, kept=held)
    except (BuildError, OSError) as error:
        problems.append(f"no packed build was removed: {error}")
    return problems


def remove_packed(builds: Path, *, kept: Collection[str]) -> None:
    """Remove the packed builds that are not to be kept, with all that no other one needs.

    Raises:
        BuildError, OSError: the pack cannot be written; nothing was removed.
    """
    with Pack.reading(builds) as pack:
        gone = set(pack.build_ids()) - set(kept) if pack else set()
    if gone:
        with Pack.writing(builds) as pack:
            pack.remove(gone)
    if gone:
        with Pack.writing(builds) as pack:  # only now is it durable that nobody needs them
            pack.remove_unused_originals()


def remove_folder(folder: Path) -> None:
    """Remove a build's folder: it goes in one step, and then its files.

    Raises:
        OSError: the disk refuses; the build is there as it was.
    """
    going = Path(tempfile.mkdtemp(prefix=STAGING_PREFIX, dir=folder.parent))
    folder.rename(going / folder.name)
    shutil.rmtree(going, ignore_errors=True)


def _pack(builds: Path, folder: Path) -> None:
    with Pack.reading(builds) as known:
        if known and known.head(folder.name) is not None:
            return  # a crash came before its folder was removed
    aside = Path(tempfile.mkdtemp(prefix=STAGING_PREFIX, dir=builds))
    try:
        with contextlib.closing((build := open_build(folder)).passages), Pack.writing(builds) as pack:
            pack_build(pack, build, aside=aside)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
