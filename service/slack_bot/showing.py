"""What shows answers in Slack, put together: it asks and tells, and listens for what people do with what they see."""

from slack_bolt.async_app import AsyncApp

from service.slack_bot.answers.conversation_names import ConversationNames
from service.slack_bot.answers.telling import Telling
from service.slack_bot.bot import Doors, Shows
from service.slack_bot.clicks import listeners


def showing(doors: Doors) -> Shows:
    """Return what shows answers.

    Raises:
        NotConnectedError: the key of the conversations' names cannot be made or read.
    """
    config = doors.config
    names = ConversationNames.open(config.state)
    telling = Telling(doors.web, doors.greenlit, public_url=config.public_url, names=names)

    def register(app: AsyncApp) -> None:
        listeners.register(
            app,
            greenlit=doors.greenlit,
            people=doors.people,
            public_url=config.public_url,
            with_apps=config.share_with_apps,
        )

    return Shows(telling, register)
