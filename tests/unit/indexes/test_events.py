"""Events and their lines: what is written comes back; what is not an event is refused in words."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.errors import RegisterError
from indexes.events import Approval, Event, Upload, Withdrawal, check_event, event_from_line, event_to_line, is_proven
from indexes.names import printable
from tests.support.fakes import APPROVAL, NOON, REVOCATION

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30).map(printable)
NAMES = TEXTS.filter(str.strip)
STEERING = [
    "red \x1b[31m",
    "two\nlines",
    "c1 \x9b31m",
    "right \u202eto left",
    "soft\xadhyphen",
    "line\u2028end",
    "\x00",
]


def _line(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode()


def _approval_with(**changes: Any) -> bytes:
    return _line({**json.loads(event_to_line(APPROVAL)), **changes})


def _approval_without(key: str) -> bytes:
    value = json.loads(event_to_line(APPROVAL))
    del value[key]
    return _line(value)


def test_an_approval_is_written_in_the_documented_form() -> None:
    event = replace(APPROVAL, title="AI use", note="board, item 3")
    assert json.loads(event_to_line(event)) == {
        "event": "approve",
        "document": "legal/a.md",
        "sha256": "a" * 64,
        "title": "AI use",
        "by": "ann@x.example",
        "at": "2026-11-20T12:00:00Z",
        "expires": "2027-11-20",
        "groups": ["staff"],
        "note": "board, item 3",
    }


def test_an_approval_may_name_the_documents_that_it_comes_in_the_place_of() -> None:
    event = replace(APPROVAL, supersedes=("legal/a-2023.md", "hr/old.md"))
    assert json.loads(event_to_line(event))["supersedes"] == ["legal/a-2023.md", "hr/old.md"]
    assert event_from_line(event_to_line(event)) == event
    assert "supersedes" not in json.loads(event_to_line(APPROVAL))


@pytest.mark.parametrize("names", ["legal/b.md", None, [1], {"legal/b.md": 1}, [["legal/b.md"]], ["\ud83d"]])
def test_what_an_approval_supersedes_is_a_list_of_documents(names: object) -> None:
    with pytest.raises(RegisterError, match='expected "supersedes" = a list of documents, got'):
        event_from_line(_approval_with(supersedes=names))


@pytest.mark.parametrize("name", ["", "no source", "../legal/b.md", "legal/\u202eb.md", "/legal/b.md", "legal//b.md"])
def test_what_an_approval_supersedes_can_be_a_document(name: str) -> None:
    with pytest.raises(RegisterError):
        event_from_line(_approval_with(supersedes=[name]))


def test_a_document_cannot_supersede_itself_and_others_count_once() -> None:
    with pytest.raises(RegisterError, match="other documents, got the one that is approved"):
        event_from_line(_approval_with(supersedes=["legal/b.md", "legal/a.md"]))
    event = event_from_line(_approval_with(supersedes=["legal/b.md", "legal/b.md"]))
    assert isinstance(event, Approval)
    assert event.supersedes == ("legal/b.md",)


def test_an_approval_may_name_the_text_that_was_read_of_the_bytes() -> None:
    event = replace(APPROVAL, text_sha256="c" * 64)
    assert json.loads(event_to_line(event)) == {**json.loads(event_to_line(APPROVAL)), "text_sha256": "c" * 64}
    assert event_from_line(event_to_line(event)) == event
    for wrong in ("C" * 64, "c" * 63, "", None):
        with pytest.raises(RegisterError, match='expected "text_sha256" = '):
            event_from_line(_approval_with(text_sha256=wrong))


def test_a_withdrawal_is_written_in_the_documented_form() -> None:
    assert json.loads(event_to_line(REVOCATION)) == {
        "event": "revoke",
        "document": "legal/a.md",
        "by": "ann@x.example",
        "at": "2026-11-20T12:00:00Z",
        "reason": "withdrawn",
    }


UPLOAD = Upload("legal/a.md", "a" * 64, "Mira Kovač", NOON, auth="oidc-session", by_id="m-17")


def test_an_upload_is_written_in_the_documented_form() -> None:
    assert json.loads(event_to_line(UPLOAD)) == {
        "event": "upload",
        "document": "legal/a.md",
        "sha256": "a" * 64,
        "by": "Mira Kovač",
        "by_id": "m-17",
        "auth": "oidc-session",
        "at": "2026-11-20T12:00:00Z",
    }
    assert event_from_line(event_to_line(UPLOAD)) == UPLOAD


@pytest.mark.parametrize("event", [APPROVAL, REVOCATION, UPLOAD])
def test_how_a_name_is_known_comes_back(event: Event) -> None:
    for auth, by_id in (("cli", ""), ("oidc-token", "m-17"), ("", "")):
        known = replace(event, auth=auth, by_id=by_id)
        assert event_from_line(event_to_line(known)) == known
        assert is_proven(known) == (auth == "oidc-token")
    value = json.loads(event_to_line(replace(event, auth="", by_id="")))
    assert not {"auth", "by_id"} & value.keys()


@pytest.mark.parametrize("auth", ["", "CLI", "o" * 33, "1", "-a", "two words", "a\n", "\u202e", None, 1])
def test_how_a_name_is_known_is_a_short_code(auth: object) -> None:
    with pytest.raises(RegisterError, match='expected "auth" = '):
        event_from_line(_approval_with(auth=auth))


@pytest.mark.parametrize("event", [APPROVAL, REVOCATION, UPLOAD])
@pytest.mark.parametrize("text", STEERING)
def test_an_id_that_does_not_read_as_it_is_is_not_written(event: Event, text: str) -> None:
    with pytest.raises(RegisterError, match='expected "by_id" = '):
        check_event(replace(event, by_id=text))


@given(title=TEXTS, note=TEXTS, groups=st.lists(TEXTS), by=NAMES, day=st.dates())
def test_every_approval_comes_back_as_it_was_from_one_line(
    title: str, note: str, groups: list[str], by: str, day: date
) -> None:
    event = replace(APPROVAL, title=title, note=note, groups=tuple(groups), by=by.strip(), expires=day)
    line = event_to_line(event)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert line.isascii()
    assert event_from_line(line) == event


@given(reason=TEXTS)
def test_every_withdrawal_comes_back_as_it_was(reason: str) -> None:
    for kind in ("revoke", "reject"):
        event = replace(REVOCATION, event=kind, reason=reason)
        assert event_from_line(event_to_line(event)) == event


# Characters that would steer a terminal or a page


@pytest.mark.parametrize("text", STEERING)
@pytest.mark.parametrize("key", ["title", "note", "by", "groups"])
def test_an_approval_that_would_steer_a_terminal_is_no_approval(key: str, text: str) -> None:
    line = _approval_with(**{key: [text] if key == "groups" else text})
    with pytest.raises(RegisterError, match=f'expected "{key}" = ') as caught:
        event_from_line(line)
    assert printable(str(caught.value)) == str(caught.value), "nor does the message"


@pytest.mark.parametrize("text", STEERING)
def test_law_2_a_withdrawal_holds_whatever_its_reason_says_and_shows_it_as_an_escape(text: str) -> None:
    line = _line({**json.loads(event_to_line(REVOCATION)), "reason": text, "by": f"ann {text}"})
    event = event_from_line(line)
    assert isinstance(event, Withdrawal)
    assert (event.reason, event.by) == (printable(text), f"ann {printable(text)}")
    assert printable(event.reason) == event.reason != text


@pytest.mark.parametrize("text", STEERING)
@pytest.mark.parametrize(
    ("event", "key"), [(APPROVAL, "title"), (APPROVAL, "note"), (REVOCATION, "reason"), (REVOCATION, "by")]
)
def test_no_such_character_is_written(event: Event, key: str, text: str) -> None:
    with pytest.raises(RegisterError, match=f'expected "{key}" = '):
        check_event(replace(event, **{key: text}))  # type: ignore[arg-type]


def test_a_title_may_hold_what_its_script_needs() -> None:
    """Persian is written with joiners, and many a sign of today with a variation selector."""
    title = "می‌خواهم ⚖️ Ελληνικά"
    event = event_from_line(_approval_with(title=title))
    assert isinstance(event, Approval)
    assert event.title == title


def test_two_people_who_look_the_same_cannot_approve() -> None:
    with pytest.raises(RegisterError, match='expected "by" = a name that reads as it is, got'):
        event_from_line(_approval_with(by="ann\u200d@x.example"))


@pytest.mark.parametrize(
    "line",
    [
        _approval_with(**{"\x1b[31mkey": 1}),
        _approval_with(event="\x1b[31m"),
        _approval_with(sha256="\u202e"),
        _approval_with(at="\x1b" * 9999),
        _approval_with(expires="\u2028"),
        _approval_with(groups="\x9b" * 9999),
    ],
)
def test_what_is_wrong_with_a_line_is_told_on_one_short_printable_line(line: bytes) -> None:
    with pytest.raises(RegisterError) as caught:
        event_from_line(line)
    assert printable(str(caught.value)) == str(caught.value)
    assert len(str(caught.value)) < 300


def test_title_and_note_may_be_left_out() -> None:
    value = json.loads(event_to_line(APPROVAL))
    del value["title"], value["note"]
    assert event_from_line(_line(value)) == APPROVAL


def test_times_are_kept_in_utc() -> None:
    bergen = timezone(timedelta(hours=1))
    event = event_from_line(event_to_line(replace(APPROVAL, at=datetime(2026, 11, 20, 13, 0, tzinfo=bergen))))
    assert event.at == NOON
    assert event.at.tzinfo is UTC


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"", "text that is not JSON"),
        (b"not json", "text that is not JSON"),
        (b'{"event": "approve"', "text that is not JSON"),
        (b'{"event": "approve", "document": "legal/\xff"}', "text that is not JSON"),
        (b"[" * 100_000, "text that is not JSON"),
        (b"[]", "expected one JSON object, got a list"),
        (b"null", "expected one JSON object, got a NoneType"),
        (b"{}", 'expected "event" = approve, revoke, reject or upload, got None'),
        (_approval_with(event="aprove"), "got 'aprove'"),
        (_approval_with(event=["approve"]), r"got \['approve'\]"),
        (_approval_without("document"), '"document" is missing'),
        (_approval_without("sha256"), '"sha256" is missing'),
        (_approval_without("by"), '"by" is missing'),
        (_approval_without("at"), '"at" is missing'),
        (_approval_without("expires"), '"expires" is missing'),
        (_approval_without("groups"), '"groups" is missing'),
        (_approval_with(group=["staff"]), r'unknown key "group"; expected \[.*groups'),
        (_approval_with(sha256="A" * 64), 'expected "sha256" = 64 lower-case hex digits'),
        (_approval_with(sha256="a" * 63), 'expected "sha256" = 64 lower-case hex digits'),
        (_approval_with(sha256=12), 'expected "sha256" = a text, got 12'),
        (_approval_with(groups="staff"), "expected \"groups\" = a list of names, got 'staff'"),
        (_approval_with(groups=[1]), 'expected "groups" = a list of names'),
        (_approval_with(groups=["\ud800"]), 'expected "groups" = a list of names'),
        (_approval_with(expires="20.11.2027"), "expected \"expires\" = a date like 2027-11-20, got '20.11.2027'"),
        (_approval_with(expires="2027-02-30"), 'expected "expires" = a date'),
        (_approval_with(expires=None), 'expected "expires" = a text, got None'),
        (_approval_with(at="yesterday"), "expected \"at\" = a UTC time like .*, got 'yesterday'"),
        (_approval_with(at="2026-11-20T12:00:00"), 'expected "at" = a time with its zone'),
        (_approval_with(at="0001-01-01T00:00:00+23:59"), 'expected "at" = a UTC time'),
        (_approval_with(by=" "), 'expected "by" = who decided, got an empty text'),
        (_approval_with(title=["A"]), r'expected "title" = a text, got \[\'A\'\]'),
        (_approval_with(title="half \udcff"), 'expected "title" = a text'),
        (_approval_with(document="../a.md"), "expected a document name like"),
        (_approval_with(document="/legal/a.md"), "expected a document name like"),
        (_approval_with(document="legal/a\n.md"), "a control character"),
        (
            _line({"event": "revoke", "document": "legal/a.md", "by": "ann", "at": "2026-11-20T12:00:00Z"}),
            '"reason" is',
        ),
        (_approval_with(event="revoke", reason="x"), 'unknown key "expires"'),
    ],
)
def test_a_line_that_is_no_event_is_refused_and_says_what_was_expected(line: bytes, message: str) -> None:
    with pytest.raises(RegisterError, match=message):
        event_from_line(line)


@given(st.binary(max_size=60))
def test_no_line_whatever_raises_anything_else(line: bytes) -> None:
    try:
        event_from_line(line)
    except RegisterError:
        return


def test_who_decided_is_read_without_outer_blanks() -> None:
    event = event_from_line(_approval_with(by=" ann@x.example "))
    assert isinstance(event, Approval)
    assert event.by == "ann@x.example"
