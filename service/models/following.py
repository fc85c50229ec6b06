"""Follows `models.toml`: what is approved at this moment, and that a change of it is on record before it acts.

Asked on every question, it costs one `stat` where nothing changed. A file that cannot be understood approves nothing
until it can: the quoted answer needs no model, so nothing is lost by waiting, and a model whose approval was taken back
must not go on because the line below has a typing error. Without a file no model is approved.
"""

import hashlib
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from service.models.approved import ApprovedModel
from service.models.errors import ModelsFileError
from service.models.models_file import MAX_BYTES, MODELS_FILE, ModelsSaid, read_models


class Models:
    """The approved models of a library, as they are now. Any thread may call."""

    def __init__(
        self, *, library: Path, on_change: Callable[[ModelsSaid], None], notice: Callable[[str], None]
    ) -> None:
        """Remember where the file is; nothing is read yet.

        Args:
            library: the folder that holds `models.toml`, if there is one.
            on_change: puts what the file says on record, before it acts; of a file that cannot be understood the hash,
                and no models. What it raises goes to whoever asks.
            notice: is told, once, why the file cannot be used.
        """
        self._path = library / MODELS_FILE
        self._on_change = on_change
        self._notice = notice
        self._lock = threading.Lock()
        self._signature: tuple[int, ...] | None = None
        self._said: ModelsSaid | None = None
        self._problem: str | None = None

    def now(self) -> Mapping[str, ApprovedModel]:
        """Return the models by name, as the file says at this moment; whether each may be called is its own matter.

        Raises:
            AuditUnavailableError: what the file says cannot be put on record, so it does not act.
        """
        with self._lock:
            signature = _signature(self._path)
            if self._said is None or signature != self._signature:
                said, problem = self._read()
                if self._said is None or said.sha256 != self._said.sha256:
                    self._said = None  # until it is on record, nothing is approved
                    self._on_change(said)
                if problem and problem != self._problem:
                    self._notice(problem)
                self._said, self._problem, self._signature = said, problem, signature
            return self._said.models

    def problem(self) -> str | None:
        """Return why the file could not be used when it was read last, in words; `None` if it could."""
        return self._problem

    def _read(self) -> tuple[ModelsSaid, str | None]:
        try:
            with self._path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            return ModelsSaid(), None
        except OSError as error:
            return ModelsSaid(), f"{self._path} cannot be read ({error.strerror}): no model is called"
        try:
            return read_models(content, self._path), None
        except ModelsFileError as error:
            return ModelsSaid(sha256=hashlib.sha256(content).hexdigest()), f"{error}; until then no model is called"


def _signature(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except FileNotFoundError:
        return ()
    except OSError as error:
        return (-1, error.errno or 0)
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
