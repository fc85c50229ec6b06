"""An answer that only its asker sees, shown to everybody in a channel, if each of them may read all that it rests on.

1  whoever clicked is whoever asked: Greenlit gives an answer again to nobody else, within the boundary of this moment
2  everybody in the channel is one of our own, whom Greenlit is asked about by address (`members`)
3  each of them may read every document cited, in the version cited, and in a public channel anybody at Greenlit may:
   Greenlit says yes or no, and nothing of who or what; and nobody has joined meanwhile
4  it is on record that the answer is shared, then it is posted, with the name of whoever shared it

The answer is opened again from the record: nothing of it is kept between asking and sharing, and what the button holds
is the question's id. Clicked twice it is shared once. Whoever joins the channel later reads what stands there already.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.models.metadata import Metadata
from slack_sdk.web.async_client import AsyncWebClient

from service.clients.calls import Call, Json
from service.clients.errors import RefusedCallError
from service.slack_bot.answers.answer_blocks import SHARE, shared_message
from service.slack_bot.answers.posting import Poster, metadata_of, said
from service.slack_bot.clicks.interactions import Clicked, Sides, clicked, in_words, tell
from service.slack_bot.clicks.members import JOINED, NOT_ALL, NOT_ALL_OF_US, Members, NotSharableError
from service.slack_bot.errors import SlackBotError
from service.slack_bot.slack_calls import SlackSaidError, called

SHARED_EVENT = "greenlit_shared"
_AT_ONCE = 200  # addresses in one call, whose body stays under 64 KiB
_LOOKED_BACK = 100  # messages among which an earlier sharing is looked for
_SHARED = "You shared this answer here."
_ALREADY = "This answer is shared here already."
_GONE = "What this answer rests on is not approved so any more, or not for you, so it cannot be shared."
_NOT_YOURS = "Only whoever asked can share an answer."
_CANNOT_POST = "Slack does not let me write here. Invite me to the channel, then share again."
_NOTHING_SHARED = "Nothing was shared."


@dataclass(frozen=True, slots=True)
class _Where:
    """The place that an answer is shared in."""

    channel: str
    thread: str | None
    request_id: str


@dataclass(frozen=True, slots=True)
class Sharing:
    """See the module. One event loop's. `with_apps`: whether answers may be shared where other apps read along."""

    sides: Sides
    with_apps: bool = False
    _under_way: set[_Where] = field(default_factory=set)

    async def share(self, who: Clicked, web: AsyncWebClient, *, own: str) -> None:
        """Share what somebody clicked to share, or tell them why not. `own` is the bot as a person of Slack.

        Raises:
            Later: Slack cannot even be told.
            SlackSaidError: Slack shows them nothing.
        """
        where = _Where(who.channel, who.thread, who.request_id)
        if where in self._under_way:
            return  # a second click: the first one says what comes of it
        self._under_way.add(where)
        try:
            words, instead = await self._shared(who, where, web, own), True
        except NotSharableError as error:
            words, instead = str(error), False
        except (SlackBotError, RefusedCallError) as error:
            words, instead = f"{in_words(error)} {_NOTHING_SHARED}", False
        finally:
            self._under_way.discard(where)
        await tell(web, who, said(words), instead=instead)

    async def _shared(self, who: Clicked, where: _Where, web: AsyncWebClient, own: str) -> str:
        email = await self.sides.email(who.user, who.team)
        answer = await self._again(who.request_id, email)  # 1
        members = Members(web, self.sides.people, own, self.with_apps)
        there = await members.there(where.channel)
        addresses = await members.addresses(there.people, team=who.team)  # 2
        if not await self._may_all_read(answer, [email, *addresses], email):  # 3
            raise NotSharableError(NOT_ALL)
        if there.is_public and not await self._may_all_read(answer, [email], email, anybody=True):
            raise NotSharableError(NOT_ALL_OF_US)
        if await _stands_there(where, web):
            return _ALREADY
        now = await members.there(where.channel)  # looking people up may have taken minutes
        if not set(now.people) <= set(there.people) or now.is_public != there.is_public:
            raise NotSharableError(JOINED)
        path = f"/v1/answers/{who.request_id}/share"
        await self.sides.call(Call("POST", path, {"shared": True}, on_behalf_of=email))  # 4
        shown = shared_message(answer, by=who.user, public_url=self.sides.public_url)
        metadata = Metadata(SHARED_EVENT, {"request_id": who.request_id})
        try:
            await Poster(web).openly(where.channel, where.thread, shown, metadata)
        except SlackSaidError:
            raise NotSharableError(_CANNOT_POST) from None
        return _SHARED

    async def _again(self, request_id: str, email: str) -> Json:
        try:
            answer = await self.sides.call(Call("GET", f"/v1/answers/{request_id}", on_behalf_of=email))
        except RefusedCallError as error:
            if error.kind == "no-record":
                raise NotSharableError(_NOT_YOURS) from None
            if error.kind == "no-longer-shown":
                raise NotSharableError(_GONE) from None
            raise
        if not answer.get("citations"):
            raise NotSharableError(_GONE)
        return answer

    async def _may_all_read(self, answer: Json, people: Sequence[str], email: str, *, anybody: bool = False) -> bool:
        pairs = {(cited["document"], cited["sha256"]) for cited in answer["citations"]}
        documents = [{"document": document, "sha256": sha256} for document, sha256 in sorted(pairs)]
        for start in range(0, len(people), _AT_ONCE):
            body = {"documents": documents, "people": people[start : start + _AT_ONCE], "anybody": anybody}
            told = await self.sides.call(Call("POST", "/v1/readers", body, on_behalf_of=email))
            if told.get("all") is not True:
                return False
        return True


def register(app: AsyncApp, sides: Sides, *, with_apps: bool) -> None:
    """Let people share their answers."""
    sharing = Sharing(sides, with_apps)

    async def on_click(ack: Any, body: dict[str, Any], client: AsyncWebClient, context: Any) -> None:
        await ack()
        who = clicked(body)
        if who is None or not who.request_id or not who.channel:
            return
        try:
            await sharing.share(who, client, own=str(context.get("bot_user_id")))
        except SlackBotError:
            return  # nobody can be told; nothing was shared, or it stands there

    app.action(SHARE)(on_click)


async def _stands_there(where: _Where, web: AsyncWebClient) -> bool:
    """Tell whether an answer was shared there before; where Slack does not let us look, it was not."""
    try:
        if where.thread is None:
            looking = web.conversations_history(channel=where.channel, limit=_LOOKED_BACK, include_all_metadata=True)
            found = await called("conversations.history", looking)
        else:
            looking = web.conversations_replies(
                channel=where.channel, ts=where.thread, limit=_LOOKED_BACK, include_all_metadata=True
            )
            found = await called("conversations.replies", looking)
    except SlackSaidError:
        return False
    held = (metadata_of(one, SHARED_EVENT) for one in found.get("messages") or () if isinstance(one, dict))
    return any(one.get("request_id") == where.request_id for one in held)
