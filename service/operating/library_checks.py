"""The doctor's checks of the library: its files, its register, what is due, and whether the build has what is approved.

An approved document that is not in the build is wrong only if an ingestion would take it in, or cannot read it. One
that was tried and stays out, whose source keeps it out, or that waits for a new look is a warning; the last ingestion
said why (`indexes.last_ingest`). So is one that the worker is about to take in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from indexes.builds import Build, current_build_id
from indexes.clock import utc_now
from indexes.counting import counted
from indexes.decisions import Decision
from indexes.due import what_is_due
from indexes.errors import IndexesError, UnreadableFileError
from indexes.last_ingest import LAST_INGEST_FILE, StaysOut, left_by_last_ingest
from indexes.library import list_documents, missing_folders, read_document
from indexes.made_elsewhere import made_elsewhere
from indexes.manifest import live_documents
from indexes.previews import read_worker_state
from indexes.register_state import RegisterPlace, register_remarks
from indexes.sources import Sources, read_sources
from indexes.standing import Grant
from indexes.stock import all_grants, live_grants, register_is_gone, stock_problems, stock_remarks, take_stock
from service.operating.checks import Found, WrongError
from service.operating.worker import worker_problems

_TOLD = 3  # problems of the register that one line tells
_WORKER_TAKES = timedelta(minutes=2)  # what was approved so lately may be in the build that a worker makes now
_STAYS_OUT = {
    "not_whole": ("is kept out for what was not read of it", "are kept out for what was not read of them"),
    "reread": ("waits for a new approval, as it is read otherwise now", "wait for a new approval, read otherwise now"),
}


def look_at_library(library: Path, register: RegisterPlace) -> Found:
    """Look for each source's folder, and at what the files are."""
    sources = read_sources(library)
    if missing := missing_folders(sources):
        raise WrongError(f"the folder of source '{missing[0].name}' is missing: make {missing[0].folder}")
    listed = list_documents(sources)
    if nobody := [source.name for source in sources.values() if not source.groups]:
        raise WrongError(f"nobody may read source '{nobody[0]}': give it groups in sources.toml")
    unfit = {item.document: item.problem for item in listed if item.problem}
    detail = f"{counted(len(listed), 'file')} in {counted(len(sources), 'source')}, in {library}"
    if not unfit:
        return Found(detail)
    live = live_grants(sources, register.refresh().decisions, at=utc_now())
    if approved := [name for name in unfit if name in live]:
        raise WrongError(_files_that_are_none(approved, len(live), unfit[approved[0]], of="approved document"))
    first = next(iter(unfit))
    return Found(detail, [_files_that_are_none(list(unfit), len(listed), unfit[first], of="file")])


def _files_that_are_none(names: Sequence[str], total: int, problem: str | None, *, of: str) -> str:
    return f"{len(names)} of {counted(total, of)} cannot be a document; the first: '{names[0]}' {problem}"


def look_at_register(library: Path, builds: Path, register: RegisterPlace) -> Found:
    """Look whether it is there and every line is understood, and whether what is approved is there; say what is due."""
    state, now = register.refresh(), utc_now()
    if gone := register_is_gone(state, register, held=live_documents(builds)):
        raise WrongError(f"{gone}; until then no question is answered")
    if state.problems:
        told = [problem.in_words(register.shown) for problem in state.problems[:_TOLD]]
        more = [f"and {counted(len(state.problems) - _TOLD, 'problem')} more"] if len(state.problems) > _TOLD else []
        raise WrongError("; ".join([*told, *more]) + ": mend the register")
    sources = read_sources(library)
    grants = all_grants(sources, state.decisions)
    stocks = take_stock(sources, state.decisions, at=now, grants=grants)
    if problems := stock_problems(stocks):
        raise WrongError("; ".join(problems))
    due = what_is_due(sources, state.decisions, at=now, grants=grants)
    warnings = [*due.remarks(), *stock_remarks(stocks), *register_remarks(state, register.shown, now=now)]
    return Found(f"{counted(state.position, 'event')} on {counted(len(state.decisions), 'document')}", warnings)


@dataclass(frozen=True, slots=True)
class BuildsSet:
    """What the settings say of builds: one is to be `collected` in Milvus; it is `mirrored` from an object store.

    Another machine may have made one that is mirrored, and it alone knows what stays out of that and why.
    """

    collected: bool = False
    mirrored: bool = False


def look_at_build(
    builds: Path,
    opened: Callable[[Path], Build],
    *,
    library: Path,
    register: RegisterPlace,
    max_file_bytes: int,
    are: BuildsSet,
) -> Found:
    """Open the live build, ask for its collection where there is to be one, and hold what is approved against it."""
    build = opened(builds / current_build_id(builds))
    build.passages.close()
    if wrong := build.candidates.problem():
        raise WrongError(f"{wrong}; until then no question is answered")
    held = dict(build.documents)
    sources, now = read_sources(library), utc_now()
    decisions = register.refresh().decisions
    if decisions and (wrong := made_elsewhere(build.build_id, build.documents, decisions, register.shown)):
        raise WrongError(wrong)
    told = _Absent(left_by_last_ingest(builds))
    for granted in live_grants(sources, decisions, at=now).values():
        if held.get(granted.document) != granted.sha256:
            told.take(granted, sources, max_bytes=max_file_bytes)
    if told.unreadable:
        raise WrongError(f"{_some(told.unreadable, 'cannot be read')}: see who may read it")
    warnings = told.warnings()
    if are.collected and not build.manifest.collection:
        warnings.append("it was made without a collection in Milvus, and is searched here: run greenlit ingest")
    if told.waiting and are.mirrored and not (builds / LAST_INGEST_FILE).exists():
        words = _some(told.waiting, "is not in it", "are not in it")
        warnings.append(f"{words}: greenlit doctor says why on the machine that makes builds")
    elif told.waiting and not _is_coming(builds, told.waiting, decisions, now=now):
        raise WrongError(f"{_some(told.waiting, 'is not in it', 'are not in it')}: run greenlit ingest")
    elif told.waiting:
        warnings.append(
            f"{_some(told.waiting, 'is not in it yet', 'are not in it yet')}; the worker takes in what it can"
        )
    return Found(
        f"{build.build_id}: {counted(len(held), 'document')}, {counted(build.manifest.passages, 'passage')}", warnings
    )


class _Absent:
    """Approved documents that are not in the build, by what keeps them out; those without their file are passed over.

    `waiting` would be taken in, `unreadable` and `staying` are there with the reason why they are not.
    """

    def __init__(self, left: Mapping[str, StaysOut]) -> None:
        self._left = left
        self.waiting: dict[str, str] = {}
        self.unreadable: dict[str, str] = {}
        self.staying: dict[str, dict[str, str]] = {}

    def take(self, granted: Grant, sources: Sources, *, max_bytes: int) -> None:
        """Look at the file of one of them."""
        name = granted.document
        try:
            file = read_document(sources, name, max_bytes=max_bytes)
        except FileNotFoundError:
            return
        except UnreadableFileError as error:
            self.unreadable[name] = str(error)
            return
        except IndexesError as error:
            self._stays("refused", name, str(error))
            return
        if file.sha256 != granted.sha256:
            return
        left = self._left.get(name)
        if left and left.sha256 == granted.sha256 and left.why != "unreadable":
            self._stays(left.why, name, left.reason)
        else:
            self.waiting[name] = ""

    def _stays(self, why: str, name: str, reason: str) -> None:
        self.staying.setdefault(why, {})[name] = reason

    def warnings(self) -> list[str]:
        """Return what stays out, in words, a line for each kind of reason."""
        return [_some(names, *_STAYS_OUT.get(why, ("cannot be in it",))) for why, names in self.staying.items()]


def _some(reasons: Mapping[str, str], is_so: str, are_so: str = "") -> str:
    """Say of how many approved documents something is so, and of the first why."""
    name, reason = next(iter(reasons.items()))
    because = f" ({reason})" if reason else ""
    if len(reasons) == 1:
        return f"1 approved document {is_so}: '{name}'{because}"
    return f"{counted(len(reasons), 'approved document')} {are_so or is_so}, such as '{name}'{because}"


def _is_coming(builds: Path, waiting: Mapping[str, str], decisions: Mapping[str, Decision], *, now: datetime) -> bool:
    """Tell whether a worker that is well will take in what waits: it was all approved a moment ago, or it builds."""
    state = read_worker_state(builds)
    if state is None or worker_problems(builds, now=now):
        return False
    return state.doing == "building" or all(decisions[name].approvals[-1].at > now - _WORKER_TAKES for name in waiting)
