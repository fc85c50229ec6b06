"""ARCHITECTURE.md lists the rooms that there are, each with what its package says of itself."""

import ast
from pathlib import Path

import pytest

from tests.support.rooms import listed, rooms

_PACKAGES = ("indexes", "ingest", "service", "eval")


@pytest.fixture(scope="module")
def modules(parsed: dict[Path, ast.Module]) -> dict[str, ast.Module]:
    """The modules of the four packages."""
    return {path.as_posix(): module for path, module in parsed.items() if path.parts[0] in _PACKAGES}


def test_list_of_rooms_equals_the_tree(root: Path) -> None:
    text = (root / "ARCHITECTURE.md").read_text(encoding="utf-8")

    assert listed(text) == rooms(), "run python -m tests.support.rooms"


def test_every_module_says_what_it_does_in_its_first_line(modules: dict[str, ast.Module]) -> None:
    first = {name: (ast.get_docstring(module) or "").partition("\n")[0] for name, module in modules.items()}

    assert [name for name, line in first.items() if len(line) < 10] == []


def test_every_folder_with_modules_is_a_package_with_a_purpose(modules: dict[str, ast.Module]) -> None:
    folders = {name.rsplit("/", 1)[0] for name in modules}

    assert sorted(folder for folder in folders if f"{folder}/__init__.py" not in modules) == []
