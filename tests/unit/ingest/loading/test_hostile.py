"""Documents that are dear to read end in time, with their text or with a reason, and the next one is read.

Each goes through the child that parses. What its reader bounds itself has to come to an end of its own; of `DEAR` it is
enough that they are given up, which is the child's doing and no reader's: one that is stuck in native code is tried and
one that is stuck in Python, all of them with TEST_THOROUGH=1. How long each takes under the real limits:
`python -m tests.support.hostile_measured`.
"""

import time
from collections.abc import Iterator

import pytest

from ingest.errors import LoadError
from ingest.loading.process import LoaderProcess
from tests.support.examples import THOROUGH
from tests.support.hostile_documents import HOSTILE

DEAR = {  # given up after half a second here; each may take two minutes where documents are ingested
    "page that takes minutes to draw.pdf",
    "page of see-through shapes.pdf",
    "tiny pages.pdf",
    "form of 5,000 fields.pdf",
    "images only.pdf",
    "empty paragraphs.docx",
    "rows of spans.html",
    "style of many rules.html",
    "many small elements.html",
    "short lines.txt",
}
STUCK = {"page that takes minutes to draw.pdf", "short lines.txt"}
TRIED = [name for name in HOSTILE if THOROUGH or name not in DEAR - STUCK]
_GIVEN_UP_S, _TIMEOUT_S, _SLACK_S = 0.5, 60, 15  # it takes a moment to end a child and to start another
_MEMORY_BYTES = 2 << 30


@pytest.fixture(scope="module")
def parsers() -> Iterator[dict[bool, LoaderProcess]]:
    with (
        LoaderProcess(timeout_s=_GIVEN_UP_S, max_memory_bytes=_MEMORY_BYTES) as soon,
        LoaderProcess(timeout_s=_TIMEOUT_S, max_memory_bytes=_MEMORY_BYTES) as later,
    ):
        yield {True: soon, False: later}


@pytest.mark.parametrize("name", TRIED)
def test_it_is_read_or_has_a_reason_in_time_and_the_next_is_read(parsers: dict[bool, LoaderProcess], name: str) -> None:
    content, parser = HOSTILE[name](), parsers[name in DEAR]
    began_s = time.monotonic()
    try:
        told = parser.load(name, content).text
    except LoadError as error:
        told = str(error)
    took_s = time.monotonic() - began_s
    assert told
    assert took_s < (_GIVEN_UP_S if name in DEAR else _TIMEOUT_S) + _SLACK_S
    if name not in DEAR:
        assert not told.startswith(("the parser", "it took longer")), told
    assert parser.load("next.txt", b"Proxies are kept for a year.").text == "Proxies are kept for a year."
