"""Law 2, between two groups of one organisation: nothing shown or waited for tells of the other's documents.

The newsroom asks; the documents of legal are either about just that, or about something else of the same length. Time
is measured without a clock, which would be noise: by the calls that the program makes until the answer is there.
"""

import dataclasses
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from service.access.principals import Principal, Role
from service.answering.questions import Question
from service.app import create_app
from tests.support.audit_doors import People
from tests.support.examples import examples
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import ADDRESS, Studio, beside, open_studio, with_session, without_receipt

NEWS = "newsroom/desk.md"
LEGAL = "counsel/matter.md"
NEWS_TEXT = "# The desk\n\nThe night desk checks each quote with its speaker before the paper closes.\n"
_ABOUT = ("merger", "lawsuit", "verdict", "quote", "speaker", "desk", "checks", "paper", "actor", "contract")
_ELSE = ("orbits", "glacier", "magnets", "reefs", "volcano", "moss", "comets", "river", "zebra", "harvests")
_WORDS = st.lists(st.integers(0, len(_ABOUT) - 1), min_size=3, max_size=9)


def _text(numbers: list[int], words: tuple[str, ...]) -> str:
    return f"# Matter\n\nThe {' '.join(words[number] for number in numbers)} ends today.\n"


@dataclasses.dataclass(frozen=True)
class _Tenants:
    """A studio whose newsroom is `mira`, and what she sees of it."""

    studio: Studio
    api: TestClient
    browser: TestClient

    def seen(self, question: str) -> dict[str, Any]:
        """Return everything that she is shown, but for what differs between any two questions."""
        pages = {
            "page": self.browser.get("/documents").text,
            "page of theirs": self.browser.get(f"/documents/{LEGAL}").text,
            "original of theirs": self.browser.get(f"/originals/{LEGAL}").text,
        }
        documents = self.api.get("/v1/documents").json()
        return {
            "answer": without_receipt(self.api.post("/v1/ask", json={"question": question}).json()),
            "passages": without_receipt(self.api.post("/v1/search", json={"question": question}).json()),
            "documents": documents,
            "document of theirs": self.api.get(f"/v1/documents/{LEGAL}").json(),
            "erased of theirs": self.api.get(f"/v1/originals/{LEGAL}").json(),
            **pages,
        }

    def calls(self, question: str) -> int:
        """Return how many functions are called until a question of hers is answered, once everything is warm."""
        principal = Principal("mira", frozenset({"newsroom", "staff"}), frozenset({Role.STAFF}), "token")
        ask = self.studio.service.answering.ask
        ask(Question(question, principal, "api"))
        return _calls_of(lambda: ask(Question(question, principal, "api")))


def _calls_of(work: Callable[[], object]) -> int:
    """Count the calls that this thread makes below the project's own code; waiting for a disk is none of it."""
    called = 0

    def count(frame: FrameType, event: str, _what: object) -> None:
        nonlocal called
        module = frame.f_globals.get("__name__", "")
        called += event == "call" and module.startswith(("service.answering", "indexes"))

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return called


@pytest.fixture(scope="module")
def tenants(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Tenants]:
    library = TinyLibrary(Path(tmp_path_factory.mktemp("tenants")) / "of one house")
    library.allow("newsroom", groups=("newsroom",))
    library.allow("counsel", groups=("counsel",))
    library.add(NEWS, NEWS_TEXT)
    library.add(LEGAL, _text([0, 1, 2], _ELSE))
    library.ingest()
    with open_studio(library) as studio:
        access = People(mira=frozenset({Role.STAFF}))
        access.join("mira", "newsroom")
        app = create_app(dataclasses.replace(studio.service, access=access, sign_in=access))
        api, browser = (
            beside(studio.api, TestClient(app, base_url=ADDRESS, raise_server_exceptions=False)) for _ in range(2)
        )
        api.headers["Authorization"] = "Bearer mira"
        yield _Tenants(studio, api, with_session(browser, "mira"))


@settings(
    max_examples=examples(5, thorough=40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(numbers=_WORDS, asked=_WORDS)
def test_nothing_shown_or_waited_for_tells_what_the_other_group_has(
    tenants: _Tenants, numbers: list[int], asked: list[int]
) -> None:
    question = f"What of the {' '.join(_ABOUT[number] for number in asked)}?"
    shown = []
    for words in (_ABOUT, _ELSE):
        tenants.studio.library.add(LEGAL, _text(numbers, words))
        tenants.studio.library.ingest()
        shown.append((tenants.seen(question), tenants.calls(question)))
    assert shown[0] == shown[1]
    assert LEGAL not in str(shown)


def test_what_is_measured_would_tell(tenants: _Tenants) -> None:
    """So the test above could fail: for somebody who may read both, what they are shown and wait for does differ."""
    question = f"What of the {' '.join(_ABOUT)}?"
    both = Principal("ada", frozenset({"newsroom", "counsel"}), frozenset({Role.STAFF}), "token")
    ask = tenants.studio.service.answering.ask
    counted = []
    for words in (_ABOUT, _ELSE):
        tenants.studio.library.add(LEGAL, _text(list(range(9)), words))
        tenants.studio.library.ingest()
        ask(Question(question, both, "api"))
        counted.append(_calls_of(lambda: ask(Question(question, both, "api"))))
    assert counted[0] != counted[1]
