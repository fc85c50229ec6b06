"""ARCHITECTURE.md lists the rooms that there are, each with what its package says of itself."""

import ast
from pathlib import Path

import pytest

from tests.support.rooms import listed, rooms

_PACKAGES = ("indexes", "ingest", "service", "eval")


@pytest.fixture(scope="module")
def modules(root: Path, project_files: list[Path]) -> dict[str, str]:
    """The text of every module of the four packages."""
    names = [path for path in project_files if path.suffix == ".py" and path.parts[0] in _PACKAGES]
    return {path.as_posix(): (root / path).read_text(encoding="utf-8") for path in names}


def test_list_of_rooms_equals_the_tree(root: Path) -> None:
    text = (root / "ARCHITECTURE.md").read_text(encoding="utf-8")

    assert listed(text) == rooms(), "run python -m tests.support.rooms"


def test_every_module_says_what_it_does_in_its_first_line(modules: dict[str, str]) -> None:
    first = {name: (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0] for name, text in modules.items()}

    assert [name for name, line in first.items() if len(line) < 10] == []


def test_every_folder_with_modules_is_a_package_with_a_purpose(modules: dict[str, str]) -> None:
    folders = {name.rsplit("/", 1)[0] for name in modules}

    assert sorted(folder for folder in folders if f"{folder}/__init__.py" not in modules) == []
