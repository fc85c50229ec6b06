"""The command line in this process, over a tiny library."""

from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

import greenlit
from service.audit.opening import OpenLog, open_log
from tests.support.audit_doors import use_fakes
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import microseconds

Run = Callable[..., Result]


def runner(library: TinyLibrary, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return what runs a command, given its words and settings of the environment."""
    use_fakes(library, monkeypatch)
    places = {"LIBRARY": library.folder, "BUILDS": library.builds, "STATE": library.root / "state"}
    environment = {f"GREENLIT_{name}": str(path) for name, path in places.items()}
    environment |= library.places.environment()
    return lambda *words, **more: CliRunner().invoke(greenlit.app, words, env=environment | more)


def held_log(library: TinyLibrary) -> OpenLog:
    """Open the log, as a service holds it that runs."""
    state = library.root / "state"
    return open_log(state, keys=state / "keys", name="greenlit.local", clock=microseconds(library.clock))
