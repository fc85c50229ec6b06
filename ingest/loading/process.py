"""The parent's side of parsing: `LoaderProcess` gives documents to one limited child (`worker`), one by one.

How the child is limited, replaced and ended is `indexes.limited`'s; this module says in words what became of a
document. One that takes too long, uses up the memory or crashes the parser is kept out with that reason, and the next
is read by a new child.
"""

from pathlib import Path
from typing import Self

from indexes.limited.errors import (
    ChildEndedError,
    ChildMemoryError,
    ChildReplyError,
    ChildStartError,
    ChildStoppedError,
    ChildTimeError,
)
from indexes.limited.process import LimitedProcess, Limits
from indexes.limited.sandbox import SandboxSetting
from ingest.errors import LoadError, LoaderStartError
from ingest.loading.formats import format_of
from ingest.loading.frames import MAX_JSON_BYTES, MAX_TEXT_BYTES, read_reply
from ingest.parsed import Parsed

DEFAULT_TIMEOUT_S = 120.0  # the slowest real document seen, 349 pages, takes 5 s
DEFAULT_MAX_MEMORY_BYTES = 2048 * 1024 * 1024
RECYCLE_AFTER_DOCUMENTS = 200


class LoaderProcess:
    """Parses documents in a child process; a context manager, which leaves no child behind."""

    def __init__(
        self,
        *,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        max_memory_bytes: int = DEFAULT_MAX_MEMORY_BYTES,
        recycle_after: int = RECYCLE_AFTER_DOCUMENTS,
        sandbox: SandboxSetting = "auto",
        module: str = "ingest.loading.worker",
        import_paths: tuple[Path, ...] = (),
    ) -> None:
        """Start nothing yet: the first document does.

        Args:
            timeout_s: wall time that one document may take, in seconds.
            max_memory_bytes: address space of the child, which includes its libraries (some 300 MiB).
            recycle_after: the child is replaced after this many documents.
            sandbox: `require` has nothing parsed where the kernel lacks a fence.
            module: what the child runs. Tests put their own here.
            import_paths: folders in which the child finds modules, besides Greenlit's own.
        """
        self._limits = Limits(timeout_s, max_memory_bytes, recycle_after, MAX_JSON_BYTES, MAX_TEXT_BYTES, sandbox)
        self._process = LimitedProcess(module, self._limits, import_paths=import_paths)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the child, if there is one; a later `load` starts another."""
        self._process.close()

    def load(self, name: str, content: bytes) -> Parsed:
        """Return a document as text.

        Args:
            name: the document's id or file name; its extension says how it is read.
            content: all of its bytes; these are parsed, no file is opened.

        Raises:
            LoadError: the document is kept out, with the reason for a person.
            LoaderStartError: the child does not start.
        """
        format_of(name)  # refuses what nothing can read, before any work
        try:
            head, text = self._process.ask(name.encode(), content)
        except ChildStartError as error:
            raise LoaderStartError(f"documents cannot be parsed: {error}") from error
        except ChildTimeError as error:
            limit_s = self._limits.timeout_s
            raise LoadError(f"it took longer than {limit_s:g} s to parse: split or simplify it") from error
        except ChildMemoryError as error:
            limit = self._limits.memory_bytes // (1024 * 1024)
            raise LoadError(f"the parser ran out of memory (limit {limit} MiB): split or simplify it") from error
        except ChildStoppedError as error:
            raise LoadError("the parser was stopped: it tried what no parser needs; do not trust this file") from error
        except ChildEndedError as error:
            raise LoadError(f"the parser crashed ({error}): the document may be damaged; save it again") from error
        except ChildReplyError as error:
            raise _untrue(error) from error
        try:
            return read_reply(head, text)
        except ValueError as error:
            self.close()  # whoever lies once is asked no more
            raise _untrue(error) from error


def _untrue(error: Exception) -> LoadError:
    return LoadError(f"the parser gave a reply that cannot be true ({error}): do not trust this file")
