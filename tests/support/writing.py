"""What tests of the writer's commands look at: the register's lines, and what was printed."""

import json
from typing import Any

from typer.testing import Result

from indexes.names import printable
from tests.support.fakes import TinyLibrary

ANN = ("--by", "ann@x.example")


def events_of(library: TinyLibrary) -> list[dict[str, Any]]:
    """Return the register's lines."""
    return [json.loads(line) for line in library.register_path.read_bytes().splitlines()]


def steers_nothing(result: Result) -> bool:
    """Tell whether the output is plain lines: nothing that a terminal would act on."""
    return all(printable(line) == line for line in result.output.split("\n"))


def json_of(result: Result) -> Any:
    """Return what a command printed with `--json`."""
    return json.loads(result.stdout)
