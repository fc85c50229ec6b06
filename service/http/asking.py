"""What every door asks through: the question checked, its turn waited for, the same question sent again answered once.

A door brings a text, a caller and a channel (`checked`), and gets an `Answer` or a `SearchResult`, or has events told.
How these are shown is the door's part. Answers that a language model has a part in have places of their own: whoever
waits for a model, for a minute perhaps, takes none of those who compute.
"""

import asyncio
import contextlib
import hashlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from service.access.named_requests import Named
from service.access.principals import Principal
from service.answering.answers import Answer
from service.answering.consulted import never
from service.answering.pipeline import Also, Answering, nothing
from service.answering.progress import SENTENCE, Event, Tell, of_answer, of_end, unheard
from service.answering.questions import Question, checked_text
from service.audit.leaves import Channel
from service.http.admission import Admission
from service.http.event_stream import Gone
from service.http.once import Once, OnceHere
from service.http.request_ids import id_for_question

_T = TypeVar("_T")
_LEFT = "http.disconnect"
# Gives an answer of somebody's again, by the id of the question, in a thread; see `service.answering.past.given_again`.
GiveAgain = Callable[[Principal, str], Answer | None]


@dataclass(frozen=True, slots=True)
class Asking:
    """What asking takes.

    Attributes:
        answering: answers and searches.
        admission: lets in whom nobody but this machine works for.
        writing: lets in whom a language model works for besides.
        max_question_chars: the longest question, in characters.
        give_again: gives an answer that is on record again.
        once: has a question that comes again by its name answered once.
    """

    answering: Answering
    admission: Admission
    writing: Admission
    max_question_chars: int
    give_again: GiveAgain
    once: Once[Answer] = field(default_factory=OnceHere)

    def checked(
        self, text: str, principal: Principal, channel: Channel, conversation_id: str | None = None
    ) -> Question:
        """Return the question that was sent.

        Raises:
            QuestionError: it is empty or too long.
        """
        words = checked_text(text, max_chars=self.max_question_chars)
        return Question(words, principal, channel, conversation_id, id_for_question())

    async def run(self, question: Question, work: Callable[[], _T], *, gone: Gone) -> _T:
        """Answer a question by `work`, in a thread when it is its turn; what has no turn is on record as turned away.

        Raises:
            OverloadedError: there was no turn for it.
            Exception: whatever `work` raises.
        """
        asks_a_model = self.answering.steps.mandate is not None
        return await self._let_in(self.writing if asks_a_model else self.admission, question, work, gone)

    async def look(self, question: Question, work: Callable[[], _T], *, gone: Gone) -> _T:
        """Do work of a question for which no language model is asked, such as a search; otherwise as `run`."""
        return await self._let_in(self.admission, question, work, gone)

    async def _let_in(self, admission: Admission, question: Question, work: Callable[[], _T], gone: Gone) -> _T:
        return await admission.run(work, turn_away=lambda: self.answering.turn_away(question), gone=gone)

    async def answer(
        self, question: Question, *, gone: Gone, name: str | None = None, anew: bool = False, tell: Tell = unheard
    ) -> Answer:
        """Answer a question, or refuse it, on record; once, if it comes again under the same `name`.

        With `anew` it is answered once more where that has an answer by now, and waited for where it has none yet.
        A language model that writes is stopped when the asker leaves, unless the question has a name: it may come again
        under that, and is answered then. An earlier answer is given again only while all that it cites may be read as
        it was cited.

        Raises:
            NamedTwiceError: the caller gave this name to another question.
            OverloadedError: there was no turn for it.
            Exception: as `Answering.ask`.
        """

        def work() -> Awaitable[Answer]:
            return self.run(question, lambda: self.answering.ask(question, tell=tell), gone=gone)

        if name is None:
            async with self._stopping(gone) as stopped:
                return await self.run(
                    question, lambda: self.answering.ask(question, tell=tell, stopped=stopped), gone=gone
                )

        async def again(request_id: str) -> Answer | None:
            return await run_in_threadpool(self.give_again, question.principal, request_id)

        named = Named(question.principal.principal_id, name, _digest(question), question.request_id)
        return await self.once.run(named, work, again=again, anew=anew)

    async def tell(
        self, question: Question, tell: Tell, *, gone: Gone, name: str | None = None, also: Also = nothing
    ) -> None:
        """Answer a question as `answer` does, and tell all of it in events; raises as that does.

        What is told `also` (see `Answering.stream`) belongs to a question without a name.
        """
        if name is None:
            async with self._stopping(gone) as stopped:
                await self.run(
                    question, lambda: self.answering.stream(question, tell, also=also, stopped=stopped), gone=gone
                )
            return
        told: list[str] = []

        def telling(event: Event) -> None:
            told.append(event.name)
            tell(event)

        answer = await self.answer(question, gone=gone, name=name, tell=telling)
        for event in (*of_answer(answer, told=SENTENCE in told), of_end(answer)):
            tell(event)

    @contextlib.asynccontextmanager
    async def _stopping(self, gone: Gone) -> AsyncIterator[Callable[[], bool]]:
        """Lend what tells whether the asker has gone; where no model writes, nobody looks."""
        if self.answering.steps.mandate is None:
            yield never
            return
        left = threading.Event()

        async def watch() -> None:
            came = await gone()
            if not isinstance(came, dict) or came["type"] == _LEFT:  # what else came is no leaving
                left.set()

        watching = asyncio.ensure_future(watch())
        try:
            yield left.is_set
        finally:
            watching.cancel()


def _digest(question: Question) -> bytes:
    """Return what tells a question from another, and cannot be read."""
    told = (question.text, question.conversation_id, question.as_typed, question.channel, question.earlier)
    return hashlib.sha256(repr(told).encode()).digest()
