"""The option `--over` of pytest: which engines the tests of the laws run over, and which tests are left out there.

`pytest tests/laws --over database,objects,milvus`, or `--over scale` for all of them; without it nothing of this
happens. A test that makes no sense over an engine is marked `not_over`, with a sentence that says why; one whose many
parameters are the same case to an engine is marked `few_over`. How many were left out, and why, is told at the end.
What an engine is, and what starts it: `over` and `over_fixtures`.
"""

from collections import Counter
from pathlib import PurePosixPath
from typing import Any

import pytest

ENGINES = ("database", "objects", "milvus")
SCALE = "scale"  # all of them
_LAWS = "tests/laws"
_LEFT_OUT = "left_out"  # of what a process that runs tests says at its end
_MARKERS = (
    "not_over(*engines, why): left out where the laws run over any of these engines",
    "few_over(number): with so many of its parameters where the laws run over any engine",
)
_ALIKE = "to an engine they are the same case as others of that test"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option; `tests/conftest.py` takes this as its own."""
    expected = f"{', '.join(ENGINES)}, joined by commas, or {SCALE} for all of them"
    parser.addoption("--over", default="", metavar="ENGINES", help=f"run the tests of the laws over {expected}")


def engines_named(text: str) -> frozenset[str]:
    """Return the engines that the option names.

    Raises:
        pytest.UsageError: it names another.
    """
    names = {name.strip() for name in text.split(",") if name.strip()}
    if unknown := sorted(names - {*ENGINES, SCALE}):
        raise pytest.UsageError(f"--over: expected some of {', '.join(ENGINES)}, or {SCALE}, got {', '.join(unknown)}")
    return frozenset(ENGINES if SCALE in names else names)


def use_over(config: pytest.Config, *, runs_tests: bool) -> None:
    """Register the marker, and, where engines are named, what leaves tests out and what starts the engines."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    if names := engines_named(config.getoption("over")):
        config.pluginmanager.register(LeavingOut(names))
        if runs_tests:
            config.pluginmanager.import_plugin("tests.support.over_fixtures")


class LeavingOut:
    """A plugin of pytest that leaves out what is marked so over some engines."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names
        self._whys: Counter[str] = Counter()

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave tests out; whatever is no test of a law is none of this option's."""
        for item in items:
            if not PurePosixPath(item.nodeid).is_relative_to(_LAWS):
                raise pytest.UsageError(f"--over runs the tests in {_LAWS} only: name that folder, got {item.nodeid}")
        alike = _alike(items)
        whys = [_ALIKE if item.nodeid in alike else self._why_not(item) for item in items]
        self._whys.update(why for why in whys if why)
        config.hook.pytest_deselected(items=[item for item, why in zip(items, whys, strict=True) if why])
        items[:] = [item for item, why in zip(items, whys, strict=True) if not why]

    def _why_not(self, item: pytest.Item) -> str:
        for mark in item.iter_markers("not_over"):
            if not mark.args or {*mark.args} - {*ENGINES} or not mark.kwargs.get("why"):
                expected = f"expected not_over(ENGINE, ..., why=SENTENCE), an engine is one of {', '.join(ENGINES)}"
                raise pytest.UsageError(f"{item.nodeid}: {expected}")
            if self._names & {*mark.args}:
                return str(mark.kwargs["why"])
        return ""

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Tell the process that shows the results, if this is another."""
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[_LEFT_OUT] = dict(self._whys)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Hear it; every process leaves out the same."""
        self._whys = Counter(getattr(node, "workeroutput", {}).get(_LEFT_OUT, self._whys))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what was left out, and why."""
        terminalreporter.section(f"over {', '.join(sorted(self._names))}")
        for why, number in self._whys.items():
            terminalreporter.line(f"{number} left out: {why}")


def _alike(items: list[pytest.Item]) -> set[str]:
    """Return the ids of what is beyond the first few of a test's parameters, by name: in each process the same."""
    few: dict[str, list[str]] = {}
    numbers: dict[str, int] = {}
    for item in items:
        if mark := item.get_closest_marker("few_over"):
            test = item.nodeid.partition("[")[0]
            numbers[test] = mark.args[0]
            few.setdefault(test, []).append(item.nodeid)
    return {name for test, names in few.items() for name in sorted(names)[numbers[test] :]}
