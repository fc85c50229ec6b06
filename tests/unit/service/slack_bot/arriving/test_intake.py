"""What asks: messages of people, mentions, the command; no bots, no edits, and nothing of another form."""

from typing import Any

import pytest

from service.slack_bot.arriving.intake import changed_user, incoming_command, incoming_event
from service.slack_bot.places import Place


def _event(inner: dict[str, Any] | None = None, **outer: Any) -> dict[str, Any]:
    message = {
        "type": "message",
        "channel_type": "im",
        "user": "U1",
        "channel": "D1",
        "ts": "17.5",
        "text": "How much?",
    }
    return {"type": "event_callback", "event_id": "Ev1", "team_id": "T1", "event": message | (inner or {})} | outer


_MENTION = {"type": "app_mention", "channel_type": None, "channel": "C1", "text": "<@U0> how much?"}


def test_a_direct_message_is_a_thread_of_its_own() -> None:
    incoming = incoming_event(_event())

    assert incoming is not None
    assert incoming.text == "How much?"
    assert incoming.delivery.name == "Ev1"
    assert incoming.delivery.place == Place("direct", "T1", "D1", "U1", ts="17.5", thread_ts="17.5")
    assert "How much?" not in repr(incoming)


def test_a_mention_in_a_thread_is_answered_there() -> None:
    incoming = incoming_event(_event({**_MENTION, "thread_ts": "11.5"}, enterprise_id="E1", is_ext_shared_channel=True))

    assert incoming is not None
    assert incoming.delivery.enterprise == "E1"
    assert incoming.delivery.place == Place("channel", "T1", "C1", "U1", ts="17.5", thread_ts="11.5", is_shared=True)


@pytest.mark.parametrize(
    "more", [{"subtype": "file_share"}, {"subtype": "thread_broadcast"}, {"files": [{"id": "F1"}]}]
)
def test_words_beside_a_file_and_answers_to_all_are_messages(more: dict[str, Any]) -> None:
    assert incoming_event(_event(more)) is not None


@pytest.mark.parametrize(
    "more",
    [
        {"bot_id": "B1"},
        {"bot_profile": {"id": "B1"}},
        {"app_id": "A1"},
        {"subtype": "bot_message"},
        {"subtype": "message_changed"},
        {"subtype": "message_deleted"},
        {"subtype": "channel_join"},
        {"subtype": ["file_share"]},
        {"hidden": True},
        {"edited": {"user": "U1", "ts": "18.5"}},
        {"user": "USLACKBOT"},
        {"channel_type": "channel"},
        {"channel_type": "mpim"},
        {"type": "reaction_added"},
    ],
)
def test_bots_edits_deletions_joins_and_other_channels_do_not_ask(more: dict[str, Any]) -> None:
    assert incoming_event(_event(more)) is None


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ({"user": None}, {}),
        ({"user": 5}, {}),
        ({"user": "U1 \n"}, {}),
        ({"ts": "none"}, {}),
        ({"ts": "1" * 400 + ".5"}, {}),
        ({"thread_ts": ["17.5"]}, {}),
        ({"channel": "../../x"}, {}),
        ({}, {"event_id": ""}),
        ({}, {"event_id": "E" * 65}),
        ({}, {"event_id": "Ev\r\nGreenlit-On-Behalf-Of: boss"}),
        ({}, {"team_id": None}),
        ({}, {"event": []}),
        ({}, {"event": None}),
    ],
)
def test_what_has_another_form_does_not_ask(inner: dict[str, Any], outer: dict[str, Any]) -> None:
    assert incoming_event(_event(inner, **outer)) is None


def test_a_message_without_words_is_one_of_none() -> None:
    incoming = incoming_event(_event({"text": None}))

    assert incoming is not None
    assert incoming.text == ""


_FORM = {
    "command": "/ask",
    "team_id": "T1",
    "channel_id": "C1",
    "user_id": "U1",
    "trigger_id": "1.2.abc",
    "text": "how much?",
    "response_url": "https://hooks.slack.com/commands/T1/1/abc",
}


def test_a_command_is_answered_at_its_own_address_and_named_after_its_trigger() -> None:
    first, again, other = (
        incoming_command(_FORM | more) for more in ({}, {"text": "changed"}, {"trigger_id": "1.2.b"})
    )

    assert first is not None and again is not None and other is not None  # noqa: PT018
    assert first.delivery.place == Place("command", "T1", "C1", "U1", response_url=_FORM["response_url"])
    assert first.delivery.name == again.delivery.name != other.delivery.name
    assert "how much" not in first.delivery.name
    assert "hooks.slack.com" not in repr(first)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.slack.com/x",
        "https://hooks.slack.com.evil.example/x",
        "https://evilslack.com/x",
        "http://169.254.169.254/latest",
        "http://127.0.0.1:8000/v1/ask",
        "file:///etc/passwd",
        "https://[::1",
        "",
        None,
    ],
)
def test_an_address_that_is_not_slacks_is_not_called(url: str | None) -> None:
    incoming = incoming_command(_FORM | {"response_url": url})

    assert incoming is not None
    assert incoming.delivery.place.response_url is None


def test_what_stands_for_slack_in_tests_may_be_called_there() -> None:
    incoming = incoming_command(_FORM | {"response_url": "http://127.0.0.1:5/response/1"}, slack_host="127.0.0.1")

    assert incoming is not None
    assert incoming.delivery.place.response_url == "http://127.0.0.1:5/response/1"


@pytest.mark.parametrize("missing", ["team_id", "channel_id", "user_id", "trigger_id"])
def test_a_command_without_what_every_command_has_is_none(missing: str) -> None:
    assert incoming_command({key: value for key, value in _FORM.items() if key != missing}) is None


def test_a_change_of_a_person_names_them() -> None:
    assert changed_user({"event": {"type": "user_change", "user": {"id": "U1"}}}) == "U1"
    assert changed_user({"event": {"type": "user_change", "user": "U1"}}) is None
    assert changed_user({"event": {"type": "message", "user": {"id": "U1"}}}) is None
    assert changed_user({}) is None
