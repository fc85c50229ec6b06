"""`GET /v1/start`: what becomes of questions, and questions that the caller's documents answer."""

from typing import Any

from tests.support.fakes import TinyLibrary
from tests.support.service_parts import open_studio

_NOTE = "# House of {0}\n\n## Lending {0}\n\nRules for lending {0} are kept at the desk.\n"


def test_whoever_begins_is_told_what_is_kept_and_what_they_might_ask(library: TinyLibrary) -> None:
    library.allow("board", groups=("board",))
    library.add("legal/lanterns.md", _NOTE.format("lanterns"))
    library.add("board/towers.md", _NOTE.format("towers"))
    library.ingest()
    with open_studio(library, retention_months=18, retention_reason="a tax audit") as studio:
        before = len(studio.leaves())
        told = studio.api.get("/v1/start").json()
        assert told == {
            "kept_months": 18,
            "kept_reason": "a tax audit",
            "model": None,
            "questions": ["What are the rules for lending lanterns?"],
        }
        assert len(studio.leaves()) == before


def test_whoever_begins_is_told_which_model_their_questions_can_go_to(library: TinyLibrary) -> None:
    library.ingest()
    for settings, writes in (({"answerer": "llm"}, True), ({"judge": "llm"}, False)):
        more: dict[str, Any] = {"model": "house", **settings}
        with open_studio(library, **more) as studio:
            assert studio.api.get("/v1/start").json()["model"] == {
                "name": "house",
                "writes": writes,
                "reads": True,
                "rewrites": False,
            }
