"""An endpoint that speaks OpenAI's protocol and writes at a steady pace, for measuring what stands around a model.

It is no model: it writes the first sentences of the passages that it is sent, each with its citation on a line of its
own, a token some four characters, the bracket that ends a citation and the newline one token. It begins at once, where
a real one reads the prompt first. When it wrote the last token of each sentence is kept. This machine only.
"""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self, cast

from eval.written.heard import heard, sentences_of
from service.models.port import Message

HOST = "127.0.0.1"
TOKENS_PER_S = 40.0
MOST_SENTENCES = 4
_TOKEN = 4  # characters
_LONGEST = 4 << 20  # bytes of what is asked


@dataclass(frozen=True, slots=True)
class Beat:
    """A sentence that was written, and the moment after its last token, of the system's steady clock in seconds."""

    sentence: str
    at_s: float


class Metronome:
    """The endpoint, in threads of its own, while it is open."""

    def __init__(self, *, tokens_per_s: float = TOKENS_PER_S) -> None:
        """Listen on a free port; nothing is answered yet."""
        self.beats: list[Beat] = []
        self._pause_s = 1 / tokens_per_s
        self._server = _Server((HOST, 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """The address for `models.toml`."""
        return f"http://{HOST}:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        metronome = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # a token leaves when it is written

            def do_POST(self) -> None:
                body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), _LONGEST))
                try:
                    asked = heard(_messages(json.loads(body)))
                except (ValueError, KeyError, TypeError):
                    self.send_error(400)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.end_headers()
                said = iter([asked.judgement()]) if asked.judges else lines_of(asked.passages)
                metronome.play(said, self.wfile)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Handler

    def play(self, said: Iterator[str], to: Any) -> None:
        """Write lines in time, and keep when each was written; one that nobody reads any more ends."""
        began_s, count = time.monotonic(), 0
        try:
            for line in said:
                for token in _tokens(line):
                    count += 1
                    time.sleep(max(0.0, began_s + count * self._pause_s - time.monotonic()))
                    to.write(_event({"content": token}))
                self.beats.append(Beat(line.rpartition(" [")[0], time.monotonic()))
            to.write(_event({}, finish="stop") + b"data: [DONE]\n\n")
        except OSError:
            return  # whoever asked has left


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that left."""


def lines_of(passages: dict[str, str]) -> Iterator[str]:
    """Yield what is written: the first sentences of passages, one a passage, each with its citation."""
    count = 0
    for name, text in passages.items():
        for sentence in sentences_of(text)[:1]:
            yield f"{sentence} [{name}]\n"
            count += 1
        if count == MOST_SENTENCES:
            return


def _tokens(line: str) -> Iterator[str]:
    """Yield the tokens of a line; its end is one, as it is of the models that write here."""
    end = "]\n" if line.endswith("]\n") else ""
    words = line.removesuffix(end)
    yield from (words[at : at + _TOKEN] for at in range(0, len(words), _TOKEN))
    if end:
        yield end


def _event(delta: dict[str, str], *, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    event = {"id": "m", "object": "chat.completion.chunk", "created": 0, "model": "metronome", "choices": [choice]}
    return b"data: " + json.dumps(event).encode() + b"\n\n"


def _messages(body: dict[str, Any]) -> list[Message]:
    return [
        Message(cast("Literal['system', 'user', 'assistant']", str(one["role"])), str(one["content"]))
        for one in body["messages"]
    ]
