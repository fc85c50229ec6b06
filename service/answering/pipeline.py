"""A question's way through, from its text to an answer or a refusal.

1  record `received`: durable before anything is looked up
2  retrieve: dense and lexical, fused, within the asker's scope; a follow-up is first rewritten to stand alone, by the
   asker's own questions before it, which are never evidence (`standing_alone`)
3  weigh the evidence, refuse if it is weak
4  draft
5  verify every sentence and citation, in the scope as it is by then
6  record `finished`: durable before anything leaves
7  return the answer, or the refusal, with its receipt

Steps 2 to 5 are in `steps`. Where a language model writes, each sentence that passes has a record of its own and may
be told then, before step 6. `Answering.search` takes steps 1, 2, 6 and 7. If a step in between breaks, the question is
on record as failed and nothing more of it leaves. `Answering.stream` tells the same in events: of steps from 1 on, of
the answer from 6 on. Who asks was settled before (`service.access`); how a result is shown is the doors' part.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from indexes.builds import Build
from indexes.errors import SearchUnavailableError
from service.answering.answers import Answer, Reason, Refusal
from service.answering.boundary import Boundary
from service.answering.consulted import Consulted, Listener, Passed, never
from service.answering.course import Stage, Watching, Way, stage_of, under_way, unwatched
from service.answering.editions.in_force import in_force, notes_of
from service.answering.errors import AnswerFailedError, LibraryUnavailableError, ModelFailedError, StoppedError
from service.answering.live_build import LiveBuild
from service.answering.progress import Event, Step, Tell, of_answer, of_end, of_sentence, of_step, unheard
from service.answering.questions import Question
from service.answering.record import Opened, Recorder, Result
from service.answering.search_results import SearchResult
from service.answering.standing_alone import StandingAlone, standing_alone
from service.answering.steps import Broke, Steps, Worked
from service.answering.understanding.parts import parts_beyond
from service.audit.errors import AuditError
from service.audit.leaves import Outcome

Also = Callable[[Answer], Iterable[Event]]
Stopped = Callable[[], bool]  # asked again and again, from the thread that works
_FAILURES: dict[type[Exception], str] = {  # what is told as it is, with its reason on record
    LibraryUnavailableError: "library_unavailable",
    SearchUnavailableError: "search_unavailable",
}
_ENDED: dict[Broke, Outcome] = {Broke.MODEL_UNAVAILABLE: "failed", Broke.STOPPED: "aborted"}


def nothing(_answer: Answer) -> Iterable[Event]:
    """Tell nothing besides."""
    return ()


class Earlier(Protocol):
    """What knows the questions that somebody asked before; see `service.audit.reading.conversations`."""

    def earlier(self, subject: str, conversation_id: str, *, before: int) -> list[str]:
        """Return somebody's own questions in a conversation, the newest last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Answers questions with parts that are ready. Any thread may call."""

    live_build: LiveBuild
    boundary: Boundary
    steps: Steps
    recorder: Recorder
    conversations: Earlier
    watch: Watching = unwatched

    def ask(self, question: Question, *, tell: Tell = unheard, stopped: Stopped = never) -> Answer:
        """Answer a question, or refuse it, on record.

        Args:
            question: what is asked, and by whom.
            tell: is told of each step as it begins, of none before `received` is durable; and of each sentence that a
                language model wrote, once that one is.
            stopped: whether whoever asked wants no more; a language model that writes for them is stopped then.

        Raises:
            BuildError: there is no build to answer from; nothing was recorded, because nothing was looked up.
            AuditUnavailableError: the log cannot be written: no answer.
            LibraryUnavailableError: nobody can say what is approved.
            SearchUnavailableError: passages cannot be looked for; on record as failed.
            ModelFailedError: a language model could not be asked, and quotes are not to stand in for it; on record.
            StoppedError: whoever asked wanted no more; on record, with what was told.
            AnswerFailedError: a step broke; the question is on record as failed.
        """
        with under_way(question, "ask", self.watch) as way:
            return self._asked(question, way, tell, stopped)

    def _asked(self, question: Question, way: Way, tell: Tell, stopped: Stopped) -> Answer:
        build = self.live_build.get()
        opened = self.recorder.received(question, build)  # 1
        with self._failure_recorded(opened):
            way.enters(Stage.UNDERSTANDING)
            listener = self._listener(opened, way, tell, stopped)
            alone = self._stand_alone(opened, listener)
            result, worked = self._work(opened, build, alone, listener)  # 2 to 5
            listener.tell(Step.RECORDING)
        receipt = self.recorder.finished(opened, result)  # 6
        way.ends(result.outcome, result.reason, result.consulted)
        if worked is None or worked.broke:
            raise _broken(worked.broke if worked and worked.broke else Broke.STOPPED)
        refusal = Refusal(Reason(result.reason)) if result.reason else None
        return Answer(  # 7
            request_id=question.request_id,
            sentences=worked.sentences,
            citations=worked.citations,
            refusal=refusal,
            receipt=receipt,
            searched_for=alone.searched_for,
            not_mentioned=worked.not_mentioned,
            not_looked_up=parts_beyond(alone.searched_for or question.text),
            passages=worked.passages,
            model=result.consulted.by_model if result.consulted else None,
            instead=worked.instead,
        )

    def stream(self, question: Question, tell: Tell, *, also: Also = nothing, stopped: Stopped = never) -> None:
        """Answer a question as `ask` does, and tell all of it in events.

        Args:
            question: what is asked, and by whom.
            tell: is told of each step as it begins, and of the answer once that is on record.
            also: what is told of the answer besides, right before the end.
            stopped: as of `ask`.

        Raises:
            As `ask`; what was told before has been told.
        """
        answer = self.ask(question, tell=tell, stopped=stopped)
        wrote = answer.model is not None and answer.model.wrote  # then its sentences were told as they passed
        for event in (*of_answer(answer, told=wrote), *also(answer), of_end(answer)):
            tell(event)

    def turn_away(self, question: Question) -> None:
        """Record a question that there is no time for as failed (`overloaded`). Nothing is looked up.

        Raises:
            BuildError, AuditUnavailableError: as `ask`.
        """
        with under_way(question, "ask", self.watch) as way:
            opened = self.recorder.received(question, self.live_build.get())
            self.recorder.finished(opened, Result("failed", "overloaded"))
            way.ends("failed", "overloaded")

    def search(self, question: Question, *, limit: int) -> SearchResult:
        """Return up to `limit` ranked passages, on record.

        Raises:
            As `ask`.
        """
        with under_way(question, "search", self.watch) as way:
            return self._searched(question, way, limit)

    def _searched(self, question: Question, way: Way, limit: int) -> SearchResult:
        build = self.live_build.get()
        opened = self.recorder.received(question, build)  # 1
        with self._failure_recorded(opened):
            way.enters(Stage.RETRIEVAL)
            scope = self.boundary.scope(build, question.principal.groups)
            found = self.steps.find(question.text, build=build, scope=scope, k=limit)  # 2
            after = self.boundary.scope(build, question.principal.groups)  # a revocation may have come meanwhile
            hits = tuple(hit for hit in found.hits if hit.passage.document in after.grants)
            notes = {document: build.passages.notes(document) for document in {hit.passage.document for hit in hits}}
            behind = in_force(question.text, hits, build=build, scope=after)
            not_in_force = notes_of(behind, build=build, scope=after)
        way.enters(Stage.RECORDING)
        receipt = self.recorder.finished(opened, Result("answered", scope=scope, hits=hits))  # 6
        way.ends("answered", None)
        return SearchResult(question.request_id, hits, after.grants, receipt, notes, not_in_force)  # 7

    def _stand_alone(self, opened: Opened, listener: Listener) -> StandingAlone:
        """Return how the question is searched for; as it was typed where it is to be taken so."""
        question = opened.question
        if question.as_typed:
            return StandingAlone()
        earlier: Sequence[str] = ()
        if question.conversation_id is not None:
            asker = question.principal.principal_id
            earlier = self.conversations.earlier(asker, question.conversation_id, before=opened.seq)
        earlier = earlier or question.earlier
        return standing_alone(question.text, earlier, mandate=self.steps.mandate, listener=listener)

    def _listener(self, opened: Opened, way: Way, tell: Tell, stopped: Stopped) -> Listener:
        by_model = self.steps.mandate is not None

        def tell_step(step: Step) -> None:
            way.enters(stage_of(step, by_model=by_model))
            tell(of_step(step))

        def pass_on(passed: Passed) -> None:
            self.recorder.sentence(opened, passed)  # durable before it is told
            tell(of_sentence(passed.n, passed.sentence, passed.citations))

        return Listener(tell=tell_step, stopped=stopped, pass_on=pass_on)

    def _work(
        self, opened: Opened, build: Build, alone: StandingAlone, listener: Listener
    ) -> tuple[Result, Worked | None]:
        """Return what became of a question, for the record and for whoever asked, `None` if they left."""
        if alone.is_stopped:
            return Result(_ENDED[Broke.STOPPED], Broke.STOPPED, consulted=alone.consulted), None
        listener.tell(Step.LOOKING)
        groups, text = opened.question.principal.groups, alone.searched_for or opened.question.text
        scope = self.boundary.scope(build, groups)
        found = self.steps.find(text, build=build, scope=scope)  # 2
        worked = self.steps.answer(  # 3 to 5
            text, found, build=build, now=lambda: self.boundary.scope(build, groups), listener=listener
        )
        outcome: Outcome = "refused" if worked.reason else "answered"
        result = Result(
            outcome=_ENDED[worked.broke] if worked.broke else outcome,
            reason=worked.broke or worked.reason,
            scope=scope,
            hits=found.hits,
            evidence=worked.evidence,
            answerer=self.steps.answerer if worked.drafted else None,
            sentences=worked.sentences,
            citations=worked.citations,
            scores=worked.scores,
            answer=worked.text,
            searched_for=alone.searched_for,
            consulted=_whole(alone.consulted, worked.consulted),
        )
        return result, worked

    @contextlib.contextmanager
    def _failure_recorded(self, opened: Opened) -> Iterator[None]:
        """Record a question that breaks as failed, and let only what may be told out of here."""
        try:
            yield
        except Exception as error:
            reason = next((why for kind, why in _FAILURES.items() if isinstance(error, kind)), "internal_error")
            with contextlib.suppress(AuditError):  # the first failure is the one to tell
                self.recorder.finished(opened, Result("failed", reason))
            if isinstance(error, (*_FAILURES, AuditError)):
                raise
            raise AnswerFailedError(f"the question could not be answered ({type(error).__name__})") from error


def _whole(rewrote: Consulted | None, answered: Consulted | None) -> Consulted | None:
    """Return all that a language model did for a question."""
    if rewrote is None or answered is None:
        return rewrote or answered
    return replace(answered, rewriting=rewrote.rewriting)


def _broken(why: Broke) -> Exception:
    if why is Broke.STOPPED:
        return StoppedError("whoever asked left before there was an answer")
    return ModelFailedError("the language model could not be asked, and quotes are not to stand in for its answer")
