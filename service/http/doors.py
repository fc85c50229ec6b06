"""A door that an application has only where it is configured, with whatever it needs besides the parts of all doors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.routing import BaseRoute


@dataclass(frozen=True, slots=True)
class Door:
    """Its routes, and the parts that only they work with, each under the type that they ask for (`given`)."""

    routes: Sequence[BaseRoute]
    parts: Mapping[Any, object] = field(default_factory=dict)
