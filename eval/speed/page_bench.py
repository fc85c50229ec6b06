"""The page for staff: what its first load weighs, and how soon an answer that arrived is seen.

The weight is that of the page signed in, with every style, script and picture that it names, as bytes on the wire,
heads and all. How soon an answer is seen is asked of Chromium, where there is one: from the moment at which the last of
the answer reached the browser until the frame that shows it was painted. Prints figures and asserts nothing.
"""

import importlib
import importlib.util
import re
import shutil
import socket
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urljoin

from rich.console import Console

from eval.speed.http_load import HOST
from eval.speed.served import serving

_AIM_KB, _AIM_MS = 100, 100
_TIMES = 20
_PATIENCE_S = 30.0
_LOOK_MS = 20
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_NAMED = re.compile(rb"""<(?:link|script|img)\b[^>]*?\b(?:href|src)="([^"#]+)\"""")
_IMPORTED = re.compile(rb"""\b(?:from|import)\s*\(?["']([^"']+\.js)["']""")
# Put in before the page's own scripts: notes when an answer in events has come, or else when a new page has, and when
# the frame that shows it was painted.
_WATCH = """(() => {
  const shown = () => document.querySelectorAll("section.answer, section.refusal").length;
  const painted = (since) => requestAnimationFrame(() => {
    const after = new MessageChannel();
    after.port1.onmessage = () => { globalThis.paintedMs = performance.now() - since; };
    after.port2.postMessage(0);
  });
  const until = (before, since) =>
    shown() > before ? painted(since) : requestAnimationFrame(() => until(before, since));
  const fetched = globalThis.fetch;
  globalThis.fetch = async (...given) => {
    const before = shown(), response = await fetched(...given);
    if (!(response.headers.get("content-type") ?? "").startsWith("text/event-stream")) return response;
    const [seen, kept] = response.body.tee();
    (async () => {
      let text = "";
      const decoder = new TextDecoder();
      for await (const piece of seen) {
        text += decoder.decode(piece, { stream: true });
        if (/event: page\\n.*\\n\\n/.test(text)) return until(before, performance.now());
      }
    })();
    return new Response(kept, { status: response.status, headers: response.headers });
  };
  addEventListener("DOMContentLoaded", () => {
    if (shown()) until(0, performance.getEntriesByType("navigation")[0].responseEnd);
  });
})()"""


def print_page(
    console: Console, environment: Mapping[str, str], questions: Sequence[str], code: Callable[[], str]
) -> None:
    """Measure and print the page.

    Args:
        console: where to print.
        environment: of the service; says where library, builds and state are.
        questions: asked in turn.
        code: makes one of a sign-in link.
    """
    with serving(environment, questions[0]) as served:
        console.print("\n[bold]The page for staff[/bold]")
        loaded = first_load(served.port, _session(served.port, code()))
        kilobytes = sum(loaded.values()) / 1000
        console.print(f"  first load {kilobytes:.1f} kB in {len(loaded)} requests (aim: under {_AIM_KB})")
        for address, size in loaded.items():
            console.print(f"    {address:28} {size / 1000:7.1f} kB")
        if times_ms := _painted_ms(f"http://{HOST}:{served.port}", code(), questions):
            told = f"median {statistics.median(times_ms):.0f} ms, at most {max(times_ms):.0f} ms"
            console.print(f"  from the answer's arrival to its paint, {len(times_ms)} answers: {told} (aim: {_AIM_MS})")
        else:
            console.print(
                "  from the answer's arrival to its paint: not measured, there is no Chromium or no Playwright"
            )


def first_load(port: int, cookie: str) -> dict[str, int]:
    """Return what a browser loads that knows nothing yet, each address with its bytes on the wire."""
    loaded: dict[str, int] = {}
    waiting = ["/"]
    while waiting:
        address = waiting.pop(0)
        if address in loaded:
            continue
        head, body = _get(port, address, cookie)
        loaded[address] = len(head) + len(body)
        found = _IMPORTED if address.endswith(".js") else _NAMED
        if address == "/" or address.endswith(".js"):
            waiting += [urljoin(address, name.decode()) for name in found.findall(body)]
    return loaded


def _session(port: int, code: str) -> str:
    head, _ = _get(port, f"/open?code={code}", "")
    (cookie,) = re.findall(rb"(?i)^set-cookie: ([^;]+)", head, re.MULTILINE)
    return str(cookie.decode())


def _get(port: int, address: str, cookie: str) -> tuple[bytes, bytes]:
    """Return head and body of an answer, as they came."""
    asked = f"GET {address} HTTP/1.1\r\nHost: {HOST}:{port}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
    got = bytearray()
    with socket.create_connection((HOST, port), timeout=_PATIENCE_S) as connection:
        connection.sendall(asked.encode())
        while piece := connection.recv(65_536):
            got += piece
    head, end, body = bytes(got).partition(b"\r\n\r\n")
    return head + end, body


def _painted_ms(url: str, code: str, questions: Sequence[str]) -> list[float]:
    """Return how long each of some answers took to be seen; empty where no browser can say."""
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None or importlib.util.find_spec("playwright") is None:
        return []
    playwright: Any = importlib.import_module("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = opened.new_page()
        page.add_init_script(_WATCH)
        page.goto(f"{url}/open?code={code}")
        read = page.get_by_role("button", name="I have read this")
        if read.count():
            read.click()
        times_ms = [_ask(page, questions[number % len(questions)]) for number in range(_TIMES + 1)]
        opened.close()
    return times_ms[1:]  # the first warms the browser up


def _ask(page: Any, question: str) -> float:
    """Ask, and return how long the answer took to be seen, in ms. The page's policy lets no string be waited for."""
    page.evaluate("globalThis.paintedMs = undefined")
    page.get_by_label("Ask the approved documents").fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()
    ends_s = time.monotonic() + _PATIENCE_S
    while time.monotonic() < ends_s:
        page.wait_for_load_state()  # a page without a script is a new one
        if (took_ms := page.evaluate("globalThis.paintedMs ?? null")) is not None:
            return float(took_ms)
        page.wait_for_timeout(_LOOK_MS)
    raise SystemExit(f"greenlit: the page showed no answer within {_PATIENCE_S:.0f} s")
