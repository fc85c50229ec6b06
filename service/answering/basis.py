"""What a question may be answered from: the passages of each of its parts that have evidence, those in force first.

Drawn once a question, before anything is drafted; whoever quotes and whoever has a model write take it from here.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from indexes.builds import Build
from indexes.documents import Passage
from service.answering.answers import Citation
from service.answering.boundary import Scope
from service.answering.editions.in_force import Behind, in_force, leading, noted, together
from service.answering.evidence import Evidence
from service.answering.finding.merged import each
from service.answering.finding.retrieve import Retrieved
from service.answering.understanding.asker import without_persons
from service.answering.understanding.parts import MOST_PARTS, parts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """See the module.

    Attributes:
        text: the question's.
        found: all that was found for it.
        evidence: that of its best part.
        build: the build that it was found in.
        now: draws the scope as it is at a moment.
        parts: what it asks, of which not all need have evidence.
        asked: what was found for each part that has.
        first: of that, what is drafted from: without older versions where the one in force bears on it as much.
        behind: the documents that are not in force, by part.
    """

    text: str = field(repr=False)
    found: Retrieved = field(repr=False)
    evidence: Evidence
    build: Build
    now: Callable[[], Scope]
    parts: tuple[str, ...] = field(repr=False)
    asked: Mapping[str, Retrieved] = field(repr=False)
    first: Mapping[str, Retrieved] = field(repr=False)
    behind: Mapping[str, Mapping[str, Behind]] = field(repr=False)

    @property
    def passages(self) -> list[Passage]:
        """What is drafted from, for all parts, best first."""
        offered = {hit.row for of_part in self.first.values() for hit in of_part.hits}
        return [hit.passage for hit in self.found.hits if hit.row in offered]

    def noted(self, citations: Sequence[Citation], scope: Scope) -> tuple[Citation, ...]:
        """Return citations, of which those of a document that is not in force say so."""
        return noted(citations, together(self.behind.values()), build=self.build, scope=scope)

    def without(self, passage_ids: Collection[str]) -> "Basis":
        """Return what is left without some passages; of a part, nothing if none is left that comes first."""
        if not passage_ids:
            return self
        first = {part: _without(of_part, passage_ids) for part, of_part in self.first.items()}
        first = {part: of_part for part, of_part in first.items() if of_part.hits}
        asked = {part: _without(self.asked[part], passage_ids) for part in first}
        return replace(self, asked=asked, first=first, behind={part: self.behind[part] for part in first})

    def only(self, parts: Collection[str]) -> "Basis":
        """Return what is left of some parts."""
        asked, first = ({part: of[part] for part in of if part in parts} for of in (self.asked, self.first))
        return replace(self, asked=asked, first=first, behind={part: self.behind[part] for part in first})


def basis_of(
    text: str, found: Retrieved, evidence: Sequence[Evidence], *, build: Build, now: Callable[[], Scope]
) -> Basis:
    """Return what a question may be answered from.

    Args:
        text: the question's.
        found: what was found for it.
        evidence: that of each of its parts.
        build: the build that it was found in.
        now: draws the scope as it is at a moment.
    """
    parts = parts_of(without_persons(text))[:MOST_PARTS]
    of_parts = zip(parts, each(found), evidence, strict=True)
    asked = {part: of_part for part, of_part, of_it in of_parts if of_it.suffices}
    behind = {part: in_force(part, asked[part].hits, build=build, scope=now()) for part in asked}
    first = {part: leading(asked[part], behind[part]) for part in asked}
    best = max(evidence, key=lambda one: one.score)
    return Basis(
        text=text,
        found=found,
        evidence=best,
        build=build,
        now=now,
        parts=parts,
        asked=asked,
        first=first,
        behind=behind,
    )


def _without(found: Retrieved, passage_ids: Collection[str]) -> Retrieved:
    return replace(found, hits=tuple(hit for hit in found.hits if hit.passage.passage_id not in passage_ids))
