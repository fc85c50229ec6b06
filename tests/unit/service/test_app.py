"""The wiring: one set of parts behind every door, and a log that says where something broke but not on what."""

import pytest
import structlog
from pydantic import SecretStr

from indexes.clock import utc_now
from indexes.logs import where_it_broke
from service.access.errors import TokenError
from service.access.port import Carried
from service.answering.drafts import DraftSentence
from service.audit.errors import AuditError
from service.audit.log import system_clock_us
from service.operating.upkeep import Task
from service.parts import release
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import (
    ALWAYS_ENOUGH,
    TOKEN,
    VENDOR_QUESTION,
    Drafts,
    Studio,
    open_studio,
    settings_for,
    with_rules,
)

SECRET = "quokka4711"


def test_the_parts_belong_to_one_installation(studio: Studio) -> None:
    assert studio.service.access.principal(Carried(bearer=TOKEN)).groups == {"staff"}
    studio.ask(VENDOR_QUESTION)
    keys = {path.name for path in (studio.state / "keys").glob("*.key")}
    assert keys == {"signing.key", "payload-2026-11-1.key", "identity-2026-11.key", "actor-2026-11.key"}
    assert not (studio.state / "token").exists()  # a token was given
    assert studio.service.health.report().ready


def test_the_groups_of_the_local_person_come_from_the_settings(library: TinyLibrary) -> None:
    with open_studio(with_rules(library), groups="board, legal") as studio:
        assert studio.service.owner.groups == {"staff", "board", "legal"}


def test_a_token_that_can_be_guessed_stops_the_start(library: TinyLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.service_parts.TOKEN", "short")
    with (
        pytest.raises(TokenError, match="GREENLIT_TOKEN: expected at least 8 characters, got 5"),
        open_studio(library),
    ):
        pass


def test_the_interactive_pages_that_load_from_elsewhere_are_not_there(studio: Studio) -> None:
    for path in ("/docs", "/redoc", "/docs/oauth2-redirect"):
        assert studio.api.get(path).status_code == 404


def test_the_record_names_the_release_and_its_settings(library: TinyLibrary) -> None:
    settings = settings_for(library)
    named = release(settings)
    assert named.version
    assert named.config_hash == settings.config_hash()
    other_token = settings.model_copy(update={"token": SecretStr("another-token-of-the-tests")})
    assert release(other_token) == named


def test_the_clocks_agree() -> None:
    assert abs(system_clock_us() / 1_000_000 - utc_now().timestamp()) < 60
    assert utc_now().utcoffset() is not None


def test_where_it_broke_is_types_and_places_of_an_error_and_its_causes() -> None:
    def inner() -> None:
        raise KeyError(SECRET)

    try:
        try:
            inner()
        except KeyError as cause:
            raise RuntimeError(SECRET) from cause
    except RuntimeError as error:
        first, second = where_it_broke(error)
    assert first.startswith("RuntimeError at ")
    assert second.startswith("KeyError at ")
    assert "test_app.py:" in first
    assert SECRET not in first + second


def test_where_it_broke_of_an_error_that_was_never_raised() -> None:
    assert where_it_broke(ValueError(SECRET)) == ["ValueError at unknown place"]


def test_a_log_that_cannot_be_written_is_told_with_the_reason(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio, structlog.testing.capture_logs() as lines:
        studio.store.refused = {"query.received"}
        studio.api.post("/v1/ask", json={"question": VENDOR_QUESTION})
    *_, failed, request = (line for line in lines if line["event"] in ("failed", "request"))
    assert (failed["event"], failed["kind"], failed["log_level"]) == ("failed", "log", "error")
    assert failed["where"][0].startswith("AuditUnavailableError at ")
    assert failed["reason"] == "the disk is full"  # the audit log's own words, which hold no question
    assert (request["event"], request["route"], request["status"]) == ("request", "/v1/ask", 503)


def test_what_breaks_elsewhere_is_logged_with_its_kind_and_place_and_without_its_words(library: TinyLibrary) -> None:
    def breaks(_retrieved: object, _build: object) -> list[DraftSentence]:
        raise RuntimeError(SECRET)

    with (
        open_studio(with_rules(library), calibration=ALWAYS_ENOUGH, answerer=Drafts(breaks)) as studio,
        structlog.testing.capture_logs() as lines,
    ):
        assert studio.api.post("/v1/ask", json={"question": VENDOR_QUESTION}).status_code == 500
    (failed,) = (line for line in lines if line["event"] == "failed")
    assert [where.split(" at ")[0] for where in failed["where"]] == ["AnswerFailedError", "RuntimeError"]
    assert SECRET not in str(lines)
    assert "reason" not in failed


def _task(studio: Studio, name: str) -> Task:
    return next(task for task in studio.service.tasks if task.name == name)


def test_upkeep_puts_an_approval_on_record_though_nobody_asks(studio: Studio) -> None:
    studio.ask(VENDOR_QUESTION)
    studio.library.add("legal/new.md", "# New\n\nOne more rule.\n")
    _task(studio, "following the register").do()
    extended = [leaf for leaf in studio.all_leaves() if leaf["type"] == "register.extended"]
    assert [(leaf["first_line"], len(leaf["lines"])) for leaf in extended] == [(1, 2), (3, 1)]


def test_upkeep_ends_retention(studio: Studio) -> None:
    request_id = studio.ask(VENDOR_QUESTION)["request_id"]
    studio.library.clock.pass_days(31 * 14)
    _task(studio, "ending retention").do()
    assert [studio.store.payloads(leaf.seq) for leaf in studio.store.of_request(request_id)] == [(), ()]
    assert studio.all_leaves()[-1]["type"] == "key.revoked"
    assert list((studio.state / "keys").glob("*2026-11*.key")) == []


def test_the_live_build_is_held_from_its_first_question_for_as_long_as_that_may_be_replayed(studio: Studio) -> None:
    _task(studio, "following the build").do()
    assert list(studio.library.holds.glob("*.json")) == []
    studio.ask(VENDOR_QUESTION)
    (hold,) = studio.library.holds.glob("*.json")
    assert "2027-11-30" in hold.read_text()


def test_upkeep_holds_a_build_that_could_not_be_held_when_it_was_asked(studio: Studio) -> None:
    studio.library.holds.write_text("no folder")
    studio.ask(VENDOR_QUESTION)
    studio.library.holds.unlink()
    _task(studio, "holding the builds that answered").do()
    assert len(list(studio.library.holds.glob("*.json"))) == 1


def test_upkeep_looks_for_damage_in_the_log_and_stops_it_where_there_is_some(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    _task(studio, "looking for damage in the log").do()
    assert studio.service.health.report().ready
    monkeypatch.setattr(studio.store, "damage", lambda: "page 7 is damaged")
    with pytest.raises(AuditError, match="page 7 is damaged"):
        _task(studio, "looking for damage in the log").do()
    assert studio.service.health.report().failing == ("log",)
