"""The record of one question, and what a question may look like.

Everything that belongs to a single question travels in one frozen `Question`. Its text is data: nothing in it is ever
followed as an instruction. It is left out of `repr`, so that it cannot slip into a log or a traceback.
"""

import time
import unicodedata
from dataclasses import dataclass, field

import uuid6

from service.access.principals import Principal
from service.answering.errors import QuestionError
from service.audit.leaves import Channel

_WHITE = "\t\n\r"


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks. `request_id` is a UUIDv7.

    A follow-up in a conversation is understood by the questions before it, unless it is to be taken `as_typed`. Where
    the log holds none, it is understood by the `earlier` ones that a client sent along: words, never evidence, and kept
    nowhere but in what is searched for. Of a client's `ignored_instructions` only the number is known. `came_s` is when
    it came, by the steady clock.
    """

    text: str = field(repr=False)
    principal: Principal
    channel: Channel
    conversation_id: str | None = None
    request_id: str = field(default_factory=lambda: str(uuid6.uuid7()))
    as_typed: bool = False
    earlier: tuple[str, ...] = field(default=(), repr=False)
    ignored_instructions: int = 0
    came_s: float = field(default_factory=time.monotonic, compare=False)


def checked_text(text: str, *, max_chars: int) -> str:
    """Return a question's text without outer blanks.

    Args:
        text: as it came.
        max_chars: the longest text taken, in characters.

    Raises:
        QuestionError: it is empty, too long, or holds characters that no keyboard types.
    """
    if len(text) > max_chars:
        raise QuestionError(f"expected a question of at most {max_chars} characters, got {len(text)}")
    for char in text:
        if _is_no_text(char):
            raise QuestionError(f"expected a question of printable characters, got the character U+{ord(char):04X}")
    if not text.strip():
        raise QuestionError("expected a question, got none" if not text else "expected a question, got only blanks")
    return text.strip()


def _is_no_text(char: str) -> bool:
    """Control characters, halves of surrogate pairs, and the code points that Unicode reserves as no characters.

    Code points that are only unassigned may pass: a newer keyboard may type them.
    """
    code = ord(char)
    is_noncharacter = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF  # noqa: PLR2004  (Unicode, section 23.7)
    return is_noncharacter or (unicodedata.category(char) in ("Cc", "Cs") and char not in _WHITE)
