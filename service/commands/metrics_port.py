"""A second, small server for the metrics alone, on a port of its own: for whoever watches, without an identity.

It knows one path, tells nothing but the metrics, and holds connections to the same limits as the service does. On a
loopback address it answers to this machine's names only, since a page elsewhere may have given its name our address.
It runs in a thread, is started and ended with the service, and cannot ask anything.
"""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.http.limits import ConnectionLimits
from service.http.middleware import KnownHostOnly
from service.http.origin import Origin
from service.http.protocol import limited_protocol
from service.operating.metrics import MEDIA_TYPE

_LIMITS = ConnectionLimits(max_open=32, max_in_work=8)
_END_S = 5.0


@contextlib.contextmanager
def metrics_port(text: Callable[[], bytes], listening: socket.socket, *, is_loopback: bool) -> Iterator[None]:
    """Serve the metrics for as long as the context lasts.

    Args:
        text: gives them, in Prometheus' text format; any thread may call.
        listening: bound to the address; closed at the end.
        is_loopback: whether only this machine reaches that.
    """

    def metrics(_: Request) -> Response:
        return Response(text(), media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})

    app = Starlette(routes=[Route("/metrics", metrics)])
    app.router.redirect_slashes = False  # a redirect would repeat the address, whatever somebody put there
    config = uvicorn.Config(
        KnownHostOnly(app, origin=Origin()) if is_loopback else app,
        http=limited_protocol(_LIMITS),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        lifespan="off",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(_END_S)
        listening.close()
