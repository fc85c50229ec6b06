"""What tests of sign-in are made of where no real provider is needed: keys, tokens of any form, a provider by script.

`Signer` makes tokens, also such as no library makes. `ScriptedProvider` answers over HTTP whatever a test says.
`opened_access` is the adapter over either, with what it needs.
"""

import base64
import contextlib
import functools
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt.algorithms
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from service.access.openid.access import OidcAccess
from service.access.openid.provider_settings import ProviderSettings
from service.access.people import Membership
from service.access.private_file import in_folder
from service.access.rules import Rules
from service.access.session_store import SessionStore
from service.access.sessions import Lasting, Sessions
from tests.support.openid import AUDIENCE, CLIENT_ID, CLIENT_SECRET, PUBLIC_URL, SCOPES

Json = Mapping[str, Any]
_CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}


@functools.cache
def _private(algorithm: str, number: int) -> Any:
    """Return a key; made once, for it takes its time."""
    del number
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    if curve := _CURVES.get(algorithm):
        return ec.generate_private_key(curve)
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True)
class Signer:
    """A key of a provider, with its name; another `number` is another key."""

    kid: str = "one"
    algorithm: str = "RS256"
    number: int = 1

    @property
    def private(self) -> Any:
        kind = "RSA" if self.algorithm[:2] in ("RS", "PS") else self.algorithm
        return _private(kind, self.number)

    def jwk(self, **more: Any) -> dict[str, Any]:
        """Return the public key as a provider gives it out."""
        shape = jwt.algorithms.get_default_algorithms()[self.algorithm]
        made: dict[str, Any] = shape.to_jwk(self.private.public_key(), as_dict=True)
        made.pop("key_ops", None)
        return {**made, "kid": self.kid, "use": "sig", **more}

    def sign(self, claims: Json | bytes, **header: Any) -> str:
        """Return a token with these claims; a header of `None` is left out, and bytes are put in as they are."""
        named = {"alg": self.algorithm, "kid": self.kid, "typ": "JWT", **header}
        return self.sign_header({name: value for name, value in named.items() if value is not None}, claims)

    def sign_header(self, header: Json | bytes, claims: Json | bytes) -> str:
        """Return a token with exactly this header."""
        signed = f"{part(header)}.{part(claims)}"
        shape = jwt.algorithms.get_default_algorithms()[self.algorithm]
        return f"{signed}.{part(shape.sign(signed.encode(), self.private))}"


def part(content: Json | bytes) -> str:
    """Return a part of a token."""
    written = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(written).rstrip(b"=").decode()


def claims(issuer: str, **more: Any) -> dict[str, Any]:
    """Return what a good access token says; `None` leaves a claim out."""
    now_s = int(time.time())
    usual = {"iss": issuer, "aud": AUDIENCE, "sub": "mira-1", "iat": now_s, "exp": now_s + 300, "groups": ["newsroom"]}
    return {name: value for name, value in (usual | more).items() if value is not None}


@dataclass(frozen=True)
class Asked:
    """A request that came to the scripted provider."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True)
class Says:
    """An answer: JSON, or bytes as they are; `drips` sends them one by one, a moment apart."""

    content: Json | bytes = b"{}"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    drips: bool = False


@dataclass
class ScriptedProvider:
    """A provider on this machine that answers what `says` has for a path; a function is asked each time."""

    issuer: str
    says: dict[str, Says | Callable[[Asked], Says]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def discovery(self, **more: Any) -> dict[str, Any]:
        """Return a discovery document of it; `None` leaves a field out."""
        usual = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "authorization_response_iss_parameter_supported": True,
        }
        return {name: value for name, value in (usual | more).items() if value is not None}

    def discovers(self, **more: Any) -> None:
        """Answer with a discovery document."""
        self.says["/.well-known/openid-configuration"] = Says(self.discovery(**more))

    def gives_keys(self, *keys: Json) -> None:
        """Answer with keys."""
        self.says["/jwks"] = Says({"keys": list(keys)})

    def count(self, path: str) -> int:
        """Return how often a path was asked for."""
        return sum(one.path == path for one in self.asked)


@contextlib.contextmanager
def scripted_provider() -> Iterator[ScriptedProvider]:
    """Lend a provider by script, with a discovery document and the keys of the usual signer."""
    made: list[ScriptedProvider] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            path = urlsplit(self.path).path
            asked = Asked(self.command, path, dict(self.headers), self.rfile.read(length).decode())
            made[0].asked.append(asked)
            said = made[0].says.get(path, Says(status=404))
            self._answer(said(asked) if callable(said) else said)

        do_POST = do_GET  # noqa: N815  (the name that is called)

        def _answer(self, said: Says) -> None:
            content = said.content if isinstance(said.content, bytes) else json.dumps(said.content).encode()
            self.send_response(said.status)
            for name, value in {"Content-Length": str(len(content)), **said.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):  # who asked may have had enough
                for piece in (bytes([byte]) for byte in content) if said.drips else (content,):
                    self.wfile.write(piece)
                    if said.drips and gone.wait(0.05):
                        return

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    gone = threading.Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.append(ScriptedProvider(f"http://127.0.0.1:{server.server_port}"))
        made[0].discovers()
        made[0].gives_keys(Signer().jwk())
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield made[0]
        finally:
            gone.set()
            server.shutdown()
            thread.join()


def settings_of(issuer: str, **more: Any) -> ProviderSettings:
    """Return the settings of a service that knows a provider of the tests."""
    usual = {
        "issuer": issuer,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "public_url": PUBLIC_URL,
        "audience": AUDIENCE,
        "scopes": SCOPES,
    }
    return ProviderSettings(**usual | more)


@dataclass
class Opened:
    """The adapter, what it said to the operator, and the seconds of its file, which a test may move on."""

    access: OidcAccess
    sessions: Sessions
    said: list[str] = field(default_factory=list)
    later_s: float = 0.0


@contextlib.contextmanager
def opened_access(state: Path, settings: ProviderSettings) -> Iterator[Opened]:
    """Lend the adapter over a provider, with no directory and no rules."""
    made: list[Opened] = []
    said: list[str] = []
    file = SessionStore(in_folder(state), clock_s=lambda: time.time() + (made[0].later_s if made else 0.0))
    sessions = Sessions(file, Lasting())
    rules = Rules(
        path=state / "access.toml", on_change=lambda _: None, notice=said.append, clock_s=time.time, keep_s=60
    )
    membership = Membership(rules=rules, directories=[], seen=sessions.seen_with_address)
    membership.refresh()
    access = OidcAccess.open(settings, store=file, sessions=sessions, membership=membership, notice=said.append)
    with contextlib.closing(access):
        made.append(Opened(access, sessions, said))
        yield made[0]
