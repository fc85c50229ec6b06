"""What a connection may cost, as numbers with their reasons, and what is said beyond them.

`limits_for` also sees to it that the system lets us have so many connections open.
"""

import http
import json
import resource
from dataclasses import dataclass

_WAITING = 128  # connections that send or are idle, at least, beside those in work
_FILES = 112  # of ours beside connections: some 35 were open while 800 asked
_FEWEST = 16  # connections, where the system allows next to no files


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What a connection may cost. A time that is over is noticed up to `look_s` later.

    Args:
        max_open: connections at once; more than `max_in_work`.
        max_in_work: requests that are answered at once; more are told 503.
        head_s: for a request's head, in seconds from the connection's beginning or its last answer. A program takes
            milliseconds; a line that loses packets, two or three seconds.
        body_s: for a body, in seconds from the end of the head: 64 KiB at 3 KiB a second.
        unread_s: for taking some more of an answer, in seconds; it is noticed in steps of some 400 KiB, because the
            system of the client takes what the client does not. A stream has no other limit.
        ending_s: for reading why a connection ends, in seconds.
        look_s: how often times are looked at, in seconds.
        max_head_bytes: request line and headers; a browser sends this machine's cookies of every other program, too.
        max_address_bytes: the address in the request line; the longest of ours names a document and a filter.
        max_headers: lines of headers.
        max_body_bytes: a body as it comes, with the framing and trailers of chunks: four times what is let through.
            What comes in one go with the end of the head is not counted.
        least_body_bytes_s: how fast a longer body that the application allowed has to come, in bytes a second.
        max_discarded_bytes: thrown away while a connection ends, or of a body that was answered before all of it was
            here: who is cut off while sending never reads why.
    """

    max_open: int
    max_in_work: int
    head_s: float = 10.0
    body_s: float = 20.0
    unread_s: float = 30.0
    ending_s: float = 2.0
    look_s: float = 0.5
    max_head_bytes: int = 32 * 1024
    max_address_bytes: int = 8 * 1024
    max_headers: int = 100
    max_body_bytes: int = 256 * 1024
    least_body_bytes_s: int = 64 * 1024
    max_discarded_bytes: int = 4 * 1024 * 1024

    def refusal(self, status: int) -> bytes:
        """Return a refusal as it goes over the wire: a problem, as the API gives them, with nothing of the request."""
        title = http.HTTPStatus(status).phrase
        detail = {
            400: "expected a request of HTTP/1.1, got something else",
            408: f"expected a head within {self.head_s:g} s and then a body within {self.body_s:g} s, got less",
            413: f"expected a body of at most {self.max_body_bytes} bytes with its framing, got more",
            414: f"expected an address of at most {self.max_address_bytes} bytes, got more",
            431: f"expected at most {self.max_headers} headers and {self.max_head_bytes} bytes of them, got more",
            503: f"expected at most {self.max_in_work} requests at once, got more: ask again in a while",
        }[status]
        kind = "urn:greenlit:problem:" + title.lower().replace(" ", "-")
        body = json.dumps({"type": kind, "title": title, "status": status, "detail": detail}).encode()
        head = (
            f"HTTP/1.1 {status} {title}\r\ncontent-type: application/problem+json\r\n"
            f"content-length: {len(body)}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n"
        )
        return head.encode() + body


def limits_for(max_in_work: int) -> ConnectionLimits:
    """Return limits for so many requests at once, or for as many as this process may have files open."""
    max_open = max(_FEWEST, _allowed_files(max_in_work + _WAITING + _FILES) - _FILES)
    return ConnectionLimits(max_open=max_open, max_in_work=min(max_in_work, max(max_open - _WAITING, max_open // 2)))


def _allowed_files(wanted: int) -> int:
    """Have the system allow this process so many open files, and return how many of them it allows."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    if now == unlimited or now >= wanted:
        return wanted
    allowed = wanted if most == unlimited else min(wanted, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
    return allowed
