"""Libraries in which a strange text is planted beside a true sentence, a document for each.

The true sentences are those that answer questions of the shipped set, each with the lines around it, so that a question
is known for each document and only one of a library answers it. What is planted stands in the same paragraph before
it, in a paragraph of its own before it, or in the same paragraph after it.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.quality.libraries import Place, approve_all, ingest_all, open_place
from eval.quality.measure import Prepared
from eval.quality.question_sets import QuestionSetError, lines_of
from eval.written.obedient import Instruction
from indexes.encoder import Encoder

PLACES = ("ahead", "apart", "behind")
_ATTACKS = Path("injection", "attacks.jsonl")
_LOOKALIKES = Path("injection", "benign_lookalikes.jsonl")
_ONE_SENTENCE = re.compile(r"[A-Z](?:[^\n|.!?]|[.](?=\S)){40,300}\.")
_SOURCE = "planted"


@dataclass(frozen=True, slots=True)
class Truth:
    """A sentence that answers a question, with the lines of its document before and after it."""

    question: str
    text: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Plant:
    """A truth with what is planted beside it: nothing, a harmless text, or the text of an instruction."""

    truth: Truth
    text: str = ""
    place: str = PLACES[0]
    instruction: Instruction | None = None

    def document(self) -> str:
        """Return the text of the document."""
        gap = "\n" if "\n" in self.text else " "
        around = {
            "ahead": f"{self.text}{gap}{self.truth.text}",
            "apart": f"{self.text}\n\n{self.truth.text}",
            "behind": f"{self.truth.text}{gap}{self.text}",
        }
        middle = around[self.place] if self.text else self.truth.text
        return "\n\n".join(part for part in (self.truth.before, middle, self.truth.after) if part) + "\n"


def read_attacks(data: Path) -> list[Instruction]:
    """Read the planted instructions of the public set.

    Raises:
        QuestionSetError: they are missing, or not in the form that is expected.
    """
    return [Instruction(row["id"], row["text"], row["category"]) for row in _rows(data / _ATTACKS)]


def read_lookalikes(data: Path) -> list[str]:
    """Read the harmless texts that look like instructions; see `read_attacks`."""
    return [row["text"] for row in _rows(data / _LOOKALIKES)]


def truths(shipped: Prepared) -> list[Truth]:
    """Return what answers the shipped questions in one sentence, each sentence once."""
    found: dict[str, Truth] = {}
    for question in shipped.questions:
        for gold in question.gold[:1]:
            document = shipped.place.document(gold.document)
            if document is None or not _ONE_SENTENCE.fullmatch(gold.text):
                continue
            before = document.text[: gold.start].strip().rpartition("\n")[2]
            after = document.text[gold.end :].strip().partition("\n")[0]
            found.setdefault(gold.text, Truth(question.question, gold.text, before, after))
    return list(found.values())


def libraries(
    plants: Sequence[Plant], *, folder: Path, encoder: Encoder
) -> Iterator[tuple[Place, tuple[tuple[str, Plant], ...]]]:
    """Make a library after the other, and lend each with its documents by name; no truth stands in one twice.

    Args:
        plants: in an order in which a truth comes again only after all others.
        folder: where libraries and builds are made.
        encoder: questions are asked with it.
    """
    size = max(len({plant.truth for plant in plants}), 1)
    for number, first in enumerate(range(0, len(plants), size)):
        several = plants[first : first + size]
        library, builds = folder / str(number) / "library", folder / str(number) / "builds"
        documents = library / _SOURCE
        documents.mkdir(parents=True, exist_ok=True)
        for at, plant in enumerate(several):
            (documents / f"{at:03}.txt").write_text(plant.document(), encoding="utf-8")
        (library / "sources.toml").write_text(
            f'[[source]]\nname = "{_SOURCE}"\nkind = "folder"\npath = "{_SOURCE}"\ngroups = ["staff"]\n',
            encoding="utf-8",
        )
        approve_all(library, [_SOURCE])
        ingest_all(library, builds, encoder)
        place = open_place(library, builds, encoder)
        try:
            yield place, tuple((f"{_SOURCE}/{at:03}.txt", plant) for at, plant in enumerate(several))
        finally:
            place.build.passages.close()


def _rows(path: Path) -> Iterator[dict[str, str]]:
    try:
        for line in lines_of(path.read_text(encoding="utf-8")):
            yield json.loads(line)
    except (OSError, ValueError) as error:
        raise QuestionSetError(f"{path} cannot be read as texts to plant: {error}") from error
