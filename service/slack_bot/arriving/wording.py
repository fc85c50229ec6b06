"""A message's text without Slack's marks, as its author reads it.

In order: (1) a mention of the bot counts only outside of code and quotes, (2) mentions of the bot go, links become
their labels, other mentions stay as text, (3) Slack's three escapes become the characters that they are. Stars and
underscores stay as they are: they are text. Pure.
"""

import re

_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_QUOTES = re.compile(r"^(?:&gt;){3}.*\Z|^&gt;[^\n]*", re.DOTALL | re.MULTILINE)
_MARK = re.compile(r"<([^<>\n]+)>")
_SPACES = re.compile(r"[ \t\u00a0]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ESCAPES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))  # & last: "&amp;lt;" is the text "&lt;"
_NAMES = {"@", "#"}


def is_mentioned(text: str, bot_user: str) -> bool:
    """Tell whether a message calls the bot, not only writes of it in code or quotes somebody who did."""
    outside = _QUOTES.sub(" ", _CODE.sub(" ", text))
    return re.search(rf"<@{re.escape(bot_user)}(?:\|[^<>]*)?>", outside) is not None


def plain(text: str, bot_user: str) -> str:
    """Return what somebody wrote, without the bot's name and without marks; empty if nothing is left."""
    words = _MARK.sub(lambda mark: _meant(mark.group(1), bot_user), text)
    for escape, char in _ESCAPES:
        words = words.replace(escape, char)
    words = _CONTROL.sub("", words).encode("utf-8", "replace").decode()  # half a character is none
    return "\n".join(_SPACES.sub(" ", line).strip() for line in words.splitlines()).strip()


def _meant(mark: str, bot_user: str) -> str:
    """Return what stands for a mark: of a link its label or address, of others what is seen in their place."""
    target, _, label = mark.partition("|")
    if target == f"@{bot_user}":
        return " "
    if target[:1] in _NAMES:
        return target[0] + (label or target[1:]).removeprefix(target[0])
    if target.startswith("!"):
        word = target[1:].split("^", 1)[0]
        if label or word == "date":
            return label
        return f"@{word}"
    return label or target.removeprefix("mailto:")
