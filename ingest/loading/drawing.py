"""The parent's side of drawing a page: one limited child (`drawing_worker`), which is given one page at a time.

For whoever shows documents: they give the approved bytes and get a picture, and native code that reads what may be
hostile runs in the child alone. The child is started with the first page, replaced when it fails, and ended when
nobody asked for a page for a while.
"""

import threading
from typing import Self

from indexes.drawn import MAX_PNG_BYTES, DrawnPage, PageWanted
from indexes.errors import DrawError
from indexes.limited.errors import ChildError, ChildStartError
from indexes.limited.process import LimitedProcess, Limits
from indexes.limited.sandbox import SandboxSetting
from ingest.errors import LoadError
from ingest.loading.drawn_frames import read_picture, request_of

TIMEOUT_S = 5.0  # a usual page takes 0.1 s
_MAX_MEMORY_BYTES = 1024 * 1024 * 1024
_IDLE_S = 300.0  # then its 70 MB are given back


class ChildDrawer:
    """An `indexes.drawn.PageDrawer`; a context manager, which leaves no child behind."""

    def __init__(
        self, sandbox: SandboxSetting = "auto", *, timeout_s: float = TIMEOUT_S, idle_s: float = _IDLE_S
    ) -> None:
        """Start nothing yet: the first page does.

        Args:
            sandbox: whether the kernel has to hold the child.
            timeout_s: wall time that one page may take, in seconds.
            idle_s: how long the child waits for another page, in seconds.
        """
        limits = Limits(timeout_s, _MAX_MEMORY_BYTES, made_bytes=MAX_PNG_BYTES, sandbox=sandbox)
        self._process = LimitedProcess("ingest.loading.drawing_worker", limits)
        self._idle_s = idle_s
        self._turn = threading.Lock()
        self._ending: threading.Timer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def draw(self, content: bytes, wanted: PageWanted) -> DrawnPage | None:
        """Return a page; see `PageDrawer.draw`."""
        with self._turn:
            self._keep()
            try:
                return read_picture(*self._process.ask(request_of(wanted), content))
            except ChildStartError as error:
                raise DrawError("expected the process that draws pages to start, it did not") from error
            except (ChildError, LoadError) as error:
                raise DrawError("expected a page that can be drawn in time, got one that cannot") from error
            except ValueError as error:
                self._process.close()  # whoever lies once is asked no more
                raise DrawError("expected a picture of a page, got what cannot be one") from error
            finally:
                self._end_later()

    def close(self) -> None:
        """End the child, if there is one."""
        with self._turn:
            self._keep()
            self._process.close()

    def _keep(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None

    def _end_later(self) -> None:
        self._ending = threading.Timer(self._idle_s, self.close)
        self._ending.daemon = True
        self._ending.start()
