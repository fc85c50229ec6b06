"""Pictures of pages within the boundary: drawn once, kept a while, one at a time, and never what one may not read."""

import threading

import pytest

from indexes.documents import Document, Locator, Section
from indexes.drawn import DrawnPage, PageWanted
from indexes.errors import DrawerBusyError, DrawError
from service.access.principals import Principal
from service.answering.library.pictures import Pictures, Place, pages_of
from tests.support.fakes import DirectDrawer, TinyLibrary
from tests.support.service_parts import POLICY, Studio, open_studio, with_rules
from tests.support.small_pdf import small_pdf

BONUS = "legal/bonus.pdf"
PAGES = (["The bonus is paid in March.", "The bonus is paid in March."], ["Interns are paid in June."])
NOBODY = Principal("nobody", frozenset(), frozenset(), "test")


@pytest.fixture(scope="module")
def bonus(tmp_path_factory: pytest.TempPathFactory) -> TinyLibrary:
    """Lend a library with a PDF; who changes it makes their own."""
    return _library(TinyLibrary(tmp_path_factory.mktemp("bonus") / "studio"))


def _library(library: TinyLibrary) -> TinyLibrary:
    library.add(BONUS, small_pdf(*PAGES, []))
    return with_rules(library)


def _place(studio: Studio, quote: str, *, second: bool = False) -> Place:
    found = studio.service.reading.text(studio.service.owner, BONUS)
    assert found is not None
    start = found.text.index(quote)
    start = found.text.index(quote, start + 1) if second else start
    return Place(found.readable.info.sha256[:16], start, start + len(quote))


class _Slow(DirectDrawer):
    """Draws when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.let = threading.Event(), threading.Event()

    def draw(self, content: bytes, wanted: PageWanted) -> DrawnPage | None:
        self.begun.set()
        assert self.let.wait(30)
        return super().draw(content, wanted)


def test_a_page_is_drawn_once_for_a_quote_which_is_told_by_what_stands_before(bonus: TinyLibrary) -> None:
    drawer = DirectDrawer()
    with open_studio(bonus) as studio:
        pictures, owner = Pictures(studio.service.reading, drawer), studio.service.owner
        first = _place(studio, "The bonus is paid in March.")
        second = _place(studio, "The bonus is paid in March.", second=True)
        drawn = [pictures.picture(owner, BONUS, 1, place) for place in (first, second, first, second)]
        assert [one.quote for one in drawer.drawn] == ["The bonus is paid in March."] * 2
        assert drawer.drawn[1].before.startswith("The bonus is paid in March.")
        assert drawn[0] is drawn[2] is not drawn[1] is drawn[3]
        assert all(one is not None and one.marked for one in drawn)
        other = pictures.picture(owner, BONUS, 2, first)  # which does not stand on that page
        assert other is not None
        assert (other.marked, drawer.drawn[-1]) == (False, PageWanted(2))
        assert pictures.picture(owner, BONUS, 3, Place()) is not None, "a page without text is looked at like any other"


def test_what_is_not_there_or_not_for_somebody_is_nothing_and_is_not_drawn(bonus: TinyLibrary) -> None:
    drawer = DirectDrawer()
    with open_studio(bonus) as studio:
        pictures, owner = Pictures(studio.service.reading, drawer), studio.service.owner
        assert pictures.picture(owner, BONUS, 1, Place()) is not None
        nothing = [(NOBODY, BONUS, 1), (owner, "legal/none.pdf", 1), (owner, POLICY, 1), (owner, BONUS, 4)]
        assert [pictures.picture(who, what, page, Place()) for who, what, page in nothing] == [None] * 4
        assert len(drawer.drawn) == 2, "the first, and the page that there is not"


def test_what_is_revoked_is_nothing_with_the_next_request_though_its_picture_is_kept(library: TinyLibrary) -> None:
    with open_studio(_library(library)) as studio:
        pictures = Pictures(studio.service.reading, library.drawer)
        assert pictures.picture(studio.service.owner, BONUS, 1, Place()) is not None
        library.revoke(BONUS)
        assert pictures.picture(studio.service.owner, BONUS, 1, Place()) is None


def test_what_is_revoked_while_others_are_drawn_is_not_drawn(library: TinyLibrary) -> None:
    with open_studio(_library(library)) as studio:
        reading = studio.service.reading

        class Revoking:
            def __getattr__(self, name: str) -> object:
                if name == "original":
                    library.revoke(BONUS)
                return getattr(reading, name)

        pictures = Pictures(Revoking(), library.drawer)  # type: ignore[arg-type]
        assert pictures.picture(studio.service.owner, BONUS, 1, Place()) is None
        assert library.drawer.drawn == []


def test_a_place_in_another_version_is_not_marked(bonus: TinyLibrary) -> None:
    drawer = DirectDrawer()
    with open_studio(bonus) as studio:
        pictures = Pictures(studio.service.reading, drawer)
        pictures.picture(studio.service.owner, BONUS, 1, Place("0" * 16, 0, 10))
        pictures.picture(studio.service.owner, BONUS, 1, Place("", 10**9, 10**10))
    assert drawer.drawn == [PageWanted(1)]


def test_a_page_that_cannot_be_drawn_is_not_tried_again_for_a_minute(bonus: TinyLibrary) -> None:
    drawer, now_s = DirectDrawer(), 0.0
    with open_studio(bonus) as studio:
        pictures = Pictures(studio.service.reading, drawer, clock_s=lambda: now_s)
        owner = studio.service.owner
        drawer.fails = DrawError("it takes too long")
        for _ in range(2):
            with pytest.raises(DrawError):
                pictures.picture(owner, BONUS, 1, Place())
        assert len(drawer.drawn) == 1
        drawer.fails = None
        assert pictures.picture(owner, BONUS, 2, Place()) is not None, "another page is another matter"
        now_s = 61.0
        assert pictures.picture(owner, BONUS, 1, Place()) is not None


def test_one_is_drawn_at_a_time_and_whoever_would_wait_too_long_is_told(bonus: TinyLibrary) -> None:
    drawer = _Slow()
    with open_studio(bonus) as studio:
        pictures, owner = Pictures(studio.service.reading, drawer), studio.service.owner
        drawn: list[DrawnPage | None] = []
        waits = [
            threading.Thread(target=lambda: drawn.append(pictures.picture(owner, BONUS, 1, Place(), patience_s=30)))
            for _ in range(9)
        ]
        waits[0].start()
        assert drawer.begun.wait(30)
        with pytest.raises(DrawerBusyError, match="sooner"):
            pictures.picture(owner, BONUS, 2, Place(), patience_s=0.01)
        for one in waits[1:]:
            one.start()
        while pictures._waiting < 8:
            pass
        with pytest.raises(DrawerBusyError, match="fewer"):
            pictures.picture(owner, BONUS, 2, Place(), patience_s=30)
        drawer.let.set()
        for one in waits:
            one.join(30)
        assert len(drawn) == 9
        assert len(drawer.drawn) == 1, "who waited for the same page was given the same picture"
        assert pictures.picture(owner, BONUS, 2, Place()) is not None


def test_pictures_are_kept_up_to_a_bound(bonus: TinyLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    drawer = DirectDrawer()
    with open_studio(bonus) as studio:
        pictures, owner = Pictures(studio.service.reading, drawer), studio.service.owner
        first = pictures.picture(owner, BONUS, 1, Place())
        assert first is not None
        monkeypatch.setattr("service.answering.library.pictures._MOST_BYTES", len(first.png) + 100)
        for page in (2, 2, 1):
            pictures.picture(owner, BONUS, page, Place())
        assert [wanted.page for wanted in drawer.drawn] == [1, 2, 1]


def test_without_anything_that_draws_there_are_no_pictures(bonus: TinyLibrary) -> None:
    with open_studio(bonus) as studio:
        pictures = Pictures(studio.service.reading, None)
        assert not pictures.draws
        with pytest.raises(DrawError, match="this one does not"):
            pictures.picture(studio.service.owner, BONUS, 1, Place())


def test_the_pages_of_a_stretch_are_those_that_it_touches() -> None:
    sections = (
        Section(0, 10, Locator("page", page=1)),
        Section(12, 20, Locator("page", page=2, headings=("A",))),
        Section(22, 30, Locator("page", page=2, headings=("B",))),
    )
    document = Document("legal/a.pdf", "ab" * 32, "A", "x" * 30, sections)
    assert pages_of(document, Place("abab", 9, 25)) == [1, 2]
    assert pages_of(document, Place("", 10, 12)) == []
    assert pages_of(document, Place("cd", 9, 25)) == []
    word = Document("legal/a.docx", "ab" * 32, "A", "x" * 30, (Section(0, 30, Locator("heading", headings=("A",))),))
    assert pages_of(word, Place("", 0, 30)) == []
