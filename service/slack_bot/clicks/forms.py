"""The forms that open over Slack, and what stands in their place once they were sent. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    InputBlock,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    RadioButtonsElement,
)
from slack_sdk.models.views import View

from service.slack_bot.answers.pieces import paragraph, text

FEEDBACK_FORM, WISH_FORM = "greenlit_feedback_form", "greenlit_wish_form"
VERDICT, COMMENT, WISHED = "verdict", "comment", "wish"
VERDICTS: Mapping[str, str] = {
    "wrong": "It is wrong",
    "outdated": "It is out of date",
    "not_supported": "The quote does not say so",
    "beside_the_point": "It answers another question",
    "should_have_answered": "There should have been an answer",
}
_MOST_CHARS = 2000  # of what Greenlit takes
_READ_BY = "Those who approve the documents read it, without your name."


def feedback_form(request_id: str) -> dict[str, Any]:
    """Return the form that asks what is wrong with an answer."""
    options = [Option(value=verdict, text=_words(words)) for verdict, words in VERDICTS.items()]
    verdict = RadioButtonsElement(action_id=VERDICT, options=options, initial_option=options[0])
    return _form(
        FEEDBACK_FORM,
        "What is wrong with it?",
        request_id,
        [
            InputBlock(block_id=VERDICT, label=_words("Which of these?"), element=verdict),
            _typed(COMMENT, "What would be right?", optional=True),
        ],
    )


def wish_form(request_id: str) -> dict[str, Any]:
    """Return the form that asks for a document that is missing."""
    return _form(WISH_FORM, "Ask for a document", request_id, [_typed(WISHED, "Which document do you miss?")])


def outcome(title: str, words: str) -> dict[str, Any]:
    """Return what stands in the place of a form that was sent."""
    return View(type="modal", title=_words(title), close=_words("Close"), blocks=[paragraph(text(words))]).to_dict()


def _form(callback_id: str, title: str, request_id: str, blocks: Sequence[Block]) -> dict[str, Any]:
    view = View(
        type="modal",
        callback_id=callback_id,
        title=_words(title),
        submit=_words("Send"),
        close=_words("Cancel"),
        private_metadata=request_id,
        blocks=list(blocks),
    )
    return view.to_dict()


def _typed(block_id: str, label: str, *, optional: bool = False) -> Block:
    box = PlainTextInputElement(action_id=block_id, multiline=True, max_length=_MOST_CHARS)
    return InputBlock(block_id=block_id, label=_words(label), element=box, hint=_words(_READ_BY), optional=optional)


def _words(words: str) -> PlainTextObject:
    return PlainTextObject(text=words, emoji=False)
