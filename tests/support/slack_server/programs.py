"""The programs that are killed and started again: the bot and Greenlit, as people run them."""

import contextlib
import signal
import threading
import time
import urllib.request
from http import HTTPStatus
from pathlib import Path
from typing import IO

from tests.support import forked
from tests.support.forked import Forked
from tests.support.ports import free_port
from tests.support.slack_server.running import SlackServer
from tests.support.slack_server.state import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from tests.support.slack_server.town import Greenlit

START_S, _END_S = 120.0, 60.0


class Program:
    """A process that is ended and started again; what it says is kept."""

    def __init__(self, *arguments: str, code: str, environment: dict[str, str], folder: Path) -> None:
        self._arguments, self._code, self._environment, self._folder = arguments, code, environment, folder
        self._said: list[str] = []
        self._readers: list[threading.Thread] = []
        self._process: Forked | None = None

    @property
    def said(self) -> str:
        return "".join(self._said)

    def start(self) -> None:
        """Start it."""
        process = Forked(self._code, *self._arguments, environment=self._environment, folder=self._folder)
        self._process = process
        for stream in (process.stdout, process.stderr):
            reader = threading.Thread(target=self._read, args=(stream,))
            reader.start()
            self._readers.append(reader)

    def _read(self, stream: IO[str]) -> None:
        with stream:
            self._said.extend(stream)

    def end(self, how: signal.Signals) -> int:
        """Send it a signal and wait for its end; return how it ended."""
        assert self._process is not None
        assert self._process.poll() is None, f"expected it to run, it ended and said: {self.said[-2_000:]}"
        self._process.send_signal(how)
        return self._process.wait(timeout=_END_S)

    def close(self) -> None:
        """Let nothing of it run."""
        if self._process is not None and self._process.poll() is None:
            self.end(signal.SIGTERM)
        for reader in self._readers:
            reader.join()


class Bot(Program):
    """`greenlit slack`."""

    def __init__(self, slack: SlackServer, greenlit: Greenlit, *, over_sockets: bool, code: str) -> None:
        port, folder = free_port(), greenlit.installation.folder / "bot"
        folder.mkdir(mode=0o700)
        self.kills: list[float] = []
        self.folder = folder
        self.address = None if over_sockets else f"http://127.0.0.1:{port}/slack/events"
        settings = {
            "GREENLIT_STATE": str(folder),
            "GREENLIT_URL": greenlit.installation.url,
            "GREENLIT_API_KEY": greenlit.key,
            "GREENLIT_SLACK_BOT_TOKEN": BOT_TOKEN,
            "GREENLIT_SLACK_API_URL": slack.api_url,
            "GREENLIT_SLACK_PORT": str(port),
            **({"GREENLIT_SLACK_APP_TOKEN": APP_TOKEN} if over_sockets else {}),
            **({} if over_sockets else {"GREENLIT_SLACK_SIGNING_SECRET": SIGNING_SECRET}),
        }
        machine = {name: greenlit.installation.environment[name] for name in ("PATH", "PYTHONPATH", "container")}
        environment = {**machine, "HOME": str(folder), **settings}
        super().__init__("slack", code=code, environment=environment, folder=folder)

    def kill(self) -> None:
        """End it as nothing can be prepared for."""
        self.kills.append(time.monotonic())
        self.end(signal.SIGKILL)


class Served(Program):
    """`greenlit serve`."""

    def __init__(self, greenlit: Greenlit) -> None:
        made = greenlit.installation
        self._ready = f"{made.url}/readyz"
        arguments = ("serve", "--port", str(made.port))
        super().__init__(*arguments, code=forked.GREENLIT, environment=made.environment, folder=made.folder)

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        super().start()
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            # A client of its own costs more than most answers: this is asked often.
            with contextlib.suppress(OSError), urllib.request.urlopen(self._ready) as answer:  # noqa: S310
                if answer.status == HTTPStatus.OK:
                    return
            time.sleep(0.1)
        raise AssertionError(f"expected greenlit serve to be ready, it said: {self.said[-2_000:]}")

    def restart(self) -> None:
        self.end(signal.SIGTERM)
        self.start()
