"""What is named beside a refusal: approved documents that hold the question's words, of those one may read."""

import pytest

from service.access.principals import Principal
from service.answering.answers import Reason, Refusal
from service.answering.library.reading import Within
from service.web.chat.nearest import Near, nearest
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import open_studio

REFUSED = Refusal(Reason.NO_EVIDENCE)
STAFF = Principal("mira", frozenset({"staff"}), frozenset(), "test")
BOARD = Principal("bo", frozenset({"staff", "board"}), frozenset(), "test")
_TEXTS = {
    "legal/parking.md": "# Parking\n\n## Permits\n\nPermits are asked for at the desk.\n",
    "legal/gates.md": "# Gates\n\nWhoever has parking permits comes in by the north gate.\n",
    "legal/lunch.md": "# Lunch\n\nLunch is served at noon, and soup at one.\n",
    "legal/stones.md": "# Stones\n\nStones of the yard are swept on Mondays.\n",
}


@pytest.fixture(scope="module")
def within(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Within]:
    library = TinyLibrary(tmp_path_factory.mktemp("near") / "studio")
    library.allow("board", groups=("board",))
    for name, text in _TEXTS.items():
        library.add(name, text)
    library.add(
        "board/towers.md", "# Towers\n\nParking permits for the towers are given by the board.\n", groups=["board"]
    )
    library.ingest()
    with open_studio(library) as studio:
        reading = studio.service.reading
        return {person.principal_id: reading.within(person) for person in (STAFF, BOARD)}


def _named(question: str, within: Within, refusal: Refusal | None = REFUSED) -> list[str]:
    return [near.document for near in nearest(question, refusal, within)]


def test_what_holds_the_words_is_named_title_and_heading_first(within: dict[str, Within]) -> None:
    near = nearest("Do I need parking permits?", REFUSED, within["mira"])
    assert near == (Near("legal/parking.md", "Parking", "Permits"),)  # the gates hold both words too, in their text
    assert _named("Which gate is for permits?", within["mira"]) == ["legal/gates.md"]


def test_a_document_for_others_is_never_named_and_leaves_no_trace(within: dict[str, Within]) -> None:
    question = "Who gives permits for the towers?"
    assert _named(question, within["bo"]) == ["board/towers.md"]
    assert "board/towers.md" not in _named(question, within["mira"])


@pytest.mark.parametrize("question", ["Do satellites orbit on Mondays?", "hello", "?", "what is it"])
def test_where_nothing_is_near_nothing_is_named(within: dict[str, Within], question: str) -> None:
    assert _named(question, within["mira"]) == []


def test_beside_an_answer_or_what_was_no_question_nothing_is_named(within: dict[str, Within]) -> None:
    assert _named("parking permits", within["mira"], Refusal(Reason.UNSUPPORTED_DRAFT)) == ["legal/parking.md"]
    for refusal in (None, Refusal(Reason.REQUEST_NOT_SUPPORTED)):
        assert _named("parking permits", within["mira"], refusal) == []
