"""A process that runs tests tells less of those that pass: most of its messages say what nobody reads.

Of a test that passes, the process that shows the results needs to know that it passed and that another may begin. That
it began, was set up, was taken down and reported without a word is four messages more, each of which wakes two threads;
and by which words it could have been chosen is most of what is said of it. Where somebody may read them (`-v`,
`--durations`, a report as XML) they are sent.
"""

from collections.abc import Callable
from typing import Any

import pytest


def use_fewer_messages(config: pytest.Config) -> None:
    """Let a process that runs tests for another send no message that nobody reads."""
    option = config.option
    if option.verbose > 0 or option.durations is not None or option.xmlpath:
        return
    (sender,) = (plugin for plugin in config.pluginmanager.get_plugins() if type(plugin).__name__ == "WorkerInteractor")
    send: Callable[..., None] = sender.sendevent

    def send_some(name: str, **said: Any) -> None:
        if name in ("logstart", "logfinish"):
            return
        if name == "testreport":
            report = said["data"]
            if _says_nothing(report):
                return
            if report["outcome"] == "passed":
                said = {"data": {**report, "keywords": {}}}
        send(name, **said)

    sender.sendevent = send_some


def _says_nothing(report: dict[str, Any]) -> bool:
    return report["when"] != "call" and report["outcome"] == "passed" and not report["sections"]
