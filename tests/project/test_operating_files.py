"""The dashboard and the alert rules name metrics and labels that there are, and say what a person is to do.

Neither Prometheus nor Grafana is here: the files are read by a parser of Prometheus' language, and held against a real
service's metrics.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from service.operating.metrics import MODEL_ENDS, REASONS
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import VENDOR_QUESTION, open_studio, with_rules

FOLDER = Path("docs/operating")
_METRIC = re.compile(r"\b(?:greenlit|process)_[a-z_]+\b")
_LABEL = re.compile(r'([a-z_]+)\s*(?:=~|!=|!~|=)\s*"([^"]*)"')
_BY = re.compile(r"\bby \(([a-z_, ]+)\)")
_FROM_PROMETHEUS = {"job", "le"}
_SAID_BY_OTHERS = {"greenlit_checkpoint_timestamp_seconds", "greenlit_failing"}  # for whoever looks closer
_ONLY_WITH_A_MODEL = {"greenlit_model_ready"}
_ONLY_WITH_A_WORKER = {"greenlit_worker_seen_timestamp_seconds"}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The names of all series of a service that was asked and failed once, each with its labels."""
    library = with_rules(TinyLibrary(tmp_path_factory.mktemp("watched") / "studio"))
    with open_studio(library) as studio:
        studio.ask(VENDOR_QUESTION)
        studio.api.get("/v1/audit/shards")
        studio.service.metrics.failed("log")
        text = studio.service.metrics.text().decode()
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        if family.type == "counter":
            found[f"{family.name}_total"] = set()  # of which there is no sample before the first is counted
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def _base(name: str) -> str:
    return re.sub(r"(_total)?(_bucket|_sum|_count|_created)?$", "", name)


def _ours(samples: dict[str, set[str]]) -> set[str]:
    return {_base(name) for name in samples if name.startswith("greenlit")}


@pytest.fixture(scope="module")
def rules(root: Path) -> list[dict[str, Any]]:
    read = yaml.safe_load((root / FOLDER / "alerts.yml").read_text(encoding="utf-8"))
    assert set(read) == {"groups"}
    return [rule for group in read["groups"] for rule in group["rules"]]


@pytest.fixture(scope="module")
def dashboard(root: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((root / FOLDER / "grafana.json").read_text(encoding="utf-8"))
    return value


@pytest.fixture(scope="module")
def expressions(rules: list[dict[str, Any]], dashboard: dict[str, Any]) -> list[str]:
    """Every expression of both files."""
    shown = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return [*(rule["expr"] for rule in rules), *shown]


def test_every_metric_that_is_named_there_is(expressions: list[str], samples: dict[str, set[str]]) -> None:
    named = {name for expression in expressions for name in _METRIC.findall(expression)}
    assert len(named) > 25
    assert sorted(named - samples.keys() - _ONLY_WITH_A_MODEL - _ONLY_WITH_A_WORKER) == []


def test_every_metric_of_ours_is_shown_or_watched(expressions: list[str], samples: dict[str, set[str]]) -> None:
    named = {_base(name) for expression in expressions for name in _METRIC.findall(expression)}
    assert sorted(_ours(samples) - named - _SAID_BY_OTHERS) == []


def test_every_metric_is_in_the_guide(root: Path, samples: dict[str, set[str]]) -> None:
    guide = (root / "API.md").read_text(encoding="utf-8")
    assert sorted(name for name in _ours(samples) if f"`{name}" not in guide) == []


def test_every_label_that_is_named_there_is_and_every_code_too(
    expressions: list[str], samples: dict[str, set[str]]
) -> None:
    labels = set().union(*samples.values()) | _FROM_PROMETHEUS | {"ended"}
    codes = (
        REASONS | MODEL_ENDS | {"failed", "waiting", "answerable", "ended", "14", "30", "greenlit", "$job", "4..|5.."}
    )
    for expression in expressions:
        for name, value in _LABEL.findall(expression):
            assert name in labels, expression
            assert value in codes, expression
        for listed in _BY.findall(expression):
            assert {one.strip() for one in listed.split(",")} <= labels, expression


def test_prometheus_reads_every_expression(expressions: list[str]) -> None:
    for expression in expressions:
        promql_parser.parse(expression)  # raises what is wrong with it


def test_every_alert_says_how_urgent_it_is_and_what_to_do(rules: list[dict[str, Any]]) -> None:
    assert len({rule["alert"] for rule in rules}) == len(rules) >= 10
    for rule in rules:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}, rule
        assert rule["labels"]["severity"] in ("page", "ticket"), rule
        assert set(rule["annotations"]) == {"summary", "do"}, rule
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m")), rule


def test_the_dashboard_can_be_loaded_with_any_prometheus(dashboard: dict[str, Any]) -> None:
    assert {variable["name"] for variable in dashboard["templating"]["list"]} == {"prometheus", "job"}
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["datasource"] == {"type": "prometheus", "uid": "${prometheus}"}, panel["title"]
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]


def _overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    return (
        one["x"] < other["x"] + other["w"]
        and other["x"] < one["x"] + one["w"]
        and one["y"] < other["y"] + other["h"]
        and other["y"] < one["y"] + one["h"]
    )


def test_no_panel_lies_over_another(dashboard: dict[str, Any]) -> None:
    places: Iterator[dict[str, int]] = (panel["gridPos"] for panel in dashboard["panels"])
    seen: list[dict[str, int]] = []
    for place in places:
        assert not [one for one in seen if _overlap(one, place)]
        seen.append(place)
