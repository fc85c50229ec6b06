"""What goes out to an endpoint: the messages and its own key, and nothing that a library or the environment adds."""

import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from service.models.connection import Call, connect
from service.models.errors import ModelUnavailableError
from service.models.openai_like import open_model
from tests.support.forked import ROOT, run
from tests.support.model_calls import FIRST, MESSAGES, PASSAGE, ask, model_of
from tests.support.model_parts import approved
from tests.support.model_server import ModelServer, saying
from tests.support.ports import free_port

SECRET = "sk-very-secret"


def test_a_good_draft_comes_through_word_for_word(server: ModelServer) -> None:
    server.plays("good")
    said, error = ask(model_of(server))
    assert error is None
    assert said.startswith(FIRST)
    assert server.newest.passages == {"k7": PASSAGE}


def test_what_is_sent_is_the_messages_and_the_parameters_and_nothing_of_the_library(server: ModelServer) -> None:
    server.plays("good")
    model = model_of(server)
    ask(model, most_tokens=77)
    assert server.newest.path == "/v1/chat/completions"
    assert server.newest.body == {
        "messages": [{"role": message.role, "content": message.text} for message in MESSAGES],
        "model": "qwen3-8b",
        "temperature": 0.0,
        "max_tokens": 77,
        "stream": True,
    }
    assert model.parameters == {"model": "qwen3-8b", "temperature": 0.0}
    assert model.name == "writer"


def test_neither_key_nor_proxy_nor_header_of_the_environment_is_used(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, SECRET)
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", f"X-Secret: {SECRET}")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server.plays("good")
    assert ask(model_of(server))[0].startswith(FIRST)
    assert sorted(server.newest.headers) == [
        "accept",
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "host",
        "user-agent",
    ]
    assert SECRET not in str(server.newest)


def test_its_own_key_is_sent_as_a_bearer_and_shown_nowhere(server: ModelServer) -> None:
    server.plays("status_401")
    model = model_of(server, key=SECRET)
    _, error = ask(model)
    assert server.newest.headers["authorization"] == f"Bearer {SECRET}"
    assert str(error) == "model 'writer' answered 401: the key is refused (api_key_env in models.toml)"
    assert SECRET not in repr(error) + repr(model) + str(model.parameters)


def test_the_proxy_of_models_toml_is_asked(server: ModelServer) -> None:
    server.plays("good")
    proxy = server.url.removesuffix("/v1")
    entry = approved("http://127.0.0.1:1/v1")
    entry = replace(entry, endpoint=replace(entry.endpoint, proxy=proxy))
    said, _ = ask(open_model(entry))
    assert said.startswith(FIRST)
    assert server.newest.path == "http://127.0.0.1:1/v1/chat/completions"


def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    with ModelServer("good", certificate_in=tmp_path) as server:
        said, error = ask(model_of(server))
    assert (said, server.asked) == ("", [])
    assert isinstance(error, ModelUnavailableError)
    assert "its certificate is not trusted: self-signed certificate" in str(error)


@pytest.mark.usefixtures("no_pause")
def test_nobody_is_there() -> None:
    _, error = ask(open_model(approved(f"http://127.0.0.1:{free_port()}/v1")))
    assert isinstance(error, ModelUnavailableError)
    assert str(error) == "model 'writer' cannot be reached (ConnectError)"


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/elsewhere"), ("POST", "/chat/completions"), ("GET", "/v1")])
def test_the_client_calls_nothing_elsewhere(server: ModelServer, method: str, path: str) -> None:
    before = len(server.asked)
    with (
        connect(approved(server.url), key=SECRET, call=Call(most_bytes=9)) as client,
        pytest.raises(ModelUnavailableError, match="expected a call to its endpoint, got one elsewhere"),
    ):
        client.request(method, server.url.removesuffix("/v1") + path)
    assert len(server.asked) == before


def test_nothing_else_is_reached_and_nothing_is_logged_whatever_the_environment_wants(
    server: ModelServer,
) -> None:
    server.plays(saying("51 euros."))
    script = f"""
        from tests.support.network_watch import ATTEMPTS, watch
        watch()
        import logging
        logging.basicConfig(level=logging.DEBUG)
        from service.models.openai_like import open_model
        from service.models.port import Message
        from tests.support.model_parts import approved
        model = open_model(approved({server.url!r}), key={SECRET!r})
        for piece in model.stream([Message("user", "a very private question")], most_tokens=9, stopped=lambda: False):
            pass
        print("reached:", ATTEMPTS)
    """
    tempting = {"OPENAI_LOG": "debug", "LLAMA_INDEX_CACHE_DIR": "/nowhere", "PYTHONPATH": ":".join(sys.path)}
    environment = {**tempting, "PATH": "/usr/bin:/bin", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.example:4318"}
    ran = run(textwrap.dedent(script), environment=environment, folder=ROOT, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "reached: []\n"
    assert "private" not in ran.stderr
    assert SECRET not in ran.stderr
