"""The chart renders to objects that Kubernetes takes, whose containers keep to the same rules as the composition's.

Rendered by another implementation of Helm's templates and held against Kubernetes' published schema; no cluster is
asked. `helm lint` wants a program that no package index has.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from gotpl.errors import TemplateExecutionError
from gotpl.exts.helm import HelmTemplateEngine

from service.settings import Settings
from service.slack_bot.settings import SlackSettings

ALL = {"slack": {"enabled": True}, "ingress": {"enabled": True}, "workers": 2,
       "settings": {"GREENLIT_PUBLIC_URL": "https://greenlit.northlight.example"}}  # fmt: skip


@pytest.fixture(scope="module")
def chart() -> Path:
    return Path(__file__).parents[2] / "docs" / "operating" / "helm"


@pytest.fixture(scope="module")
def objects(chart: Path) -> list[dict[str, Any]]:
    """Everything that the chart can make."""
    return list(_rendered(chart, ALL))


def _merged(below: Any, above: Any) -> Any:
    if isinstance(below, dict) and isinstance(above, dict):
        return below | {name: _merged(below.get(name), value) for name, value in above.items()}
    return above


def _rendered(chart: Path, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
    given = _merged(yaml.safe_load((chart / "values.yaml").read_text(encoding="utf-8")), values)
    sources = {path.name: path.read_text(encoding="utf-8") for path in sorted((chart / "templates").iterdir())}
    about = yaml.safe_load((chart / "Chart.yaml").read_text(encoding="utf-8"))
    context = {"Values": given, "Release": {"Name": "greenlit", "Namespace": "search"}, "Chart": about}
    rendered = HelmTemplateEngine(sources).render({name: context for name in sources if name.endswith(".yaml")})
    for text in rendered.values():
        yield from (one for one in yaml.safe_load_all(text) if one)


def _pods(objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one["spec"]["template"]["spec"] for one in objects if "template" in one["spec"]}


@pytest.mark.parametrize("values", [{}, ALL], ids=["as it comes", "all of it"])
def test_kubernetes_takes_what_it_makes(chart: Path, values: dict[str, Any]) -> None:
    made = list(_rendered(chart, values))
    for one in made:
        kubernetes_validate.validate(one, "1.33", strict=True)
    kinds = [one["kind"] for one in made]
    assert kinds.count("Deployment") == (3 if values else 2)
    assert ("Ingress" in kinds) == bool(values)


def test_containers_can_write_only_where_they_must(objects: list[dict[str, Any]]) -> None:
    pods = _pods(objects)
    assert len(pods) == 4
    for name, pod in pods.items():
        assert pod["securityContext"]["runAsNonRoot"], name
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False, "of a release called greenlit nothing would start (indexes/slips.py)"
        (container,) = pod["containers"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert not container["image"].endswith(":latest")
        mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
        assert mounts.get("library", {"readOnly": True})["readOnly"]
        assert ("keys" in mounts) == (name == "greenlit"), "the keys of the log are for those that answer"
        assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}


def test_settings_that_it_names_are_there(objects: list[dict[str, Any]], chart: Path) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in chart.rglob("*") if path.is_file())
    named = set(re.findall(r"\bGREENLIT_[A-Z_]+\b", text))
    known = {f"GREENLIT_{name.upper()}" for name in Settings.model_fields | SlackSettings.model_fields}
    assert not named - known
    for pod in _pods(objects).values():
        names = [variable["name"] for variable in pod["containers"][0]["env"]]
        assert len(names) == len(set(names))


def test_a_pod_is_left_time_for_the_answers_that_it_is_giving(objects: list[dict[str, Any]]) -> None:
    pod = _pods(objects)["greenlit"]
    assert pod["terminationGracePeriodSeconds"] >= 40
    assert pod["containers"][0]["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert pod["containers"][0]["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert pod["containers"][0]["args"] == ["serve", "--workers", "2"]


def test_a_value_that_is_missing_is_named(chart: Path) -> None:
    with pytest.raises(TemplateExecutionError, match="GREENLIT_PUBLIC_URL"):
        list(_rendered(chart, {"slack": {"enabled": True}}))
