"""Signatures: only our own app's, only of the last five minutes, and nothing a stranger sends breaks the check."""

import hashlib
import hmac

import pytest

from service.slack_bot.arriving.signatures import Signatures

_NOW = 1_795_000_000
_SECRET = "5160ac12d5160ac12d5160a"
_BODY = b'{"type": "event_callback"}'


def _signed(timestamp: str, body: bytes = _BODY, secret: str = _SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": timestamp, "x-slack-signature": f"v0={digest}"}


@pytest.fixture
def signatures() -> Signatures:
    return Signatures(_SECRET, clock_s=lambda: float(_NOW))


@pytest.mark.parametrize("age_s", [0, 300, -300])
def test_a_request_of_the_last_five_minutes_is_good(signatures: Signatures, age_s: int) -> None:
    assert signatures.is_good(_signed(str(_NOW - age_s)), _BODY)


@pytest.mark.parametrize("age_s", [301, -301, _NOW])
def test_an_older_one_or_one_of_the_future_is_not(signatures: Signatures, age_s: int) -> None:
    assert not signatures.is_good(_signed(str(_NOW - age_s)), _BODY)


def test_a_body_that_was_changed_or_another_secret_is_not_good(signatures: Signatures) -> None:
    good = _signed(str(_NOW))

    assert not signatures.is_good(good, _BODY + b" ")
    assert not signatures.is_good(good, _BODY[:-1])
    assert not signatures.is_good(_signed(str(_NOW), secret="another"), _BODY)
    assert not signatures.is_good(good | {"x-slack-request-timestamp": str(_NOW - 1)}, _BODY)


@pytest.mark.parametrize("timestamp", ["", "yesterday", "1" * 5000, "-5", "1.5", "inf", "١٧٩", f" {_NOW}", f"{_NOW}\n"])
def test_a_time_of_another_form_is_refused_before_anything_is_computed(signatures: Signatures, timestamp: str) -> None:
    assert not signatures.is_formed(_signed(timestamp))
    assert not signatures.is_good(_signed(timestamp), _BODY)


@pytest.mark.parametrize(
    "signature", ["", "v0=", "v0=" + "0" * 63, "v0=" + "0" * 65, "v1=" + "0" * 64, "v0=" + "A" * 64, "v0=" + "é" * 64]
)
def test_a_signature_of_another_form_is_refused_before_anything_is_computed(
    signatures: Signatures, signature: str
) -> None:
    headers = _signed(str(_NOW)) | {"x-slack-signature": signature}

    assert not signatures.is_formed(headers)
    assert not signatures.is_good(headers, _BODY)


def test_a_body_that_is_no_text_is_compared_like_any_other(signatures: Signatures) -> None:
    assert signatures.is_good(_signed(str(_NOW), b"\xff\xfe"), b"\xff\xfe")
    assert not signatures.is_good(_signed(str(_NOW)), b"\xff\xfe")


def test_no_header_is_no_signature(signatures: Signatures) -> None:
    assert not signatures.is_formed({})
