"""What the tests of the project's own files share: where it is, and which files belong to it."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_PACKAGES = ("indexes", "ingest", "service", "eval")


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the whole project."""
    return ROOT


@pytest.fixture(scope="session")
def project_files() -> list[Path]:
    """Every file that is, or is about to be, under version control; relative to the root."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = listed.stdout.decode().rstrip("\0").split("\0")
    return [Path(name) for name in sorted(set(names)) if (ROOT / name).is_file()]


@pytest.fixture(scope="session")
def parsed(root: Path, project_files: list[Path]) -> dict[Path, ast.Module]:
    """The parsed modules of the program, by path."""
    wanted = [path for path in project_files if path.suffix == ".py" and path.parts[0] in (*_PACKAGES, "greenlit.py")]
    return {path: ast.parse((root / path).read_bytes(), str(path)) for path in wanted}
