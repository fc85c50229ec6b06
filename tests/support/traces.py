"""Where a prompt could have been left behind: files, the service log, what was printed, what was answered.

`Traces.found` searches for `CANARY`, which tests put into what they ask. The log's own file is searched like any other:
its texts are sealed.
"""

import io
import logging
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

import service.audit.log
from indexes.logs import configure_logs
from service.operating.running import announced
from service.web.form_tokens import FORM_TOKEN_HEADER, form_token
from service.web.pages import NOTICE_COOKIE, SESSION_COOKIE
from tests.support.certificates import TRUSTS_NOBODY
from tests.support.fakes import TinyLibrary
from tests.support.over import Places
from tests.support.service_parts import BEARER, Studio, files_holding, microseconds, serving

CANARY = "quokka4711"


@dataclass
class Traces:
    """See the module."""

    folders: tuple[Path, ...]
    service_log: io.StringIO
    capture: pytest.CaptureFixture[str]
    places: Places
    told: list[str] = field(default_factory=list)  # headers, addresses and error bodies

    def keep(self, response: httpx.Response | Any) -> None:
        """Remember a response, but for the body of a result."""
        self.told += [str(response.headers), str(response.url)]
        if response.status_code != 200:
            self.told.append(response.text)

    def keep_all(self, response: httpx.Response | Any) -> None:
        """Remember a response, with the body of its result."""
        self.told += [str(response.headers), str(response.url), response.text]

    def found(self) -> list[str]:
        """Return where the canary is."""
        printed = self.capture.readouterr()
        places = [str(path) for path in files_holding(CANARY, *self.folders)] + self.places.holding(CANARY)
        places += [f"told: {text}" for text in self.told if CANARY in text]
        printed_texts = (self.service_log.getvalue(), printed.out, printed.err)
        return places + [f"printed: {text}" for text in printed_texts if CANARY in text]


def watch(
    library: TinyLibrary, temporary: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Traces:
    """Set up logs as `greenlit serve` does, and temporary files where they can be searched."""
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(service.audit.log, "system_clock_us", microseconds(library.clock))
    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr(logging.root, "level", logging.WARNING)
    service_log = io.StringIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", service_log)
        configure_logs()
    return Traces((library.root, temporary), service_log, capfd, library.places)


@contextmanager
def over_http(studio: Studio) -> Iterator[httpx.Client]:
    """Serve a studio on a port; lends somebody who is signed in to the API and to the pages."""
    with serving(studio.app) as url, announced(studio.state, url=url):
        session_id = studio.session()
        cookies = {SESSION_COOKIE: session_id, NOTICE_COOKIE: studio.notice()}
        headers = {**BEARER, FORM_TOKEN_HEADER: form_token(session_id)}
        with httpx.Client(
            base_url=url, headers=headers, cookies=cookies, trust_env=False, verify=TRUSTS_NOBODY
        ) as client:
            yield client
