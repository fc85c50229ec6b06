"""The list of mutations: read from the `*.toml` beside this file, and held against the tree."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Mutation:
    """One mutation: what it breaks, in words; `old`, which stands once in `module`, becomes `new`; who is to notice.

    Of `tests`, those with `first` in their name are run first, to be quick; it need not fit any. With `over`, they are
    tests of laws, and run over those engines (`tests/support/over_option.py`).
    """

    id: str
    breaks: str
    what: str
    module: str
    old: str
    new: str
    tests: tuple[str, ...]
    first: str = ""
    over: str = ""

    def whole(self, root: Path) -> str:
        """Return the module as it is."""
        return (root / self.module).read_text(encoding="utf-8")

    def applied(self, root: Path) -> str:
        """Return the module with this mutation."""
        return self.whole(root).replace(self.old, self.new)

    def problem(self, root: Path) -> str | None:
        """Return why this mutation cannot be tried on the tree under `root`; `None` if it can."""
        if missing := [path for path in (self.module, *self.tests) if not (root / path).exists()]:
            return f"{self.id}: there is no {' and no '.join(missing)}: say where it is now"
        count = self.whole(root).count(self.old)
        if count != 1:
            return f"{self.id}: expected its old text once in {self.module}, got it {count} times: write it anew"
        return None


def read_mutations() -> list[Mutation]:
    """Return the mutations of every list."""
    tables = [table for path in sorted(_HERE.glob("*.toml")) for table in tomllib.loads(path.read_text())["mutation"]]
    return [Mutation(**{**table, "tests": tuple(table["tests"])}) for table in tables]


def problems(mutations: Sequence[Mutation], root: Path) -> list[str]:
    """Return what is wrong with a list of mutations, in words."""
    ids = [mutation.id for mutation in mutations]
    twice = [f"{name}: expected an id of its own, got it twice" for name in sorted(set(ids)) if ids.count(name) > 1]
    return twice + [problem for mutation in mutations if (problem := mutation.problem(root))]
