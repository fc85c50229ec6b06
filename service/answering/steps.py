"""Steps 2 to 5 of a question: retrieve, weigh the evidence, draft, verify. Nothing is recorded here, nothing leaves.

`pipeline` puts the two records around them; `replay` takes them again on an old build; the judge measures them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from indexes.builds import Build
from indexes.encoder import Encoder
from service.answering.answers import Citation, Further, NotesOf, Reason, Sentence, numbered, one_text
from service.answering.boundary import Scope
from service.answering.drafts import Answerer, DraftSentence
from service.answering.editions.in_force import in_force, in_order, leading, noted, together
from service.answering.evidence import Calibration, Evidence
from service.answering.finding.merged import each, merged
from service.answering.finding.ranking import Ranking
from service.answering.finding.rerank import RERANKED, Reranker, rerank
from service.answering.finding.retrieve import KIND, Retrieved, retrieve
from service.answering.further import further
from service.answering.missing import lacks_the_subject, not_mentioned
from service.answering.progress import Step, TellStep, silent
from service.answering.understanding.asker import without_persons
from service.answering.understanding.parts import MOST_PARTS, parts_of
from service.answering.verify import VerifiedSentence, verify
from service.answering.writing.writer import Writer

HITS = 10  # passages that are weighed, drafted from, and recorded


@dataclass(frozen=True, slots=True)
class Worked:
    """What became of a question: sentences with citations, or the reason why there are none."""

    found: Retrieved
    evidence: Evidence | None = None
    reason: Reason | None = None
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    not_mentioned: tuple[str, ...] = ()
    passages: tuple[Further, ...] = ()

    @property
    def drafted(self) -> bool:
        """Whether there was a draft, whatever became of it."""
        return self.reason in (None, Reason.UNSUPPORTED_DRAFT)

    @property
    def text(self) -> str | None:
        """The answer as one text; `None` if there is none."""
        return one_text(self.sentences) or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The steps over parts that are ready. Any thread may call."""

    encoder: Encoder
    ranking: Ranking
    calibration: Calibration
    answerer: Answerer
    reranker: Reranker | None = None
    writer: Writer | None = None

    @property
    def retrieval(self) -> str:
        """How passages are found, as the record names it."""
        return KIND if self.reranker is None else f"{KIND}+{self.reranker.kind}"

    def find(self, text: str, *, build: Build, scope: Scope, k: int = HITS) -> Retrieved:
        """2: return the `k` best passages of a scope for a question's text; of several parts, in one ranking.

        Those of a document that is not in force come after those of the one that is.
        """
        parts = parts_of(without_persons(text))[:MOST_PARTS]
        found = [self._find(part, build=build, scope=scope, k=k) for part in parts]
        if len(found) == 1:
            return found[0]
        of_all = merged(found, k)
        return in_order(of_all, in_force(text, of_all.hits, build=build, scope=scope))

    def _find(self, text: str, *, build: Build, scope: Scope, k: int) -> Retrieved:
        looked_at = k if self.reranker is None else max(k, RERANKED)
        found = retrieve(text, build=build, scope=scope, encoder=self.encoder, ranking=self.ranking, k=looked_at)
        if self.reranker is not None:
            found = rerank(text, found, self.reranker)
        found = replace(found, hits=found.hits[:k])
        return in_order(found, in_force(text, found.hits, build=build, scope=scope))

    def weigh(self, found: Retrieved, build: Build) -> Worked:
        """3: return the evidence, and the reason for a refusal if it does not suffice; that of the best part."""
        return self._weighed(found, self._evidence(found, build))

    def _evidence(self, found: Retrieved, build: Build) -> list[Evidence]:
        """Return the evidence of each part."""
        return [self.calibration.weigh(part, build) for part in each(found)]

    def _weighed(self, found: Retrieved, evidence: Sequence[Evidence]) -> Worked:
        if not found.has_subject:
            return Worked(found, reason=Reason.REQUEST_NOT_SUPPORTED)
        best = max(evidence, key=lambda one: one.score)
        return Worked(found, best, None if best.suffices else Reason.NO_EVIDENCE)

    def answer(
        self, text: str, found: Retrieved, *, build: Build, now: Callable[[], Scope], tell: TellStep = silent
    ) -> Worked:
        """3 to 5: return what may be said of the passages found.

        A part of a question that has no evidence, or of which what is cited lacks the subject, is not answered and
        named as such; where no part is answered, that is a refusal.

        Args:
            text: the question's text.
            found: what step 2 returned for it.
            build: the build it was found in.
            now: draws the scope as it is after the draft; a revocation may have come meanwhile.
            tell: is told of each step as it begins.
        """
        evidence = self._evidence(found, build)
        weighed = self._weighed(found, evidence)
        if weighed.reason:
            return weighed
        parts = parts_of(without_persons(text))[:MOST_PARTS]
        of_parts = zip(parts, each(found), evidence, strict=True)
        asked = {part: of_part for part, of_part, of_it in of_parts if of_it.suffices}
        behind = {part: in_force(part, asked[part].hits, build=build, scope=now()) for part in asked}
        first = {part: leading(asked[part], behind[part]) for part in asked}
        tell(Step.DRAFTING)
        drafts = self._drafts(first, build)
        tell(Step.CHECKING)
        scope, notes = now(), build.passages.notes
        verified = {part: verify(draft, build=build, scope=scope) for part, draft in drafts.items()}
        answered = _answered(verified, notes)
        if older := {part: asked[part] for part in asked if part not in answered and first[part] is not asked[part]}:
            drafts = self._drafts(older, build)  # what is in force does not say it, an older version may
            verified |= {part: verify(draft, build=build, scope=scope) for part, draft in drafts.items()}
            answered = _answered(verified, notes)
        if not answered:
            reason = Reason.NO_EVIDENCE if any(verified.values()) else Reason.UNSUPPORTED_DRAFT
            return Worked(found, weighed.evidence, reason)
        sentences, citations = numbered(_distinct(answered.values()), notes)
        citations = noted(citations, together(behind.values()), build=build, scope=scope)
        unanswered = [part for part in parts if part not in answered]
        offered = {hit.row for of_part in first.values() for hit in of_part.hits}
        passages = further((hit.passage for hit in found.hits if hit.row in offered), citations, scope.grants)
        missing = not_mentioned(text, citations, unanswered)
        return Worked(found, weighed.evidence, None, sentences, citations, missing, passages)

    def _drafts(self, asked: Mapping[str, Retrieved], build: Build) -> dict[str, Sequence[DraftSentence]]:
        """Return a draft of each part, by its text."""
        return {part: self.answerer.draft(part, retrieved=found, build=build) for part, found in asked.items()}


def _answered(
    verified: Mapping[str, Sequence[VerifiedSentence]], notes_of: NotesOf
) -> dict[str, Sequence[VerifiedSentence]]:
    """Return the parts of which something is said, and on their subject."""
    return {
        part: said
        for part, said in verified.items()
        if said and not lacks_the_subject(part, numbered(list(said), notes_of)[1])
    }


def _distinct(parts: Iterable[Sequence[VerifiedSentence]]) -> list[VerifiedSentence]:
    """Return what answers the parts of a question, part by part, nothing twice."""
    return list({tuple(quote.quote for quote in said.quotes): said for part in parts for said in part}.values())
