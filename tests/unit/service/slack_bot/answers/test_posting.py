"""Where a message goes: to its asker, by whatever way Slack still takes, and to nobody else."""

import json

import pytest

from service.slack_bot.answers.pieces import escaped
from service.slack_bot.answers.posting import Poster, said
from service.slack_bot.errors import Later
from service.slack_bot.slack_calls import SlackSaidError
from tests.support.slack_parts import THEO, TinySlack, place, run

SHOWN = said("Fifty euros.")


def test_a_command_whose_address_has_ended_is_answered_to_its_asker_alone() -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            slack.replies["response"] = [{"status": 404, "error": "expired_url"}]
            await Poster(slack.web()).to_asker(place("command", response_url=slack.hook()), SHOWN, delivery="Ev1")
            assert [call.method for call in slack.posted()] == ["response", "chat.postEphemeral"]
            assert slack.posted()[1].args["user"] == THEO

    run(story())


def test_where_nobody_can_be_told_alone_they_get_a_direct_message() -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            slack.replies["chat.postEphemeral"] = [{"error": "not_in_channel"}]
            await Poster(slack.web()).to_asker(place("channel"), SHOWN)
            (posted,) = slack.of("chat.postMessage")
            assert posted["channel"] == THEO  # a person's id: their messages with the bot, never the channel
            slack.replies["chat.postMessage"] = [{"error": "cannot_dm_bot"}]
            with pytest.raises(SlackSaidError, match="cannot_dm_bot"):
                await Poster(slack.web()).to_asker(place("channel"), SHOWN)

    run(story())


def test_blocks_that_slack_will_not_show_become_a_line() -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            slack.replies["chat.postMessage"] = [{"error": "msg_blocks_too_long"}, {}]
            await Poster(slack.web()).to_asker(place(), SHOWN)
            assert "cannot show" in json.dumps(slack.of("chat.postMessage")[1])

    run(story())


def test_limits_and_failures_are_waited_out() -> None:
    async def story() -> None:
        async with TinySlack().open() as slack:
            slow_down = {"status": 429, "headers": {"Retry-After": "30"}, "error": "ratelimited"}
            slack.replies = {"chat.postMessage": [slow_down], "response": [{"status": 503}]}
            for where, after_s in ((place(), 30.0), (place("command", response_url=slack.hook()), 2.0)):
                with pytest.raises(Later) as later:
                    await Poster(slack.web()).to_asker(where, SHOWN)
                assert later.value.after_s == after_s
        with pytest.raises(Later):
            await Poster(slack.web()).at_address(slack.hook(), SHOWN)  # nobody listens any more

    run(story())


def test_the_one_text_that_is_read_as_markup_is_escaped() -> None:
    assert escaped("<!channel> & co") == "&lt;!channel&gt; &amp; co"
