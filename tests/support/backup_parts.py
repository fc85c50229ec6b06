"""An installation to copy, for the tests of backups: a small log with everything that lies beside it."""

import json
from pathlib import Path

from service.backup.places import Places
from service.backup.taking import Taking
from tests.support.small_log import NAME, at_us

MADE = "2026-11-20T12:00:00Z"


def places_in(folder: Path) -> Places:
    """Return the folders of an installation within one."""
    return Places(
        state=folder / "state", keys=folder / "state" / "keys", library=folder / "library", builds=folder / "builds"
    )


def fill(places: Places) -> None:
    """Put beside the log what an installation has there, and what no copy is to hold."""
    places.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("register.jsonl", "sources.toml"):
        places.library.mkdir(exist_ok=True)
        (places.library / name).write_text(f"{name}\n")
    (places.library / "rules").mkdir()
    (places.library / "rules" / "a.md").write_text("A document.\n")
    (places.state / "token").write_text("secret\n")
    for name in ("sessions.sqlite", "service.json", "held.json.lock", ".half"):
        (places.state / name).write_text("not to be copied\n")
    (places.state / "builds_in_use").mkdir()
    (places.state / "builds_in_use" / "b1.json").write_text(json.dumps({"build": "b1", "until": "2027-12-31"}))
    (places.builds / "b1" / "originals").mkdir(parents=True)
    (places.builds / "b1" / "originals" / "ab").write_text("bytes\n")
    (places.builds / "cache").mkdir()
    (places.builds / "cache" / "vectors.sqlite").write_text("made anew\n")
    (places.builds / "current").write_text("b1\n")


def taking(places: Places, *, builds: bool = False, at: str = MADE) -> Taking:
    """Return what makes copies of an installation, at a time."""
    return Taking(places=places, log_name=NAME, version="0.1.0", builds=builds, clock=lambda: at_us(at))
