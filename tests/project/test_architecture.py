"""ARCHITECTURE.md lists exactly the modules that there are, each with what it is for."""

import re
from pathlib import Path

_LINE = re.compile(r"^- `([\w./]+\.py)` — (.+)$", re.MULTILINE)
_PACKAGES = ("indexes", "ingest", "service", "eval")
_SINGLE = ("greenlit.py", "approved_docs/make_documents.py")


def _modules(project_files: list[Path]) -> list[str]:
    names = [path.as_posix() for path in project_files if path.suffix == ".py"]
    return sorted(name for name in names if name in _SINGLE or name.split("/")[0] in _PACKAGES)


def test_list_of_modules_equals_the_tree(root: Path, project_files: list[Path]) -> None:
    listed = [name for name, _ in _LINE.findall((root / "ARCHITECTURE.md").read_text(encoding="utf-8"))]
    modules = _modules(project_files)

    assert sorted(set(modules) - set(listed)) == [], "missing from ARCHITECTURE.md"
    assert sorted(set(listed) - set(modules)) == [], "in ARCHITECTURE.md, but not in the tree"
    assert len(listed) == len(set(listed)), "listed twice"


def test_every_module_has_a_purpose_of_one_line(root: Path) -> None:
    purposes = _LINE.findall((root / "ARCHITECTURE.md").read_text(encoding="utf-8"))

    assert [name for name, purpose in purposes if len(purpose) < 10] == []
