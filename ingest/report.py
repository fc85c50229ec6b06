"""What an ingestion did: a line for each document, and the build it published."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

from indexes.readings import ReadingNote

OutcomeKind = Literal["ingested", "unchanged", "kept_out", "missing"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one document; `reason` says why it is not in the build, and is empty if it is.

    `warnings` say what of a document is not in the text that was read of it.
    """

    document: str
    outcome: OutcomeKind
    reason: str
    passages: int
    warnings: tuple[ReadingNote, ...] = ()

    @property
    def is_held(self) -> bool:
        """Whether it is in the build."""
        return self.outcome in ("ingested", "unchanged")

    @property
    def read_whole(self) -> bool:
        """Whether nothing is known of it that a reader sees and the stored text lacks."""
        return not any(note.lacks for note in self.warnings)

    def as_json(self) -> dict[str, Any]:
        """Return the public form."""
        return {
            "document": self.document,
            "outcome": self.outcome,
            "reason": self.reason,
            "passages": self.passages,
            "warnings": [note.as_json() for note in self.warnings],
        }


@dataclass(frozen=True, slots=True)
class Report:
    """An ingestion, closed. `published` is false when nothing had changed and the live build stays.

    `problems` have to be mended by somebody; `remarks` are worth knowing and stop nothing. `asked` are documents that
    are read otherwise than when they were approved, and stay out until somebody looks at them.
    """

    build_id: str
    published: bool
    documents: tuple[Outcome, ...]
    problems: tuple[str, ...]
    seconds: float
    remarks: tuple[str, ...] = ()
    asked: frozenset[str] = frozenset()

    @property
    def passages(self) -> int:
        """How many passages the live build holds."""
        return sum(outcome.passages for outcome in self.documents)

    @property
    def held(self) -> int:
        """How many documents the live build holds."""
        return sum(outcome.is_held for outcome in self.documents)

    @property
    def not_whole(self) -> int:
        """How many of them hold less than a reader of the document sees."""
        return sum(outcome.is_held and not outcome.read_whole for outcome in self.documents)

    def counts(self) -> Counter[str]:
        """Return how many documents had each outcome."""
        return Counter(outcome.outcome for outcome in self.documents)

    def as_json(self) -> dict[str, Any]:
        """Return the public form."""
        return {
            "build_id": self.build_id,
            "published": self.published,
            "documents": [outcome.as_json() for outcome in self.documents],
            "problems": list(self.problems),
            "remarks": list(self.remarks),
            "passages": self.passages,
            "seconds": round(self.seconds, 3),
        }
