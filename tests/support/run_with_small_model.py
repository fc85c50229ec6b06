"""Serves the sample library with a real language model that writes the answers: small, slow and poor, on this machine.

    make run-llm

In order: (1) what is not installed is said, (2) the model is served, (3) the sample library is copied, with a
`models.toml` that approves the model for a month, (4) `greenlit run`, with settings that ask for it. The library, the
builds and the records are of their own (`var/llm`): those of `make run` are not touched.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.small_model import missing, small_model

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "var" / "llm"
NAME = "smollm2"
_DAYS = 30
_EXPECT = """SmolLM2 (135 million parameters) writes the answers: a minute or two each.
Most of what it says does not hold up, and quotes stand in for it; what was held back is in the record."""
_MODELS = """# Made by `make run-llm`, for this machine alone. MODELS.md says what an organisation would write here.
[[model]]
name = "{name}"
url = "{url}"
model = "SmolLM2-135M-Instruct"
owner = "whoever runs this"
approved_by = "whoever ran make run-llm"
expires = {expires}
sources = ["*"]
region = "this machine"
retention = "none"
training = false
timeout_s = 300
silent_s = 240
at_once = 1
most_tokens = 100
"""


def not_installed() -> str | None:
    """Return what has to be installed first, in words; `None` if nothing has."""
    try:
        found = importlib.util.find_spec("llama_index.llms.openai_like")
    except ModuleNotFoundError:
        found = None
    return missing() if found else "needs what calls a model: pip install -e '.[llm]'"


def library_with(url: str, *, place: Path = PLACE) -> dict[str, str]:
    """Copy the sample library, approve the model at an address in the copy, and return the settings that ask for it."""
    library = place / "library"
    shutil.rmtree(library, ignore_errors=True)
    shutil.copytree(ROOT / "approved_docs", library)
    expires = (datetime.now(UTC) + timedelta(days=_DAYS)).date().isoformat()
    (library / "models.toml").write_text(_MODELS.format(name=NAME, url=url, expires=expires), encoding="utf-8")
    places = {"LIBRARY": library, "BUILDS": place / "builds", "STATE": place / "state"}
    asked = {"ANSWERER": "llm", "MODEL": NAME}
    return {f"GREENLIT_{name}": str(value) for name, value in (places | asked).items()}


def main() -> int:
    """Serve until it is stopped; return how it ended."""
    if words := not_installed():
        print(f"make run-llm {words}", file=sys.stderr)  # noqa: T201 - it is a program
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with small_model() as url:
        print(_EXPECT)  # noqa: T201
        greenlit = [sys.executable, "-m", "greenlit", "run"]
        with subprocess.Popen(greenlit, cwd=ROOT, env=os.environ | library_with(url)) as service:
            try:
                return service.wait()
            except KeyboardInterrupt:
                return 0
            finally:  # whoever stops this stops both
                service.terminate()


if __name__ == "__main__":
    sys.exit(main())
