"""What a look at records wishes for and gives, as records: rows, a page of them, one record in full. Nothing else."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.audit.errors import FilterError
from service.audit.reading.auditor import Filter
from service.audit.reading.unseal import Erased

_VERDICT = re.compile(r"[a-z][a-z_]{0,31}")


@dataclass(frozen=True, slots=True)
class Row:
    """What a list shows of a record.

    `facts` are codes, numbers and names of documents; `damaged` says what is wrong with a record that cannot be shown,
    and then there is nothing else.
    """

    seq: int
    kind: str = ""
    time: str = ""
    request_id: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    verdict: str = ""
    damaged: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, newest first; `older` is the `before` of the next page, `None` at the first record.

    `looked_through` is how many records this page went through; where that is all that a page may, there may be more.
    """

    rows: tuple[Row, ...]
    older: int | None
    looked_through: int


@dataclass(frozen=True, slots=True)
class Sought:
    """Which rows are wished for; see `Filter`. `everything` shows all records, a row each, and not questions only.

    Raises:
        FilterError: the verdict is no code.
    """

    wanted: Filter = field(default_factory=Filter)
    verdict: str | None = None
    everything: bool = False

    def __post_init__(self) -> None:
        """Check the verdict, which is put on record with the look."""
        if self.verdict is not None and not _VERDICT.fullmatch(self.verdict):
            raise FilterError(f"expected a verdict such as helpful, got {len(self.verdict)} characters of another form")

    def as_json(self) -> dict[str, str | int]:
        """Return what is given, by name."""
        return {**self.wanted.as_json(), **({"verdict": self.verdict} if self.verdict else {})}

    def of_results(self) -> bool:
        """Tell whether only questions with a result can fit."""
        wanted = self.wanted
        return any((wanted.outcome, wanted.reason, wanted.document, self.verdict))


@dataclass(frozen=True, slots=True)
class OnRecord:
    """One record, and where it is a question's, both of them.

    `received` and `finished` are what its leaves say; `openable` the texts that are there, by the number of their
    record; `erased` says who erased them; `leaf_text` is the exact text of the leaf that was asked for.
    """

    row: Row
    leaf_hash: str
    leaf_text: str
    value: Mapping[str, Any]
    received_seq: int | None = None
    finished_seq: int | None = None
    received: Mapping[str, Any] | None = None
    finished: Mapping[str, Any] | None = None
    openable: Mapping[int, Sequence[str]] = field(default_factory=dict)
    erased: Erased | None = None
