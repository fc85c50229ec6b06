"""One call as the server sees it: what it was sent, and how it answers, well or badly."""

import contextlib
import html
import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

_QUESTION = re.compile(r"<question>(.*?)</question>", re.DOTALL)
_EARLIER = re.compile(r"<asked>(.*?)</asked>", re.DOTALL)
_DECLINING = re.compile(r"\bwrite (\S+) and nothing else")
_PASSAGE = re.compile(r'<passage\s[^>]*?\bid="([^"]+)"[^>]*>(.*?)</passage>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Asked:
    """What came: the headers in lower case, the body, and when."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    at_s: float = field(default_factory=time.monotonic)

    @property
    def text(self) -> str:
        """The texts of all messages, a line between two."""
        return "\n".join(str(message["content"]) for message in self.body.get("messages", ()))

    @property
    def system(self) -> str:
        """The texts of the system's messages."""
        said = [m for m in self.body.get("messages", ()) if m["role"] in ("system", "developer")]
        return "\n".join(str(message["content"]) for message in said)

    @property
    def passages(self) -> dict[str, str]:
        """The passages of the prompt by id, as a model reads them."""
        return {found[1]: html.unescape(found[2]).strip() for found in _PASSAGE.finditer(self.text)}

    @property
    def question(self) -> str:
        """What is marked as the question; without a mark, what stands after the last passage."""
        if found := _QUESTION.search(self.text):
            return html.unescape(found[1]).strip()
        return self.text.rpartition("</passage>")[2].strip()

    @property
    def is_judging(self) -> bool:
        """Whether it is asked which passages answer, and not for an answer."""
        return "which passages" in self.system

    @property
    def is_rewriting(self) -> bool:
        """Whether it is asked for a question that stands alone."""
        return "can be understood by itself" in self.system

    @property
    def earlier(self) -> list[str]:
        """The questions before the question, the newest last."""
        return [html.unescape(found) for found in _EARLIER.findall(self.text)]

    @property
    def declining(self) -> str:
        """What it is told to write where the passages do not answer, or where the question stands alone."""
        found = _DECLINING.search(self.system)
        return found[1] if found else "NO_ANSWER"


class Exchange:
    """Answers one call. What is written after the client left is lost, as anywhere."""

    def __init__(
        self, handler: BaseHTTPRequestHandler, asked: Asked, *, tokens_per_s: float, over: threading.Event
    ) -> None:
        self.asked = asked
        self._handler = handler
        self._pause_s = 1 / tokens_per_s if tokens_per_s else 0.0
        self._over = over
        self._chunked = False

    def wait(self, seconds: float) -> None:
        """Wait, unless the server is closed before."""
        self._over.wait(seconds)

    @property
    def over(self) -> bool:
        """Whether the server is being closed."""
        return self._over.is_set()

    def say(self, text: str, *, finish: str | None = "stop", pause_s: float | None = None) -> None:
        """Answer with a text, as a stream where one was asked for; without `finish` it just ends."""
        if not self.asked.body.get("stream"):
            self.status(200, self.completion(text, finish))
            return
        self.stream()
        for piece in pieces(text):
            self.delta({"content": piece})
            self.wait(self._pause_s if pause_s is None else pause_s)
        if finish:
            self.end(finish)

    def completion(self, text: str, finish: str | None) -> dict[str, Any]:
        """Return the body of an answer that is no stream."""
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": finish}
        return {"id": "c1", "object": "chat.completion", "created": 1, "model": "scripted", "choices": [choice]}

    def stream(self, *, kind: str = "text/event-stream", headers: Mapping[str, str] | None = None) -> None:
        """Begin a stream."""
        self._chunked = True
        self._head(200, {"Content-Type": kind, "Transfer-Encoding": "chunked", **(headers or {})})

    def delta(self, delta: Mapping[str, Any], finish: str | None = None) -> None:
        """Send one event of a stream."""
        choice = {"index": 0, "delta": dict(delta), "finish_reason": finish}
        self.event({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "s", "choices": [choice]})

    def event(self, values: Any) -> None:
        """Send whatever as an event."""
        self.raw(b"data: " + json.dumps(values).encode() + b"\n\n")

    def end(self, finish: str = "stop") -> None:
        """End a stream as it has to."""
        self.delta({}, finish)
        self.raw(b"data: [DONE]\n\n")
        self.raw(b"")

    def raw(self, sent: bytes) -> None:
        """Send bytes of the body; none ends a stream."""
        if self._chunked:
            sent = b"%x\r\n%b\r\n" % (len(sent), sent)
        self.bare(sent)

    def bare(self, sent: bytes) -> None:
        """Send bytes to the connection as they are."""
        self._handler.wfile.write(sent)
        self._handler.wfile.flush()

    def status(self, status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> None:
        """Answer with a status and JSON, or a text as HTML."""
        page = isinstance(body, str)
        sent = str(body).encode() if page else json.dumps(body or {"error": {"message": "as scripted"}}).encode()
        kind = "text/html; charset=utf-8" if page else "application/json"
        self._head(status, {"Content-Type": kind, "Content-Length": str(len(sent)), **(headers or {})})
        self.raw(sent)

    def hang_up(self) -> None:
        """Close the connection in the midst of whatever was said."""
        with contextlib.suppress(OSError):
            self._handler.connection.shutdown(2)

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self._handler.send_response(status)
        for name, value in headers.items():
            self._handler.send_header(name, value)
        self._handler.send_header("Connection", "close")
        self._handler.end_headers()


def pieces(text: str) -> Iterator[str]:
    """Yield a text as a model would: a word or a part of one at a time, spaces in front."""
    for found in re.finditer(r"\s*\S{1,6}|\s+", text):
        yield found[0]
