"""One look at blocks: it collects what Slack would say of them, and knows what all of them share: texts, lists, ids.

What each type of block and element is made of is said in `block_kit`, which hands its checks in.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

_ID = 255

Json = dict[str, Any]
Check = Callable[["Looked", Json, str], None]  # what is looked at, and where it is


class Looked:
    """What one look at a list of blocks found."""

    def __init__(self, blocks: Mapping[str, Check], elements: Mapping[str, Check]) -> None:
        """Take what looks at each type of block and element."""
        self._blocks, self._elements = blocks, elements
        self.found: list[str] = []
        self.characters = 0
        self._block_ids: set[str] = set()

    def say(self, what: str, where: str) -> None:
        self.found.append(f"[ERROR] {what} [json-pointer:{where}]")

    def blocks(self, blocks: Any, most: int, where: str = "/blocks", known: Sequence[str] = ()) -> None:
        """Look at a list of blocks; `known` are the types that may be there, where not any may."""
        if not isinstance(blocks, list):
            return self.say("must be an array", where)
        if len(blocks) > most:
            self.say(f"no more than {most} items allowed", where)
        for number, block in enumerate(blocks):
            at = f"{where}/{number}"
            kind = str(block.get("type")) if isinstance(block, dict) else ""
            if kind not in self._blocks or (known and kind not in known):
                self.say(f"unsupported type: {kind}", f"{at}/type")
                continue
            self._block_id(block, at)
            self._blocks[kind](self, {name: one for name, one in block.items() if name != "block_id"}, at)
        return None

    def _block_id(self, block: Json, where: str) -> None:
        given = block.get("block_id")
        if given is None:
            return
        if not isinstance(given, str) or len(given) > _ID:
            self.say(f"must be less than {_ID + 1} characters", f"{where}/block_id")
        elif given in self._block_ids:
            self.say(f"`block_id` already exists: {given}", f"{where}/block_id")
        else:
            self._block_ids.add(given)

    def only(self, value: Json, names: str, where: str, *, needs: str = "") -> None:
        """Expect no property but some, and each that is needed."""
        for name in value.keys() - {"type", *names.split(), *needs.split()}:
            self.say(f"invalid additional property: {name}", where)
        for name in needs.split():
            if name not in value:
                self.say(f"missing required field: {name}", where)

    def string(self, value: Any, most: int, where: str, *, least: int = 1) -> None:
        """Expect a text of some length."""
        if not isinstance(value, str):
            self.say("must be a string", where)
        elif len(value) < least:
            self.say(f"must be more than {least - 1} characters", where)
        elif len(value) > most:
            self.say(f"must be less than {most + 1} characters", where)
        else:
            self.characters += len(value)

    def text(self, value: Any, most: int, where: str, *, plain: bool = False, least: int = 1) -> None:
        """Expect a text object."""
        kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
        if not isinstance(value, dict) or value.get("type") not in kinds:
            return self.say(f"must be an object of type {' or '.join(kinds)}", where)
        self.only(value, "emoji" if value["type"] == "plain_text" else "verbatim", where, needs="text")
        return self.string(value.get("text"), most, f"{where}/text", least=least)

    def items(self, value: Any, most: int, where: str, *, least: int = 1) -> list[Json]:
        """Expect a list of objects; return those that are some."""
        if not isinstance(value, list):
            self.say("must be an array", where)
            return []
        if not least <= len(value) <= most:
            self.say(
                f"no more than {most} items allowed" if len(value) > most else f"no fewer than {least} items", where
            )
        return [one for one in value if isinstance(one, dict)]

    def elements(self, value: Any, most: int, where: str, known: Sequence[str]) -> None:
        """Expect interactive elements of some types, each `action_id` once."""
        seen: set[str] = set()
        for number, one in enumerate(self.items(value, most, where)):
            at, kind = f"{where}/{number}", str(one.get("type"))
            if kind not in known:
                self.say(f"unsupported type: {kind}", f"{at}/type")
                continue
            action = one.get("action_id")
            if isinstance(action, str):
                if len(action) > _ID:
                    self.say(f"must be less than {_ID + 1} characters", f"{at}/action_id")
                if action in seen:
                    self.say(f"`action_id` already exists for action: {action}", f"{at}/action_id")
                seen.add(action)
            self._elements[kind](self, {name: it for name, it in one.items() if name != "action_id"}, at)
