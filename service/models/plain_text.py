"""What a model says, as it comes, is passed on only as plain text: held back where it could become something else.

Refused: control characters and halves of characters, pages of HTML, reasoning and calls of tools written into the text,
marks of a prompt's template, a text far longer than was asked for, and no text at all. It does not look at what the
text says; that is judged before release, sentence by sentence.
"""

import re
import unicodedata

from service.models.errors import ModelReplyError

CHARS_A_TOKEN = 16  # the longest tokens of the usual vocabularies in running text; 3 to 5 is the mean
_HELD_CHARS = 24  # longer than any of the marks
_BEGINS = re.compile(r"[<\[◁]")
_MARKS = re.compile(
    r"<\s{0,3}/?\s{0,3}(?:!doctype|html|head|body|script|style|iframe|think|thinking|thought|reasoning|reflection|scratchpad"
    r"|tool_call|tool_calls|function_call|function)[\s>=/]|<\||\[/?INST\]|\[TOOL_CALLS\]|<<SYS>>|◁think▷",
    re.IGNORECASE,
)
_IN_SQUARE = ("[INST]", "[/INST]", "[TOOL_CALLS]")  # the marks that begin as a citation does
_KEPT_CONTROLS = "\n\r\t"


class PlainText:
    """Checks one text. `take` each piece, then `end`; both return what may be passed on by then."""

    def __init__(self, name: str, *, most_tokens: int) -> None:
        """Begin; `name` is the model's, for messages."""
        self._name = name
        self._most_chars = most_tokens * CHARS_A_TOKEN
        self._chars = 0
        self._held = ""
        self._empty = True

    def take(self, piece: str) -> str:
        """Check a piece; return what of the text so far can be passed on, which may be nothing.

        Raises:
            ModelReplyError: the text is none of that kind.
        """
        self._chars += len(piece)
        if self._chars > self._most_chars:
            raise ModelReplyError(
                f"expected at most {self._most_chars} characters of model '{self._name}', got more: it does not keep "
                "to the limit of tokens that it was given"
            )
        if not piece.isascii() or not piece.isprintable():
            self._expect_characters(piece)
        self._held += piece
        if _MARKS.search(self._held):
            raise ModelReplyError(
                f"expected plain text of model '{self._name}', got HTML, reasoning, a call of a tool or a mark of its "
                "template: switch reasoning off at the endpoint, and look at its chat template"
            )
        # What could yet become a mark waits: an opening bracket, and what little follows it.
        begins = _BEGINS.finditer(self._held, max(0, len(self._held) - _HELD_CHARS))
        cut = next((one.start() for one in begins if _may_be_a_mark(self._held[one.start() :])), len(self._held))
        released, self._held = self._held[:cut], self._held[cut:]
        self._empty = self._empty and not released.strip()
        return released

    def end(self) -> str:
        """Return the rest of the text.

        Raises:
            ModelReplyError: there was none.
        """
        released, self._held = self._held, ""
        if self._empty and not released.strip():
            raise ModelReplyError(f"expected a text of model '{self._name}', got an empty one")
        return released

    def _expect_characters(self, piece: str) -> None:
        for char in piece:
            if unicodedata.category(char) in ("Cc", "Cs") and char not in _KEPT_CONTROLS:
                raise ModelReplyError(
                    f"expected a text of model '{self._name}', got one that holds the character U+{ord(char):04X}"
                )


def _may_be_a_mark(text: str) -> bool:
    """Tell whether what begins with a bracket may yet be a mark; "[p" is a citation, and whoever asked waits for it."""
    return text[0] != "[" or any(mark.startswith(text.upper()) for mark in _IN_SQUARE)
