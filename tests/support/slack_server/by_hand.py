"""Slack on this machine, to try the bot by hand: prints the bot's settings, takes what is written, shows what comes.

    python -m tests.support.slack_server.by_hand [--port 8011] [--email mira@northlight.example]

Each line is a direct message of one person; `/ask ...` is the command, `#...` mentions the bot in a channel, `home`
opens the home tab, and an empty line ends it. The app is what docs/slack/manifest.json says.
"""

import argparse
import sys
import threading
import time

from tests.support.slack_server.recording import Shown
from tests.support.slack_server.running import MENTION, SlackServer
from tests.support.slack_server.state import APP_TOKEN, BOT_TOKEN
from tests.support.slack_server.workspace import BOT_USER

_LOOK_S = 0.2


def main() -> None:
    """Run it until an empty line."""
    parser = argparse.ArgumentParser(description="Try the Slack bot without Slack.")
    parser.add_argument("--port", type=int, default=8011)
    parser.add_argument("--email", default="mira@northlight.example")
    arguments = parser.parse_args()
    with SlackServer(port=arguments.port) as slack:
        _say("Start the bot with these, beside GREENLIT_URL and GREENLIT_API_KEY (Socket Mode):")
        _say(f"GREENLIT_SLACK_API_URL={slack.api_url}")
        _say(f"GREENLIT_SLACK_BOT_TOKEN={BOT_TOKEN}\nGREENLIT_SLACK_APP_TOKEN={APP_TOKEN}\n")
        asker = slack.workspace.person("Mira", arguments.email)
        room = slack.workspace.channel("general", [asker, BOT_USER])
        over = threading.Event()
        showing = threading.Thread(target=_show, args=(slack, over))
        showing.start()
        for line in iter(lambda: sys.stdin.readline().strip(), ""):
            if line == "home":
                slack.opens_home(asker)
            elif line.startswith("/ask "):
                slack.gives_command(asker, room, line.removeprefix("/ask "))
            elif line.startswith("#"):
                slack.says(asker, room, f"{MENTION} {line[1:]}")
            else:
                slack.says(asker, slack.workspace.direct(asker), line)
        over.set()
        showing.join()


def _show(slack: SlackServer, over: threading.Event) -> None:
    """Print what the app shows, as it comes."""
    seen = 0
    while not over.is_set():
        for one in slack.record.shown[seen:]:
            seen += 1
            _say(f"[{one.where} in {one.channel}, for {', '.join(sorted(one.readers))}]\n{_seen(one)}\n")
        time.sleep(_LOOK_S)


def _seen(shown: Shown) -> str:
    """Return what a person reads of it, as far as a terminal can show."""
    return "\n".join(line for line in shown.text.splitlines() if " " in line or line.startswith("http"))


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - it is what it is for


if __name__ == "__main__":
    main()
