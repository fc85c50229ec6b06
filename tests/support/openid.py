"""A real OpenID provider for tests: `oidc-provider` on this machine, in a program of its own (`openid_provider/`).

`OpenIdProvider.login` walks its forms as a browser does; `access_token` and `program_token` are what programs bring.
`openid_provider` lends it, started once for all tests of a process. It needs node, and the modules that `.ci/run`
installs.
"""

import base64
import contextlib
import hashlib
import json
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urljoin, urlsplit

import httpx
import lxml.html
import pytest

from tests.support.certificates import TRUSTS_NOBODY
from tests.support.ports import free_port

FOLDER = Path(__file__).parent / "openid_provider"
CLIENT_ID, PUBLIC_CLIENT_ID, PROGRAM_ID = "greenlit", "greenlit-public", "program"
CLIENT_SECRET = "a+secret/of%the tests"  # needs encoding
AUDIENCE = "https://greenlit.tests"
SCOPES = "openid profile email groups"
PUBLIC_URL = "http://127.0.0.1"  # of the service under test, on any port
NAMED_HOST = "greenlit.test"
NAMED_URL = f"https://{NAMED_HOST}"  # the same, where browsers come by TLS
ACCOUNTS: Mapping[str, Mapping[str, Any]] = {
    "mira-1": {
        "name": "Mira Holt",
        "email": "Mira@Northlight.example",
        "email_verified": True,
        "groups": ["newsroom", "board"],
    },
    "tom-2": {"name": "Tom Reyes", "email": "tom@northlight.example", "email_verified": False, "groups": ["legal"]},
    "ann-3": {"name": "Ann Ito", "email": "ann@northlight.example", "groups": ["audit"]},
    "ben-4": {"name": "Ben Osei", "email": "ben@northlight.example", "groups": ["audit"]},
    "olga-5": {"name": "Olga Lind", "email": "olga@northlight.example", "groups": ["it", "legal"]},
    "local": {"name": "Somebody", "groups": ["newsroom"]},
}
_MOST_STEPS = 12


def browser() -> httpx.Client:
    """Return what behaves as a browser does, with cookies; it follows no redirect by itself."""
    return httpx.Client(trust_env=False, verify=TRUSTS_NOBODY, timeout=10)


class OpenIdProvider:
    """The running provider."""

    def __init__(self, program: subprocess.Popen[str], port: int) -> None:
        self._program = program
        self.issuer = f"http://127.0.0.1:{port}"
        self._heard("begin")

    def login(self, client: httpx.Client, address: str, account: str) -> str:
        """Sign in by the provider's own forms; return the address that it sends the browser back to.

        Args:
            client: the browser, see `browser`.
            address: where the browser was sent to.
            account: one of `ACCOUNTS`.
        """
        response = client.get(address)
        for _ in range(_MOST_STEPS):
            if response.is_redirect:
                address = urljoin(str(response.url), response.headers["location"])
                if not address.startswith(self.issuer):
                    return address
                response = client.get(address)
                continue
            assert response.status_code == 200, response.text
            page: Any = lxml.html.document_fromstring(response.text)  # whose stubs know no forms
            form = page.forms[0]
            fields = {**dict(form.fields), "login": account, "password": "any"}
            sent = {name: value or "" for name, value in fields.items() if name in form.fields}
            response = client.post(urljoin(str(response.url), form.action), data=sent)
        raise AssertionError("the provider goes round in circles")

    def access_token(self, account: str, audience: str = AUDIENCE) -> str:
        """Return an access token (JWT) of a person, for this service unless told otherwise."""
        verifier = secrets.token_urlsafe(32)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        back = f"{PUBLIC_URL}/sign-in/callback"
        asked = {
            "client_id": CLIENT_ID,
            "response_type": "code",
            "redirect_uri": back,
            "scope": f"{SCOPES} ask",
            "resource": audience,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        with browser() as client:
            arrived = self.login(client, f"{self.issuer}/auth?{urlencode(asked)}", account)
        code = parse_qs(urlsplit(arrived).query)["code"][0]
        return self._token(
            CLIENT_ID,
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": back,
                "code_verifier": verifier,
                "resource": audience,
            },
        )

    def program_token(self) -> str:
        """Return an access token (JWT) of a program by itself."""
        return self._token(PROGRAM_ID, {"grant_type": "client_credentials", "scope": "ask", "resource": AUDIENCE})

    def rotate(self) -> None:
        """Sign with new keys from now on, and give out no others."""
        self._order("rotate")

    def stop(self) -> None:
        """Be away, with what it knows; `start` brings it back."""
        self._order("stop")

    def start(self) -> None:
        """Be there again."""
        self._order("start")

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Be away for a while."""
        self.stop()
        yield
        self.start()

    @contextlib.contextmanager
    def with_claims_in_userinfo(self) -> Iterator[None]:
        """Give names, addresses and groups by userinfo only, for a while, and not in ID tokens."""
        self._order("claims", inIdToken=False)
        yield
        self._order("claims", inIdToken=True)

    def _token(self, client_id: str, asked: dict[str, str]) -> str:
        with browser() as client:
            known_as = (client_id, quote(CLIENT_SECRET, safe=""))
            response = client.post(f"{self.issuer}/token", data=asked, auth=known_as)
        assert response.status_code == 200, response.text
        token: str = response.json()["access_token"]
        return token

    def _order(self, do: str, **more: Any) -> None:
        assert self._program.stdin is not None
        self._program.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self._program.stdin.flush()
        self._heard(do)

    def _heard(self, done: str) -> None:
        assert self._program.stdout is not None
        line = self._program.stdout.readline()
        assert line == json.dumps({"done": done}, separators=(",", ":")) + "\n", f"expected {done} of the provider"


@pytest.fixture(scope="session")
def openid_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenIdProvider]:
    """A real provider, one for all tests of a process: whoever changes it changes it back."""
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules").is_dir():
        pytest.skip("needs node, and its modules: run npm ci --ignore-scripts in tests/support/openid_provider")
    port = free_port()
    begin = {
        "port": port,
        "secret": CLIENT_SECRET,
        "accounts": ACCOUNTS,
        "audience": AUDIENCE,
        "callbacks": [f"{url}/sign-in/callback" for url in (PUBLIC_URL, NAMED_URL)],
        "afterSignOut": [f"{url}/" for url in (PUBLIC_URL, NAMED_URL)],
    }
    with (
        (tmp_path_factory.mktemp("openid") / "said").open("w") as said,
        subprocess.Popen(
            [node, str(FOLDER / "server.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            env={"PATH": "/usr/bin:/bin"},
        ) as program,
    ):
        assert program.stdin is not None
        program.stdin.write(json.dumps(begin) + "\n")
        program.stdin.flush()
        yield OpenIdProvider(program, port)
        program.stdin.close()  # which ends it
