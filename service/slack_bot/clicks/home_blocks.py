"""The home tab: how to ask, what somebody may read, what is logged and how long. Pure functions of the API's JSON.

What is named here is what its reader may read at this moment; each opening draws it anew, whatever stood there before.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from slack_sdk.models.blocks import Block
from slack_sdk.models.blocks.block_elements import RichTextElement

from indexes.counting import counted
from service.slack_bot.answers import pieces
from service.slack_bot.answers.answer_blocks import WISH
from service.slack_bot.answers.harmless import on_one_line
from service.slack_bot.answers.pieces import Message, header, link, message, paragraph, text

_MOST_SOURCES, _MOST_TITLES = 8, 5
_TITLE_CHARS = 120
_NOTHING_YET = "There is no document that you may read yet. Whoever approves documents decides on that."
_HOW = (
    "Write to Greenlit here, mention it in a channel, or type /ask. {what} Where the documents hold no answer, you get "
    "none."
)
_QUOTED = "Every sentence of an answer is quoted word for word from an approved document and leads to its place there."
_WRITTEN = (
    "A language model writes the sentences of an answer; each is checked against approved documents and leads to the "
    "words behind it."
)
_WHO_SEES = (
    "In a channel, and after /ask, you alone see the answer, until you share it. "
    "Greenlit shares it only where everybody may read what it rests on."
)
Json = dict[str, Any]


def home(start: Json, documents: Sequence[Json], *, public_url: str) -> Message:
    """Return what the home tab shows to somebody.

    Args:
        start: what `GET /v1/start` gives.
        documents: what `GET /v1/documents` lists: all that they may read.
        public_url: where people open Greenlit's pages.
    """
    for most_titles in range(_MOST_TITLES, -1, -1):
        shown = _home(start, documents, public_url, most_titles)
        if pieces.fits(shown):
            break
    return shown


def _home(start: Json, documents: Sequence[Json], public_url: str, most_titles: int) -> Message:
    return message(
        "Greenlit",
        header("Ask"),
        paragraph(text(_HOW.format(what=_WRITTEN if (start.get("model") or {}).get("writes") else _QUOTED))),
        paragraph(text(_WHO_SEES)),
        *_to_begin_with(start.get("questions") or ()),
        header("What it knows"),
        paragraph(*_known(documents, public_url, most_titles)),
        pieces.buttons(pieces.button("Ask for a document", WISH, "none")),
        header("What is logged"),
        paragraph(*_logged(start, public_url)),
    )


def closed(words: str) -> Message:
    """Return what the home tab shows to somebody who may not ask."""
    return message("Greenlit", header("Greenlit"), paragraph(text(words)))


def prompts(questions: Iterable[object]) -> list[dict[str, str]]:
    """Return questions as Slack suggests them: what is seen, and what is sent."""
    shown = (on_one_line(question, most=_TITLE_CHARS) for question in questions)
    return [{"title": question, "message": question} for question in shown if question][:4]


def _to_begin_with(questions: Iterable[object]) -> list[Block]:
    asked = [prompt["message"] for prompt in prompts(questions)]
    return [paragraph(text("To begin with: "), text(" ".join(asked), italic=True))] if asked else []


def _known(documents: Sequence[Json], public_url: str, most_titles: int) -> list[RichTextElement]:
    if not documents:
        return [text(_NOTHING_YET)]
    by_source: dict[str, list[Json]] = {}
    for document in documents:
        by_source.setdefault(str(document["document"]).partition("/")[0], []).append(document)
    count = counted(len(documents), "document")
    parts = [text(f"You may read {count} in {counted(len(by_source), 'source')}.\n")]
    for source, held in list(by_source.items())[:_MOST_SOURCES]:
        parts += [
            text(on_one_line(source, most=_TITLE_CHARS), bold=True),
            text(f" · {counted(len(held), 'document')}\n"),
        ]
        for document in held[:most_titles]:
            title = on_one_line(document["title"] or document["document"], most=_TITLE_CHARS)
            parts += [
                text("    "),
                link(title, f"{public_url}/documents/{quote(str(document['document']))}"),
                text("\n"),
            ]
    return [*parts, link("All of them, in Greenlit", f"{public_url}/documents")]


def _logged(start: Json, public_url: str) -> list[RichTextElement]:
    months, why = int(start.get("kept_months") or 0), on_one_line(start.get("kept_reason"), most=300)
    because = f" ({why})" if why else ""
    asked = start.get("model") or {}
    model = on_one_line(asked.get("name"), most=_TITLE_CHARS)
    joined = ", " if asked.get("reads") else " and "
    before = f"{joined}those before it in the thread" if asked.get("rewrites") else ""
    passages = ", and passages that you may read," if asked.get("reads") else ""
    goes_to = f"Your question{before}{passages} can go to the language model {model}. " if model else ""
    return [
        text(
            "Your question, the answer, the documents cited and the time: sealed, under a pseudonym, for "
            f"{counted(months, 'month')}{because}. Auditors read them for a stated purpose, and two people together "
            f"have to say why before they learn who asked. {goes_to}"
        ),
        link("Your record", f"{public_url}/record"),
        text(
            " says what is kept of you and who looked; there you can erase it. The bot itself keeps no text. Messages "
            "in Slack stay for as long as your workspace keeps them."
        ),
    ]
