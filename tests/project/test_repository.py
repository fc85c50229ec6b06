"""What is true of every file: small, readable, nothing of one person's machine; and what the project's files share."""

import ast
import re
import statistics
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

MAX_FILE_BYTES = 1_000_000
MAX_MODULE_LINES = 300
MAX_MEDIAN_LINES = 120
# An auditor carries this one file and nothing else of the project, so it cannot be cut in two.
LONGER_MODULES = {"service/audit/checking/verifier.py": 600}
MAX_FUNCTION_LINES = 60
MAX_PARAMETERS = 6  # besides self; a command's options are its parameters, so the files of commands may have more
_PACKAGES = ("indexes", "ingest", "service", "eval")
_HOME = re.compile(rb"/(?:home|Users|root)/\w|[A-Z]:\\Users\\")
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@pytest.fixture(scope="module")
def functions(parsed: dict[Path, ast.Module]) -> list[tuple[Path, _Function]]:
    """The functions of the program, with the path of their module."""
    nodes = ((path, node) for path, module in parsed.items() for node in ast.walk(module))
    return [(path, node) for path, node in nodes if isinstance(node, _Function)]


def test_no_file_is_large(root: Path, project_files: list[Path]) -> None:
    assert [str(path) for path in project_files if (root / path).stat().st_size > MAX_FILE_BYTES] == []


def test_no_file_names_a_folder_of_somebodys_machine(root: Path, project_files: list[Path]) -> None:
    here = [f"{Path.home()}/".encode(), f"{root}/".encode()]
    contents = {path: (root / path).read_bytes() for path in project_files}

    assert [str(path) for path, content in contents.items() if any(folder in content for folder in here)] == []
    code = [path for path in contents if path.parts[0] != "tests"]  # a test may make up a folder to look for
    assert [str(path) for path in code if _HOME.search(contents[path])] == []


def test_builds_records_and_secrets_are_not_kept_with_the_code(project_files: list[Path]) -> None:
    kept_out = ("var", ".venv", ".env")
    assert [str(path) for path in project_files if path.parts[0] in kept_out] == []
    assert [str(path) for path in project_files if path.parts[:2] == ("indexes", "builds")] == []


def test_every_module_opens_with_a_docstring(parsed: dict[Path, ast.Module]) -> None:
    assert len(parsed) > 50
    assert [str(path) for path, module in parsed.items() if not ast.get_docstring(module)] == []


def test_modules_fit_in_the_head(root: Path, parsed: dict[Path, ast.Module]) -> None:
    lines = {str(path): len((root / path).read_bytes().splitlines()) for path in parsed}

    assert {path: count for path, count in lines.items() if count > LONGER_MODULES.get(path, MAX_MODULE_LINES)} == {}
    assert statistics.median(lines.values()) < MAX_MEDIAN_LINES


def test_functions_fit_on_a_screen(functions: list[tuple[Path, _Function]]) -> None:
    lengths = {
        f"{path}:{function.name}": (function.end_lineno or 0) - function.lineno + 1 for path, function in functions
    }

    assert {name: length for name, length in lengths.items() if length > MAX_FUNCTION_LINES} == {}


def test_functions_take_few_parameters(functions: list[tuple[Path, _Function]]) -> None:
    counts = {
        f"{path}:{function.name}": _parameters(function)
        for path, function in functions
        if not path.name.endswith("cli.py") and path.parts[1:2] != ("commands",)
    }

    assert {name: count for name, count in counts.items() if count > MAX_PARAMETERS} == {}


def _parameters(function: _Function) -> int:
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return len([argument for argument in named if argument.arg not in ("self", "cls")])


def test_one_version_of_torch_is_named_everywhere(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (wanted,) = [name for name in project["dependencies"] if name.startswith("torch")]

    assert re.fullmatch(r"torch==[\d.]+", wanted)
    assert f"\nTORCH ?= {wanted}\n" in (root / "Makefile").read_text(encoding="utf-8")
    assert f"\nARG TORCH={wanted}\n" in (root / "Dockerfile").read_text(encoding="utf-8")


def test_makefile_and_package_agree_on_the_versions_of_python(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    makefile = (root / "Makefile").read_text(encoding="utf-8")

    assert project["requires-python"] == ">=3.11,<3.14"
    assert "(3, 11) <= sys.version_info < (3, 14)" in makefile


def test_changes_are_kept_in_the_customary_form(root: Path) -> None:
    changes = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    kinds = re.findall(r"^### (.+)$", changes, re.MULTILINE)

    assert "\n## [Unreleased]\n" in changes
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_wheel_holds_every_module_template_and_data_file(root: Path, project_files: list[Path], tmp_path: Path) -> None:
    source = tmp_path / "source"
    packed = [path for path in project_files if path.parts[0] in _PACKAGES]
    for path in [*packed, *map(Path, ("pyproject.toml", "README.md", "LICENSE", "greenlit.py"))]:
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_bytes((root / path).read_bytes())
    build = f"import setuptools.build_meta; setuptools.build_meta.build_wheel({str(tmp_path)!r})"  # as pip has it done
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True)

    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())

    assert [path.as_posix() for path in packed if path.as_posix() not in held] == []
    assert "greenlit.py" in held
    assert not [name for name in held if name.startswith(("tests/", "approved_docs/", "indexes/builds/", "var/"))]
