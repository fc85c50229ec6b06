"""How a limited child and its parent speak: frames, each its length (8 bytes, big-endian) and its bytes.

A request is two frames, what is wanted and the bytes that it is wanted of; a reply is two as well, what is to be said
about it and what came out. What they hold is for whoever asks and whoever answers to agree on, and for the parent to
check before it believes it: hostile bytes may have taken the child over. No pickle, ever. Before the first request
the child says that it is ready.
"""

import json
from typing import BinaryIO

from indexes.limited.sandbox import Sandbox, sandbox_from_json

LENGTH_BYTES = 8
READY_MAX_BYTES = 4096
OUT_OF_MEMORY_STATUS = 70  # with which a child ends that ran out of memory


def framed(content: bytes) -> bytes:
    """Return the bytes as a frame."""
    return len(content).to_bytes(LENGTH_BYTES, "big") + content


def read_frame(stream: BinaryIO) -> bytes | None:
    """Return the next frame of a stream that blocks, or None at its end."""
    head = stream.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    length = int.from_bytes(head, "big")
    content = stream.read(length)
    return content if len(content) == length else None


def ready_frame(sandbox: Sandbox) -> bytes:
    """Return the frame with which a child says that it is ready, and what holds it."""
    return framed(json.dumps({"ready": True, "sandbox": sandbox.as_json()}).encode())


def read_ready(content: bytes) -> Sandbox:
    """Return what holds the child, as it says when it is ready.

    Raises:
        ValueError: it said something else.
    """
    value = json.loads(content)
    if not isinstance(value, dict) or value.get("ready") is not True:
        raise ValueError("expected a child that says that it is ready")
    return sandbox_from_json(value.get("sandbox"))
