"""The route of the metrics: what it gives, and to a key that may read nothing else."""

from datetime import timedelta

from indexes.clock import utc_now
from service.access.key_ring import KeyWish
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import VENDOR_QUESTION, open_studio, with_rules


def test_an_operator_gets_them_as_prometheus_reads_them(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio:
        studio.ask(VENDOR_QUESTION)
        given = studio.api.get("/metrics")
    assert given.status_code == 200
    assert given.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'greenlit_questions_total{door="api",outcome="answered",reason=""} 1.0' in given.text


def test_a_key_for_metrics_gets_them_and_nothing_else(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio:
        wish = KeyWish("prometheus", ("metrics",), utc_now().date() + timedelta(days=365))
        bearer = {"Authorization": f"Bearer {studio.service.key_ring.make(wish, by='cli').secret}"}
        client = studio.stranger()
        assert client.get("/metrics", headers=bearer).status_code == 200
        for path in ("/v1/documents", "/v1/audit/checkpoint", "/v1/me"):
            assert client.get(path, headers=bearer).status_code == 403, path
        assert client.get("/metrics").status_code == 401
