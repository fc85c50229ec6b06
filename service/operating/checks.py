"""What a check of the doctor is: something was looked at, and it is right, or worth knowing, or wrong.

`wrong` is only what a person has to mend, now, and what the check says how. What lapses by design, waits for somebody
or cannot be otherwise is a `warning`: whoever watches by exit status is not told of it again and again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from indexes.errors import IndexesError
from service.access.errors import AccessError
from service.audit.errors import AuditError
from service.models.errors import ModelsError

Level = Literal["ok", "warning", "wrong"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    level: Level
    detail: str

    @property
    def ok(self) -> bool:
        """Whether there is nothing to mend."""
        return self.level != "wrong"

    def as_json(self) -> dict[str, Any]:
        """Return the public form."""
        return {"name": self.name, "level": self.level, "ok": self.ok, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found that nobody has to mend: how it is, and what is worth knowing of it."""

    detail: str
    warnings: Sequence[str] = ()


class WrongError(Exception):
    """A check found something wrong; the message says what, and how to mend it."""


def checked(name: str, look: Callable[[], Found | str]) -> Check:
    """Return what came of a look; whatever it says that something is wrong with, is wrong."""
    try:
        found = look()
    except (WrongError, IndexesError, AuditError, AccessError, ModelsError, OSError) as error:
        return Check(name, "wrong", str(error))
    if isinstance(found, str):
        return Check(name, "ok", found)
    return Check(name, "warning" if found.warnings else "ok", "; ".join(filter(None, [found.detail, *found.warnings])))
