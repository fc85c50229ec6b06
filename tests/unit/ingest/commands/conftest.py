"""The writer's commands in this process, over a tiny library.

They parse in this process, but for tests that ask for `limited`: these have the real limited one.
"""

import contextlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from ingest.commands.approve import approve
from ingest.commands.ingest import ingest
from ingest.commands.read import read
from ingest.commands.register import app as register_app
from ingest.commands.rename import rename
from ingest.commands.withdraw import reject, revoke
from tests.support.command_line import Run
from tests.support.fakes import HashingEncoder, TinyLibrary

_APP = typer.Typer()
for _command in (read, approve, rename, revoke, reject, ingest):
    _APP.command()(_command)
_APP.add_typer(register_app, name="register")


@pytest.fixture
def library(library: TinyLibrary) -> TinyLibrary:
    library.clock.at = datetime.now(UTC)  # the commands read the real clock
    return library


@pytest.fixture
def limited() -> bool:
    """Whether documents are parsed in the limited process: a test says so by a parametrisation."""
    return False


@pytest.fixture
def run(library: TinyLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, limited: bool) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GREENLIT_LIBRARY", str(library.folder))
    monkeypatch.setenv("GREENLIT_BUILDS", str(library.builds))
    monkeypatch.setenv("GREENLIT_STATE", str(tmp_path / "var"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("indexes.encoder.load_encoder", lambda _: HashingEncoder())
    if not limited:
        for command in ("read", "approve", "register", "ingest"):
            parser = contextlib.nullcontext(library.parser)
            monkeypatch.setattr(f"ingest.commands.{command}.limited_parser", lambda _, parser=parser: parser)

    def invoke(*arguments: str, answer: str | None = None, **settings: str) -> Result:
        return CliRunner().invoke(_APP, arguments, input=answer, env=settings)

    return invoke
