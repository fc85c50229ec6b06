"""`models.toml`: read strictly, and no error shows what might be a secret."""

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from service.models.approved import ApprovedModel, Endpoint, Limits, MaySend, Terms
from service.models.errors import ModelsFileError
from service.models.models_file import ModelsSaid, read_models
from tests.support.model_parts import ENTRY, EXPIRES, written

PATH = Path("library/models.toml")
SECRET = "sk-very-secret"


def read(*entries: dict[str, Any]) -> dict[str, ApprovedModel]:
    return dict(read_models(written(*entries).encode(), PATH).models)


def test_an_entry_says_all_that_it_can() -> None:
    more = {"groups": ["staff", "legal"], "region": "EU", "retention": "30 days, then erased", "training": False}
    more |= {"api_key_env": "MODELS_API_KEY", "proxy": "http://proxy.example:3128"}
    more |= {"timeout_s": 90, "silent_s": 20.5, "at_once": 4, "most_tokens": 300}
    assert read({**ENTRY, **more})["writer"] == ApprovedModel(
        name="writer",
        endpoint=Endpoint("https://models.example/v1", "qwen3-8b", "MODELS_API_KEY", "http://proxy.example:3128"),
        owner="it@northlight.example",
        approved_by="legal@northlight.example",
        expires=EXPIRES,
        may_send=MaySend(frozenset({"handbook"}), frozenset({"staff", "legal"})),
        terms=Terms("EU", "30 days, then erased", training=False),
        limits=Limits(90.0, 20.5, 4, 300),
    )


def test_an_entry_says_no_more_than_it_has_to() -> None:
    (model,) = read(ENTRY).values()
    assert (model.terms, model.limits, model.endpoint.api_key_env) == (Terms(), Limits(), None)


def test_the_hash_is_of_the_bytes_and_an_empty_file_approves_nothing() -> None:
    content = written(ENTRY).encode()
    assert read_models(content, PATH).sha256 == hashlib.sha256(content).hexdigest()
    assert read_models(b"", PATH) == ModelsSaid()


def test_several_models_are_kept_in_order() -> None:
    assert list(read(ENTRY, {**ENTRY, "name": "judge"})) == ["writer", "judge"]


def test_an_entry_that_nobody_approved_yet_is_read_and_may_not_be_called() -> None:
    for approver in (None, ""):
        assert read({**ENTRY, "approved_by": approver})["writer"].why_not(EXPIRES)


@pytest.mark.parametrize("day", [date(2027, 6, 30), "2027-06-30"])
def test_a_day_may_be_written_as_toml_has_it_or_as_a_text(day: Any) -> None:
    assert read({**ENTRY, "expires": day})["writer"].expires == EXPIRES


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:11434/v1",
        "http://localhost:8000/v1/",
        "http://[::1]:8080/v1",
        "http://127.8.9.1/v1",
        "https://models.example:8443",
    ],
)
def test_an_address_is_https_or_on_this_machine(url: str) -> None:
    assert read({**ENTRY, "url": url})["writer"].endpoint.url == url.rstrip("/")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": None}, "model 1: expected name = lower-case letters"),
        ({"name": "Writer One"}, "model 1: expected name = lower-case letters"),
        ({"surces": ["handbook"]}, "model 'writer': unknown key 'surces'; expected some of"),
        ({"api_key": SECRET}, "model 'writer': unknown key 'api_key'; expected some of"),
        ({"url": None}, "expected url = an address like https://models.example/v1, got nothing"),
        ({"url": "models.example/v1"}, "expected url = an address like"),
        ({"url": "ftp://models.example/v1"}, "expected url = an address like"),
        ({"url": "https:///v1"}, "expected url = an address like"),
        ({"url": "https://models.example:port/v1"}, "expected url = an address like"),
        ({"url": "https://mödels.example/v1"}, "expected url = an address like"),
        ({"url": "https://models .example/v1"}, "expected url = an address like"),
        ({"url": 8080}, "expected url = an address like https://models.example/v1, got a int"),
        ({"url": "http://models.example/v1"}, "expected url = https://..., got http:// to another machine"),
        ({"url": "http://10.0.0.8/v1"}, "expected url = https://..., got http:// to another machine"),
        ({"url": "http://127.0.0.1.example/v1"}, "expected url = https://..., got http:// to another machine"),
        ({"url": f"https://user:{SECRET}@models.example/v1"}, "expected url without a name, a password"),
        ({"url": f"https://models.example/v1?key={SECRET}"}, "expected url without a name, a password"),
        ({"url": "https://models.example/v1/chat/completions"}, "expected url up to /v1"),
        ({"proxy": f"http://user:{SECRET}@proxy.example"}, "expected proxy without a name, a password"),
        ({"proxy": "socks5://proxy.example"}, "expected proxy = an address like"),
        ({"model": ""}, "expected model = a text of 1 to 300 characters, got nothing"),
        ({"model": "a\u202eb"}, "expected model to hold plain text"),
        ({"owner": None}, "expected owner = a text of 1 to 300 characters, got nothing"),
        ({"owner": "  "}, "expected owner = a text of 1 to 300 characters, got a text of 2 characters"),
        ({"approved_by": " "}, "expected approved_by = a text"),
        ({"approved_by": True}, "expected approved_by = a text of 1 to 300 characters, got a bool"),
        ({"expires": None}, "expected expires = a day, like 2027-06-30, got nothing"),
        ({"expires": "2027-02-30"}, "expected expires = a day"),
        ({"expires": "30.06.2027"}, "expected expires = a day"),
        ({"sources": None}, "expected what it may be sent"),
        ({"sources": []}, "expected sources = a list of one name or more"),
        ({"sources": "handbook"}, "expected sources = a list of one name or more"),
        ({"sources": ["handbook/travel"]}, "expected sources = names of sources"),
        ({"groups": []}, "expected groups = a list of one name or more"),
        ({"groups": ["sta\u200bff"]}, "expected groups = plain names"),
        ({"region": ""}, "expected region = a text"),
        ({"training": "no"}, "expected training = true or false, got a text of 2 characters"),
        ({"api_key_env": SECRET}, "expected api_key_env = the name of an environment variable"),
        ({"api_key_env": ""}, "expected api_key_env = the name of an environment variable"),
        ({"api_key_env": "GREENLIT_TOKEN"}, "expected api_key_env = a variable made for the model, got GREENLIT_TOKEN"),
        ({"timeout_s": 0}, "expected timeout_s = a number from 1 to 600"),
        ({"timeout_s": True}, "expected timeout_s = a number from 1 to 600"),
        ({"timeout_s": 20, "silent_s": 30}, "expected silent_s to be at most timeout_s"),
        ({"at_once": 2.5}, "expected at_once = a whole number"),
        ({"at_once": 1000}, "expected at_once = a number from 1 to 256"),
        ({"most_tokens": 0}, "expected most_tokens = a number from 1 to 65536"),
        ({"most_tokens": 1.5}, "expected most_tokens = a whole number"),
    ],
)
def test_what_is_wrong_is_named_and_no_secret_shown(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelsFileError) as raised:
        read({**ENTRY, **change})
    assert str(raised.value).startswith(str(PATH))
    assert message in str(raised.value)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[[model]]\nname = ", "cannot be read as TOML"),
        (b"\xff", "cannot be read as TOML"),
        (b"[model]\nname = 'a'", "expected [[model]] tables and nothing else"),
        (b"[[models]]\nname = 'a'", "expected [[model]] tables and nothing else, got ['models']"),
        (b"model = [1]", "expected [[model]] tables and nothing else"),
        (b"#" * (1 << 20) + b"#", "expected at most 1048576 bytes"),
        (written(ENTRY, ENTRY).encode(), "two models have the name 'writer'"),
    ],
)
def test_a_file_that_is_none_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(ModelsFileError) as raised:
        read_models(content, PATH)
    assert message in str(raised.value)


def test_a_time_is_no_day() -> None:
    content = written(ENTRY).replace("2027-06-30", "2027-06-30T12:00:00Z").encode()
    with pytest.raises(ModelsFileError, match="expected expires = a day, like 2027-06-30, got a datetime"):
        read_models(content, PATH)
