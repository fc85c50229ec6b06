"""An answer of the API as Slack shows it: quotes set off and numbered, each leading to its place; or a refusal.

In order: (1) what was searched for, where a follow-up was rewritten, (2) what a language model did for it, if one did,
(3) the sentences, the leading one bold where others follow, lists line by line: quotes are set off as quotes, and words
of a model are not, (4) what of the question no source mentions or was not looked up, and what was not read of what they
cite, (5) the sources: title, place, who approved it and until when, and beneath what a model wrote the words that it
was held against, (6) where the record is, (7) for the asker alone, further passages to read on, (8) what can be said or
done about it. Pure functions of the API's JSON. What does not fit is left out: first the further passages, then from
the end whole sentences at a time, and the page that shows all of it is named.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import Block, ContextActionsBlock, FeedbackButtonObject, FeedbackButtonsElement
from slack_sdk.models.blocks.block_elements import RichTextElement

from indexes.counting import counted
from service.clients.by_model import by_model, wrote
from service.clients.lines import Line, either, ended, lines_in, not_looked_up
from service.slack_bot.answers import pieces
from service.slack_bot.answers.harmless import day_in_words, harmless, on_one_line, place_in_words
from service.slack_bot.answers.pieces import Message, link, message, paragraph, text

FEEDBACK, SHARE, WISH = "greenlit_feedback", "greenlit_share", "greenlit_wish"
HELPFUL, WRONG = "helpful", "wrong"
SHARE_BLOCK = "greenlit_share"
_TITLE_CHARS, _NAME_CHARS, _QUESTION_CHARS = 150, 200, 300
_NOTE_CHARS, _MOST_NOTES = 300, 8
_WORD_CHARS, _MOST_WORDS = 60, 12  # of the question, which no source mentions
_MODEL_CHARS, _QUOTE_CHARS = 500, 600
_QUOTED = "Quoted word for word from approved documents."
_CHECKED = "Each sentence was checked against the quotes of its sources."
_BOLD_LINES = 3  # of the leading sentence; of a longer list only what leads it in
_INLINE_CHARS = 600  # of an address that stands twice
_NO_ANSWER = "No answer"
_OTHERWISE = "Ask in other words, or ask for a document that would answer it."
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Offered:
    """What an answer is shown with: whether its asker may share it, and the thread it would be shared in."""

    share: bool = False
    thread: str | None = None


def answer_message(answer: Answer, *, public_url: str, offered: Offered) -> Message:
    """Return an answer or a refusal for whoever asked."""
    request_id = str(answer["request_id"])
    if answer.get("refusal"):
        return _refusal(answer, request_id)
    asks = [pieces.button("Share", SHARE, request_id)] if offered.share else []
    where = f"{SHARE_BLOCK}|{offered.thread or ''}"
    after = [*([pieces.buttons(*asks, block_id=where)] if asks else []), _feedback(request_id)]
    before = [_searched_for(answer)] if answer.get("searched_for") else []
    with_further = _fitting(answer, before, [*_further(answer, public_url), *after], public_url)
    return with_further or _fitting(answer, before, after, public_url) or _in_part(answer, before, after, public_url)


def shared_message(answer: Answer, *, by: str, public_url: str) -> Message:
    """Return an answer that somebody shared, for everybody in a channel; it offers nothing, since it is not theirs.

    Further passages are not shown: whether everybody there may read them was not looked up.
    """
    question = on_one_line(answer.get("question"), most=_QUESTION_CHARS)
    said = [text("Shared by "), pieces.mention(by)]
    if question:
        said += [text(", who asked: "), text(question, italic=True)]
    before = [paragraph(*said)]
    return _fitting(answer, before, [], public_url) or _in_part(answer, before, [], public_url)


def answer_page(public_url: str, request_id: str) -> str:
    """Return the address of the page that shows an answer again."""
    return f"{public_url}/answers/{request_id}"


def _fitting(answer: Answer, before: list[Block], after: list[Block], public_url: str) -> Message | None:
    """Return all of an answer; `None` where Slack does not take it."""
    whole = _with(answer, answer["sentences"], before, after, public_url)
    return whole if pieces.fits(whole) else None


def _in_part(answer: Answer, before: list[Block], after: list[Block], public_url: str) -> Message:
    """Return as many of the sentences as fit, from the first on."""
    sentences = answer["sentences"]

    def of(kept: int) -> Message:
        return _with(answer, sentences[:kept], before, after, public_url)

    fitting, too_many = 0, len(sentences)
    while too_many - fitting > 1:
        half = (fitting + too_many) // 2
        fitting, too_many = (half, too_many) if pieces.fits(of(half)) else (fitting, half)
    return of(fitting)


def _with(
    answer: Answer, sentences: Sequence[dict[str, Any]], before: list[Block], after: list[Block], public_url: str
) -> Message:
    numbers = {n for sentence in sentences for n in sentence["citations"]}
    cited = [citation for citation in answer["citations"] if citation["n"] in numbers]
    at = {citation["n"]: f"{public_url}{citation['url']}" for citation in cited}
    blocks: list[Block] = list(before)
    written = wrote(answer.get("model"))
    blocks += _by_model(answer)
    if sentences:
        shown = [_sentence(one, cited, at, leads=one is sentences[0] and len(sentences) > 1) for one in sentences]
        blocks += [paragraph(*parts) for parts in shown] if written else [pieces.quotes(shown)]
    blocks += [*_missing(answer), *_not_looked_up(answer), *_notes(answer)]
    left_out = len(answer["sentences"]) - len(sentences)
    page = answer_page(public_url, str(answer["request_id"]))
    blocks.append(paragraph(*_sources(cited, at, quoted=written), *_rest(left_out, page)))
    how = _CHECKED if written else _QUOTED
    blocks.append(pieces.small(f"{how} Record {answer['receipt']['seq']}."))
    documents = len({citation["document"] for citation in cited})
    return message(_in_short(len(sentences), documents, "checked" if written else "quoted"), *blocks, *after)


def _by_model(answer: Answer) -> list[Block]:
    """Return what a language model did for it, where one had a part in it."""
    lines = by_model(answer.get("model"), (answer.get("refusal") or {}).get("reason"))
    return [pieces.small(harmless(" ".join(lines), most=_MODEL_CHARS))] if lines else []


def _notes(answer: Answer) -> list[Block]:
    """Return what was not read of the documents cited; of all of them, also where not all of the sentences fit."""
    notes = [on_one_line(note, most=_NOTE_CHARS) for note in answer.get("notes") or ()][:_MOST_NOTES]
    return [paragraph(*(text(f"Note: {ended(note)}\n", italic=True) for note in notes))] if notes else []


def _missing(answer: Answer) -> list[Block]:
    """Return what of the question no source mentions, before anything else is said of the answer."""
    words = [on_one_line(word, most=_WORD_CHARS) for word in answer.get("not_mentioned") or ()][:_MOST_WORDS]
    return [paragraph(text(f"The sources do not mention {either(words)}.", italic=True))] if words else []


def _not_looked_up(answer: Answer) -> list[Block]:
    """Return which questions were one too many."""
    left = [on_one_line(one, most=_QUESTION_CHARS) for one in answer.get("not_looked_up") or ()]
    return [paragraph(text(not_looked_up(left), italic=True))] if left else []


def _further(answer: Answer, public_url: str) -> list[Block]:
    """Return a line for each passage that was found besides, with the way to its place."""
    parts: list[RichTextElement] = [text("Also on this:\n")]
    for passage in answer.get("passages") or ():
        title = _title(passage)
        where = place_in_words(passage["locator"], title)
        parts += [link(title, f"{public_url}{passage['url']}"), text(f" · {where}\n" if where else "\n")]
    return [paragraph(*parts)] if len(parts) > 1 else []


def _sentence(
    sentence: dict[str, Any], cited: Sequence[dict[str, Any]], at: dict[int, str], *, leads: bool
) -> list[RichTextElement]:
    lines = lines_in(sentence, cited)
    parts: list[RichTextElement] = []
    for number, line in enumerate(lines):
        is_bold = leads and (not number or len(lines) <= _BOLD_LINES)
        parts.append(text(("\n" if number else "") + _mark(line) + harmless(line.text), bold=is_bold))
        for n in line.citations:
            parts += [text(" "), link(f"[{n}]", at[n], most=_INLINE_CHARS)]
    if sentence.get("more"):
        place = at[sentence["citations"][-1]]
        parts += [text(f"\nand {sentence['more']} more: "), link("read on in the source", place, most=_INLINE_CHARS)]
    return parts


def _mark(line: Line) -> str:
    return "• " if line.kind == "item" else line.mark


def _sources(cited: Sequence[dict[str, Any]], at: dict[int, str], *, quoted: bool) -> list[RichTextElement]:
    """Return a line for each place in a document, with the numbers of the quotes that stand there, or with them too."""
    parts: list[RichTextElement] = []
    for (title, told), those in itertools.groupby(cited, key=_source):
        here = list(those)
        for citation in here:
            parts += [link(f"[{citation['n']}]", at[citation["n"]], most=_INLINE_CHARS), text(" ")]
        parts += [link(title, at[here[0]["n"]]), text(f" · {told}\n")]
        for citation in here if quoted else ():
            parts.append(text(f"“{on_one_line(citation.get('quote'), most=_QUOTE_CHARS)}”\n", italic=True))
    return parts


def _source(citation: dict[str, Any]) -> tuple[str, str]:
    title = _title(citation)
    where = place_in_words(citation["locator"], title)
    approval = f"approved by {on_one_line(citation['approved_by'], most=_NAME_CHARS)}"
    return title, " · ".join(part for part in (where, approval, f"until {day_in_words(citation['expires'])}") if part)


def _title(place: dict[str, Any]) -> str:
    return on_one_line(place["title"] or place["document"], most=_TITLE_CHARS)


def _rest(left_out: int, page: str) -> list[RichTextElement]:
    if not left_out:
        return [link("Open in Greenlit", page)]
    more = counted(left_out, "more sentence is", "more sentences are")
    return [text(f"{more} too long for Slack: "), link("read all of it in Greenlit", page)]


def _in_short(sentences: int, documents: int, how: str) -> str:
    """Return what a notification says: that there is an answer, and nothing of it."""
    if not sentences:
        return "There is an answer. It is too long for Slack."
    said = counted(sentences, f"{how} sentence")
    return f"There is an answer: {said} from {counted(documents, 'approved document')}."


def _refusal(answer: Answer, request_id: str) -> Message:
    said = [text(harmless(answer["refusal"]["message"], most=500)), text(f"\n{_OTHERWISE}")]
    before = [_searched_for(answer)] if answer.get("searched_for") else []
    return message(
        f"{_NO_ANSWER}. Greenlit could not answer this from approved documents.",
        pieces.header(_NO_ANSWER),
        *before,
        paragraph(*said),
        *_by_model(answer),
        *_not_looked_up(answer),
        *_notes(answer),
        pieces.small(f"Record {answer['receipt']['seq']}."),
        pieces.buttons(pieces.button("Ask for a document", WISH, request_id)),
        _feedback(request_id),
    )


def _searched_for(answer: Answer) -> Block:
    words = on_one_line(answer["searched_for"], most=_QUESTION_CHARS)
    return paragraph(text("Searched for: ", italic=True), text(words, italic=True))


def _feedback(request_id: str) -> Block:
    def said(words: str, verdict: str) -> FeedbackButtonObject:
        spoken = f"{words}: say so to those who approve the documents"
        return FeedbackButtonObject(text=words, value=f"{verdict}|{request_id}", accessibility_label=spoken)

    buttons = FeedbackButtonsElement(
        action_id=FEEDBACK, positive_button=said("Helpful", HELPFUL), negative_button=said("Wrong", WRONG)
    )
    return ContextActionsBlock(elements=[buttons])
