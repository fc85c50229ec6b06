"""Whom Open WebUI names, and when that counts. What comes of it at the door is in `tests/integration`."""

import base64
import json
import time
from typing import Any

import jwt
import pytest
from starlette.datastructures import Headers

from service.access.errors import NotSignedInError
from service.chat_completions.identity import OpenWebUi
from tests.support.chat_clients import SECRET, signed

EMAIL = "uma@northlight.example"
SIGNED, PLAIN = "x-openwebui-user-jwt", "x-openwebui-user-email"


def _person(*sent: tuple[str, str], secret: str | None = SECRET, plain: bool = False) -> str | None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in sent]
    return OpenWebUi(secret, plain).person(Headers(raw=raw))


def _is_nobody(*sent: tuple[str, str], **more: Any) -> bool:
    with pytest.raises(NotSignedInError) as caught:
        _person(*sent, **more)
    return str(caught.value) == "expected an identity that is valid here"


def _without_signature(**header: str) -> str:
    claims = jwt.decode(signed(), options={"verify_signature": False})
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims)]
    return f"{parts[0]}.{parts[1]}."


def test_who_is_signed_for_is_who_asks() -> None:
    assert _person((SIGNED, signed())) == EMAIL
    assert _person() is None


_NOW_S = int(time.time())
FORGED = {
    "another secret": signed(secret="b" * 32),
    "an issuer of one's own": signed(iss="librechat"),
    "no issuer": signed(iss=None),
    "ended": signed(iat=_NOW_S - 900, exp=_NOW_S - 60),
    "no end": signed(exp=None),
    "an end in a day": signed(exp=_NOW_S + 86_400),
    "an end that is no number": signed(exp="never"),
    "an end that is true": signed(exp=True),
    "from tomorrow": signed(iat=_NOW_S + 86_400),
    "a time that is no number": signed(iat=[1]),
    "nobody": signed(email=None),
    "an address that is no text": signed(email=[EMAIL]),
    "another algorithm": jwt.encode({"email": EMAIL, "iss": "open-webui", "exp": _NOW_S + 300}, "b" * 64, "HS512"),
    "no algorithm": _without_signature(alg="none", typ="JWT"),
    "no signature": _without_signature(alg="HS256", typ="JWT"),
    "too long": signed(name="a" * 5000),
    "cut off": signed()[:-1],
    "no token": "uma@northlight.example",
    "nothing": "",
    "no ASCII": "ü.ü.ü",
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED.keys())
def test_whatever_is_wrong_with_it_nobody_is_named(token: str) -> None:
    assert _is_nobody((SIGNED, token))


def test_what_is_not_signed_does_not_count_beside_a_secret() -> None:
    assert _is_nobody((PLAIN, EMAIL))
    assert _is_nobody((PLAIN, EMAIL), plain=True)
    assert _person((PLAIN, "theo@northlight.example"), (SIGNED, signed())) == EMAIL


def test_without_a_secret_it_counts_only_where_a_setting_says_so() -> None:
    assert _is_nobody((PLAIN, EMAIL), secret=None)
    assert _person((PLAIN, EMAIL), secret=None, plain=True) == EMAIL
    assert _person((PLAIN, "uma%40northlight.example"), secret=None, plain=True) == EMAIL
    assert _is_nobody((SIGNED, signed()), secret=None, plain=True), "nobody can tell whether it is true"
    assert _is_nobody((SIGNED, signed()), (PLAIN, EMAIL), secret=None, plain=True)


def test_named_twice_is_nobody() -> None:
    assert _is_nobody((SIGNED, signed()), (SIGNED, signed()))
    assert _is_nobody((SIGNED, signed()), (PLAIN, EMAIL), (PLAIN, EMAIL))
