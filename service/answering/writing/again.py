"""Checks a written answer of the past again: the recorded output is read and held against the passages once more.

The model is never called. With the build that answered and the same release nothing differs; what does is said in
words that hold nothing of question or answer. Whether a passage was withdrawn meanwhile is not known here: a sentence
that held and was not released for that counts as one that held.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from indexes.documents import Passage
from service.answering.supported.support import Offered
from service.answering.writing.checking import WITHDRAWN, Checked, Checker, Checks
from service.answering.writing.holding import Supports
from service.answering.writing.offering import Given
from service.answering.writing.prompt import AGAIN, WRITE, prompt_hash
from service.answering.writing.reading import Reader
from service.answering.writing.records import STOPPED, WHOLE, Written, millionths
from service.answering.writing.telling import known_of


@dataclass(frozen=True, slots=True)
class Again:
    """A recorded answer, checked again: what its sentences are now, and what differs, in words."""

    sentences: tuple[tuple[int, Checked], ...]
    differences: tuple[str, ...]


def verified_again(written: Written, *, passage: Callable[[str], Passage | None], supports: Supports | Checks) -> Again:
    """Check a recorded answer again.

    Args:
        written: the record.
        passage: gives a passage by its id, of the build that answered.
        supports: says whether passages support a sentence, and what else it was held to.
    """
    found = [(one, passage(passage_id)) for one, passage_id in written.given]
    gone = [one for one, held in found if held is None]
    if gone:
        return Again((), (f"given: expected {len(found)} passages, {len(gone)} of them are not in the build",))
    given = Given(tuple(Offered(one, held) for one, held in found if held is not None))
    known = known_of((WRITE, AGAIN), (one.passage.text for one in given.offered))
    checker = Checker(given, supports)
    sentences: list[tuple[int, Checked]] = []
    for number, call in enumerate(written.calls):
        reader = Reader(offered=given.ids, known=known)
        claims = reader.feed(call.raw)
        claims += [] if call.ended == STOPPED else reader.end(whole=call.ended == WHOLE)
        for claim in claims:
            sentences.append((number, checker.check(claim)))
            then = written.sentences[len(sentences) - 1 : len(sentences)]
            if then and then[0][1].codes == (WITHDRAWN,):
                checker.settle(then[0][1])  # what leaned on it was not released either
    return Again(tuple(sentences), tuple(_differences(written, sentences)))


def _differences(written: Written, now: Sequence[tuple[int, Checked]]) -> Iterator[str]:
    for number, call in enumerate(written.calls):
        if call.prompt_hash != prompt_hash(call.kind):
            yield f"prompt: call {number} was made with another version of it"
    for number, (then_one, now_one) in enumerate(zip_longest(written.sentences, now)):
        if then_one is None or now_one is None:
            yield f"sentences: expected {len(written.sentences)}, got {len(now)}"
            return
        if what := _difference(then_one[1], now_one[1]):
            yield f"sentence {number}: {what}"


def _difference(then: Checked, now: Checked) -> str | None:
    """Say in what a sentence differs, or `None`."""
    if then.claim != now.claim:
        return "it reads otherwise"
    if then.codes == (WITHDRAWN,) and now.is_released:
        return None
    if (then.done, then.codes) != (now.done, now.codes):
        return f"it was {_in_words(then)}, and is {_in_words(now)}"
    if then.quotes != now.quotes:
        return "it rests on other quotes"
    if millionths(then.score) != millionths(now.score):
        return f"its support was {millionths(then.score)} millionths, and is {millionths(now.score)}"
    return None


def _in_words(one: Checked) -> str:
    return f"{one.done.value} ({', '.join(one.codes)})" if one.codes else one.done.value
