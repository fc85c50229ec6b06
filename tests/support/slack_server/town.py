"""A library of two groups, the people who ask it from Slack, and Greenlit over it as people run it.

Each fact is known by words that nothing else holds: whoever sees them has seen it. All staff may read the first file,
the board alone the second.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.installation import BY, Installation
from tests.support.ports import free_port
from tests.support.slack_server.workspace import BOT_USER, Channel, Member, Workspace

STAFF_FACTS = {
    "How much is the daily travel allowance?": "The daily travel allowance is fifty-one euros.",
    "Where are parcels handed over?": "Parcels are handed over at the blue gate.",
    "How many working days does the security team take to review a vendor?": (
        "The security team reviews each vendor within ten working days."
    ),
    "Which paint is used for scenery?": "Scenery is painted with water-based Varnex paint.",
    "When does the canteen close?": "The canteen closes at half past seven.",
    "Who repairs broken lamps?": "Broken lamps are repaired by the Hollin workshop.",
    "How are bicycles locked?": "Bicycles are locked with two Kestrel chains.",
    "How long are casting tapes kept?": "Casting tapes are kept for eleven weeks.",
    "What do drivers wear at night?": "Drivers wear orange Pellam jackets at night.",
    "Which number does one call in case of fire?": "In case of fire one calls the number 4417.",
}
BOARD_FACTS = {
    "When is the old studio building sold?": "The old studio building is sold on the ninth of April.",
    "How large is the reserve for lawsuits?": "The reserve for lawsuits is six million crowns.",
    "Who becomes the next head of production?": "Ottilie Brandt becomes the next head of production.",
    "What is the name of the secret merger?": "The secret merger goes by the name Project Lanternfish.",
    "How many positions are cut next year?": "Next year ninety-three positions are cut.",
    "Which bank gives the new loan?": "The Merrow bank gives the new loan.",
}
NOBODY_KNOWS = "Which orbit do geostationary satellites follow?"
_SOURCES = """[[source]]
name = "rules"
kind = "folder"
owner = "o@x.example"
groups = ["staff"]

[[source]]
name = "board"
kind = "folder"
owner = "o@x.example"
groups = ["board"]
"""


@dataclass(frozen=True, slots=True)
class Greenlit:
    """Greenlit over the library, and the key that the bot asks with."""

    installation: Installation
    key: str


@dataclass(frozen=True, slots=True)
class Town:
    """The people and the places of the workspace."""

    workspace: Workspace
    staff: list[Member]
    board: list[Member]  # staff too
    rooms: list[Channel]
    room_of_the_board: Channel
    outsiders: list[Member]  # guests, people of other organisations, the deleted, and those who never confirmed

    @property
    def everybody(self) -> list[Member]:
        return [*self.staff, *self.board]

    def may_read(self) -> Mapping[str, frozenset[str]]:
        """Return who may read what, by the words that only it holds."""
        board = frozenset(one.id for one in self.board)
        everybody = board | {one.id for one in self.staff}
        facts = [(fact, everybody) for fact in STAFF_FACTS.values()] + [(fact, board) for fact in BOARD_FACTS.values()]
        whole = {"Facts of rules": everybody, "Facts of board": board, "board/facts": board, "rules/facts": everybody}
        return {marker_of(fact): people for fact, people in facts} | whole


def marker_of(fact: str) -> str:
    """Return the words of a fact that nothing else holds: its last three."""
    return " ".join(fact.rstrip(".").split()[-3:])


def build(workspace: Workspace, *, staff: int, board: int) -> Town:
    """Make the people and the rooms."""
    few = [workspace.person(f"Staff{number}") for number in range(staff)]
    on_board = [workspace.person(f"Board{number}") for number in range(board)]
    outsiders = [
        workspace.person("Guest", is_restricted=True),
        workspace.person("Single", is_ultra_restricted=True),
        workspace.person("Gone", deleted=True),
        workspace.person("Unsure", is_email_confirmed=False),
        workspace.person("Stranger", team="T0OTHER", is_stranger=True),
        workspace.person("Partner", team="T0OTHER"),
        workspace.person("Otherbot", is_bot=True),
    ]
    everybody = [*few, *on_board]
    guest, stranger, partner = outsiders[0], outsiders[4], outsiders[5]
    return Town(
        workspace,
        few,
        on_board,
        [
            workspace.channel("general", [*everybody, guest, outsiders[6], BOT_USER]),
            workspace.channel("production", [*everybody, BOT_USER], kind="private"),
            workspace.channel("with-partners", [*everybody, stranger, partner, BOT_USER], is_shared=True),
        ],
        workspace.channel("board", [*on_board, BOT_USER], kind="private"),
        outsiders,
    )


@dataclass(frozen=True, slots=True)
class WithEncoder(Installation):
    """An installation with another encoder than the usual one."""

    encoder: str | None = None

    @property
    def environment(self) -> dict[str, str]:
        usual: dict[str, str] = Installation.environment.__get__(self)
        return usual | ({"GREENLIT_ENCODER": self.encoder} if self.encoder else {})


def install(folder: Path, town: Town, *, encoder: str | None = None) -> Greenlit:
    """Make the library and a key for the bot; people are in a directory."""
    made = WithEncoder(folder, free_port(), encoder)
    for source, facts in (("rules", STAFF_FACTS), ("board", BOARD_FACTS)):
        sections = [f"## {question.rstrip('?')}\n\n{fact}\n" for question, fact in facts.items()]
        path = folder / "library" / source / "facts.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# Facts of {source}\n\n" + "\n".join(sections))
    (folder / "library" / "sources.toml").write_text(_SOURCES)
    for source in ("rules", "board"):
        made.does("approve", f"{source}/facts.md", *BY)
    made.does("ingest")
    people = [f"{one.id},{one.email},staff,true" for one in town.staff]
    people += [f"{one.id},{one.email},staff;board,true" for one in town.board]
    made.state.mkdir(mode=0o700, exist_ok=True)
    (made.state / "directory.csv").write_text("\n".join(["person,email,groups,active", *people, ""]))
    said = made.does("keys", "create", "--name", "slack", "--scope", "ask,act-for", "--expires", "2027-06-01")
    key = next(word for word in said.split() if word.startswith("gl"))
    return Greenlit(made, key)
