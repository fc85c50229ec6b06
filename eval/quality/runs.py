"""A run: what was measured, of which code and settings, and what became of each question. One JSON file, `run.json`.

What is derived of a question (its rank, what is counted of it) is written for whoever reads the file, and computed anew
when it is read. A run holds questions and quotes: treat it like the documents.
"""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from eval.quality.ask import Asked, SeenHit
from eval.quality.holding import SeenQuote
from eval.quality.intervals import Figure
from eval.quality.kinds import by_kind
from eval.quality.metrics import HALVES, Figures, values
from eval.quality.question_sets import Gold, SetQuestion

FORMAT = "greenlit-eval-run-2"
RUN_FILE = "run.json"


class RunError(Exception):
    """A run cannot be read, or lacks what was asked of it; the message names the file."""


@dataclass(frozen=True, slots=True)
class SetRun:
    """A set that was asked.

    `passages` of its library could be found; `unlocated` are ids of questions left out because their gold was not
    found in the stored texts.
    """

    name: str
    passages: int
    asked: tuple[Asked, ...]
    unlocated: tuple[str, ...]
    figures: Figures

    @property
    def unreachable(self) -> int:
        """How many answerable questions no passage is a hit for: their gold is longer than two passages."""
        return sum(one.question.answerable and not one.relevant for one in self.asked)


@dataclass(frozen=True, slots=True)
class Run:
    """What was measured. `revision` is the commit, with `+changes` if files differed from it; `None` outside of git."""

    made_at: str
    revision: str | None
    encoder: str
    settings: Mapping[str, Any]
    sets: tuple[SetRun, ...]
    overall: Figures

    def named(self, name: str) -> SetRun | None:
        """Return a set of the run."""
        return next((one for one in self.sets if one.name == name), None)


def revision(folder: Path) -> str | None:
    """Return the commit that the checkout in a folder is at; `None` where there is none, or it cannot be told."""
    if not (folder / ".git").exists():
        return None
    try:
        head, changes = (
            subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=True).stdout  # nosec B607  # noqa: S607  (whichever git there is)
            for words in (("rev-parse", "HEAD"), ("status", "--porcelain", "--untracked-files=no"))
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return head.strip() + ("+changes" if changes.strip() else "")


def write_run(run: Run, folder: Path) -> Path:
    """Write a run into a folder, which is made if need be; return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    value = {
        "format": FORMAT,
        **{name: getattr(run, name) for name in ("made_at", "revision", "encoder", "settings")},
        "overall": _figures_json(run.overall),
        "sets": [_set_json(one) for one in run.sets],
    }
    path = folder / RUN_FILE
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def _set_json(one: SetRun) -> dict[str, Any]:
    return {
        "name": one.name,
        "passages": one.passages,
        "unlocated": list(one.unlocated),
        "unreachable": one.unreachable,
        "figures": _figures_json(one.figures),
        "kinds": by_kind(one.asked),
        "questions": [_asked_json(asked) for asked in one.asked],
    }


def _asked_json(asked: Asked) -> dict[str, Any]:
    derived = {
        "half": "tuned" if asked.question.tuned_on else "held_out",
        "outcome": "refused" if asked.refused else "answered",
        "rank": asked.rank,
        "values": {name: round(value, 4) for name, value in values(asked).items()},
    }
    return asdict(asked) | {"derived": derived}


def _figures_json(figures: Figures) -> dict[str, dict[str, dict[str, float]]]:
    return {half: {name: asdict(one) for name, one in by_name.items()} for half, by_name in figures.items()}


def read_run(path: Path) -> Run:
    """Read a run.

    Args:
        path: `run.json`, or the folder that holds it.

    Raises:
        RunError: there is none, or it is not one.
    """
    file = path / RUN_FILE if path.is_dir() else path
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
        if value.get("format") != FORMAT:
            raise RunError(f"{file}: expected a run in the form {FORMAT}, got {value.get('format')!r}: run it anew")
        return Run(
            made_at=str(value["made_at"]),
            revision=value["revision"],
            encoder=str(value["encoder"]),
            settings=dict(value["settings"]),
            sets=tuple(_read_set(one) for one in value["sets"]),
            overall=_read_figures(value["overall"]),
        )
    except OSError as error:
        raise RunError(f"{file} cannot be read as a run: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(f"{file}: expected a run of `greenlit eval run`, got something else ({error})") from error


def _read_set(value: dict[str, Any]) -> SetRun:
    return SetRun(
        name=str(value["name"]),
        passages=int(value["passages"]),
        asked=tuple(_read_asked(one) for one in value["questions"]),
        unlocated=tuple(value["unlocated"]),
        figures=_read_figures(value["figures"]),
    )


def _read_asked(value: dict[str, Any]) -> Asked:
    question = value["question"]
    gold = tuple(Gold(**one) for one in question["gold"])
    fields = {name: value[name] for name in value if name != "derived"} | {
        "question": SetQuestion(**question | {"gold": gold, "answers": tuple(question["answers"])}),
        "hits": tuple(SeenHit(**one) for one in value["hits"]),
        "quotes": tuple(SeenQuote(**one) for one in value["quotes"]),
        "sentences": tuple(value["sentences"]),
    }
    return Asked(**fields)


def _read_figures(value: dict[str, Any]) -> Figures:
    return {half: {name: Figure(**one) for name, one in value[half].items()} for half in HALVES}
