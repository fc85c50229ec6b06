"""Only `indexes/console.py` prints: what goes around it would have to remember by itself to escape."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

CONSOLE = Path("indexes/console.py")
EXCEPTIONS = {
    "service/audit/checking/verifier.py": "the one file that an auditor carries away; it escapes for itself",
    "indexes/logs.py": "the log of the service, whose lines are JSON",
    "eval/log/audit_bench.py": "answers its parent process",
    "eval/log/audit_load.py": "tells its parent process what was acknowledged",
    "eval/speed/http_load.py": "answers its parent process",
    "eval/written/stream_load.py": "answers its parent process",
    "eval/speed/scale_bench.py": "answers its parent process",
}
_MAKERS = {"rich.console": {"Console"}, "rich": {"print", "get_console", "print_json", "inspect"}}
_STREAMS = {"stdout", "stderr", "__stdout__", "__stderr__"}
_SAYING = {"echo", "secho", "echo_via_pager", "print_exception"}


def _printing(module: ast.Module) -> list[str]:
    """Return what in a module prints by itself: each with its line."""
    return [f"{node.lineno}: {what}" for node in ast.walk(module) for what in _found(node)]  # type: ignore[attr-defined]


def _found(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call):
        called = node.func
        name = called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""
        if name in {"Console", *_SAYING} or (name == "print" and isinstance(called, ast.Name)):
            yield f"{name}("
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        if node.value.id == "sys" and node.attr in _STREAMS:
            yield f"sys.{node.attr}"
    elif isinstance(node, ast.ImportFrom):
        for one in node.names:
            is_stream = node.module == "sys" and one.name in _STREAMS
            is_saying = node.module in {"typer", "click"} and one.name in _SAYING
            is_renamed = one.name in _MAKERS.get(node.module or "", ()) and (one.asname or node.module == "rich")
            if is_stream or is_saying or is_renamed:
                yield f"from {node.module} import {one.name}"


def test_only_the_console_prints(parsed: dict[Path, ast.Module]) -> None:
    printing = {str(path): found for path, module in parsed.items() if (found := _printing(module))}
    assert printing.pop(str(CONSOLE))
    assert {path: found for path, found in printing.items() if path not in EXCEPTIONS} == {}
    assert set(EXCEPTIONS) - set(printing) == set(), "these do not print any more: take them out of EXCEPTIONS"


@pytest.mark.parametrize(
    "line",
    [
        "print('a')",
        "def f():\n    print()",
        "from rich.console import Console\nout = Console()",
        "import rich.console\nout = rich.console.Console(stderr=True)",
        "from rich.console import Console as Other",
        "from rich import print",
        "import typer\ntyper.echo('a')",
        "import click\nclick.secho('a')",
        "from typer import echo",
        "import sys\nsys.stdout.write('a')",
        "import sys\nwrite = sys.stderr.write",
        "from sys import stdout",
    ],
)
def test_a_line_that_prints_is_seen(line: str) -> None:
    assert _printing(ast.parse(line))


@pytest.mark.parametrize(
    "line", ["out.line('a')", "console.print('a')", "from rich.console import Console\ndef f(console: Console): ..."]
)
def test_what_is_printed_on_a_console_that_was_handed_in_is_fine(line: str) -> None:
    assert _printing(ast.parse(line)) == []
