"""How the worker is, as the reader sees it: from what it told last, beside the builds.

A worker that ended in order took that away, so none is expected then. One that has told nothing for a minute is gone,
or hangs. No answer depends on it: what is approved meanwhile waits, and that is for the operator to know.
"""

from datetime import datetime, timedelta
from pathlib import Path

from indexes.previews import WorkerState, read_worker_state

_GONE_AFTER = timedelta(seconds=60)  # it tells every ten seconds


def worker_problems(builds: Path, *, now: datetime) -> list[str]:
    """Return what is wrong with the worker, in words; empty if nothing is, or if there is none.

    Args:
        builds: the folder of builds.
        now: the moment, in UTC.
    """
    state = read_worker_state(builds)
    if state is None:
        return []
    if now - state.seen_at > _GONE_AFTER:
        gone = f"the worker has told nothing since {_time(state.seen_at)}, so what is approved waits"
        return [f"{gone}: start greenlit ingest --watch again; one that is ended in order is not missed"]
    return [f"the worker made no new build: {state.problem}"] if state.problem else []


def worker_in_words(builds: Path, *, store: str = "") -> str:
    """Return what the worker does, and which build it has seen live, for a worker with which nothing is wrong.

    Args:
        builds: the folder of builds.
        store: the address of the object store that builds lie in, if they do: there a worker may run on any machine.
    """
    state = read_worker_state(builds)
    if state is None and store:
        return (
            "none runs on this machine: what one on another machine does, and what it read for approvers, is seen "
            f"there alone, for {store} has nothing but builds"
        )
    if state is None:
        return "none runs here: greenlit ingest --watch makes a build whenever one is called for"
    live = f"; build {state.build_id} of {_time(state.built_at)}" if state.build_id and state.built_at else ""
    return f"{_doing(state)}{live}"


def _doing(state: WorkerState) -> str:
    far = f", {state.done} of {state.total}" if state.total else ""
    return f"{state.doing}{far}, since {_time(state.since)}"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
