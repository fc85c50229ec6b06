"""The worker: makes a build whenever the register or the library calls for one, and previews of what awaits a decision.

`Watcher.step` does one piece of work and says how long there is nothing to do:

1  look at the library, every two seconds; a look takes a tenth of the time at most
2  when something changed, wait until it has been quiet for three seconds, but no longer than thirty
3  take the register's overview, which hashes only files that changed; previews of what was decided go
4  make a build, if what is approved now is not what the last one was made of (`pipeline`)
5  with nothing else to do, read one document that awaits a decision, or a new look (`previews`), and look again

A look is by polling: it works on every disk and share, and needs nothing installed. Midnight calls for no build: what
an approval's last day ends, the boundary ends. A source that lost most of its documents is told of and not tried again
until something changes; whatever else fails is tried again, with growing pauses. What is approved, it does not decide.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from indexes.approvals import Approvals
from indexes.errors import IndexesError
from indexes.lines import DocumentStanding, Looked
from indexes.register import REGISTER_FILE, Register
from indexes.sources import Sources, source_name
from indexes.standing import Standing
from ingest.errors import BusyError, IngestError, LostDocumentsError
from ingest.given import Ingestion
from ingest.look import Look, Looker
from ingest.pipeline import ingest
from ingest.previews import Previews
from ingest.report import Report
from ingest.telling import Telling, beating

_LOOK_S = 2.0
_CLOSE_LOOK_S = 0.5  # while something changes, so that its end is seen soon
_SHARE = 10  # a look that takes long, on a slow share, is taken less often: it has a tenth of the time at most
_QUIET_S = 3.0  # somebody who approves five documents, or copies a folder, gets one build
_LONGEST_S = 30.0  # a library in which something always changes gets its builds too
_BUSY_S = 2.0
_RETRY_S, _LONGEST_RETRY_S = 5.0, 300.0
_NEVER_S = float("inf")

_Wanted = frozenset[tuple[object, ...]]  # what a build is made of: each document, its version, what lets it in


class Watcher:
    """Watches one library. One thread at a time."""

    def __init__(
        self,
        ingestion: Ingestion,
        *,
        previews: Previews,
        telling: Telling,
        reported: Callable[[Report], None],
        rest: Callable[[], None],
        clock_s: Callable[[], float],
    ) -> None:
        """Take the parts; nothing is looked at before `step`, and the first step makes a build.

        Args:
            ingestion: how a build is made; the progress of each is `telling`.
            previews: of the same builds.
            telling: tells what is done.
            reported: is told what each ingestion did.
            rest: is called when all work is done.
            clock_s: a steady clock, in seconds.
        """
        self._ingestion = replace(ingestion, progress=telling)
        self._previews = previews
        self._telling = telling
        self._reported = reported
        self._rest = rest
        self._clock_s = clock_s
        self._register = ingestion.register or Register(ingestion.library / REGISTER_FILE)
        self._looker = Looker(ingestion.library, self._register)
        self._looked = Looked()
        self._seen: Look | None = None
        self._look_at_s = -_NEVER_S
        self._changed_s = self._since_s = -_NEVER_S  # the last change that was seen; the first that no work followed
        self._pending = True
        self._retry_at_s = _NEVER_S
        self._failures = 0
        self._built: _Wanted | None = None  # what the last ingestion was made of
        self._asked = frozenset[str]()  # documents that it kept out until somebody looks at how they are read now

    def step(self) -> float:
        """Do the next piece of work; return for how many seconds there is nothing to do.

        Whatever goes wrong in it is told (`Telling.problem`) and does not come out.
        """
        if self._clock_s() >= self._look_at_s:
            self._look()  # 1
        now_s = self._clock_s()
        if now_s >= self._due_s():  # 2
            self._try(self._work)
            return 0.0
        if self._previews.left:
            self._try(self._read_one)  # 5
            return 0.0
        if self._telling.state.doing != "waiting":
            self._telling.begin("waiting")
            self._rest()
        return max(0.0, min(self._look_at_s, self._due_s()) - now_s)

    def _look(self) -> None:
        began_s = self._clock_s()
        seen = self._looker.look()
        now_s = self._clock_s()
        if seen != self._seen and self._seen is not None:
            self._changed_s = now_s
            self._since_s = self._since_s if self._pending else now_s
            self._pending = True
            self._failures, self._retry_at_s = 0, _NEVER_S  # what was wrong may have been mended
        self._seen = seen
        usual_s = _CLOSE_LOOK_S if self._pending else _LOOK_S
        self._look_at_s = now_s + max(usual_s, _SHARE * (now_s - began_s))

    def _due_s(self) -> float:
        changed_s = min(self._changed_s + _QUIET_S, self._since_s + _LONGEST_S) if self._pending else _NEVER_S
        return min(changed_s, self._retry_at_s)

    def _try(self, work: Callable[[], None]) -> None:
        """Do a piece of work; what fails is told, and when it is tried again is set."""
        try:
            work()
        except LostDocumentsError as error:
            self._failed(str(error), retry_s=_NEVER_S)
        except BusyError:  # somebody makes a build by hand: what it holds is seen after it
            self._retry_at_s = self._clock_s() + _BUSY_S
        except (IndexesError, IngestError, OSError) as error:
            self._failed(str(error))
        except Exception as error:  # noqa: BLE001 - a worker must not end because one build failed
            self._failed(f"it broke ({type(error).__name__})")

    def _failed(self, words: str, *, retry_s: float | None = None) -> None:
        if retry_s is None:
            retry_s = min(_RETRY_S * 2**self._failures, _LONGEST_RETRY_S)
        self._failures += 1
        self._built = None
        self._retry_at_s = self._clock_s() + retry_s
        self._telling.problem(words)
        self._telling.begin("waiting")

    def _work(self) -> None:
        self._pending, self._retry_at_s = False, _NEVER_S
        ingestion = self._ingestion
        approvals = Approvals(
            library=ingestion.library,
            now=ingestion.now,
            max_file_bytes=ingestion.max_file_bytes,
            register=self._register,
            looked=self._looked,
        )
        lines = approvals.overview()  # 3
        self._forget(len(lines))
        self._previews.plan(lines, approvals.sources, asked=self._asked)
        wanted = _wanted(lines, approvals.sources)
        report = None
        if wanted != self._built:  # 4
            self._telling.begin("building")
            report = ingest(ingestion)
            self._built = wanted
            if report.asked != self._asked:
                self._asked = report.asked
                self._previews.plan(lines, approvals.sources, asked=self._asked)
        self._failures = 0
        self._telling.live()
        if report:
            self._reported(report)

    def _read_one(self) -> None:
        telling = self._telling
        if telling.state.doing != "reading" or telling.state.done >= telling.state.total:
            telling.begin("reading", total=self._previews.left)
        self._previews.read_next()
        telling.advance()

    def _forget(self, files: int) -> None:
        """Keep what is known of files that are long gone from growing without end; the others are hashed again."""
        if len(self._looked.hashes) > 2 * files + 1000:
            self._looked = Looked()


def _wanted(lines: Iterable[DocumentStanding], sources: Sources) -> _Wanted:
    return frozenset(
        (line.document, line.sha256, line.grant.title, line.grant.readings, source.keep_out, source.reread)
        for line in lines
        if line.standing is Standing.APPROVED and line.grant and (source := sources[source_name(line.document)])
    )


def watch(watcher: Watcher, telling: Telling) -> None:
    """Work until somebody ends it by an exception, which a signal may raise: what is being done is undone."""
    with beating(telling):
        while True:
            time.sleep(watcher.step())
