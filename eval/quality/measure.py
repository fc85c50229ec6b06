"""Makes a run: for each set a library, a build, its questions, all of them asked, and the figures.

1  write the set's library into a folder, approve it, make a build of it (or open the live one)
2  read its questions, find their gold in the stored texts
3  ask them
4  count

`prepare` is steps 1 and 2, and can be kept while other `Steps` are tried; `measure_set` is 3 and 4.
"""

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from eval.quality.adapters import PUBLIC_SETS
from eval.quality.ask import ask_set
from eval.quality.intervals import RESAMPLES
from eval.quality.libraries import Place, approve_all, ingest_all, open_place
from eval.quality.metrics import Estimates, estimates, figures, overall
from eval.quality.question_sets import QuestionSetError, SetQuestion, read_set, sample
from eval.quality.runs import Run, SetRun, revision
from indexes.clock import utc_now
from indexes.encoder import Encoder
from service.answering.steps import Steps

NORTHLIGHT = "northlight"
STRUCTURES = "structures"
SHIPPED = (NORTHLIGHT, STRUCTURES)  # asked of the sample library
SET_NAMES = (*SHIPPED, *PUBLIC_SETS)
_PROJECT = Path(__file__).resolve().parents[2]
SHIPPED_LIBRARY = _PROJECT / "approved_docs"
SHIPPED_GROUPS = frozenset({"security-team"})  # who asks: somebody who may read all that is approved there
SHIPPED_SETS = Path(__file__).parents[1] / "sets"

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A set that is ready to be asked."""

    name: str
    place: Place
    questions: tuple[SetQuestion, ...]
    unlocated: tuple[str, ...] = ()


def prepare(name: str, *, data: Path | None, work: Path, encoder: Encoder) -> Prepared:
    """Make the library and build of a set that Greenlit knows by name, and read its questions.

    Args:
        name: one of SET_NAMES.
        data: the folder of public sets; not needed for those that are shipped.
        work: where library and build are made. In a folder that was used before, only what changed is made anew.
        encoder: the one that questions are asked with.

    Raises:
        QuestionSetError: there is no such set, its data is missing, or it is wrong.
    """
    if name in SHIPPED:
        return _prepare_shipped(name, work / NORTHLIGHT, encoder)
    set_names(name)
    if data is None or not data.is_dir():
        raise QuestionSetError(
            f"the set '{name}' needs the public sets: expected GREENLIT_EVAL_DATA = their folder "
            f"(EVALUATION.md says where they come from), got {data or 'nothing'}"
        )
    library, builds, public = work / name / "library", work / name / "builds", PUBLIC_SETS[name]
    try:
        approve_all(library, public.write(library, data))
    except (KeyError, ValueError) as error:
        raise QuestionSetError(f"{data}: the set '{name}' is not in the form that was expected ({error})") from error
    ingest_all(library, builds, encoder)
    place = open_place(library, builds, encoder)
    located = public.read(data, place)
    return Prepared(name, place, located.questions, located.unlocated)


def _prepare_shipped(name: str, work: Path, encoder: Encoder) -> Prepared:
    """Copy the sample library with its register as it is: approvals that ended meanwhile have ended here too.

    The shipped sets share one copy, and so one build.
    """
    if not SHIPPED_LIBRARY.is_dir():
        raise QuestionSetError(f"the set '{name}' needs the sample library: expected the folder {SHIPPED_LIBRARY}")
    library, builds = work / "library", work / "builds"
    shutil.copytree(SHIPPED_LIBRARY, library, dirs_exist_ok=True)
    ingest_all(library, builds, encoder)
    place = open_place(library, builds, encoder, SHIPPED_GROUPS)
    return Prepared(name, place, tuple(read_set(SHIPPED_SETS / f"{name}.jsonl", place)))


def prepare_live(file: Path, place: Place) -> Prepared:
    """Read a set of one's own, to be asked of the live build.

    Raises:
        QuestionSetError: it is missing or wrong.
    """
    return Prepared(file.stem, place, tuple(read_set(file, place)))


def limited(questions: Sequence[SetQuestion], limit: int | None) -> list[SetQuestion]:
    """Return at most `limit` answerable questions, and at most as many of each kind of the others.

    The same ones every time; `None` returns all.
    """
    if limit is None:
        return list(questions)
    kinds = sorted({question.kind for question in questions if not question.answerable})
    groups = [[question for question in questions if question.answerable]]
    groups += [[one for one in questions if not one.answerable and one.kind == kind] for kind in kinds]
    return [question for group in groups for question in sample(group, limit)]


def measure_set(prepared: Prepared, *, steps: Steps, limit: int | None = None) -> tuple[SetRun, Estimates]:
    """Ask a set and count; return it with the estimates that a mean over sets is made of."""
    asked = ask_set(limited(prepared.questions, limit), steps=steps, place=prepared.place)
    found = estimates(asked, prepared.name)
    visible = int(prepared.place.scope.rows.sum())
    return SetRun(prepared.name, visible, tuple(asked), prepared.unlocated, figures(found)), found


def set_names(listed: str) -> list[str]:
    """Return the names of a list with commas; `all` is every set.

    Raises:
        QuestionSetError: one is not known, or there is none.
    """
    names = [name.strip() for name in listed.split(",") if name.strip()]
    if names == ["all"]:
        return list(SET_NAMES)
    unknown = [name for name in names if name not in SET_NAMES]
    if unknown or not names:
        known = ", ".join(SET_NAMES)
        raise QuestionSetError(f"expected sets of {known}, or all; got '{', '.join(unknown) or listed}'")
    return list(dict.fromkeys(names))


def run_sets(
    names: Sequence[str], *, steps: Steps, data: Path | None, work: Path | None, limit: int | None, tell: Tell
) -> Run:
    """Measure sets that Greenlit knows by name.

    Args:
        names: of SET_NAMES.
        steps: the reader's steps.
        data: the folder of public sets; not needed for the shipped one.
        work: a folder that keeps libraries and builds; `None` makes one and removes it.
        limit: see `limited`.
        tell: is told what was done, in lines for a person.

    Raises:
        QuestionSetError: a set is missing or wrong.
    """
    measured = []
    with kept(work) as folder:
        for name in names:
            prepared = prepare(name, data=data, work=folder, encoder=steps.encoder)
            with contextlib.closing(prepared.place.build.passages):
                measured.append(_measured(prepared, steps, limit, tell))
    return run_of(measured, steps=steps, settings={"sets": ", ".join(names), "limit": limit})


@contextlib.contextmanager
def kept(work: Path | None) -> Iterator[Path]:
    """Lend the folder for libraries and builds: the one given, or one that is removed at the end."""
    if work:
        work.mkdir(parents=True, exist_ok=True)
        yield work
        return
    with TemporaryDirectory(prefix="greenlit-eval-") as folder:
        yield Path(folder)


def run_file(file: Path, *, place: Place, steps: Steps, limit: int | None, tell: Tell) -> Run:
    """Measure a set of one's own on the live build; see `run_sets`.

    Raises:
        QuestionSetError: the set is missing or wrong.
    """
    measured = _measured(prepare_live(file, place), steps, limit, tell)
    return run_of([measured], steps=steps, settings={"set": file.name, "limit": limit})


def _measured(prepared: Prepared, steps: Steps, limit: int | None, tell: Tell) -> tuple[SetRun, Estimates]:
    for name in prepared.unlocated:
        tell(f"{prepared.name}: question {name} is left out: its answer was not found in the stored texts")
    began = time.monotonic()
    found, estimated = measure_set(prepared, steps=steps, limit=limit)
    took_s = time.monotonic() - began
    tell(f"{found.name}: {len(found.asked)} questions asked of {found.passages} passages in {took_s:.0f} s")
    if found.unreachable:
        tell(
            f"{found.name}: {found.unreachable} of them no passage can hit: their answers are longer than two passages"
        )
    return found, estimated


def run_of(measured: Sequence[tuple[SetRun, Estimates]], *, steps: Steps, settings: dict[str, Any]) -> Run:
    """Put sets together to a run of this code, at this moment."""
    return Run(
        made_at=f"{utc_now():%Y-%m-%dT%H:%M:%SZ}",
        revision=revision(_PROJECT),
        encoder=steps.encoder.digest,
        settings=settings
        | {
            "encoder": steps.encoder.name,
            "retrieval": steps.retrieval,
            "answerer": f"{steps.answerer.kind} {steps.answerer.name}",
            "threshold": steps.calibration.threshold,
            **({"model": steps.mandate.name} if steps.mandate else {}),
            "resamples": RESAMPLES,
        },
        sets=tuple(one for one, _ in measured),
        overall=overall([found for _, found in measured]),
    )
