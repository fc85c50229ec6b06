"""The port of the metrics: one path, this machine's names on loopback, and the end with the service."""

import contextlib
import socket
from collections.abc import Iterator

import httpx

from service.commands.listening import bound
from service.commands.metrics_port import metrics_port
from tests.support.audit_parts import wait_until


@contextlib.contextmanager
def _served(*, is_loopback: bool = True) -> Iterator[httpx.Client]:
    listening = bound("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    serving = metrics_port(lambda: b"greenlit_ready 1.0\n", listening, is_loopback=is_loopback)
    with serving, httpx.Client(base_url=url, trust_env=False) as client:
        yield client


def test_it_gives_the_metrics_to_whoever_reaches_it_and_nothing_else() -> None:
    with _served() as client:
        given = client.get("/metrics")
        assert (given.status_code, given.text) == (200, "greenlit_ready 1.0\n")
        assert given.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        for path in ("/", "/v1/me", "/readyz", "/metrics/", "/openapi.json"):
            assert client.get(path).status_code == 404, path
        assert client.post("/metrics").status_code == 405


def test_on_loopback_a_page_elsewhere_that_took_our_address_gets_nothing() -> None:
    with _served() as client:
        assert client.get("/metrics", headers={"Host": "metrics.elsewhere.example"}).status_code == 400


def test_on_another_address_it_is_called_by_whatever_name_the_network_gives_it() -> None:
    with _served(is_loopback=False) as client:
        assert client.get("/metrics", headers={"Host": "greenlit:9464"}).status_code == 200


def test_it_ends_with_the_service_and_its_port_is_free_again() -> None:
    with _served() as client:
        port = client.base_url.port
        assert client.get("/metrics").status_code == 200
    wait_until(lambda: _refuses(port))
    bound("127.0.0.1", port or 0).close()


def _refuses(port: int | None) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port or 0)) != 0
