"""The image and the composition keep to the rules: a plain user, no floating tag, few places that can be written.

Read as text and against the published schema; nothing is built and nothing is fetched.
"""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from indexes.settings import LibrarySettings


@pytest.fixture
def instructions(root: Path) -> list[tuple[str, str]]:
    """The Dockerfile as (instruction, rest) pairs, continued lines joined, comments left out."""
    text = (root / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0].upper(), line.split(maxsplit=1)[1]) for line in lines]


@pytest.fixture
def services(root: Path) -> dict[str, dict[str, Any]]:
    """The services of the composition, with what they take from each other merged in."""
    composition = yaml.safe_load((root / "docker-compose.yml").read_text(encoding="utf-8"))
    services: dict[str, dict[str, Any]] = composition["services"]
    return services


def _last_stage(instructions: list[tuple[str, str]]) -> list[tuple[str, str]]:
    last = max(number for number, (name, _) in enumerate(instructions) if name == "FROM")
    return instructions[last:]


def test_composition_fits_the_published_schema(root: Path) -> None:
    schema = ["--builtin-schema", "vendor.compose-spec"]
    checked = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *schema, "docker-compose.yml"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_image_runs_as_a_user_with_a_fixed_number_that_is_not_root(instructions: list[tuple[str, str]]) -> None:
    users = [rest for name, rest in _last_stage(instructions) if name == "USER"]

    assert len(users) == 1
    assert all(int(part) >= 10000 for part in users[0].split(":"))
    names = [name for name, _ in _last_stage(instructions)]
    assert "RUN" not in names[names.index("USER") :]


def test_image_can_tell_whether_it_is_well(instructions: list[tuple[str, str]]) -> None:
    checks = [rest for name, rest in _last_stage(instructions) if name == "HEALTHCHECK"]

    assert len(checks) == 1
    command = json.loads(checks[0].split("CMD", 1)[1])
    assert command[:2] == ["python", "-c"]
    assert "/readyz" in command[2]
    compile(command[2], "HEALTHCHECK", "exec")


def test_base_images_are_pinned_to_a_version(instructions: list[tuple[str, str]]) -> None:
    images = [shlex.split(rest)[0] for name, rest in instructions if name == "FROM"]

    assert len(images) == 2
    for image in images:
        assert ":" in image
        assert not image.endswith(":latest")


def test_last_stage_installs_nothing_and_holds_no_secret(instructions: list[tuple[str, str]]) -> None:
    for name, rest in _last_stage(instructions):
        assert name != "ARG"
        assert "install ." not in rest
        assert "apt-get" not in rest
        assert not (name in ("ENV", "COPY") and any(word in rest.lower() for word in ("token", "secret", "password")))


def test_nothing_but_the_program_is_sent_to_the_builder(root: Path) -> None:
    lines = (root / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_in = {line[1:] for line in lines if line.startswith("!")}

    assert "*" in lines
    assert let_in == {
        "pyproject.toml", "README.md", "LICENSE", "greenlit.py", "indexes", "ingest", "service", "eval",
    }  # fmt: skip
    assert "indexes/builds" in lines


@pytest.mark.parametrize("name", ["greenlit", "local", "worker"])
def test_services_can_write_only_where_they_must(services: dict[str, dict[str, Any]], name: str) -> None:
    service = services[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert [mount.split(":")[0] for mount in service["tmpfs"]] == ["/tmp"]  # noqa: S108  (inside the container)
    assert "privileged" not in service
    assert "./approved_docs:/library:ro" in service["volumes"]
    assert not service["image"].endswith(":latest")


def test_the_slack_bot_has_a_volume_of_its_own_and_nothing_of_the_library_the_builds_or_the_log(
    services: dict[str, dict[str, Any]],
) -> None:
    slack = services["slack"]

    assert slack["volumes"] == ["slack:/state"]
    assert not any(volume.startswith("slack:") for name in ("greenlit", "local", "worker")
                   for volume in services[name]["volumes"])  # fmt: skip
    assert slack["read_only"] is True
    assert slack["cap_drop"] == ["ALL"]
    assert slack["security_opt"] == ["no-new-privileges:true"]
    assert slack["command"] == ["slack"]
    assert slack["profiles"] == ["slack"], "it runs only where somebody asked for it"
    assert all(port.startswith("127.0.0.1:") for port in slack["ports"])
    assert slack["environment"]["GREENLIT_URL"] == "${GREENLIT_PUBLIC_URL:-}"
    assert "/healthz" in slack["healthcheck"]["test"][3]
    compile(slack["healthcheck"]["test"][3], "healthcheck", "exec")


def test_image_holds_what_every_service_of_the_composition_needs(instructions: list[tuple[str, str]]) -> None:
    assert ("ARG", "EXTRAS=mcp,slack,postgres") in instructions
    assert any(name == "RUN" and rest.endswith('install ".[${EXTRAS}]"') for name, rest in instructions)


def test_reader_cannot_write_builds_and_writer_cannot_write_records_and_has_no_network(
    services: dict[str, dict[str, Any]],
) -> None:
    assert "builds:/builds:ro" in services["greenlit"]["volumes"]
    assert "holds:/state/builds_in_use:ro" in services["worker"]["volumes"]
    assert not any("/state" in volume.split(":")[1:2] for volume in services["worker"]["volumes"]), (
        "no records, no keys"
    )
    assert services["worker"]["network_mode"] == "none"
    assert services["worker"]["command"] == ["ingest", "--watch"]
    for name in ("greenlit", "local"):
        assert set(services[name]["profiles"]) <= set(services["worker"]["profiles"]), "it runs with whatever serves"
    assert all(services[name]["depends_on"] == ["worker"] for name in ("greenlit", "local"))


def test_only_many_who_sign_in_are_served_beyond_loopback_and_only_to_this_machine(
    services: dict[str, dict[str, Any]],
) -> None:
    many, one = services["greenlit"], services["local"]

    assert many["environment"]["GREENLIT_AUTH"] == "oidc"
    assert all(port.startswith("127.0.0.1:") for port in many["ports"])
    assert one["network_mode"] == "host"
    assert "ports" not in one
    assert one["environment"]["GREENLIT_AUTH"] == "local", "whatever .env says for many"
    assert one["environment"]["GREENLIT_HOST"] == "127.0.0.1"


def test_settings_reach_them_but_for_where_the_places_are(services: dict[str, dict[str, Any]]) -> None:
    places = {"LIBRARY": "/library", "BUILDS": "/builds", "STATE": "/state", "KEYS": "/state/keys"}
    for name in ("greenlit", "local", "worker", "backup"):
        environment = services[name]["environment"]
        assert {place: environment[f"GREENLIT_{place}"] for place in places} == places
    for name in ("greenlit", "local", "slack"):
        assert services[name]["env_file"] == [{"path": ".env", "required": False}]


def test_the_worker_is_told_its_own_settings_and_no_secret(services: dict[str, dict[str, Any]]) -> None:
    worker = services["worker"]
    passed_on = {name for name, value in worker["environment"].items() if value is None}

    assert "env_file" not in worker
    told = passed_on | {"GREENLIT_LIBRARY", "GREENLIT_BUILDS", "GREENLIT_STATE"}
    secret = {"GREENLIT_DATABASE_URL"}  # here the register is a file
    assert told == {f"GREENLIT_{name.upper()}" for name in LibrarySettings.model_fields} - secret


def test_a_copy_can_be_made_beside_what_runs_and_commands_have_a_place_to_write(
    services: dict[str, dict[str, Any]],
) -> None:
    backup = services["backup"]

    assert backup["command"][:2] == ["backup", "/backups"]
    assert backup["profiles"] == ["backup"]
    assert {"state:/state", "./backups:/backups", "./approved_docs:/library:ro"} <= set(backup["volumes"])
    assert backup["network_mode"] == "none"
    assert "./out:/out" in services["greenlit"]["volumes"]


def test_builds_are_removed_by_one_that_has_builds_and_log_to_write_and_starts_by_itself_never(
    services: dict[str, dict[str, Any]],
) -> None:
    remove = services["remove"]
    assert remove["entrypoint"] == ["greenlit", "builds", "remove"]
    assert remove["profiles"] == ["remove"]
    assert {"builds:/builds", "state:/state", "holds:/state/builds_in_use", "./approved_docs:/library:ro"} == set(
        remove["volumes"]
    )
    assert (remove["network_mode"], remove["restart"]) == ("none", "no")


def test_replicas_share_what_they_must_and_each_may_lose_the_rest(services: dict[str, dict[str, Any]]) -> None:
    scale = {name: service for name, service in services.items() if "scale" in service.get("profiles", ())}
    replica, worker = scale["replica"], scale["scale-worker"]
    shared = ("GREENLIT_BUILDS", "GREENLIT_INDEX", "GREENLIT_MILVUS_URI", "GREENLIT_DATABASE_URL", "AWS_ENDPOINT_URL")

    assert replica["deploy"]["replicas"] == 2
    assert {name: replica["environment"][name] for name in shared} == {
        name: worker["environment"][name] for name in shared
    }
    assert "ports" not in replica, "they are reached through the proxy, which does TLS"
    assert "/state" in replica["volumes"]
    assert "keys:/keys" in replica["volumes"]
    assert not any("keys" in volume for volume in worker["volumes"]), "whoever parses documents sees no key"
    assert "env_file" not in worker
    assert {name for name, value in worker["environment"].items() if value is None} | {
        "GREENLIT_LIBRARY", "GREENLIT_BUILDS", "GREENLIT_STATE", "GREENLIT_DATABASE_URL",
        "GREENLIT_BUILDS_CACHE", "GREENLIT_INDEX", "GREENLIT_MILVUS_URI",
    } >= {f"GREENLIT_{name.upper()}" for name in LibrarySettings.model_fields}  # fmt: skip
    assert all(needed in scale for service in scale.values() for needed in service.get("depends_on", ()))
    published = {name for name, service in scale.items() if "ports" in service}
    assert published == {"proxy"}, "no database, no store is reached from outside"


def test_no_password_of_the_composition_is_written_down(services: dict[str, dict[str, Any]]) -> None:
    for service in services.values():
        for name, value in service.get("environment", {}).items():
            if any(word in name for word in ("PASSWORD", "SECRET", "DATABASE_URL")):
                assert value is None or re.fullmatch(r"\$\{[A-Z_]+:-\}", value), name


def test_images_of_others_are_pinned_to_a_version(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        image, _, tag = service["image"].rpartition(":")
        assert image, name
        assert any(digit.isdigit() for digit in tag), name


def test_what_runs_for_a_year_passes_signals_on_and_bounds_its_log(services: dict[str, dict[str, Any]]) -> None:
    for service in services.values():
        assert service["init"] is True
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}
