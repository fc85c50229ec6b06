"""What every adapter of `Access` promises to the doors. To hold another one to it, add the way in to `WAYS`."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from service.access.errors import NotFreshError, NotSignedInError
from service.access.local import LocalAccess
from service.access.people import Person
from service.access.port import Access, Carried
from service.access.principals import Principal
from service.access.private_file import in_folder
from tests.support.key_parts import MIRA, open_office
from tests.support.openid_parts import Signer, claims, opened_access, scripted_provider, settings_of


@dataclass(frozen=True)
class Way:
    """A way in: the adapter, what somebody who is known carries, and who they are."""

    access: Access
    carried: Carried
    person: str
    auth: str


@contextlib.contextmanager
def _local_token(state: Path) -> Iterator[Way]:
    with contextlib.closing(
        LocalAccess.open(state=state, keep=in_folder(state), given=None, groups=frozenset())
    ) as access:
        yield Way(access, Carried(bearer=access.bearer()), "local", "local-token")


@contextlib.contextmanager
def _local_session(state: Path) -> Iterator[Way]:
    with contextlib.closing(
        LocalAccess.open(state=state, keep=in_folder(state), given=None, groups=frozenset())
    ) as access:
        session_id = access.sign_in(access.new_code()).session_id
        yield Way(access, Carried(session=session_id), "local", "local-session")


@contextlib.contextmanager
def _oidc_token(state: Path) -> Iterator[Way]:
    with scripted_provider() as provider, opened_access(state, settings_of(provider.issuer)) as opened:
        token = Signer().sign(claims(provider.issuer), typ="at+jwt")
        yield Way(opened.access, Carried(bearer=token), "mira-1", "oidc-token")


@contextlib.contextmanager
def _oidc_session(state: Path) -> Iterator[Way]:
    with scripted_provider() as provider, opened_access(state, settings_of(provider.issuer)) as opened:
        mira = Person("mira-1", None, "Mira", frozenset({"newsroom"}))
        session_id = opened.sessions.begin(mira, before=None, id_token=None).session_id
        yield Way(opened.access, Carried(session=session_id), "mira-1", "oidc-session")


@contextlib.contextmanager
def _key_by_itself(state: Path) -> Iterator[Way]:
    state.mkdir()
    with open_office(state) as office:
        made = office.make("ask", groups=("staff",))
        yield Way(office.access, Carried(bearer=made.secret), f"key:{made.key.key_id}", "api-key")


@contextlib.contextmanager
def _key_for_somebody(state: Path) -> Iterator[Way]:
    state.mkdir()
    with open_office(state) as office:
        secret = office.make("ask", "act-for").secret
        yield Way(office.access, Carried(bearer=secret, on_behalf_of=MIRA.email), "mira-1", "on-behalf")


WAYS: dict[str, Callable[[Path], AbstractContextManager[Way]]] = {
    "local token": _local_token,
    "local session": _local_session,
    "oidc token": _oidc_token,
    "oidc session": _oidc_session,
    "key by itself": _key_by_itself,
    "key on behalf of somebody": _key_for_somebody,
}
MADE_UP = [
    "x",
    "",
    " ",
    "a" * 43,
    "glk_made-up",
    "a.b.c",
    Signer("made-up", number=9).sign(claims("https://evil.example")),
    "tökén",
    "\ud800",
    "' OR 1=1 --",
    "x" * 100_000,
]


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:
    with WAYS[request.param](tmp_path / "var") as opened:
        yield opened


def recognised(access: Access, carried: Carried) -> Principal:
    """Ask as doors do: what has to be read first is read once, and then it can be told."""
    try:
        return access.principal(carried)
    except NotFreshError:
        access.refresh()
    try:
        return access.principal(carried)
    except NotFreshError as error:
        raise AssertionError("after it was read anew, it can be told") from error


def test_somebody_who_is_known_is_who_they_are_and_stays_so(way: Way) -> None:
    found = recognised(way.access, way.carried)
    assert (found.principal_id, found.auth) == (way.person, way.auth)
    assert found.name
    assert "staff" in found.groups
    assert way.access.principal(way.carried) == found


@pytest.mark.parametrize("made_up", MADE_UP, ids=lambda text: ascii(text[:20]))
@pytest.mark.parametrize("field", ["bearer", "session"])
def test_nobody_else_is_and_the_message_holds_nothing_of_what_came(way: Way, field: str, made_up: str) -> None:
    with pytest.raises(NotSignedInError, match=r"^expected ") as caught:
        recognised(way.access, Carried(**{field: made_up}))
    assert len(made_up) < 8 or made_up not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_whoever_carries_nothing_is_nobody(way: Way) -> None:
    with pytest.raises(NotSignedInError, match=r"^expected "):
        recognised(way.access, Carried())


def test_what_is_good_in_one_place_is_nothing_in_another(way: Way) -> None:
    """A session is no token and a token no session: a cookie never opens the API."""
    exchanged = Carried(bearer=way.carried.session, session=way.carried.bearer)
    with pytest.raises(NotSignedInError):
        recognised(way.access, exchanged)


def test_where_a_token_came_only_the_token_counts(way: Way) -> None:
    if way.carried.session is not None:
        with pytest.raises(NotSignedInError):
            recognised(way.access, replace(way.carried, bearer="made-up"))
    else:
        assert recognised(way.access, replace(way.carried, session="made-up")).auth == way.auth


def test_what_is_nearly_right_is_wrong(way: Way) -> None:
    good = way.carried.bearer or way.carried.session or ""
    for wrong in (good[:-2], good + "x", good.swapcase(), f" {good}", good[1:]):
        with pytest.raises(NotSignedInError):
            recognised(way.access, Carried(**{"bearer" if way.carried.bearer else "session": wrong}))


def test_being_recognised_waits_for_nobody(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """`principal` is called in the event loop: what takes time is for `refresh`, in a thread."""
    recognised(way.access, way.carried)

    def waits(*_: object, **__: object) -> None:
        raise AssertionError("it waits")

    for place, name in ((socket.socket, "connect"), (socket, "getaddrinfo"), (time, "sleep")):
        monkeypatch.setattr(place, name, waits)
    assert way.access.principal(way.carried)
    for carried in (
        Carried(),
        *(Carried(bearer=text) for text in MADE_UP),
        *(Carried(session=text) for text in MADE_UP),
    ):
        with pytest.raises(NotSignedInError):
            way.access.principal(carried)


def test_reading_anew_what_is_known_changes_nothing(way: Way) -> None:
    found = recognised(way.access, way.carried)
    way.access.refresh()
    assert way.access.principal(way.carried) == found
