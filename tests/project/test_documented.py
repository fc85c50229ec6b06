"""The documents name every route, status, reason, command, option, law, type of leaf and make target that there is.

They name no command, target or file that does not exist, and the README stays short. Whether links lead somewhere is in
`test_links.py`.
"""

import dataclasses
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import typer.main
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

import greenlit
from service.answering.answers import Reason
from service.api.problems import problem_response
from service.app import create_app
from service.audit import events, serialise
from service.operating.metrics import Metrics
from service.parts import Service
from service.settings import Settings

MAX_README_BYTES = 12_000  # what somebody reads in five minutes
_NOTHING = cast("Any", None)  # routes are made without the parts that answer
_AUDITING = cast("Any", SimpleNamespace(own=None, conversations=None, shared=None))
_LATELY = cast("Any", SimpleNamespace(counts=None, named=None))
_HEARING = cast("Any", SimpleNamespace(hearing=None, heard=None, gaps=None))


@pytest.fixture(scope="module")
def doors(root: Path) -> str:
    """What says which commands, routes and pages there are."""
    return (root / "API.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def auditors_guide(root: Path) -> str:
    return (root / "AUDIT.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def documents(root: Path, project_files: list[Path]) -> str:
    """All documents of the project as one text, but for the history of changes, which may name what is gone."""
    names = [path for path in project_files if len(path.parts) == 1 and path.suffix == ".md"]
    assert len(names) > 8
    return "\n".join((root / name).read_text(encoding="utf-8") for name in names if name != Path("CHANGELOG.md"))


@functools.cache
def _app() -> FastAPI:
    parts = {field.name: _NOTHING for field in dataclasses.fields(Service)}
    made = {
        "auditing": _AUDITING,
        "hearing": _HEARING,
        "lately": _LATELY,
        "settings": Settings(_env_file=None),
        "metrics": Metrics(now_s=float),
    }
    return create_app(Service(**parts | made))


@functools.cache
def _api() -> dict[str, Any]:
    """Return what each route of the API says of itself, by path and method."""
    return cast("dict[str, Any]", _app().openapi()["paths"])


def _api_routes() -> list[str]:
    return [f"{method.upper()} {path}" for path, methods in _api().items() for method in methods]


def _error_statuses() -> set[str]:
    responses = [route["responses"] for methods in _api().values() for route in methods.values()]
    return {status for by_status in responses for status in by_status if status.isdecimal() and int(status) >= 400}


def _pages() -> list[str]:
    """Return every route that is none of the API, as "METHOD path"."""
    routes = [(method, route.path) for route in iter_route_contexts(_app().routes) for method in route.methods or ()]
    named = {f"{method} {str(path).replace(':path}', '}')}" for method, path in routes if method != "HEAD"}
    return sorted(named - {*_api_routes(), "GET /openapi.json"})


def test_there_are_routes_to_look_for() -> None:
    assert {"POST /v1/ask", "POST /v1/search", "GET /healthz"} <= set(_api_routes())
    assert {"GET /", "POST /", "GET /documents/{document}"} <= set(_pages())


def test_every_route_is_in_the_guide_to_the_doors(doors: str) -> None:
    routes = [*_api_routes(), *_pages(), "GET /openapi.json"]
    assert [route for route in routes if f"`{route}`" not in doors] == []


def test_every_status_of_an_error_is_in_the_guide_to_the_doors(doors: str) -> None:
    listed = re.findall(r"^\| ((?:\d{3}, )*\d{3}) \| .{10,} \|$", doors, re.MULTILINE)

    assert {"401", "404", "422", "503"} <= _error_statuses()
    assert _error_statuses() <= {status for line in listed for status in line.split(", ")}


@pytest.mark.parametrize("reason", list(Reason))
def test_every_refusal_reason_is_in_the_guide_to_the_doors(doors: str, reason: Reason) -> None:
    assert re.search(rf"^\| `{reason.value}` \| .{{20,}} \|$", doors, re.MULTILINE)


@functools.cache
def _commands() -> dict[str, Any]:
    """Return the commands by name, those of a group as `group command`."""
    return dict(_flat(typer.main.get_command(greenlit.app), ""))


def _flat(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _flat(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def test_there_are_commands_to_look_for() -> None:
    assert {"approve", "revoke", "ingest", "ask", "serve", "doctor"} <= set(_commands())


def test_every_command_and_option_is_in_the_guide_to_the_doors(doors: str) -> None:
    for name, command in _commands().items():
        lines = [line for line in doors.splitlines() if re.match(rf"\| `greenlit {name}[ `]", line)]
        assert len(lines) == 1, f"expected one line of the table of commands to begin with `greenlit {name}`"
        for parameter in command.params:
            shown = parameter.name.upper() if parameter.param_type_name == "argument" else parameter.opts[0]
            assert shown in lines[0], f"greenlit {name}"


def test_every_command_and_option_says_what_it_is_for() -> None:
    for name, command in _commands().items():
        assert command.help, name
        assert [option.name for option in command.params if not option.help] == [], name


def test_every_law_is_in_the_guide_for_auditors_with_the_tests_that_guard_it(root: Path, auditors_guide: str) -> None:
    laws = re.findall(r"^\| (\d+)\. .{20,} \| .{20,} \|$", auditors_guide, re.MULTILINE)
    assert laws == [str(law) for law in range(1, 12)]
    guards = [path.relative_to(root).as_posix() for path in (root / "tests" / "laws").glob("test_*.py")]
    assert [path for path in guards if f"`{path}`" not in auditors_guide] == []


def test_every_type_of_leaf_is_in_the_guide_for_auditors_and_no_other(auditors_guide: str) -> None:
    types = {value for module in (events, serialise) for name, value in vars(module).items() if name.endswith("_TYPE")}
    listed = re.findall(r"^\| (`.+`) \| .{20,} \|$", auditors_guide, re.MULTILINE)

    assert {"query.received", "query.finished", "audit.read", "shard.opened"} <= types
    assert sorted(name.strip("`") for line in listed for name in line.split(", ")) == sorted(types)


def test_the_readme_is_short_and_names_every_other_document(root: Path, project_files: list[Path]) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    documents = [path.name for path in project_files if len(path.parts) == 1 and path.suffix == ".md"]

    assert len(readme.encode()) < MAX_README_BYTES
    assert [name for name in documents if name != "README.md" and f"]({name})" not in readme] == []


def test_every_make_target_is_in_the_guide_for_contributors(root: Path) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    guide = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)

    assert {"run", "test", "lint", "format", "bench", "clean"} <= set(targets)
    assert [target for target in targets if f"`make {target}`" not in guide] == []
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony is not None
    assert sorted(phony[1].split()) == sorted(targets)


def test_documents_name_only_commands_targets_and_files_that_exist(root: Path, documents: str) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"`make ([a-z-]+)", documents)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for command in set(re.findall(r"`greenlit ([a-z]+)", documents)):
        assert any(name.split()[0] == command for name in _commands()), command
    for path in set(re.findall(r"`((?:indexes|ingest|service|eval|tests)/[\w./]+\.(?:py|json|toml))`", documents)):
        assert (root / path).is_file(), path


def test_problem_types_are_stable_names() -> None:
    assert b'"type":"urn:greenlit:problem:question"' in bytes(problem_response("question", 422, "t", "d").body)
