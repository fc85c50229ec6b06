"""Lets a model write an answer from the passages it is given, and releases of it what holds up, sentence by sentence.

1  ask, read what comes (`reading`), check each sentence when it is complete (`checking`), release those that hold
2  where none was released, ask once more and name the sentences that did not hold
3  say what became of it: all, a part, nothing that holds up, declined, or broken

Nothing that was not checked is handed out. A sentence is handed to `release`, which has to make it durable, and to see
that its passage may still be read, before anybody sees it. Falling back on the quoted answer is the caller's decision.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from service.answering.writing.calling import streamed
from service.answering.writing.checking import WITHDRAWN, Checked, Checker, Checks, Done
from service.answering.writing.claims import Claim, Flaw
from service.answering.writing.holding import Supports
from service.answering.writing.offering import Given
from service.answering.writing.prompt import AGAIN, WRITE, prompt_hash, to_write, to_write_again
from service.answering.writing.reading import Reader
from service.answering.writing.records import FAILED, STOPPED, WHOLE, Became, Call, Written
from service.answering.writing.telling import Known, known_of
from service.models.errors import ModelError
from service.models.port import Message, Model

MOST_TOKENS = 700  # of an answer: eight short sentences with their ids take some 300
Release = Callable[[Checked], bool]


@dataclass(slots=True)
class _Ask:
    """What came of the calls so far."""

    given: Given
    model: Model
    stopped: Callable[[], bool]
    release: Release
    checker: Checker
    known: Known
    calls: list[Call] = field(default_factory=list)
    sentences: list[tuple[int, Checked]] = field(default_factory=list)

    def call(self, kind: str, messages: tuple[Message, ...]) -> None:
        """Ask the model, read, check, release. Always ends with a record of the call, unless releasing breaks."""
        reader = Reader(offered=self.given.ids, known=self.known)
        ended, failure = WHOLE, None
        try:
            with streamed(self.model, messages, most_tokens=MOST_TOKENS, stopped=self.stopped) as pieces:
                for piece in pieces:
                    self._check(reader.feed(piece))
                    if reader.ended or self.stopped():
                        break
        except ModelError as error:
            ended, failure = FAILED, error.code
        if reader.ended:
            ended, failure = reader.ended.value, None
        elif self.stopped():
            ended, failure = STOPPED, None
        else:
            self._check(reader.end(whole=ended == WHOLE))
        self.calls.append(Call(kind, messages, prompt_hash(kind), MOST_TOKENS, reader.raw, ended, failure))

    def _check(self, claims: Sequence[Claim]) -> None:
        for claim in claims:
            checked = self.checker.check(claim)
            if checked.is_released and not self.release(checked):
                checked = replace(checked, done=Done.LEFT_OUT, codes=(WITHDRAWN,), quotes=())
                self.checker.settle(checked)
            self.sentences.append((len(self.calls), checked))

    @property
    def released(self) -> bool:
        return any(one.is_released for _, one in self.sentences)

    @property
    def last(self) -> list[Checked]:
        """What was read from the last call."""
        return [one for call, one in self.sentences if call == len(self.calls) - 1]

    @property
    def declined(self) -> bool:
        """Whether the last call says that the passages do not answer, and nothing else."""
        said = [one for one in self.last if one.done is not Done.ASIDE]
        return not said and any(one.claim.flaw is Flaw.DECLINES for one in self.last)


def write(
    question: str,
    given: Given,
    *,
    model: Model,
    supports: Supports | Checks,
    stopped: Callable[[], bool],
    release: Release,
) -> Written:
    """Return what a model wrote, with what became of each sentence.

    Args:
        question: its text, standing alone.
        given: the passages that it may be given.
        model: writes.
        supports: says whether passages support a sentence, and what else it is held to.
        stopped: whether whoever asked wants no more; asked after each piece.
        release: is handed each sentence that holds, in order, before the next is read. It has to make it durable before
            it shows it to anybody, and to return `False` and show nothing if a quote of it may not be read any more.

    Raises:
        Whatever `release` raises; the call is closed then, and what was released before stands.
    """
    names = tuple((one.id, one.passage.passage_id) for one in given.offered)
    held_to = supports.entailment if isinstance(supports, Checks) else None
    if not given.offered:
        return Written(model.name, names, (), (), Became.NOTHING_GIVEN, held_to)
    known = known_of((WRITE, AGAIN), (one.passage.text for one in given.offered))
    ask = _Ask(given, model, stopped, release, Checker(given, supports), known)
    ask.call("write", to_write(question, given))  # 1
    if not ask.released and ask.calls[-1].ended not in (FAILED, STOPPED) and not ask.declined:
        failed = [one.claim.text for one in ask.last if one.done is Done.LEFT_OUT]
        ask.call("again", to_write_again(question, given, failed))  # 2
    return Written(model.name, names, tuple(ask.calls), tuple(ask.sentences), _became(ask), held_to)  # 3


def _became(ask: _Ask) -> Became:
    ended = ask.calls[-1].ended
    if ask.released:
        is_all = ended == WHOLE and not any(one.done is Done.LEFT_OUT for one in ask.last)
        return Became.WRITTEN if is_all else Became.TRIMMED
    if ended in (FAILED, STOPPED):
        return Became.FAILED if ended == FAILED else Became.STOPPED
    return Became.DECLINED if ask.declined else Became.UNSUPPORTED
