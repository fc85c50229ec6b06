"""The command slack: the bot that answers people in Slack, a process of its own beside the service."""

import asyncio
import contextlib
import logging
import signal
import socket
from typing import TYPE_CHECKING

from indexes.console import fail, out
from indexes.errors import SettingsError
from service.access.errors import AccessError
from service.commands.doors import missing_extra
from service.operating.running import NotRunningError, running_url
from service.settings import Settings, read_settings

if TYPE_CHECKING:
    from indexes.life import Life
    from service.slack_bot.arriving.deliveries import Kept
    from service.slack_bot.bot import BotConfig
    from service.slack_bot.settings import SlackSettings


def slack() -> None:
    """Answer people in Slack: direct messages, mentions and /ask."""
    from indexes.logs import configure_logs

    logging.raiseExceptions = False  # what cannot be logged would be printed as it is, with what people wrote
    try:
        from service.slack_bot.bot import run_bot  # noqa: F401  (here it is found missing)
        from service.slack_bot.settings import read_slack_settings
    except ModuleNotFoundError as error:
        raise fail(missing_extra(error, "slack", "greenlit slack"), 2) from None
    try:
        settings, slack_settings = read_settings(), read_slack_settings()
        config = _config(settings, slack_settings)
    except (SettingsError, AccessError, NotRunningError) as error:
        raise fail(error, 2) from error
    configure_logs(settings.log_level)
    _serve(config, slack_settings)


def _config(settings: Settings, slack_settings: "SlackSettings") -> "BotConfig":
    """Return what the bot is told.

    A service here that does TLS itself is called by its public name: its certificate has no other.

    Raises:
        AccessError: there is no key to show to Greenlit.
        NotRunningError: no service runs on this machine, and none is named.
    """
    from service.access.errors import TokenError
    from service.clients.calls import Service
    from service.slack_bot.bot import BotConfig

    bearer = settings.api_key.get_secret_value() if settings.api_key else ""
    if not bearer:
        raise TokenError(
            "expected an API key in GREENLIT_API_KEY with the scopes ask and act-for, made with greenlit keys create, "
            "got none"
        )
    url = settings.url or (settings.public_url if settings.tls_certificate else "")
    url = url or running_url(settings.state)
    return BotConfig(
        service=Service(url, bearer, "slack", settings.tls_certificate),
        bot_token=slack_settings.bot_token(),
        signing_secret=slack_settings.signing_secret(),
        app_token=slack_settings.app_token(),
        api_url=slack_settings.slack_api_url,
        state=slack_settings.state_folder(settings.state),
        kept=_kept(settings),
        public_url=settings.public_url or url,
        share_with_apps=slack_settings.slack_share_with_apps,
    )


def _kept(settings: Settings) -> "Kept | None":
    """Return what keeps deliveries in the database, where one is set.

    Raises:
        SettingsError: its address cannot be read, or what it needs is not installed.
    """
    from indexes.errors import DatabaseError

    if not (url := settings.database()):
        return None
    try:
        from service.slack_bot.arriving.delivery_tables import DeliveryTables

        return DeliveryTables(url)
    except ModuleNotFoundError as error:
        raise missing_extra(error, "postgres", "GREENLIT_DATABASE_URL") from None
    except DatabaseError as error:
        raise SettingsError(str(error)) from None


def _serve(config: "BotConfig", slack_settings: "SlackSettings") -> None:
    import uvicorn

    from indexes.life import life
    from service.commands.listening import bound
    from service.slack_bot.errors import SlackBotError

    host, port = slack_settings.slack_host, slack_settings.slack_port
    try:
        listening = bound(host, port)
    except OSError as error:
        words = f"{host}:{port} cannot be listened on ({error.strerror}): choose another with GREENLIT_SLACK_PORT"
        raise fail(words, 1) from error
    try:
        quick = uvicorn.Config("", loop="auto", log_config=None).get_loop_factory()  # uvloop, where it is installed
        with (
            contextlib.closing(listening),
            life("greenlit.slack") as its,
            asyncio.Runner(loop_factory=quick) as runner,
            contextlib.suppress(asyncio.CancelledError),
        ):
            runner.run(_until_told(config, listening, f"{host}:{port}", its))
    except SlackBotError as error:
        raise fail(error, 1) from error


async def _until_told(config: "BotConfig", listening: socket.socket, address: str, its: "Life") -> None:
    """Run the bot until a signal tells it to stop, and then as long as it takes to stop in order."""
    import structlog

    from service.slack_bot.bot import run_bot
    from service.slack_bot.showing import showing

    def ready() -> None:
        over = "over HTTP, at /slack/events" if config.signing_secret else "over Socket Mode"
        its.started(listens=address, greenlit=config.service.url, state=str(config.state))
        both = " and over Socket Mode" if config.signing_secret and config.app_token else ""
        out.line(f"The Slack bot is ready at http://{address}. Slack reaches it {over}{both}.")

    notice = structlog.get_logger("greenlit.slack").warning
    running = asyncio.ensure_future(run_bot(config, showing, listening, notice=notice, ready=ready))

    def end(number: int) -> None:
        its.ends(number)
        running.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end, number)
    await running
