"""Consults a language model about one question: which passages answer it, and an answer in its own words.

1  the model has to be approved at this moment; it is given those of the passages found that its approval covers
2  it judges, if it is to: what it does not name is taken away; what it was not given stays
3  it writes, if it is to: each sentence that holds up is looked up again in the scope as it is by then, and passed on,
   which makes it durable before anybody is told it
4  whatever went wrong is said by a code, and the caller decides what is given instead

What it did is kept whole for the record (`Consulted.as_json`). Nothing that it says is shown but what passed.
"""

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from indexes.builds import Build
from indexes.documents import Passage
from indexes.sources import source_name
from service.answering.answers import numbered
from service.answering.basis import Basis
from service.answering.boundary import Scope
from service.answering.consulted import Consulted, Entailed, Instead, Listener, Passed, Ruling
from service.answering.drafts import DraftSentence
from service.answering.missing import lacks_subject
from service.answering.supported.entailment import Entails
from service.answering.supported.support import support
from service.answering.understanding.asker import without_persons
from service.answering.understanding.parts import MOST_PARTS, parts_of
from service.answering.verify import VerifiedSentence, verify_written
from service.answering.writing.checking import Checked, Checks, Suits
from service.answering.writing.judge import judge
from service.answering.writing.mandate import Mandate
from service.answering.writing.offering import Given, give
from service.answering.writing.records import FAILED, STOPPED, Became
from service.answering.writing.write import write
from service.models.approved import ApprovedModel
from service.models.errors import ModelsError
from service.models.port import Model

OTHER_SUBJECT = "other_subject"  # it holds up, and nothing cited so far is of what is asked about
_INSTEAD = {Became.DECLINED: Instead.DECLINED, Became.UNSUPPORTED: Instead.UNSUPPORTED}


def consult(mandate: Mandate, basis: Basis, listener: Listener) -> Consulted:
    """Return what a model did for a question.

    Args:
        mandate: the model, and its part.
        basis: the question, and what it may be answered from, of the asker's scope.
        listener: whoever asked.

    Raises:
        AuditUnavailableError: a sentence, or what models are approved, cannot be put on record.
        LibraryUnavailableError: nobody can say what may be read.
    """
    try:
        approved, model = mandate.endpoints.open(mandate.name)
    except ModelsError as error:
        return Consulted(name=mandate.name, writes=mandate.writes, instead=Instead.NOT_APPROVED, why_not=str(error))
    endpoint = approved.endpoint
    did = Consulted(name=mandate.name, writes=mandate.writes, called=endpoint.model, endpoint=endpoint.digest)
    passages = basis.passages
    sent = _may_be_sent(passages, approved, basis.now())
    given = give(sent, build=basis.build)
    if not given.offered:
        return replace(did, instead=Instead.NOTHING_SENT)
    answerable, withheld = _ids(passages), _ids(passages) - _ids(sent)
    if mandate.judges:
        did = _judged(did, model, given, basis.text, listener)
        if did.judgement and did.judgement.answering is not None:
            given = given.only(did.judgement.answering)
            kept = withheld.union(one.passage.passage_id for one in given.offered)
            did = replace(did, ruling=Ruling(answerable - kept, did.judgement.says_none))
        elif did.judgement and did.judgement.call.ended == FAILED and not mandate.writes:
            did = replace(did, instead=Instead.FAILED)
    if not mandate.writes or did.stopped or did.ruling.says_none:
        return did
    did = _written(did, model, given, basis, listener, mandate.entails)
    if did.instead is Instead.DECLINED and mandate.judges:  # it is taken at its word
        did = replace(did, instead=None, ruling=Ruling(answerable - withheld, says_none=True))
    return did


def _judged(did: Consulted, model: Model, given: Given, text: str, listener: Listener) -> Consulted:
    """Return what a model did, with its judgement."""
    judgement = judge(text, given, model=model, stopped=listener.stopped)
    return replace(did, judged_of=given, judgement=judgement, stopped=judgement.call.ended == STOPPED)


def _written(
    did: Consulted, model: Model, given: Given, basis: Basis, listener: Listener, entails: Entails | None
) -> Consulted:
    """Return what a model did, with what it wrote."""
    release = _Releasing(basis, listener, entails.digest if entails else None)
    written = write(
        basis.text,
        given,
        model=model,
        supports=checks_of(basis.text, basis.build, entails),
        stopped=listener.stopped,
        release=release,
    )
    did = replace(did, written=written, passed=tuple(release.passed))
    if written.calls[-1].ended == STOPPED:
        return replace(did, stopped=True)
    return did if did.passed else replace(did, instead=_INSTEAD.get(written.became, Instead.FAILED))


class _Releasing:
    """Passes on what holds up and may be read at that moment, numbered as the answer will be."""

    def __init__(self, basis: Basis, listener: Listener, entailment: str | None) -> None:
        self.passed: list[Passed] = []
        self._basis = basis
        self._listener = listener
        self._entailment = entailment
        self._verified: list[VerifiedSentence] = []

    def __call__(self, checked: Checked) -> bool:
        scope, build = self._basis.now(), self._basis.build
        draft = DraftSentence(checked.claim.text, checked.quotes)
        verified = verify_written(draft, build=build, scope=scope)
        if verified is None:
            return False
        sentences, citations = numbered([*self._verified, verified], build.passages.notes)
        sentence = sentences[-1]
        cited = self._basis.noted([one for one in citations if one.n in sentence.citations], scope)
        digest, share = self._entailment, checked.entailed
        entailed = None if digest is None or share is None else Entailed(digest, share)
        passed = Passed(len(sentences), draft, sentence, cited, checked.score, entailed)
        self._listener.pass_on(passed)
        self._verified.append(verified)
        self.passed.append(passed)
        return True


def checks_of(text: str, build: Build, entails: Entails | None = None) -> Checks:
    """Return what each sentence of an answer to a question is held to."""
    supports = functools.partial(support, build=build, entails=entails)
    return Checks(supports, suiting(text, build.passages.passage), entails.digest if entails else None)


def suiting(text: str, passage: Callable[[str], Passage | None]) -> Suits:
    """Return what says whether a sentence may follow others in an answer to a question.

    It may not while nothing that they cite is of what some part of the question asks about (`missing`).

    Args:
        text: the question's.
        passage: gives a passage by its id.
    """
    parts = parts_of(without_persons(text))[:MOST_PARTS]

    def suits(released: Sequence[Checked]) -> str | None:
        quotes = [(quote, held) for one in released for quote in one.quotes if (held := passage(quote.passage_id))]
        return OTHER_SUBJECT if all(lacks_subject(part, quotes) for part in parts) else None

    return suits


def _may_be_sent(passages: Sequence[Passage], approved: ApprovedModel, scope: Scope) -> list[Passage]:
    """Return the passages that may be read at this moment, and that the model's approval covers."""
    return [
        one
        for one in passages
        if (granted := scope.grants.get(one.document)) is not None
        and granted.sha256 == one.sha256
        and approved.may_be_sent(source_name(one.document), scope.readers.get(one.document, frozenset())) is None
    ]


def _ids(passages: Iterable[Passage]) -> frozenset[str]:
    return frozenset(one.passage_id for one in passages)
