"""A whole service in which a language model over real HTTP has a part: its endpoint plays scripts, one a call."""

import contextlib
from collections.abc import Iterator
from typing import Any

from service.models.openai_like import open_model
from tests.support.fakes import TinyLibrary
from tests.support.model_parts import ENTRY, written
from tests.support.model_server import ModelServer
from tests.support.service_parts import Studio, open_studio, with_rules


@contextlib.contextmanager
def open_with_model(
    library: TinyLibrary, *scripts: Any, timeout_s: float = 20.0, **more: Any
) -> Iterator[tuple[Studio, ModelServer]]:
    """Open a service over the two rules whose answers a model writes, and the endpoint, which plays these scripts.

    Args:
        library: where the rules are put.
        scripts: names, or scripts, one a call; the last one goes on.
        timeout_s: how long a call may take.
        more: settings and what else `open_studio` takes.
    """
    with_rules(library)
    how = {"answerer": "llm", "model": "writer", **more}
    with ModelServer(*scripts) as server:
        entry = {**ENTRY, "url": server.url, "sources": ["*"], "timeout_s": timeout_s}
        (library.folder / "models.toml").write_text(written(entry))
        with open_studio(library, connect=open_model, **how) as studio:
            yield studio, server
