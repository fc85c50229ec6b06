"""Everything that people do in Slack besides asking: each has a module of its own, and this lets Bolt know them."""

from slack_bolt.async_app import AsyncApp

from service.clients.client import AsyncGreenlit
from service.slack_bot.clicks import feedback, home, sharing, wishes
from service.slack_bot.clicks.interactions import KnowsPeople, Sides


def register(
    app: AsyncApp, *, greenlit: AsyncGreenlit, people: KnowsPeople, public_url: str, with_apps: bool = False
) -> None:
    """Listen to buttons, forms and the home tab.

    Args:
        app: what Slack's requests go to.
        greenlit: calls Greenlit with a key that acts for people.
        people: knows who somebody in Slack is.
        public_url: where people open Greenlit's pages.
        with_apps: whether an answer may be shared in a channel that other apps are in.
    """
    sides = Sides(greenlit, people, public_url.rstrip("/"))
    feedback.register(app, sides)
    wishes.register(app, sides)
    sharing.register(app, sides, with_apps=with_apps)
    home.register(app, sides)
