"""From a model's name to a client of it that may be called now.

A client is kept while its entry in `models.toml` stays the same, so that a model that fails is left alone by every
question. Keys come from the environment that the door read. Knows no adapter: it is given one.
"""

import threading
from collections.abc import Callable, Mapping
from datetime import date
from typing import Protocol, runtime_checkable

from service.models.approved import ApprovedModel
from service.models.errors import ModelNotApprovedError
from service.models.following import Models
from service.models.port import Model

Connect = Callable[[ApprovedModel, str | None], Model]


@runtime_checkable
class LeftAlone(Protocol):
    """A client that leaves a model alone which keeps failing."""

    def problem(self) -> str | None:
        """Return why it is left alone, in words for operators; `None` while it is called."""
        ...


class Endpoints:
    """The clients of approved models. Any thread may call."""

    def __init__(
        self, *, models: Models, connect: Connect, environment: Mapping[str, str], today: Callable[[], date]
    ) -> None:
        """Take what there is; nothing is read or called.

        Args:
            models: what is approved.
            connect: makes a client for an entry and its key, such as `openai_like.open_model`.
            environment: where keys are.
            today: the day, in UTC.
        """
        self._models = models
        self._connect = connect
        self._environment = environment
        self._today = today
        self._lock = threading.Lock()
        self._clients: dict[str, tuple[ApprovedModel, str | None, Model]] = {}

    def open(self, name: str) -> tuple[ApprovedModel, Model]:
        """Return what is approved of a model, and its client. Nothing is called.

        Args:
            name: its name in `models.toml`.

        Raises:
            ModelNotApprovedError: there is none of that name, it may not be called today, or its key is missing.
            AuditUnavailableError: what `models.toml` says cannot be put on record.
        """
        models = self._models.now()
        if name not in models:
            problem = self._models.problem()
            there = problem or f"expected one of {', '.join(models) or 'none, for there are none'}"
            raise ModelNotApprovedError(f"model '{name}' is not in models.toml: {there}")
        approved = models[name]
        if why_not := approved.why_not(self._today()):
            raise ModelNotApprovedError(why_not)
        key = self._key(approved)
        with self._lock:
            held = self._clients.get(name)
            if held is None or held[:2] != (approved, key):
                held = (approved, key, self._connect(approved, key))
                self._clients[name] = held
            return approved, held[2]

    def problems(self, name: str) -> list[str]:
        """Return why a model could not be asked at this moment, in words for operators. Nothing is called.

        Raises:
            AuditUnavailableError: what `models.toml` says cannot be put on record.
        """
        try:
            _, model = self.open(name)
        except ModelNotApprovedError as error:
            return [str(error)]
        problem = model.problem() if isinstance(model, LeftAlone) else None
        return [problem] if problem else []

    def _key(self, approved: ApprovedModel) -> str | None:
        variable = approved.endpoint.api_key_env
        if variable is None:
            return None
        key = self._environment.get(variable, "").strip()
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            came = "another form" if key else "nothing"
            raise ModelNotApprovedError(f"model '{approved.name}': expected its key in {variable}, got {came}")
        return key
