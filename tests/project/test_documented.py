"""The documents name every route, refusal reason, command, option and make target, and nothing that does not exist."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import typer.main
from fastapi.routing import APIRoute

import greenlit
from service.answering.answers import Reason
from service.api.problems import problem_response
from service.app import create_app
from service.parts import Service
from service.settings import Settings

_DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "DECISIONS.md", "EVALUATION.md")
_NOTHING = cast("Any", None)  # routes are made without the parts that answer
_AUDITING = cast("Any", SimpleNamespace(own=None))


@pytest.fixture(scope="module")
def readme() -> str:
    return (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def documents() -> str:
    """All documents of the project as one text."""
    root = Path(__file__).resolve().parents[2]
    return "\n".join((root / name).read_text(encoding="utf-8") for name in _DOCUMENTS)


def _routes() -> tuple[list[str], list[str]]:
    """Return the routes of the API and the pages, as "METHOD path"."""
    parts = {field.name: _NOTHING for field in dataclasses.fields(Service)}
    settings = Settings(_env_file=None)
    app = create_app(Service(**parts | {"auditing": _AUDITING, "tasks": (), "settings": settings}))
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    named = [(route, method) for route in routes for method in sorted(route.methods or ())]
    api = [f"{method.upper()} {path}" for path, methods in app.openapi()["paths"].items() for method in methods]
    pages = [f"{method} {route.path.replace(':path}', '}')}" for route, method in named if not route.include_in_schema]
    return api, pages


def _api_routes() -> list[str]:
    return _routes()[0]


def _pages() -> list[str]:
    return _routes()[1]


def test_there_are_routes_to_look_for() -> None:
    assert {"POST /v1/ask", "POST /v1/search", "GET /healthz"} <= set(_api_routes())
    assert {"GET /", "POST /", "GET /documents/{document}"} <= set(_pages())


@pytest.mark.parametrize("route", [*_api_routes(), *_pages(), "GET /openapi.json"])
def test_every_route_is_in_the_readme(readme: str, route: str) -> None:
    assert f"`{route}`" in readme


@pytest.mark.parametrize("reason", list(Reason))
def test_every_refusal_reason_is_in_the_readme(readme: str, reason: Reason) -> None:
    assert f"`{reason.value}`" in readme


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


@pytest.mark.parametrize("name", sorted(_commands()))
def test_every_command_and_option_is_in_the_readme(readme: str, name: str) -> None:
    lines = [line for line in readme.splitlines() if line.startswith(f"| `greenlit {name}")]

    assert len(lines) == 1, f"expected one line of the table of commands to begin with `greenlit {name}`"
    for parameter in _commands()[name].params:
        shown = parameter.name.upper() if parameter.param_type_name == "argument" else parameter.opts[0]
        assert shown in lines[0]


@pytest.mark.parametrize("name", sorted(_commands()))
def test_every_command_and_option_says_what_it_is_for(name: str) -> None:
    command = _commands()[name]

    assert command.help
    assert [option.name for option in command.params if not option.help] == []


def test_every_law_is_in_the_readme_with_the_tests_that_guard_it(root: Path, readme: str) -> None:
    assert re.findall(r"^\| (\d+)\. .{20,} \| .{20,} \|$", readme, re.MULTILINE) == [str(law) for law in range(1, 11)]
    guards = [path.relative_to(root).as_posix() for path in (root / "tests" / "laws").glob("test_*.py")]
    assert [path for path in guards if f"`{path}`" not in readme] == []


def test_every_make_target_is_in_the_guide_for_contributors(root: Path) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    guide = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE)

    assert {"run", "test", "lint", "format", "bench", "clean"} <= set(targets)
    assert [target for target in targets if f"`make {target}`" not in guide] == []
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony is not None
    assert sorted(phony[1].split()) == sorted(targets)


def test_documents_name_only_commands_targets_and_files_that_exist(root: Path, documents: str) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"`make ([a-z]+)", documents)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for command in set(re.findall(r"`greenlit ([a-z]+)", documents)):
        assert any(name.split()[0] == command for name in _commands()), command
    for path in set(re.findall(r"`((?:indexes|ingest|service|eval|tests)/[\w./]+\.(?:py|json|toml))`", documents)):
        assert (root / path).is_file(), path
    for link in set(re.findall(r"\]\(([\w./-]+)\)", documents)):
        assert (root / link).exists(), link


def test_problem_types_are_stable_names() -> None:
    assert b'"type":"urn:greenlit:problem:question"' in bytes(problem_response("question", 422, "t", "d").body)
