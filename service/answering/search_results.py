"""The record of a search that leaves the service: ranked passages with who approved them, and no answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from indexes.readings import ReadingNote
from indexes.standing import Grant
from service.answering.answers import approval_json, joined, receipt_json, url_of
from service.answering.finding.retrieve import Hit
from service.answering.unread import note_at
from service.audit.storage.store import Receipt


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Ranked passages without an answer; `grants` holds the live approval of each one's document, by its id.

    `notes` are those of the documents' reading, by their ids; `not_in_force` says of some which one is in force.
    """

    request_id: str
    hits: tuple[Hit, ...]
    grants: Mapping[str, Grant]
    receipt: Receipt
    notes: Mapping[str, Sequence[ReadingNote]] = field(default_factory=dict)
    not_in_force: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the public form."""
        return {
            "request_id": self.request_id,
            "passages": [self._hit_json(hit) for hit in self.hits],
            "receipt": receipt_json(self.receipt),
        }

    def _hit_json(self, hit: Hit) -> dict[str, Any]:
        passage = hit.passage
        return {
            "rank": hit.rank,
            "passage_id": passage.passage_id,
            "document": passage.document,
            "title": passage.title,
            "sha256": passage.sha256,
            "text": passage.text,
            "span": [passage.start, passage.end],
            "locator": passage.locator.as_json(),
            "score": round(hit.score, 6),
            "url": url_of(passage, passage.start, passage.end),
            **approval_json(self.grants[passage.document]),
            "note": joined(
                self.not_in_force.get(passage.document),
                note_at(self.notes.get(passage.document, ()), passage.locator),
            ),
        }
