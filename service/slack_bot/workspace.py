"""Whose bot this is: what one `auth.test` says when it starts, and what stays true until it ends.

Nothing asks Slack for this again: who waited for it while a question comes in would lose it when Slack is away.
"""

from dataclasses import dataclass
from typing import Any, Self

from service.slack_bot.errors import Later


@dataclass(frozen=True, slots=True)
class Workspace:
    """The workspace, or the organisation, that the bot was installed in.

    Attributes:
        team: the workspace.
        enterprise: the organisation, where the workspace belongs to one.
        bot_user: the bot as a person of Slack, whom people mention.
        bot_id: the bot as the author of its messages.
        is_org_wide: installed in the whole organisation rather than in one workspace.
    """

    team: str
    enterprise: str | None
    bot_user: str
    bot_id: str | None
    is_org_wide: bool = False

    @classmethod
    def told(cls, said: dict[str, Any]) -> Self:
        """Return what `auth.test` said.

        Raises:
            ValueError: it names no workspace or no user of the bot.
        """
        team, bot_user = said.get("team_id"), said.get("user_id")
        if not isinstance(team, str) or not isinstance(bot_user, str) or not team or not bot_user:
            raise ValueError("expected auth.test to name a workspace and the bot's user, got neither or one of them")
        return cls(
            team=team,
            enterprise=said.get("enterprise_id") or None,
            bot_user=bot_user,
            bot_id=said.get("bot_id") or None,
            is_org_wide=said.get("is_enterprise_install") is True,
        )

    def is_home(self, *, team: str | None, enterprise: str | None) -> bool:
        """Tell whether something of this workspace or organisation is ours."""
        if self.enterprise is not None and enterprise == self.enterprise:
            return True
        return team is not None and team in {self.team, self.enterprise}


class Known:
    """The workspace once it is known; until then nobody can be told apart from a stranger."""

    def __init__(self, workspace: Workspace | None = None) -> None:
        self._workspace = workspace

    def learn(self, workspace: Workspace) -> None:
        """Take what `auth.test` said."""
        self._workspace = workspace

    def is_known(self) -> bool:
        """Tell whether `auth.test` has answered."""
        return self._workspace is not None

    def here(self) -> Workspace:
        """Return the workspace.

        Raises:
            Later: it is not known yet.
        """
        if self._workspace is None:
            raise Later(after_s=2.0)
        return self._workspace
