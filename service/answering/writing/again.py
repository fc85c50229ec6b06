"""Checks a written answer of the past again: the recorded output is read and held against the passages once more.

The model is never called. With the build that answered and the same release nothing differs; what does is said in
words that hold nothing of question or answer. Whether a passage was withdrawn meanwhile is not known here: a sentence
that held and was not released for that counts as one that held. An entailment model is asked again if it is that of
then; otherwise that is said, and nothing that was released may fall without it, for it only ever took away.
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

_SHORT = 12  # digits of a digest that tell two apart in a sentence
_ROUNDING_U = 100  # millionths: sums of single-precision numbers differ between processors


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
        supports: says whether passages support a sentence, and what else it was held to; without an entailment model
            unless it is that of the record.
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
    asked = supports.entailment if isinstance(supports, Checks) else None
    return Again(tuple(sentences), tuple(_differences(written, sentences, is_same_model=asked == written.entailment)))


def _differences(written: Written, now: Sequence[tuple[int, Checked]], *, is_same_model: bool) -> Iterator[str]:
    if not is_same_model:
        then = (written.entailment or "none")[:_SHORT]
        yield f"entailment: the model {then} held sentences to what they cite, which is another now and was not asked"
    for number, call in enumerate(written.calls):
        if call.prompt_hash != prompt_hash(call.kind):
            yield f"prompt: call {number} was made with another version of it"
    for number, (then_one, now_one) in enumerate(zip_longest(written.sentences, now)):
        if then_one is None or now_one is None:
            yield f"sentences: expected {len(written.sentences)}, got {len(now)}"
            return
        if what := _difference(then_one[1], now_one[1]) if is_same_model else _fallen(then_one[1], now_one[1]):
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
    shares = [millionths(one.entailed or 0) for one in (then, now)]
    is_same = abs(shares[0] - shares[1]) <= _ROUNDING_U
    return None if is_same else f"it was entailed by {shares[0]} millionths, and is by {shares[1]}"


def _fallen(then: Checked, now: Checked) -> str | None:
    """Say that a sentence reads otherwise, or was released and does not hold up by our own checks; or `None`."""
    if then.claim != now.claim:
        return "it reads otherwise"
    if then.is_released and not now.is_released:
        return f"it was {_in_words(then)}, and is {_in_words(now)}"
    return None


def _in_words(one: Checked) -> str:
    return f"{one.done.value} ({', '.join(one.codes)})" if one.codes else one.done.value
