"""A message without Slack's marks, as its author reads it; and whether it calls the bot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.slack_bot.arriving.wording import is_mentioned, plain

_BOT = "U0GREENLIT"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("<@U0GREENLIT> How much is it?", "How much is it?"),
        ("How much,<@U0GREENLIT|greenlit>   is it?", "How much, is it?"),
        ("a &amp; b &lt;c&gt;", "a & b <c>"),
        ("&amp;lt; stays as it was written", "&lt; stays as it was written"),
        ("see <https://northlight.example/a?b=1&amp;c=2>", "see https://northlight.example/a?b=1&c=2"),
        ("see <https://northlight.example|the page>", "see the page"),
        ("<mailto:a@northlight.example|a@northlight.example> or <mailto:b@northlight.example>",
         "a@northlight.example or b@northlight.example"),
        ("<!channel> <!here> <!everyone>", "@channel @here @everyone"),
        ("<!subteam^S1|@finance> <!subteam^S1>", "@finance @subteam"),
        ("<!date^1392734382^{date}|18 February>", "18 February"),
        ("ask <@U2|mira> in <#C1|general> or <@U3>", "ask @mira in #general or @U3"),
        ("*bold* _it_ ~gone~ `code`", "*bold* _it_ ~gone~ `code`"),
        ("one\r\n\r\n  two \t three ", "one\n\ntwo three"),
        ("nothing\x00 \x1b[2J\x7f here", "nothing [2J here"),
        ("half \ud83d a character", "half ? a character"),
        ("<@U0GREENLIT>", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_marks_become_what_is_seen(text: str, read: str) -> None:
    assert plain(text, _BOT) == read


@pytest.mark.parametrize(
    "text", ["<@U0GREENLIT> hi", "hi <@U0GREENLIT|greenlit>", "`code` <@U0GREENLIT>", "&gt; a quote\n<@U0GREENLIT> hi"]
)
def test_a_mention_calls_the_bot(text: str) -> None:
    assert is_mentioned(text, _BOT)


@pytest.mark.parametrize(
    "text",
    [
        "`<@U0GREENLIT>` is how you call it",
        "```\n<@U0GREENLIT> how much?\n```",
        "&gt; <@U0GREENLIT> how much?\nsaid Mira",
        "look:\n&gt;&gt;&gt; one\n<@U0GREENLIT> two",
        "<@U0OTHER> hi",
        "@U0GREENLIT hi",
        "&lt;@U0GREENLIT&gt; hi",
        "",
    ],
)
def test_a_mention_in_code_or_a_quote_or_of_somebody_else_does_not(text: str) -> None:
    assert not is_mentioned(text, _BOT)


@given(st.text(alphabet=st.sampled_from("<>@!#|^&;`abU0 \n*")))
def test_any_text_can_be_read(text: str) -> None:
    is_mentioned(text, _BOT)
    plain(text, _BOT)


def test_a_long_text_of_open_marks_takes_no_time() -> None:
    for piece in ("<", "`", "```", "&gt;", "<@U0GREENLIT"):
        text = piece * (40_000 // len(piece))
        assert not is_mentioned(text, _BOT)
        plain(text, _BOT)
