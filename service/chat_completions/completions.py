"""An answer in OpenAI's form: one message, or its chunks. What it says is what every other door says.

Citations come three ways, for clients that read one of them: as `[n]` in the text with a list of sources below, as
`annotations`, and as `event`s of Open WebUI, which hold the quotes. Beside them, as `greenlit`, stands the answer as
`POST /v1/ask` gives it, with its receipt. What a language model did for it is said first. A refusal is a message that
says why and ends with `content_filter`. Tokens are counted as none: whoever asks pays for none.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from service.answering.answers import MESSAGES, Answer, Citation
from service.answering.progress import Event
from service.chat_completions.bodies import MODEL
from service.chat_completions.markdown import as_text
from service.chat_completions.sentences import written
from service.clients.by_model import by_model
from service.clients.lines import either, ended, not_looked_up

_USAGE = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """What is told: the pieces of the text, where each citation stands in it, how it ends, and what is told besides."""

    completion_id: str
    pieces: tuple[str, ...] = field(repr=False)
    finish_reason: str = "stop"
    annotations: tuple[Json, ...] = field(default=(), repr=False)
    sources: tuple[Json, ...] = field(default=(), repr=False)
    greenlit: Json | None = field(default=None, repr=False)


def of_answer(answer: Answer, *, root: str, ignored_instructions: int = 0) -> Told:
    """Return what is told of an answer or a refusal.

    Args:
        answer: as it is on record.
        root: the address of this service, which the addresses of sources begin with.
        ignored_instructions: messages of the request that nobody read.
    """
    name = f"chatcmpl-{answer.request_id}"
    beside = {**answer.as_json(), "ignored_instructions": ignored_instructions}
    if answer.refusal:
        by = [f"\n\n{_by_model(answer)}"] if _by_model(answer) else []
        said = (as_text(MESSAGES[answer.refusal.reason]), *by, *_not_looked_up(answer), *_notes(answer))
        return Told(name, said, "content_filter", greenlit=beside)
    by_number = {citation.n: citation for citation in answer.citations}
    told = written(answer, root=root, first=_by_model(answer))
    annotations = [_annotation(by_number[n], root, place) for n, place in told.places]
    pieces = [
        *told.pieces,
        *_missing(answer),
        *_not_looked_up(answer),
        *_notes(answer),
        *_further(answer, root),
        _list_of(answer, root),
    ]
    sources = tuple(_source(citation, root) for citation in answer.citations)
    return Told(name, tuple(pieces), annotations=tuple(annotations), sources=sources, greenlit=beside)


def of_task(text: str) -> Told:
    """Return what a task is answered."""
    return Told(f"chatcmpl-{uuid4()}", (text,))


def whole(told: Told) -> Json:
    """Return all of it as one completion."""
    message = {
        "role": "assistant",
        "content": "".join(told.pieces),
        "refusal": None,
        "annotations": list(told.annotations),
    }
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": told.finish_reason}
    return {**_head(told, "chat.completion"), "choices": [choice], "usage": _USAGE, **_beside(told)}


def chunks(told: Told, *, with_usage: bool, with_annotations: bool = True) -> Iterator[Event]:
    """Yield the same as events of a stream, each a chunk; the last one is its end.

    Args:
        told: what is told.
        with_usage: whether a chunk of usage is wanted.
        with_annotations: whether annotations are; whoever reads the events of sources would show each twice.
    """

    def chunk(delta: Json, finish_reason: str | None = None, **more: Any) -> Event:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        usage = {"usage": None} if with_usage else {}
        return Event("chunk", {**_head(told, "chat.completion.chunk"), "choices": [choice], **usage, **more})

    yield chunk({"role": "assistant", "content": ""})
    for piece in told.pieces:
        yield chunk({"content": piece})
    for source in told.sources:
        yield chunk({}, event={"type": "source", "data": source})
    if told.annotations and with_annotations:
        yield chunk({"annotations": list(told.annotations)})
    yield chunk({}, told.finish_reason, **_beside(told))
    if with_usage:
        yield Event("chunk", {**_head(told, "chat.completion.chunk"), "choices": [], "usage": _USAGE})
    yield Event("done", {})


def _head(told: Told, kind: str) -> Json:
    return {"id": told.completion_id, "object": kind, "created": int(time.time()), "model": MODEL}


def _beside(told: Told) -> Json:
    return {"greenlit": told.greenlit} if told.greenlit is not None else {}


def _annotation(citation: Citation, root: str, span: tuple[int, int]) -> Json:
    start, end = span
    title = citation.verified.passage.title
    cited = {"start_index": start, "end_index": end, "title": title, "url": f"{root}{citation.url}"}
    return {"type": "url_citation", "url_citation": cited}


def _source(citation: Citation, root: str) -> Json:
    title, url = citation.verified.passage.title, f"{root}{citation.url}"
    return {
        "source": {"id": url, "name": title, "url": url},
        "document": [citation.verified.quote.text],
        "metadata": [{"source": url, "name": title}],
    }


def _by_model(answer: Answer) -> str:
    """Return what a language model did for it; empty where none had a part in it."""
    model = answer.model.as_json() if answer.model else None
    lines = by_model(model, answer.refusal.reason.value if answer.refusal else None)
    return f"*{as_text(' '.join(lines))}*" if lines else ""


def _missing(answer: Answer) -> list[str]:
    """Return what of the question no source mentions, directly under the answer."""
    words = [as_text(word) for word in answer.not_mentioned]
    return [f"\n\n*The sources do not mention {either(words)}.*"] if words else []


def _not_looked_up(answer: Answer) -> list[str]:
    """Return which questions were one too many."""
    left = not_looked_up([as_text(question) for question in answer.not_looked_up])
    return [f"\n\n*{left}*"] if left else []


def _notes(answer: Answer) -> list[str]:
    """Return what was not read of what is cited, in front of the sources."""
    return [f"\n\n*Note: {as_text(ended(note))}*" for note in answer.notes]


def _further(answer: Answer, root: str) -> list[str]:
    """Return the further passages as a list; the sources of what is said stay the end."""
    lines = []
    for further in answer.passages:
        title, where = as_text(further.passage.title), as_text(further.passage.locator.label())
        lines.append(f"\n- [{title}]({root}{further.url}){f', {where}' if where else ''}")
    return ["\n\n**Also on this:**\n" + "".join(lines)] if lines else []


def _list_of(answer: Answer, root: str) -> str:
    """Return the sources as a list; a quote stands there where the answer does not say it already."""
    said = " ".join((answer.text or "").split())
    lines = []
    for citation in answer.citations:
        told = citation.as_json()
        where = as_text(citation.verified.passage.locator.label())
        parts = [f"[{as_text(told['title'])}]({root}{told['url']})", where]
        parts.append(f"approved by {as_text(told['approved_by'])}, valid until {told['expires']}")
        quote = " ".join(told["quote"].split())
        parts.append("" if quote in said else f"“{as_text(quote)}”")
        lines.append(f"{told['n']}. {', '.join(part for part in parts if part)}")
    return "\n\n**Sources**\n\n" + "\n".join(lines)
