"""Local mode: one person, recognised by a token that only they can read."""

import contextlib
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.access.errors import NotSignedInError, TokenError
from service.access.local import TOKEN_FILE, LocalAccess, is_loopback, local_token
from service.access.port import Carried
from service.access.principals import Role
from service.access.private_file import in_folder

TOKEN = "a-token-of-the-tests"


@pytest.fixture
def access(tmp_path: Path) -> Iterator[LocalAccess]:
    with contextlib.closing(
        LocalAccess.open(state=tmp_path, keep=in_folder(tmp_path), given=TOKEN, groups=frozenset({"board"}))
    ) as opened:
        yield opened


def test_the_token_belongs_to_the_one_person_who_is_in_every_role(access: LocalAccess) -> None:
    person = access.principal(Carried(bearer=TOKEN))
    assert (person.principal_id, person.auth) == ("local", "local-token")
    assert person.groups == {"staff", "board"}
    assert person.roles == set(Role)
    assert access.owner() == person


@pytest.mark.parametrize("token", [None, "", TOKEN + "x", TOKEN[:-1], TOKEN.upper(), "tökén", "\ud800", f" {TOKEN}"])
def test_any_other_token_is_nobodys(access: LocalAccess, token: str | None) -> None:
    with pytest.raises(NotSignedInError, match="expected the token of this installation") as caught:
        access.principal(Carried(bearer=token))
    assert TOKEN not in str(caught.value)


def test_a_browser_that_used_a_code_is_the_one_person(access: LocalAccess) -> None:
    session = Carried(session=access.sign_in(access.new_code()).session_id)
    assert access.principal(session) == dataclasses.replace(access.owner(), auth="local-session")
    assert session.session is not None
    access.sign_out(session.session)
    with pytest.raises(NotSignedInError):
        access.principal(session)


def test_the_token_is_no_session_and_a_session_no_token(access: LocalAccess) -> None:
    session_id = access.sign_in(access.new_code()).session_id
    for carried in (Carried(session=TOKEN), Carried(bearer=session_id), Carried(bearer="x", session=session_id)):
        with pytest.raises(NotSignedInError):
            access.principal(carried)


def test_a_token_is_made_once_and_kept(tmp_path: Path) -> None:
    made = local_token(tmp_path / "var", None)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", made)  # 32 random bytes
    assert local_token(tmp_path / "var", None) == made
    assert [path.name for path in (tmp_path / "var").iterdir()] == [TOKEN_FILE]


def test_two_installations_have_different_tokens(tmp_path: Path) -> None:
    assert local_token(tmp_path / "one", None) != local_token(tmp_path / "two", None)


def test_a_configured_token_is_used_and_nothing_is_written(tmp_path: Path) -> None:
    assert local_token(tmp_path / "var", TOKEN) == TOKEN
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("given", ["", "short", "a" * 7])
def test_a_configured_token_that_can_be_guessed_is_refused(tmp_path: Path, given: str) -> None:
    with pytest.raises(TokenError, match=f"GREENLIT_TOKEN: expected at least 8 characters, got {len(given)}"):
        local_token(tmp_path, given)


@pytest.mark.parametrize("given", ["tökén-of-mine", "two words here", "a-tab\there", "zero\u200bwidth", "null\x00byte"])
def test_a_configured_token_that_cannot_be_sent_is_refused(tmp_path: Path, given: str) -> None:
    with pytest.raises(TokenError, match="GREENLIT_TOKEN: expected visible ASCII characters only") as caught:
        local_token(tmp_path, given)
    assert given not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\n", b"half-a-token"])
def test_a_file_without_a_token_is_not_used(tmp_path: Path, content: bytes) -> None:
    local_token(tmp_path, None)
    (tmp_path / TOKEN_FILE).write_bytes(content)
    with pytest.raises(TokenError, match="holds no token: remove it to get a new one"):
        local_token(tmp_path, None)


def test_a_file_that_is_not_text_is_not_used(tmp_path: Path) -> None:
    local_token(tmp_path, None)
    (tmp_path / TOKEN_FILE).write_bytes(b"\xff" * 40)
    with pytest.raises(TokenError, match="cannot be made or read"):
        local_token(tmp_path, None)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file is in the way")
    with pytest.raises(TokenError, match="cannot be made or read"):
        local_token(tmp_path / "var", None)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "[::1]", "localhost"])
def test_these_addresses_reach_this_machine_only(host: str) -> None:
    assert is_loopback(host)


EVERY_ADDRESS = "0.0.0.0"  # noqa: S104  (what is refused)


@pytest.mark.parametrize("host", [EVERY_ADDRESS, "::", "", "192.168.0.1", "x.com", "localhost.example", "127.0.0.1 "])
def test_these_do_not(host: str) -> None:
    assert not is_loopback(host)
