"""What holds a limited child, as it says itself: Landlock for files, a filter of system calls for everything else.

Three levels: `full` (both), `partial` (one of them) or `limits only` (neither: another system than Linux, an old
kernel, a container that forbids it), with what is missing in words. `fences` puts them on.
"""

from dataclasses import dataclass
from typing import Any, Literal

Level = Literal["full", "partial", "limits only"]
SandboxSetting = Literal["auto", "require"]


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What holds a child."""

    landlock: int  # its version, 0 for none
    filtered: bool
    missing: tuple[str, ...] = ()

    @property
    def level(self) -> Level:
        """In one word."""
        levels: tuple[Level, ...] = ("limits only", "partial", "full")
        return levels[bool(self.landlock) + self.filtered]

    def in_words(self) -> str:
        """Say it in a line."""
        held = [f"Landlock {self.landlock}"] * bool(self.landlock) + ["a filter of system calls"] * self.filtered
        return f"{self.level}: {', '.join((*held, *self.missing))}"

    def as_json(self) -> dict[str, Any]:
        """Return the form in which a child says it."""
        return {"landlock": self.landlock, "filtered": self.filtered, "missing": list(self.missing)}


def sandbox_from_json(value: Any) -> Sandbox:
    """Return what a child says of itself.

    Raises:
        ValueError: no child of ours says so.
    """
    if not isinstance(value, dict):
        raise ValueError("expected a child that says what holds it")  # noqa: TRY004 - one error for all that is malformed
    landlock, filtered, missing = (value.get(name) for name in ("landlock", "filtered", "missing"))
    fits = type(landlock) is int and isinstance(filtered, bool) and isinstance(missing, list)
    if not fits or not all(isinstance(words, str) for words in missing):
        raise ValueError("expected a child that says what holds it")
    return Sandbox(landlock, filtered, tuple(missing))
