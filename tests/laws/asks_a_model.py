"""Run by a test of law 8 as a program of its own: asks without a language model, then with one.

Prints what of a model's libraries was imported and which connections were opened, this machine's own too, each time.
"""

import json
import sys
from pathlib import Path
from typing import Any

CONNECTED: list[str] = []


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        CONNECTED.append(f"{arguments[1][0]}:{arguments[1][1]}")


def main(root: Path) -> None:
    """Ask both times, through the API."""
    sys.addaudithook(_note)
    from service.commands.models import connecting  # noqa: PLC0415  (only now, as it is watched what is imported)
    from service.models.models_file import MODELS_FILE  # noqa: PLC0415
    from service.models.trying import try_model  # noqa: PLC0415
    from tests.support.fakes import TinyLibrary  # noqa: PLC0415
    from tests.support.model_parts import ENTRY, written  # noqa: PLC0415
    from tests.support.model_server import ModelServer  # noqa: PLC0415
    from tests.support.network_watch import ATTEMPTS, watch  # noqa: PLC0415
    from tests.support.service_parts import (  # noqa: PLC0415
        VENDOR_QUESTION,
        open_studio,
        settings_for,
        with_rules,
    )

    watch()
    library = with_rules(TinyLibrary(root))
    (library.folder / MODELS_FILE).write_text("not looked at")
    with open_studio(library, connect=connecting(settings_for(library))) as studio:
        answer = studio.ask(VENDOR_QUESTION)["answer"]
    said: dict[str, Any] = {"without": {"answer": answer, "imported": _imported(), "connected": list(CONNECTED)}}

    with ModelServer() as server:
        (library.folder / MODELS_FILE).write_text(written({**ENTRY, "url": server.url, "sources": ["*"]}))
        wanted = settings_for(library, answerer="llm", judge="llm", model="writer")
        with open_studio(library, connect=connecting(wanted), answerer="llm", judge="llm", model="writer") as studio:
            mandate = studio.service.answering.steps.mandate
            assert mandate is not None
            problem = try_model(mandate.endpoints.open("writer")[1]).problem
            wrote = studio.ask(VENDOR_QUESTION)["model"]
        keys = {asked.headers.get("authorization") for asked in server.asked}
        where = server.url.removeprefix("http://").removesuffix("/v1")
    said["with"] = {
        "problem": problem,
        "wrote": wrote,
        "imported": _imported(),
        "connected": sorted(set(CONNECTED)),
        "endpoint": where,
        "keys": sorted(map(str, keys)),
    }
    print(json.dumps({**said, "attempts": ATTEMPTS}))  # noqa: T201


def _imported() -> list[str]:
    return sorted(
        name for name in sys.modules if name.split(".")[0] == "openai" or name.startswith("llama_index.llms.")
    )
