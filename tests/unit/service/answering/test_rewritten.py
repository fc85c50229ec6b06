"""Lines of the register that are missing are told until they are back, or for thirty days."""

from collections.abc import Iterator

import pytest

from service.audit.events import REGISTER_REWRITTEN_TYPE
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import POLICY, Studio, open_studio, with_rules

MISSING = "lines of the register that were on record are changed, moved or gone"


@pytest.fixture
def studio(library: TinyLibrary) -> Iterator[Studio]:
    with open_studio(with_rules(library)) as opened:
        library.revoke(POLICY)
        assert _told(opened) == []
        yield opened


def _told(studio: Studio) -> list[str]:
    studio.service.health._stock = (float("-inf"), [], [])  # as if ten seconds had passed
    return [remark for remark in studio.service.health.report().remarks if remark.startswith(MISSING)]


def _without_its_last_line(library: TinyLibrary) -> str:
    whole = library.register_path.read_text()
    library.register_path.write_text("".join(whole.splitlines(keepends=True)[:-1]))
    return whole


def test_a_revocation_that_goes_in_silence_is_told_until_it_is_back(studio: Studio) -> None:
    whole = _without_its_last_line(studio.library)
    (told,) = _told(studio)
    rewritten = studio.store.newest_of(REGISTER_REWRITTEN_TYPE)
    assert rewritten is not None
    assert f"gone (record {rewritten.seq}): if a revocation was among them, its document answers again" in told
    assert studio.service.health.report().ready
    assert told in studio.api.get("/readyz").json()["remarks"]

    studio.library.register_path.write_text(whole)
    assert _told(studio) == []


def test_lines_that_are_added_bring_back_none(studio: Studio) -> None:
    _without_its_last_line(studio.library)
    studio.library.add("legal/new.md", "# New\n")
    assert len(_told(studio)) == 1


def test_who_knows_what_was_done_is_told_for_thirty_days_and_no_longer(studio: Studio) -> None:
    _without_its_last_line(studio.library)
    assert len(_told(studio)) == 1
    studio.library.clock.pass_days(29)
    assert len(_told(studio)) == 1
    studio.library.clock.pass_days(2)
    assert _told(studio) == []
