"""By hand: `python -m tests.support.model_server SCRIPT ... [--port 8081] [--tokens-per-s 40]`."""

import argparse

from tests.support.model_server import SCRIPTS, ModelServer

_parser = argparse.ArgumentParser(description="A scripted language model on this machine.")
_parser.add_argument("scripts", nargs="*", default=["good"], metavar="SCRIPT", help=", ".join(SCRIPTS))
_parser.add_argument("--port", type=int, default=8081)
_parser.add_argument("--tokens-per-s", type=float, default=40.0)
_said = _parser.parse_args()
if _wrong := [script for script in _said.scripts if script not in SCRIPTS]:
    _parser.error(f"expected scripts of {', '.join(SCRIPTS)}; got {_wrong[0]}")
ModelServer(*_said.scripts, port=_said.port, tokens_per_s=_said.tokens_per_s).serve()
