"""What Slack checks of blocks before it takes a message or a view: types, structure, lengths, ids that are unique.

`complaints` returns what Slack would say, in its words; nothing means that it takes them. It is stricter than Slack in
one thing: a property that nobody knows is always a complaint.
"""

from typing import Any

from tests.support.slack_server.looking import Check, Json, Looked

MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
TOTAL_CHARACTERS = 13_200  # found by others: beyond it, `msg_blocks_too_long`
_MARKDOWN = 12_000


def complaints(blocks: Any, *, most: int = MESSAGE_BLOCKS, where: str = "/blocks") -> tuple[list[str], int]:
    """Return what Slack would say of blocks, and how many characters they have in all."""
    looked = Looked(_BLOCKS, _ELEMENTS)
    looked.blocks(blocks, most, where)
    return looked.found, looked.characters


def _section(look: Looked, block: Json, at: str) -> None:
    look.only(block, "text fields accessory expand", at)
    if "text" not in block and "fields" not in block:
        look.say("missing required field: text", at)
    if "text" in block:
        look.text(block["text"], 3_000, f"{at}/text")
    if "fields" in block:
        for number, one in enumerate(look.items(block["fields"], 10, f"{at}/fields")):
            look.text(one, 2_000, f"{at}/fields/{number}")
    if "accessory" in block:
        look.elements([block["accessory"]], 1, f"{at}/accessory", (*_ACTIONS, "image"))


def _header(look: Looked, block: Json, at: str) -> None:
    look.only(block, "level", at, needs="text")
    look.text(block.get("text"), 150, f"{at}/text", plain=True)


def _divider(look: Looked, block: Json, at: str) -> None:
    look.only(block, "", at)


def _image_block(look: Looked, block: Json, at: str) -> None:
    look.only(block, "image_url slack_file title", at, needs="alt_text")
    look.string(block.get("alt_text"), 2_000, f"{at}/alt_text")


def _context(look: Looked, block: Json, at: str) -> None:
    look.only(block, "", at, needs="elements")
    for number, one in enumerate(look.items(block.get("elements"), 10, f"{at}/elements")):
        if one.get("type") == "image":
            _image(look, one, f"{at}/elements/{number}")
        else:
            look.text(one, 3_000, f"{at}/elements/{number}")


def _actions(look: Looked, block: Json, at: str) -> None:
    look.only(block, "", at, needs="elements")
    look.elements(block.get("elements"), 25, f"{at}/elements", _ACTIONS)


def _context_actions(look: Looked, block: Json, at: str) -> None:
    look.only(block, "", at, needs="elements")
    look.elements(block.get("elements"), 5, f"{at}/elements", ("feedback_buttons", "icon_button"))


def _input(look: Looked, block: Json, at: str) -> None:
    look.only(block, "dispatch_action hint optional", at, needs="label element")
    look.text(block.get("label"), 2_000, f"{at}/label", plain=True)
    if "hint" in block:
        look.text(block["hint"], 2_000, f"{at}/hint", plain=True)
    look.elements([block.get("element")], 1, f"{at}/element", _INPUTS)


def _markdown(look: Looked, block: Json, at: str) -> None:
    look.only(block, "", at, needs="text")
    look.string(block.get("text"), _MARKDOWN, f"{at}/text")


def _task_card(look: Looked, block: Json, at: str) -> None:
    look.only(block, "status details output sources", at, needs="task_id title")
    look.string(block.get("title"), 255, f"{at}/title")
    if block.get("status", "pending") not in ("pending", "in_progress", "complete", "error"):
        look.say("must be a valid enum value", f"{at}/status")
    for name in ("details", "output"):
        if name in block:
            look.blocks([block[name]], 1, f"{at}/{name}", known=("rich_text",))
    for number, one in enumerate(look.items(block.get("sources", []), 50, f"{at}/sources", least=0)):
        look.only(one, "", f"{at}/sources/{number}", needs="url text")
        _url(look, one, f"{at}/sources/{number}")
        look.string(one.get("text"), 255, f"{at}/sources/{number}/text")


def _plan(look: Looked, block: Json, at: str) -> None:
    look.only(block, "tasks plan_id", at, needs="title")
    look.string(block.get("title"), 255, f"{at}/title")
    look.blocks(block.get("tasks", []), 50, f"{at}/tasks", known=("task_card",))


def _rich_text(look: Looked, block: Json, at: str) -> None:
    look.only(block, "", at, needs="elements")
    for number, one in enumerate(look.items(block.get("elements"), 1_000, f"{at}/elements")):
        _rich_part(look, one, f"{at}/elements/{number}")


def _rich_part(look: Looked, part: Json, at: str) -> None:
    kind = part.get("type")
    if kind == "rich_text_list":
        look.only(part, "indent offset border", at, needs="style elements")
        if part.get("style") not in ("bullet", "ordered"):
            look.say("must be a valid enum value", f"{at}/style")
        for number, one in enumerate(look.items(part.get("elements"), 1_000, f"{at}/elements")):
            if one.get("type") != "rich_text_section":
                look.say(f"unsupported type: {one.get('type')}", f"{at}/elements/{number}/type")
            else:
                _rich_part(look, one, f"{at}/elements/{number}")
        return
    if kind not in ("rich_text_section", "rich_text_quote", "rich_text_preformatted"):
        look.say(f"unsupported type: {kind}", f"{at}/type")
        return
    look.only(part, "" if kind == "rich_text_section" else "border language", at, needs="elements")
    for number, one in enumerate(look.items(part.get("elements"), 1_000, f"{at}/elements", least=0)):
        _inline(look, one, f"{at}/elements/{number}", preformatted=kind == "rich_text_preformatted")


_INLINE = {
    "text": "text",
    "link": "url",
    "user": "user_id",
    "usergroup": "usergroup_id",
    "channel": "channel_id",
    "emoji": "name",
    "broadcast": "range",
    "date": "timestamp format",
    "team": "team_id",
    "color": "value",
}
_STYLES = {"bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"}


def _inline(look: Looked, one: Json, at: str, *, preformatted: bool) -> None:
    kind = one.get("type")
    if kind not in _INLINE or (preformatted and kind not in ("text", "link")):
        look.say(f"unsupported type: {kind}", f"{at}/type")
        return
    look.only(one, "style text unsafe skin_tone unicode url fallback", at, needs=_INLINE[kind])
    if "text" in one or kind == "text":
        look.string(one.get("text"), 40_000, f"{at}/text")
    if kind == "link":
        _url(look, one, at)
    style = one.get("style", {})
    if not isinstance(style, dict) or not style.keys() <= _STYLES:
        look.say("invalid additional property", f"{at}/style")
    elif not all(isinstance(value, bool) for value in style.values()):
        look.say("must be a boolean", f"{at}/style")


def _url(look: Looked, value: Json, at: str) -> None:
    url = value.get("url")
    if not isinstance(url, str) or not 1 <= len(url) <= 3_000 or "://" not in url.removeprefix("mailto:") + "://":
        look.say("must be a valid URL", f"{at}/url")


def _button(look: Looked, element: Json, at: str) -> None:
    look.only(element, "url value style confirm accessibility_label", at, needs="text")
    look.text(element.get("text"), 75, f"{at}/text", plain=True)
    if "value" in element:
        look.string(element["value"], 2_000, f"{at}/value")
    if "url" in element:
        _url(look, element, at)
    if element.get("style", "primary") not in ("primary", "danger"):
        look.say("must be a valid enum value", f"{at}/style")
    if "accessibility_label" in element:
        look.string(element["accessibility_label"], 75, f"{at}/accessibility_label")
    if "confirm" in element:
        _confirm(look, element["confirm"], f"{at}/confirm")


def _confirm(look: Looked, value: Any, at: str) -> None:
    if not isinstance(value, dict):
        look.say("must be an object", at)
        return
    look.only(value, "style", at, needs="title text confirm deny")
    for name, most, plain in (("title", 100, True), ("text", 300, False), ("confirm", 30, True), ("deny", 30, True)):
        look.text(value.get(name), most, f"{at}/{name}", plain=plain)


def _image(look: Looked, element: Json, at: str) -> None:
    look.only(element, "image_url slack_file", at, needs="alt_text")
    look.string(element.get("alt_text"), 2_000, f"{at}/alt_text")


def _feedback(look: Looked, element: Json, at: str) -> None:
    look.only(element, "", at, needs="positive_button negative_button")
    for name in ("positive_button", "negative_button"):
        button = element.get(name)
        if not isinstance(button, dict):
            look.say("must be an object", f"{at}/{name}")
            continue
        look.only(button, "accessibility_label", f"{at}/{name}", needs="text value")
        look.text(button.get("text"), 75, f"{at}/{name}/text", plain=True)
        look.string(button.get("value"), 2_000, f"{at}/{name}/value")


def _icon_button(look: Looked, element: Json, at: str) -> None:
    look.only(element, "value confirm accessibility_label visible_to_user_ids", at, needs="icon text")
    look.text(element.get("text"), 75, f"{at}/text", plain=True)
    if element.get("icon") != "trash":
        look.say("must be a valid enum value", f"{at}/icon")
    if "value" in element:
        look.string(element["value"], 2_000, f"{at}/value")


def _options(look: Looked, element: Json, at: str) -> None:
    names = "placeholder options option_groups initial_option initial_options confirm max_selected_items focus_on_load"
    look.only(element, names, at)
    if "placeholder" in element:
        look.text(element["placeholder"], 150, f"{at}/placeholder", plain=True)
    for number, one in enumerate(look.items(element.get("options", []), 100, f"{at}/options", least=0)):
        look.only(one, "description url", f"{at}/options/{number}", needs="text value")
        look.text(one.get("text"), 75, f"{at}/options/{number}/text")
        look.string(one.get("value"), 150, f"{at}/options/{number}/value")
        if "description" in one:
            look.text(one["description"], 75, f"{at}/options/{number}/description")


def _text_input(look: Looked, element: Json, at: str) -> None:
    names = "placeholder initial_value multiline min_length max_length dispatch_action_config focus_on_load"
    look.only(element, names, at)
    if "placeholder" in element:
        look.text(element["placeholder"], 150, f"{at}/placeholder", plain=True)
    if "initial_value" in element:
        look.string(element["initial_value"], 3_000, f"{at}/initial_value", least=0)
    for name in ("min_length", "max_length"):
        if not 0 <= element.get(name, 1) <= 3_000:
            look.say("must be less than 3001", f"{at}/{name}")


_BLOCKS: dict[str, Check] = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "image": _image_block,
    "context": _context,
    "actions": _actions,
    "context_actions": _context_actions,
    "input": _input,
    "markdown": _markdown,
    "rich_text": _rich_text,
    "task_card": _task_card,
    "plan": _plan,
}
_ELEMENTS: dict[str, Check] = {
    "button": _button,
    "image": _image,
    "feedback_buttons": _feedback,
    "icon_button": _icon_button,
    "static_select": _options,
    "multi_static_select": _options,
    "overflow": _options,
    "radio_buttons": _options,
    "checkboxes": _options,
    "plain_text_input": _text_input,
}
_ACTIONS = ("button", "static_select", "multi_static_select", "overflow", "radio_buttons", "checkboxes")
_INPUTS = ("plain_text_input", "static_select", "multi_static_select", "radio_buttons", "checkboxes")
