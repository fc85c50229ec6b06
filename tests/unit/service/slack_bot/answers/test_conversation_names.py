"""What a thread is called at Greenlit: the same for its person within a month, and telling nobody where it is."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.slack_bot.answers.conversation_names import KEY_FILE, ConversationNames
from service.slack_bot.errors import NotConnectedError
from tests.support.slack_parts import CHANNEL, TS, place


def _names(key: bytes = b"k" * 32, month: int = 11) -> ConversationNames:
    return ConversationNames(key, now=lambda: datetime(2026, month, 30, tzinfo=UTC))


def test_a_thread_has_one_name_for_a_person_in_a_month() -> None:
    here = place("channel")
    name = _names().name(here)
    assert name is not None
    assert re.fullmatch(r"slack-[0-9a-f]{48}", name)
    assert name == _names().name(here)
    others = [
        _names().name(place("channel", user="U9")),
        _names().name(place("channel", thread_ts="1764428400.000101")),
        _names().name(place("channel", channel="C2")),
        _names(month=12).name(here),
        _names(key=b"j" * 32).name(here),
    ]
    assert len({name, *others}) == 6
    assert not [part for part in (CHANNEL, TS.split(".")[0]) if part in name]
    assert _names().name(place("command")) is None


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first = ConversationNames.open(tmp_path / "slack").name(place())
    assert ConversationNames.open(tmp_path / "slack").name(place()) == first
    file = tmp_path / "slack" / KEY_FILE
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    with pytest.raises(NotConnectedError, match="nobody else can read"):
        ConversationNames.open(tmp_path / "slack")
