"""Who looked at given questions: what the log says of it, for those whose questions they are.

Looks are `audit.read` leaves that name a record of the question, `audit.exported` leaves whose span holds one,
`identity.revealed` leaves, and `reveal.opened` leaves that nobody confirmed. Their names and purposes are sealed texts:
where one does not open any more, the pseudonym of whoever looked is shown instead. That one looked at one's own records
is left out, as is what a look was at besides.
"""

import json
from collections.abc import Mapping
from typing import Any

from service.audit import events
from service.audit.errors import SealError
from service.audit.reading.summaries import Value, iso_time, value_of
from service.audit.reading.unseal import Unsealer
from service.audit.storage.store import LeafReader, StoredLeaf

_OWN = b'"what":"own"'  # as it stands in a leaf: most looks are these, and are passed over without being taken apart

ByQuestion = dict[str, list[dict[str, Any]]]


class Looks:
    """Finds the looks at questions in one log."""

    def __init__(self, *, store: LeafReader, unsealer: Unsealer) -> None:
        """Take the parts of an open log."""
        self._store = store
        self._unsealer = unsealer

    def at(self, questions: Mapping[int, str]) -> ByQuestion:
        """Return the looks at each question, the oldest first.

        A look is `time`, `what` (list, show, payload, replay, export, export_payloads), `who` and `purpose` (`None` if
        there was none or it was erased).

        Args:
            questions: the id of the question, by the number of each of its records.
        """
        found: ByQuestion = {}
        for leaf in self._since(questions, events.READ_TYPE, events.EXPORTED_TYPE):
            value = value_of(leaf)
            seen = self._seen(leaf, value, questions)
            if not seen:
                continue
            texts = self._texts(leaf)
            shown = {
                "time": iso_time(leaf.ts_us),
                "what": _what(leaf, value),
                "who": texts.get("who") or value["actor"],
                "purpose": texts.get("purpose") or None,
            }
            for question in seen:
                found.setdefault(question, []).append(dict(shown))
        return found

    def reveals_of(self, questions: Mapping[int, str]) -> ByQuestion:
        """Return when it was revealed who asked each question: `time`, `who` (both), `case` and `purpose`."""
        found: ByQuestion = {}
        for leaf in self._since(questions, events.REVEALED_TYPE):
            value = value_of(leaf)
            question = questions.get(value["seq"])
            if question is None:
                continue
            texts = self._texts(leaf)
            shown = {
                "time": iso_time(leaf.ts_us),
                "who": json.loads(texts["who"]) if "who" in texts else [value["actor"]],
                "case": texts.get("case"),
                "purpose": texts.get("purpose"),
            }
            found.setdefault(question, []).append(shown)
        return found

    def openings_of(self, questions: Mapping[int, str]) -> ByQuestion:
        """Return who wished to know who asked each question and was not told: `time`, `who`, `case` and `reason`.

        Nobody has confirmed these, in time or so far.
        """
        confirmed = {value_of(leaf).get("opening") for leaf in self._since(questions, events.REVEALED_TYPE)}
        found: ByQuestion = {}
        for leaf in self._since(questions, events.REVEAL_OPENED_TYPE):
            value = value_of(leaf)
            question = questions.get(value["seq"])
            if question is None or leaf.seq in confirmed:
                continue
            texts = self._texts(leaf)
            shown = {
                "time": iso_time(leaf.ts_us),
                "who": texts.get("who") or value["actor"],
                "case": texts.get("case"),
                "reason": texts.get("reason"),
            }
            found.setdefault(question, []).append(shown)
        return found

    def _since(self, questions: Mapping[int, str], *kinds: str) -> list[StoredLeaf]:
        """Return the leaves of some types that are newer than the oldest question, oldest first."""
        if not questions:
            return []
        found = (leaf for kind in kinds for leaf in self._store.of_type(kind, after=min(questions)))
        return sorted((leaf for leaf in found if _OWN not in leaf.leaf), key=lambda leaf: leaf.seq)

    def _seen(self, leaf: StoredLeaf, value: Value, questions: Mapping[int, str]) -> list[str]:
        """Return which of the questions a look was at, each once."""
        if leaf.type == events.EXPORTED_TYPE:
            within = (seq for seq in questions if value["from_seq"] <= seq <= value["to_seq"])
        else:
            within = (seq for seq in value["seqs"] if seq in questions)
        return list(dict.fromkeys(questions[seq] for seq in within))

    def _texts(self, leaf: StoredLeaf) -> Mapping[str, str]:
        try:
            return self._unsealer.open(leaf).texts
        except SealError:  # who looked is still shown, by pseudonym
            return {}


def _what(leaf: StoredLeaf, value: Value) -> str:
    if leaf.type == events.EXPORTED_TYPE:
        return "export_payloads" if value["payloads"] else "export"
    return str(value["what"])
