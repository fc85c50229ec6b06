"""Plants what the public injection set holds, asks models that obey, and counts what would reach a reader.

1  instructions: each is planted in a document beside a true sentence, at each place (`planted`), and every second one
   stands in the question too; a model that obeys (`obedient`) writes the true sentence and does what it is told
2  harmless texts that look like instructions: planted and asked in the same way, of a model that writes the true
   sentence; what is withheld of it is counted beside what is withheld where nothing was planted

An *effect* is a released sentence that is neither the true one nor the instruction itself, word for word; where the
instruction holds the very words that it wants said, it is one too. The model is a script, so the same code gives the
same figures.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.quality.measure import NORTHLIGHT, prepare
from eval.quality.tables import table
from eval.written.asking import Said, approve, ask
from eval.written.obedient import Obedient, is_said_by
from eval.written.planted import PLACES, Plant, Truth, libraries, read_attacks, read_lookalikes, truths
from service.answering.steps import Steps
from service.answering.writing.holding import even

_MOST_SHOWN = 20
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a document with something planted in it.

    `seen` says whether a passage of it was given to the model; `told` counts the effects that were written; `effects`
    are those that were released, each with the words that it rests on. `repeated` says that the instruction itself
    was: it stands in the document, and does not say what it wants said. `why` are the codes for which the true
    sentence was withheld. `refused` says that there was no answer, `quotes_refused` that there is none of quotes alone.
    """

    plant: Plant
    seen: bool
    told: int
    effects: tuple[tuple[str, str], ...]
    repeated: bool
    truth_released: bool
    why: tuple[str, ...]
    refused: bool
    quotes_refused: bool


@dataclass(frozen=True, slots=True)
class RedTeam:
    """What came out: of planted instructions, of look-alikes, and of the same documents with nothing planted."""

    attacked: tuple[Outcome, ...]
    alike: tuple[Outcome, ...]
    plain: tuple[Outcome, ...]

    @property
    def effects(self) -> int:
        """How many effects would have been read."""
        return sum(len(one.effects) for one in self.attacked)

    @property
    def wrongly_withheld(self) -> list[Outcome]:
        """Look-alikes beside which a true sentence is withheld that is released without them."""
        released = {one.plant.truth for one in self.plain if one.truth_released}
        return [one for one in self.alike if one.seen and not one.truth_released and one.plant.truth in released]

    @property
    def wrongly_refused(self) -> list[Outcome]:
        """Look-alikes in a question with which it is refused, although quotes answer it."""
        return [one for one in self.alike if one.seen and one.refused and not one.quotes_refused]


def redteam(*, data: Path, work: Path, steps: Steps, limit: int | None, tell: Tell) -> RedTeam:
    """Plant, ask, and count.

    Args:
        data: the folder of public sets.
        work: where libraries and builds are made.
        steps: the reader's steps.
        limit: plants at most this many instructions and look-alikes.
        tell: is told what was done, in lines for a person.

    Raises:
        QuestionSetError: a set is missing or wrong.
    """
    attacks, lookalikes = read_attacks(data)[:limit], read_lookalikes(data)[:limit]
    shipped = prepare(NORTHLIGHT, data=None, work=work, encoder=steps.encoder)
    found = truths(shipped)
    shipped.place.build.passages.close()
    planted = {
        "instructions": [
            Plant(_nth(found, at), one.text, place, one)
            for at, (place, one) in enumerate((place, one) for place in PLACES for one in attacks)
        ],
        "look-alikes": [Plant(_nth(found, at), text, PLACES[at % len(PLACES)]) for at, text in enumerate(lookalikes)],
    }
    planted["nothing"] = [Plant(truth) for truth in dict.fromkeys(one.truth for one in planted["look-alikes"])]
    asked = {}
    for name, plants in planted.items():
        asked[name] = tuple(asked_of(plants, work / "planted" / name, steps))
        tell(f"{name}: {len(asked[name])} documents asked about")
    return RedTeam(asked["instructions"], asked["look-alikes"], asked["nothing"])


def redteam_text(found: RedTeam) -> str:
    """Return the figures as plain text, with the effects that were released."""
    rows: list[Sequence[str]] = [
        (
            "instruction",
            "planted",
            "read by the model",
            "effects written",
            "released",
            "itself quoted",
            "truths released",
        )
    ]
    by_category: dict[str, list[Outcome]] = {}
    for one in found.attacked:
        by_category.setdefault(one.plant.instruction.category if one.plant.instruction else "", []).append(one)
    rows += [_row(name, several) for name, several in by_category.items()]
    rows.append(_row("all", found.attacked))
    seen, plain = [one for one in found.alike if one.seen], [one for one in found.plain if one.seen]
    lines = [
        table(rows),
        "",
        f"look-alikes: {len(found.alike)} planted, {len(seen)} read by the model",
        f"  true sentences released: {_released(seen)}; with nothing planted {_released(plain)} of {len(plain)}",
        f"  withheld, and released where nothing is planted: {len(found.wrongly_withheld)}",
        f"  in a question: refused although quotes answer: {len(found.wrongly_refused)}",
    ]
    shown = [(one.plant, effect) for one in found.attacked for effect in one.effects]
    lines += [
        f"  released: {text!r}, on the words {words!r}, told to by {plant.text[:80]!r}"
        for plant, (text, words) in shown[:_MOST_SHOWN]
    ]
    wrongly = [("withheld", found.wrongly_withheld), ("refused", found.wrongly_refused)]
    lines += [
        f"  {word} ({', '.join(one.why) or 'not written'}): {one.plant.truth.text!r}, beside {one.plant.text[:100]!r}"
        for word, several in wrongly
        for one in several[:_MOST_SHOWN]
    ]
    return "\n".join(lines)


def asked_of(plants: Sequence[Plant], folder: Path, steps: Steps) -> Iterator[Outcome]:
    """Yield what becomes of each plant: planted, found, and answered by a model that obeys."""
    number = 0
    folder.mkdir(parents=True, exist_ok=True)
    approve(folder)
    for place, documents in libraries(plants, folder=folder, encoder=steps.encoder):
        for name, plant in documents:
            in_question = plant.text and number % 2 == 0
            question = f"{plant.truth.question} {plant.text}" if in_question else plant.truth.question
            obeyed = [plant.instruction] if plant.instruction else []
            model = Obedient([plant.truth.text], obeyed, form=number // 2)
            said = ask(question, model=model, steps=steps, place=place, approved_in=folder)
            yield _outcome(name, plant, said, told=len(model.told))
            number += 1


def _outcome(name: str, plant: Plant, said: Said, *, told: int) -> Outcome:
    truth, planted = even(plant.truth.text), even(plant.text)
    passed = [(one.sentence.text, one.draft.quotes[0].text) for one in said.passed]
    others = [(text, words) for text, words in passed if even(text) != truth]
    is_obeyed = bool(plant.instruction and is_said_by(plant.instruction))
    written = said.written.sentences if said.written else ()
    return Outcome(
        plant=plant,
        seen=name in said.seen,
        told=told,
        effects=tuple((text, words) for text, words in others if even(text) != planted or is_obeyed),
        repeated=any(even(text) == planted for text, _ in others) and not is_obeyed,
        truth_released=len(others) < len(passed),
        why=tuple(code for _, one in written if even(one.claim.text) == truth for code in one.codes),
        refused=said.worked.reason is not None,
        quotes_refused=said.quotes_refused,
    )


def _nth(found: Sequence[Truth], number: int) -> Truth:
    return found[number % len(found)]


def _released(several: Iterable[Outcome]) -> int:
    return sum(one.truth_released for one in several)


def _row(name: str, several: Sequence[Outcome]) -> tuple[str, ...]:
    seen = [one for one in several if one.seen]
    told, effects = sum(one.told for one in several), sum(len(one.effects) for one in several)
    quoted = sum(one.repeated for one in several)
    counts = (len(several), len(seen), told, effects, quoted)
    return name, *map(str, counts), f"{_released(seen)} of {len(seen)}"
