"""Block Kit in small pieces: each function makes one thing that Slack shows, and every one of them reads no markup.

Nothing here is `mrkdwn`: what stands in a document, a question or a name stays text, whatever it looks like. Sizes are
those of Slack's documentation, and a total that nobody documents (`TOTAL_CHARS`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    DividerBlock,
    HeaderBlock,
    PlainTextObject,
    RichTextBlock,
    RichTextElement,
    RichTextElementParts,
    RichTextQuoteElement,
    RichTextSectionElement,
)

MOST_BLOCKS = 50
TOTAL_CHARS = 10_000  # Slack refuses some 13,200 (bolt-js #2509)
HEADER_CHARS = 150
LINK_CHARS = 3_000
_COUNTED = {"text", "url", "value", "alt_text", "title"}
Blocks = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Message:
    """What Slack shows: blocks, and a text for notifications, which stand on locked screens and so quote nothing."""

    text: str
    blocks: Blocks = field(repr=False)


def message(text: str, *blocks: Block) -> Message:
    """Return a message of blocks that are of the right form.

    Raises:
        SlackObjectFormationError: one of them is not.
    """
    return Message(escaped(text), [block.to_dict() for block in blocks])


def escaped(text: str) -> str:
    """Return a text for the one place where Slack reads markup, so that it stays text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def size(value: object) -> int:
    """Return how many characters of text and addresses stand in blocks."""
    if isinstance(value, dict):
        strings = sum(len(held) for key, held in value.items() if key in _COUNTED and isinstance(held, str))
        return strings + sum(size(held) for held in value.values())
    return sum(size(held) for held in value) if isinstance(value, list | tuple) else 0


def fits(shown: Message) -> bool:
    """Tell whether Slack takes a message of this size."""
    return len(shown.blocks) <= MOST_BLOCKS and size(shown.blocks) <= TOTAL_CHARS


def text(words: str, *, bold: bool = False, italic: bool = False) -> RichTextElement:
    """Return words, as they are."""
    style = {name: True for name, given in (("bold", bold), ("italic", italic)) if given}
    return RichTextElementParts.Text(text=words, style=style or None)


def link(words: str, url: str, *, most: int = LINK_CHARS) -> RichTextElement:
    """Return words that lead somewhere; only the words, where the address is none or longer than is taken."""
    is_address = url.startswith(("https://", "http://")) and len(url) <= most
    return RichTextElementParts.Link(url=url, text=words) if is_address else text(words)


def mention(user: str) -> RichTextElement:
    """Return somebody of Slack by their id."""
    return RichTextElementParts.User(user_id=user)


def paragraph(*parts: RichTextElement) -> Block:
    """Return a block of words on a line of their own."""
    return RichTextBlock(elements=[RichTextSectionElement(elements=list(parts))])


def quotes(sentences: Iterable[Sequence[RichTextElement]]) -> Block:
    """Return a block in which each sentence is set off as a quote."""
    return RichTextBlock(elements=[RichTextQuoteElement(elements=list(parts)) for parts in sentences])


def header(words: str) -> Block:
    """Return a headline."""
    return HeaderBlock(text=_words(words[:HEADER_CHARS]))


def small(words: str) -> Block:
    """Return words in small type."""
    return ContextBlock(elements=[_words(words)])


def line() -> Block:
    """Return a line between two things."""
    return DividerBlock()


def buttons(*elements: ButtonElement, block_id: str | None = None) -> Block:
    """Return a row of buttons."""
    return ActionsBlock(elements=list(elements), block_id=block_id)


def button(words: str, action_id: str, value: str) -> ButtonElement:
    """Return a button."""
    return ButtonElement(text=_words(words), action_id=action_id, value=value)


def _words(words: str) -> PlainTextObject:
    return PlainTextObject(text=words, emoji=False)
