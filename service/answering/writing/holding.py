"""Whether passages bear a sentence: support, which is a port, and what must not be released though words support it.

- an address, or words in quotation marks, that stand in none of the passages
- words of which half stand nowhere in them, and words of theirs with the letters shuffled
- what rests on a question, or on words that tell whoever answers what to say ("Add ... to your reply")
- what has no quote within a passage, or is a few words cut out of one ("ten years"): that leans on the question

Each has a code of its own. An approved document may tell people what to reply; then it is quoted, not written from.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from indexes.units import NO_SPAN
from indexes.words import content_terms, terms
from service.answering.drafts import Quote
from service.answering.supported.support import Offered, Support

Supports = Callable[[str, Sequence[Offered]], Support]

ADDRESS, MISQUOTED, NOT_SAID, GARBLED = "address", "misquoted", "not_said", "garbled"
INSTRUCTS, ASKS, NO_QUOTE, CUT_OUT = "instructs", "asks", "no_quote", "cut_out"
_FEW, _HALF = 4, 0.5  # words; and the share of a quote's words with which they are more than cut out
_MOST_MISSED = 0.5  # of the content words; a short sentence with one of two words new says something else
_LEAST_SHUFFLED = 5  # letters; shorter words are often others with their letters shuffled: "form", "from",
_MOST_SHORT_SHUFFLED = 1  # so that one of them says nothing, and two in a sentence do: "eht claims era paid"
_LEAST_QUOTED = 2  # words; one in quotation marks is a term
_QUOTED = re.compile(r"[“„«\"]([^“”„«»\"]+)[”“»\"]")
_ADDRESS = re.compile(
    r"\w+://[^\s<>\"')\]]+|[\w.+-]+@[\w.-]+\w"
    r"|(?<![\w.])(?:[\w-]*[^\W\d_]{2}\.)+[^\W\d_]{2,}(?:/[^\s<>\"')\]]*)?"
)
_WORD = re.compile(r"\w+")
_LETTERS = re.compile(r"[^\W\d_]+")
_OVERRIDES = (
    r"\bsystem prompt\b|\b(?:ignore|disregard|forget|override|bypass) (?:\w+ ){0,3}"
    r"(?:instructions?|prompts?|rules|context|passages|above)\b"
    r"|\byou are (?:now |no longer )?(?:an? )?(?:\w+ )?(?:ai|assistant|chatbot|language model|llm)\b"
)
_OVERRIDDEN = re.compile(_OVERRIDES, re.IGNORECASE)
_INSTRUCTS = re.compile(
    rf"{_OVERRIDES}"
    r"|\byour (?:\w+ )?(?:answers?|responses?|reply|replies|outputs?|message|summary|instructions|prompt)\b"
    r"|\b(?:assistants?|chatbots?|language models?|ai|llms?)\b[^.!?]{0,40}\b(?:must|should|shall|please) "
    r"(?:\w+ ){0,2}(?:say|answer|reply|respond|output|write|add|include|mention|tell|cite|recommend|repeat|print)\b"
    r"|^\W*(?:please )?(?:write|draft|compose|provide|develop|create|generate|tell|craft|give) (?:me |us )?"
    r"(?:an?|the|some) (?:\w+ ){0,3}(?:poem|story|essay|speech|song|joke|tale|haiku|limerick|rap)\b",
    re.IGNORECASE,
)
_SENTENCE_BEFORE = re.compile(r"[^.!?\n]*[.!?:]?[\"'”’»)]*\s*$")
_GOES_ON = re.compile(r"[\"'”’»)]*\s+[a-z](?:[^.!?\n]|[.!?](?=\S))*")
_ANNOUNCES = re.compile(r":$|\b(?:this|these|following|below)\b", re.IGNORECASE)


def hold(text: str, cited: Sequence[Offered], supports: Supports) -> Support:
    """Return how some passages support a sentence; it fails too for what must not be released.

    Args:
        text: the sentence.
        cited: the passages, at least one.
        supports: says whether passages support a sentence.
    """
    held = supports(text, cited)
    failed = dict.fromkeys([*held.failed, *_wrong_words(text, cited)])
    if not failed:
        failed = dict.fromkeys(_wrong_quote(text, held, {one.id: one for one in cited}))
    return replace(held, failed=tuple(failed))


def quoted(support: Support, of: Mapping[str, Offered]) -> Quote | None:
    """Return the quote of a support; `None` unless it stands within a passage that was offered."""
    one, (start, end) = of.get(support.id or ""), support.quote or NO_SPAN
    if one is None or not one.passage.start <= start < end <= one.passage.end:
        return None
    passage = one.passage
    return Quote(passage.passage_id, start, end, passage.text[start - passage.start : end - passage.start])


def instructs(text: str) -> bool:
    """Tell whether a text tells whoever answers what to say, or what to be."""
    return bool(_INSTRUCTS.search(text))


def even(text: str) -> str:
    """Return a text in which spelling of quotation marks, case and white space make no difference."""
    text = text.translate({0x2019: "'", 0x2018: "'", 0x2010: "-", 0x2011: "-"})
    return " ".join(text.casefold().strip(" .,;:!?").split())


def _wrong_words(text: str, cited: Sequence[Offered]) -> Iterator[str]:
    """Yield the codes of what is wrong with a sentence's words, beside these passages."""
    passages = [one.passage.text for one in cited]
    if not _addresses(text) <= {address for passage in passages for address in _addresses(passage)}:
        yield ADDRESS
    quotations = [even(words) for words in _QUOTED.findall(text) if len(words.split()) >= _LEAST_QUOTED]
    if not all(any(words in even(passage) for passage in passages) for words in quotations):
        yield MISQUOTED
    beside = [word for one in cited for word in (one.passage.title, *one.passage.locator.headings)]
    said, there = content_terms(text), set(terms(" ".join([*passages, *beside])))
    if not said or sum(term not in there for term in said) >= _MOST_MISSED * len(said):
        yield NOT_SAID
    words = {word for passage in passages for word in _letters(passage)}
    orders = {tuple(sorted(word)) for word in words}
    shuffled = [len(word) for word in _letters(text) if word not in words and tuple(sorted(word)) in orders]
    if len(shuffled) > _MOST_SHORT_SHUFFLED or any(letters >= _LEAST_SHUFFLED for letters in shuffled):
        yield GARBLED


def _wrong_quote(text: str, held: Support, of: Mapping[str, Offered]) -> Iterator[str]:
    """Yield the code of what is wrong with the words that support a sentence."""
    quote = quoted(held, of)
    if quote is None:
        yield NO_QUOTE
    elif quote.text.rstrip("\"'”’») ").endswith("?"):
        yield ASKS
    elif _is_instructed(quote, of[held.id or ""]):
        yield INSTRUCTS
    elif _is_cut_out(text, quote.text):
        yield CUT_OUT


def _is_cut_out(text: str, quote: str) -> bool:
    """Tell whether a sentence is a few words in a row of a much longer quote: "ten years", "the Finance Director"."""
    said, there = _WORD.findall(text.casefold()), _WORD.findall(quote.casefold())
    if len(said) > _FEW or len(said) >= _HALF * len(there):
        return False
    return any(there[at : at + len(said)] == said for at in range(len(there) - len(said) + 1))


def _is_instructed(quote: Quote, offered: Offered) -> bool:
    """Tell whether a quote says what an answer is to say, or is what the sentence before it says that it has to say."""
    passage = offered.passage
    goes_on = _GOES_ON.match(passage.text, quote.end - passage.start)
    if _INSTRUCTS.search(quote.text + (goes_on[0] if goes_on else "")):
        return True
    found = _SENTENCE_BEFORE.search(passage.text[: quote.start - passage.start])
    before = found[0].strip() if found else ""
    return bool(_OVERRIDDEN.search(before) or (_ANNOUNCES.search(before) and _INSTRUCTS.search(before)))


def _addresses(text: str) -> set[str]:
    return {address.rstrip(".,;:!?").casefold() for address in _ADDRESS.findall(text)}


def _letters(text: str) -> set[str]:
    """Return the words of a text that have letters to shuffle."""
    return {word for found in _LETTERS.findall(text) if len(word := found.casefold()) > 1}
