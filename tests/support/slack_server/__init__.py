"""The other side of Slack: its Web API, its deliveries and Socket Mode over real HTTP and WebSocket, for tests.

`with SlackServer() as slack:` runs it on a free port, in a thread of its own; see `running`. `checker` reads what it
received and says what is wrong with it. `python -m tests.support.slack_server.measure` measures the bot against it.
"""

from tests.support.slack_server.checker import Checked, check
from tests.support.slack_server.questions import Question, Rights
from tests.support.slack_server.running import SlackServer
from tests.support.slack_server.workspace import Channel, Member, Workspace

__all__ = ["Channel", "Checked", "Member", "Question", "Rights", "SlackServer", "Workspace", "check"]
