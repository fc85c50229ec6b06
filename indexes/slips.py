"""Names in the environment that look like settings of Greenlit and are none: slips, which would do nothing unseen.

A name is held against those that there are, and the nearest is named. What Kubernetes and Docker put there for a
service that is called `greenlit` is told apart: it is nobody's slip, and one of its names is a setting's. Reads nothing
by itself, and never tells a value: it may be a secret under a wrong name.
"""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

PREFIX = "GREENLIT_"
_LIKE = 0.75  # of difflib, from 0 to 1: two letters astray in a long name, one in a short one
_LINK = re.compile(
    r"GREENLIT_([A-Z0-9_]+_)?(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)(_[A-Z]+)?)"
)
_LINK_VALUE = re.compile(r"(tcp|udp|sctp)://")
_LINKED = (
    "is put here by Kubernetes, for a service named greenlit, and is no setting of anybody's: set "
    "enableServiceLinks: false in the pod, or give the service another name"
)


@dataclass(frozen=True, slots=True)
class Slip:
    """A name that is no setting, or has a value that nobody gave it: `words` say what it is, and what to do."""

    name: str
    words: str


def slips(given: Mapping[str, str], known: Collection[str]) -> list[Slip]:
    """Return what looks like a setting and is none, by name.

    Args:
        given: the environment, and what `.env` adds.
        known: the names of all settings, with their prefix.
    """
    by_name = {name.upper(): value for name, value in given.items() if name.upper().startswith(PREFIX)}
    return list(_slips(dict(sorted(by_name.items())), known))


def _slips(given: Mapping[str, str], known: Collection[str]) -> Iterator[Slip]:
    links = [name for name, value in given.items() if _is_link(name, value, known)]
    if links:
        others = f" (and {len(links) - 1} more like it)" if len(links) > 1 else ""
        # One that is a setting's name comes first: it is the one that keeps a program from starting.
        first = min(links, key=lambda name: (name not in known, name))
        yield Slip(first, f"{first}{others} {_LINKED}")
    for name in given:
        if name not in known and name not in links:
            yield Slip(name, f"{name} is set and is no setting of Greenlit{_nearest(name, known)}")


def _is_link(name: str, value: str, known: Collection[str]) -> bool:
    if _LINK_VALUE.match(value) and name.endswith("_PORT"):
        return True
    return name not in known and _LINK.fullmatch(name) is not None


def _nearest(name: str, known: Collection[str]) -> str:
    like = difflib.get_close_matches(name.removeprefix(PREFIX), [one.removeprefix(PREFIX) for one in known], 1, _LIKE)
    return f": did you mean {PREFIX}{like[0]}?" if like else ": see .env.example for the names"
