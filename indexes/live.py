"""Which build is live: the one line of `current` beside the builds. Opens none, and loads nothing that would."""

import re
from pathlib import Path

from indexes.errors import BuildDamagedError, NoBuildError

CURRENT_FILE = "current"
PASSAGES_FILE = "passages.sqlite"  # of a build: its stored texts
_BUILD_ID = re.compile(r"[0-9A-Za-z-]{1,80}")


def current_build_id(builds: Path) -> str:
    """Return the id of the live build.

    Raises:
        NoBuildError: nothing was published yet.
        BuildDamagedError: `current` does not name a build.
    """
    path = builds / CURRENT_FILE
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise NoBuildError(f"no current build in {builds}: run greenlit ingest") from error
    except OSError as error:
        raise BuildDamagedError(f"{path} cannot be read: {error}") from error
    return build_id_in(content, path)


def build_id_in(content: bytes, path: object) -> str:
    """Return the id of the build that the content of a `current` names, which lies at a path.

    Raises:
        BuildDamagedError: it does not name a build.
    """
    try:
        build_id = content.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise BuildDamagedError(f"{path} cannot be read: {error}") from error
    if not _BUILD_ID.fullmatch(build_id):
        raise BuildDamagedError(f"{path}: expected the id of a build; run greenlit ingest")
    return build_id
