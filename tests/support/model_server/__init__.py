"""The tests' own language model: a server that speaks OpenAI's protocol over real HTTP, one script a behaviour.

    with ModelServer("good") as server:
        ...                                  # an endpoint at `server.url`; `server.asked` is what it was sent
        server.plays("digit_changed")        # from the next call on; several play one after the other

By hand: `python -m tests.support.model_server good --port 8081`. `SCRIPTS` lists all.
"""

from tests.support.model_server.exchange import Asked, Exchange
from tests.support.model_server.running import ModelServer
from tests.support.model_server.scripts import SCRIPTS, Script, drafting, obeying, rewriting, saying

__all__ = ["SCRIPTS", "Asked", "Exchange", "ModelServer", "Script", "drafting", "obeying", "rewriting", "saying"]
