"""Imports and collects tests as pytest does, for processes that are forked off afterwards: none of them has to again.

`import_tests` does it. A process that runs tests with the same arguments in the same folder then takes up what was
found, for itself: its own configuration, its own order, its own fixtures. What each process has to have for itself,
such as what its id decides, is made when it is first used and not by an import. Where anything is wrong with a test or
an argument nothing is kept, and whoever runs the tests meets the error, and says so.
"""

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

_WITHOUT = ("cacheprovider", "unraisableexception", "threadexception")


def import_tests(arguments: Sequence[str], paths: Sequence[str]) -> None:
    """Import the modules of tests, and what is imported for them, and find the tests in them.

    Args:
        arguments: of the command line that pytest was called with.
        paths: or node ids of the tests that it means, in case that something else of them cannot be used here.
    """
    found = _Found()
    if not _collect([*arguments, "-n0"], found):
        _collect(paths, _Found())
    elif found.session is not None and not found.session.testsfailed:
        _take_up_instead(found.session, found.items, tuple(arguments))
    if "hypothesis" not in sys.modules:
        return  # these tests use none of it
    with contextlib.suppress(ImportError):  # it is hypothesis's own business, and only quicker
        from hypothesis.internal.charmap import charmap  # noqa: PLC0415
        from hypothesis.internal.conjecture.providers import _get_local_constants  # noqa: PLC0415

        _get_local_constants()  # reads all modules for constants to try, which each process would do by itself
        charmap()  # makes a table of all characters, likewise


def is_importing(config: pytest.Config) -> bool:
    """Tell whether tests are only imported here."""
    return any(isinstance(plugin, _Found) for plugin in config.pluginmanager.get_plugins())


class _Found:
    """Keeps what pytest finds, in its order, and lets nothing of it run."""

    def __init__(self) -> None:
        self.session: pytest.Session | None = None
        self.items: list[pytest.Item] = []

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        self.items.append(item)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            _forget(Path(report.nodeid).absolute())

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.session = session

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> bool:
        return True


def _collect(arguments: Sequence[str], found: _Found) -> bool:
    """Tell whether pytest understood the arguments."""
    options = ["--capture=no", *(f"-pno:{name}" for name in _WITHOUT)]
    with (
        open(os.devnull, "w", encoding="utf-8") as nothing,  # noqa: PTH123
        contextlib.redirect_stdout(nothing),
        contextlib.redirect_stderr(nothing),
    ):
        ended = pytest.main([*arguments, *options], plugins=[found])
    return ended != pytest.ExitCode.USAGE_ERROR


def _forget(path: Path) -> None:
    """Forget the module of a file, or of a folder's files, which pytest leaves as it broke: the next would take it."""
    for name, module in list(sys.modules.items()):
        file = Path(getattr(module, "__file__", None) or "")
        if path in (file, file.parent):
            del sys.modules[name]


def _take_up_instead(session: pytest.Session, items: list[pytest.Item], arguments: tuple[str, ...]) -> None:
    """Let the first session that begins here with the same arguments be the one that has found its tests already."""
    folder, begin = Path.cwd(), pytest.Session.from_config

    def from_config(config: pytest.Config) -> pytest.Session:
        pytest.Session.from_config = begin  # type: ignore[method-assign]
        if (tuple(config.invocation_params.args), Path.cwd()) != (arguments, folder):
            return begin(config)
        _hand_over(session, items, config)
        return session

    pytest.Session.from_config = from_config  # type: ignore[method-assign]


def _hand_over(session: Any, items: list[pytest.Item], config: pytest.Config) -> None:
    """Make a session, and all that was found in it, one of another configuration."""
    nodes = {node for item in items for node in item.listchain()}
    for node in (session, *nodes):
        node.config = config
    session.trace = config.trace.root.get("collection")
    config.pluginmanager.register(session, name="session")
    fixtures = session._fixturemanager
    fixtures.config = config

    def perform_collect() -> list[pytest.Item]:
        session._fixturemanager = fixtures  # a session that starts has a new one, which knows none of these tests
        for node in nodes:
            if isinstance(node, pytest.Directory):
                _load_conftest(node, config)
        mine = session.items = list(items)
        config.hook.pytest_collection_modifyitems(session=session, config=config, items=mine)
        config.hook.pytest_collection_finish(session=session)
        session.testscollected = len(mine)
        return mine

    session.perform_collect = perform_collect


def _load_conftest(directory: pytest.Directory, config: pytest.Config) -> None:
    config.pluginmanager._loadconftestmodules(
        directory.path,
        config.getoption("importmode"),
        rootpath=config.rootpath,
        consider_namespace_packages=config.getini("consider_namespace_packages"),
    )
