"""What builds and log of the simulated year take of the disk, by part; a file with several names counts once."""

from collections import Counter
from pathlib import Path

_LOG = "audit.sqlite"
_SMALL = "the rest: holds, keys, what the worker and the service leave"


def taken_by_part(builds: Path, state: Path) -> dict[str, int]:
    """Return the bytes of each part, the largest first.

    Args:
        builds: the folder of builds.
        state: the folder of the service's state, with the log.
    """
    found: Counter[str] = Counter()
    seen: set[tuple[int, int]] = set()
    for folder, part_of in ((builds, _part_of_builds), (state, _part_of_state)):
        for path in sorted(folder.rglob("*")):
            status = path.lstat()
            if path.is_file() and (status.st_dev, status.st_ino) not in seen:
                seen.add((status.st_dev, status.st_ino))
                found[part_of(path.relative_to(folder))] += status.st_size
    return dict(found.most_common())


def _part_of_builds(path: Path) -> str:
    first, *rest = path.parts
    if first in ("pack", "cache", "previews"):
        return f"{first}: {rest[0]}"
    return f"whole builds: {rest[0]}" if first.startswith("20") else _SMALL


def _part_of_state(path: Path) -> str:
    return "the log" if path.name.startswith(_LOG) else _SMALL


def table(before: dict[str, int], now: dict[str, int], documents: int) -> list[str]:
    """Return lines that say what each part takes, in times the documents: now, and how much more than before."""
    lines = [f"{'now':>8}{'growth':>9}  times the documents ({documents / (1 << 20):.1f} MiB), by part"]
    for name in sorted(before.keys() | now.keys(), key=lambda one: -now.get(one, 0)):
        is_now, was = now.get(name, 0) / documents, before.get(name, 0) / documents
        if max(is_now, was) >= 0.005:
            lines.append(f"{is_now:>8.2f}{is_now - was:>+9.2f}  {name}")
    return lines
