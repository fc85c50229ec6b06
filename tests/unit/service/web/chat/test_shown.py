"""What the empty page offers: the sources that somebody may read, with what each is about."""

from service.access.principals import Principal
from service.answering.library.starting import Starting
from service.web.chat.shown import start_of
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import open_studio

STAFF = Principal("mira", frozenset({"staff"}), frozenset(), "test")


def test_the_sources_are_named_with_titles_and_nothing_where_nobody_can_say(library: TinyLibrary) -> None:
    library.allow("board", groups=("board",))
    for subject in ("lanterns", "wardrobes", "carriages", "curtains", "ladders"):
        library.add(f"legal/{subject}.md", f"# House of {subject}\n\n## Lending {subject}\n\nAsk at the desk.\n")
    library.add("board/towers.md", "# Towers\n\n## Selling towers\n\nRules for selling towers.\n", groups=["board"])
    library.ingest()
    with open_studio(library) as studio:
        reading, starting = studio.service.reading, Starting(studio.service.answering)
        ((name, titles, more),) = start_of(reading, starting, STAFF)["sources"]
        assert (name, len(titles), more) == ("legal", 3, 2)  # of the board there is no word
        (library.folder / "sources.toml").unlink()
        assert start_of(reading, starting, STAFF) == {}
