"""One script a behaviour: what a model says, and what an endpoint does instead of saying it.

`SCRIPTS` has them by name. Those of the first part speak the protocol as it is and differ in what they say; those of
the second part break it, or are slow.
"""

import gzip
from collections.abc import Callable, Mapping

from tests.support.model_server import drafts
from tests.support.model_server.exchange import Asked, Exchange

Script = Callable[[Exchange], None]
HUGE_BYTES = 50_000_000
LONG_S = 600.0  # longer than anybody waits
_PAGE = "<!doctype html><html><body><h1>Sign in to the network</h1></body></html>"


def saying(text: str | Callable[[Asked], str], *, finish: str | None = "stop") -> Script:
    """Return a script that says a text, or what a function makes of the prompt."""

    def script(exchange: Exchange) -> None:
        exchange.say(text if isinstance(text, str) else text(exchange.asked), finish=finish)

    return script


def drafting(drafted: Callable[[Asked], str]) -> Script:
    """Return a script that rewrites and judges well, and then says what a function makes of the prompt."""

    def said(asked: Asked) -> str:
        if asked.is_rewriting:
            return drafts.standing_alone(asked)
        return drafts.ids(asked) if asked.is_judging else drafted(asked)

    return saying(said)


def rewriting(rewritten: Callable[[Asked], str]) -> Script:
    """Return a script that says of a follow-up what a function makes of it, and judges and writes well."""
    well = drafting(drafts.good)

    def script(exchange: Exchange) -> None:
        (saying(rewritten) if exchange.asked.is_rewriting else well)(exchange)

    return script


def obeying(planted: str, effect: str) -> Script:
    """Return a script that says `effect` where `planted` stands anywhere in the prompt, else a good draft."""

    def obeyed(asked: Asked) -> str:
        everything = "\n".join((asked.text, *asked.passages.values()))
        return f"{effect} [{next(iter(asked.passages), 'x')}]" if planted in everything else drafts.good(asked)

    return drafting(obeyed)


def _repeats(exchange: Exchange) -> None:
    exchange.stream()
    said = drafts.cited(drafts.best(exchange.asked, most=1)) or "It is so."
    while not exchange.over:
        exchange.delta({"content": f"{said} "})


def _tool_calls(exchange: Exchange) -> None:
    exchange.stream()
    called = {"name": "search_the_web", "arguments": "{}"}
    exchange.delta({"tool_calls": [{"index": 0, "id": "t1", "type": "function", "function": called}]})
    exchange.end("tool_calls")


def _reasoning(field: str) -> Script:
    def script(exchange: Exchange) -> None:
        exchange.stream()
        exchange.delta({field: "The user asks for something. Let me think about it."})
        exchange.delta({"content": drafts.good(exchange.asked)})
        exchange.end()

    return script


def _slow(exchange: Exchange) -> None:
    exchange.say(drafts.good(exchange.asked) * 100, pause_s=0.5)


def _silent(exchange: Exchange) -> None:
    exchange.wait(LONG_S)


def _falls_silent(exchange: Exchange) -> None:
    exchange.stream()
    exchange.delta({"content": "The allowance"})
    exchange.wait(LONG_S)


def _only_comments(exchange: Exchange) -> None:
    exchange.stream()
    while not exchange.over:
        exchange.raw(b": still there\n\n")
        exchange.wait(0.1)


def _byte_a_second(exchange: Exchange) -> None:
    exchange.stream()
    for byte in b'data: {"choices": [{"index": 0, "delta": {"content": "The allowance is 51 euros."}}]}\n\n' * 10:
        exchange.raw(bytes([byte]))
        exchange.wait(1.0)


def _header_a_second(exchange: Exchange) -> None:
    exchange.bare(b"HTTP/1.1 200 OK\r\n")
    while not exchange.over:
        exchange.bare(b"X-Slow: yes\r\n")
        exchange.wait(1.0)


def _cuts_off(exchange: Exchange) -> None:
    said = drafts.good(exchange.asked)
    exchange.say(said[: len(said) * 2 // 3 + 1] or "The allow", finish=None)
    exchange.hang_up()


def _ends_early(exchange: Exchange) -> None:
    exchange.say("The allowance is fifty-o", finish=None)
    exchange.raw(b"")


def _closes(exchange: Exchange) -> None:
    exchange.hang_up()


def _invalid_utf8(exchange: Exchange) -> None:
    exchange.stream()
    exchange.raw(b'data: {"choices": [{"index": 0, "delta": {"content": "caf\xe9 \xff\xfe"}}]}\n\n')
    exchange.end()


def _half_characters(exchange: Exchange) -> None:
    exchange.stream()
    exchange.raw(b'data: {"choices": [{"index": 0, "delta": {"content": "half \\ud83d of it"}}]}\n\n')
    exchange.end()


def _huge(exchange: Exchange) -> None:
    exchange.stream()
    exchange.raw(b'data: {"choices": [{"index": 0, "delta": {"content": "')
    for _ in range(HUGE_BYTES // 1_000_000):
        exchange.raw(b"x" * 1_000_000)
    exchange.raw(b'"}}]}\n\n')
    exchange.end()


def _long(exchange: Exchange) -> None:
    exchange.stream()
    for _ in range(HUGE_BYTES // 1_000):
        exchange.delta({"content": "word " * 200})
    exchange.end()


def _packed(exchange: Exchange) -> None:
    exchange.stream(headers={"Content-Encoding": "gzip"})
    exchange.raw(gzip.compress(b"data: [DONE]\n\n"))
    exchange.raw(b"")


def _other_events(sent: bytes) -> Script:
    def script(exchange: Exchange) -> None:
        exchange.stream()
        exchange.raw(sent)
        exchange.end()

    return script


def _status(status: int, headers: Mapping[str, str] | None = None, body: str | None = None) -> Script:
    def script(exchange: Exchange) -> None:
        exchange.status(status, body, headers)

    return script


def _not_streamed(exchange: Exchange) -> None:
    exchange.status(200, exchange.completion(drafts.good(exchange.asked), "stop"))


SCRIPTS: Mapping[str, Script] = {
    # what it says
    "good": drafting(drafts.good),
    "uncited": drafting(drafts.uncited),
    "general_knowledge": drafting(drafts.general_knowledge),
    "unknown_ids": drafting(drafts.unknown_ids),
    "invented_quotes": drafting(drafts.invented_quotes),
    "digit_changed": drafting(drafts.digit_changed),
    "not_dropped": drafting(drafts.not_dropped),
    "merged": drafting(drafts.merged),
    "half_true": drafting(drafts.half_true),
    "obeys": saying(drafts.obeyed),  # also where a judge is told to do otherwise
    "leaks_prompt": drafting(drafts.leaked),
    "other_language": drafting(drafts.other_language),
    "declines": drafting(drafts.declined),
    "judges_none": saying(drafts.judged_none),
    "judges_chattily": saying(drafts.chatty_judgement),
    "says_alone": rewriting(drafts.declined),
    "rewrites_with_more": rewriting(drafts.rewritten_with_more),
    "rewrites_without_not": rewriting(drafts.rewritten_without_not),
    "rewrites_as_answer": rewriting(drafts.rewritten_as_answer),
    "rewrites_on_two_lines": rewriting(drafts.rewritten_on_two_lines),
    "rewrites_as_told": rewriting(drafts.rewritten_as_told),
    "repeats": _repeats,
    "html_text": saying("<!DOCTYPE html><html><body><p>The allowance is 51 euros.</p></body></html>"),
    "tool_calls": _tool_calls,
    "tool_calls_in_text": saying('<tool_call>{"name": "search", "arguments": {}}</tool_call>'),
    "reasoning": _reasoning("reasoning_content"),
    "reasoning_named_otherwise": _reasoning("reasoning"),
    "reasoning_in_text": saying("<think>The user asks for the allowance.</think>The allowance is 51 euros."),
    "template_marks": saying("The allowance is 51 euros.<|im_end|>"),
    "control_characters": saying("The allowance\x1b[2J is\x00 51 euros."),
    "empty": saying(""),
    "blank": saying(" \n\n "),
    "filtered": saying("The allow", finish="content_filter"),
    "at_its_limit": saying("The allowance is fifty-o", finish="length"),
    # what it does instead
    "slow": _slow,
    "silent": _silent,
    "falls_silent": _falls_silent,
    "only_comments": _only_comments,
    "byte_a_second": _byte_a_second,
    "header_a_second": _header_a_second,
    "cuts_off": _cuts_off,
    "ends_early": _ends_early,
    "closes": _closes,
    "invalid_utf8": _invalid_utf8,
    "half_characters": _half_characters,
    "huge": _huge,
    "long": _long,
    "packed": _packed,
    "html_page": _status(200, body=_PAGE),
    "not_streamed": _not_streamed,
    "no_json": _other_events(b"data: The allowance is 51 euros.\n\n"),
    "other_json": _other_events(b'data: {"allowance": [51]}\n\n'),
    "a_list": _other_events(b"data: [51]\n\n"),
    "error_event": _other_events(b'data: {"error": {"message": "out of memory"}}\n\n'),
    "redirects": _status(307, {"Location": "/elsewhere/chat/completions"}),
    "status_400": _status(400),
    "status_401": _status(401),
    "status_404": _status(404),
    "status_429": _status(429),
    "status_429_later": _status(429, {"Retry-After": "3600"}),
    "status_500": _status(500),
    "status_503": _status(503),
}
