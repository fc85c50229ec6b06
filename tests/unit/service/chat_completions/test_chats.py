"""A chat of the client is a conversation of ours, under an id that says nothing of either."""

import hashlib
import re
from datetime import UTC, datetime

import pytest
from starlette.datastructures import Headers

from service.chat_completions.chats import Chats
from tests.support.chat_clients import CHAT_ID

NOVEMBER, DECEMBER = datetime(2026, 11, 29, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


def _id(name: str = CHAT_ID, asker: str = "uma-1", **more: object) -> str | None:
    header = str(more.get("header", "x-openwebui-chat-id"))
    chats = Chats(key=lambda: more.get("key", b"k" * 32), now=lambda: more.get("now", NOVEMBER))  # type: ignore[arg-type,return-value]
    return chats.conversation(Headers({header: name}), asker)


def test_the_same_chat_of_the_same_person_is_the_same_conversation() -> None:
    found = _id()
    assert found is not None
    assert re.fullmatch(r"o-[0-9a-f]{32}", found)
    assert _id() == found


def test_another_chat_person_key_month_or_client_is_another() -> None:
    others = [_id("b"), _id(asker="b"), _id(key=b"b" * 32), _id(now=DECEMBER), _id(header="greenlit-chat")]
    assert len({_id(), *others}) == 6


def test_it_cannot_be_made_without_the_key() -> None:
    plain = {hashlib.sha256(text.encode()).hexdigest()[:32] for text in (CHAT_ID, f"uma-1{CHAT_ID}")}
    assert (_id() or "").removeprefix("o-") not in plain
    assert CHAT_ID not in (_id() or "")


@pytest.mark.parametrize("name", ["", "new", "NULL", "local:9", "{{CHAT_ID}}", "a b", "a" * 257, "ü"])
def test_a_chat_without_a_name_of_its_own_is_none(name: str) -> None:
    assert _id(name) is None


def test_a_chat_that_is_named_twice_is_none() -> None:
    chats = Chats(key=lambda: b"k" * 32, now=lambda: NOVEMBER)
    twice = Headers(raw=[(b"greenlit-chat", b"a"), (b"greenlit-chat", b"b")])
    assert chats.conversation(twice, "uma-1") is None
