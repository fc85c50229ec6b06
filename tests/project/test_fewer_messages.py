"""A process that runs tests sends what somebody reads: every failure, every word that was printed, every end."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.fewer_messages import use_fewer_messages


class WorkerInteractor:
    """Stands for that of xdist, which is found by its name."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def sendevent(self, name: str, **said: Any) -> None:
        data = said.get("data", {})
        self.sent.append(" ".join([name, *map(str, data.values())]))


def _sent(**options: Any) -> list[str]:
    sender = WorkerInteractor()
    option = SimpleNamespace(**{"verbose": 0, "durations": None, "xmlpath": None, **options})
    plugins = SimpleNamespace(get_plugins=lambda: {object(), sender})
    use_fewer_messages(SimpleNamespace(option=option, pluginmanager=plugins))  # type: ignore[arg-type]
    sender.sendevent("logstart")
    for when in ("setup", "call", "teardown"):
        for outcome in ("passed", "failed", "skipped"):
            sender.sendevent("testreport", data={"when": when, "outcome": outcome, "sections": [], "keywords": {1: 1}})
    printed = {"when": "setup", "outcome": "passed", "sections": ["printed"], "keywords": {1: 1}}
    sender.sendevent("testreport", data=printed)
    sender.sendevent("logfinish")
    sender.sendevent("runtest_protocol_complete")
    return sender.sent


def test_only_that_nothing_happened_around_a_test_is_not_sent() -> None:
    assert _sent() == [
        "testreport setup failed [] {1: 1}",
        "testreport setup skipped [] {1: 1}",
        "testreport call passed [] {}",
        "testreport call failed [] {1: 1}",
        "testreport call skipped [] {1: 1}",
        "testreport teardown failed [] {1: 1}",
        "testreport teardown skipped [] {1: 1}",
        "testreport setup passed ['printed'] {}",
        "runtest_protocol_complete",
    ]


@pytest.mark.parametrize("options", [{"verbose": 1}, {"durations": 10}, {"xmlpath": "report.xml"}])
def test_whoever_asks_for_more_gets_all(options: dict[str, Any]) -> None:
    assert len(_sent(**options)) == 13
