"""What it costs a request to say who asks, by each way in; and whether filtering by group loses what is near.

Each way is asked as doors ask it, `Access.principal` in this process, with sessions, keys and rules in real files. The
provider's answers are made here: a token costs the same whoever signed it. Then, of a build, what somebody who may read
half of its documents is given is held against all of it, ranked and then filtered.
"""

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import numpy as np
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from rich.console import Console

from eval.speed.timing import median_and_p95_ms
from indexes.builds import Build
from indexes.clock import utc_now
from indexes.encoder import Encoder
from service.access.key_ring import ACT_FOR, ASK, KeyRing, KeyWish
from service.access.key_store import KeyStore
from service.access.keys import KeyAccess
from service.access.local import LocalAccess
from service.access.openid.access import OidcAccess
from service.access.openid.connection import Answer, Connection
from service.access.openid.provider_settings import ProviderSettings
from service.access.people import Membership, Person
from service.access.port import Access, Carried
from service.access.private_file import in_folder
from service.access.rules import ACCESS_FILE, Rules
from service.access.session_store import SessionStore
from service.access.sessions import Lasting, Sessions

_TIMES = 2_000
_ISSUER, _CLIENT, _AUDIENCE = "https://login.example", "greenlit", "https://greenlit.example"
_MIRA = Person("mira-1", "mira@northlight.example", "Mira", frozenset(f"group-{n}" for n in range(20)))
_RULES = '[roles]\nauditor = ["group-90"]\noperator = ["group-91"]\n[approvers]\nlegal = ["group-3"]\n'
_NEAREST = 10


class _AnswersOfAProvider(Connection):
    """Gives what a provider would give, without a connection."""

    def __init__(self, keys: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(issuer=_ISSUER)
        found = {
            "issuer": _ISSUER,
            "authorization_endpoint": f"{_ISSUER}/auth",
            "token_endpoint": f"{_ISSUER}/token",
            "jwks_uri": f"{_ISSUER}/jwks",
        }
        self._values: dict[str, Mapping[str, Any]] = {"/jwks": {"keys": keys}, "/openid-configuration": found}

    def get(self, address: str, *, what: str, bearer: str | None = None) -> Answer:
        """Return the provider's description, or its keys."""
        del what, bearer
        return Answer(200, self._values["/" + address.rsplit("/", 1)[1]])


def print_sign_in(console: Console, folder: Path) -> None:
    """Measure each way in and print it.

    Args:
        console: where to print.
        folder: an empty one, for the files.
    """
    console.print(f"\n[bold]Who asks, a request[/bold] (in process, {_TIMES} each)")
    with contextlib.ExitStack() as stack:
        for name, (access, carried) in _ways(folder, stack).items():
            access.refresh()
            took = [_seconds(lambda: access.principal(carried)) for _ in range(_TIMES)]  # noqa: B023  (called here)
            median, p95 = median_and_p95_ms(took)
            console.print(f"  {name:<44} median {median * 1000:7.1f} us   p95 {p95 * 1000:7.1f} us")


def print_recall(console: Console, build: Build, encoder: Encoder, questions: list[str]) -> None:
    """Hold what a filter gives against everything, ranked and then filtered, and print it.

    Args:
        console: where to print.
        build: half of whose documents may be read.
        encoder: of its vectors.
        questions: what is looked for.
    """
    allowed = (build.document_of_row % 2) == 0
    recalls = []
    for vector in encoder.encode(questions):
        given, _ = build.dense.search(vector, allowed, _NEAREST)
        everything, _ = build.dense.search(vector, np.ones_like(allowed), len(allowed))
        after = [row for row in everything if allowed[row]][:_NEAREST]
        recalls.append(len(set(given) & set(after)) / max(1, len(after)))
    console.print(
        f"\n[bold]Filtering by group[/bold] ({len(questions)} questions, half of {len(build.documents)} documents)\n"
        f"  recall@{_NEAREST} of filtering before, held against filtering after: {np.mean(recalls):.4f}"
    )


def _ways(folder: Path, stack: contextlib.ExitStack) -> dict[str, tuple[Access, Carried]]:
    (folder / ACCESS_FILE).write_text(_RULES, encoding="utf-8")
    file = SessionStore(in_folder(folder), clock_s=time.time)
    sessions = Sessions(file, Lasting())
    rules = Rules(
        path=folder / ACCESS_FILE,
        on_change=lambda _: None,
        notice=lambda _: None,
        clock_s=time.monotonic,
        keep_s=3600.0,
    )
    membership = Membership(rules=rules, directories=(), seen=sessions.seen_with_address)
    token = "a-token-of-the-benchmark"  # nosec B105  # noqa: S105  (a throw-away process)
    local = stack.enter_context(contextlib.closing(LocalAccess(token=token, groups=frozenset(), sessions=sessions)))
    by_rsa, by_curve = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
    signers: dict[str, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey] = {"RS256": by_rsa, "ES256": by_curve}
    published = [
        {**RSAAlgorithm.to_jwk(by_rsa.public_key(), as_dict=True), "kid": "RS256"},
        {**ECAlgorithm.to_jwk(by_curve.public_key(), as_dict=True), "kid": "ES256"},
    ]
    settings = ProviderSettings(
        issuer=_ISSUER, client_id=_CLIENT, public_url="https://greenlit.example", audience=_AUDIENCE
    )
    provided = OidcAccess(
        settings,
        connection=_AnswersOfAProvider(published),
        store=file,
        sessions=sessions,
        membership=membership,
        notice=lambda _: None,
    )
    keys, by_itself, for_people = _keys(folder, membership, stack)
    session = sessions.begin(_MIRA, before=None, id_token=None).session_id
    found: dict[str, tuple[Access, Carried]] = {
        "local token": (local, Carried(bearer=token)),
        "session of a browser": (provided, Carried(session=session)),
    }
    for algorithm, signer in signers.items():
        bearer = jwt.encode(_claims(), signer, algorithm=algorithm, headers={"kid": algorithm})
        found[f"token of the provider, {algorithm}"] = (_after_first(provided, bearer), Carried(bearer=bearer))
    found["API key by itself"] = (keys, Carried(bearer=by_itself))
    found["API key on behalf of who signed in lately"] = (
        keys,
        Carried(bearer=for_people, on_behalf_of=_MIRA.email),
    )
    return found


def _after_first(access: OidcAccess, bearer: str) -> OidcAccess:
    """Have the provider's keys read, which the first token of a day waits for."""
    with contextlib.suppress(Exception):
        access.principal(Carried(bearer=bearer))
    access.refresh()
    return access


def _claims() -> dict[str, Any]:
    now = utc_now()
    return {
        "iss": _ISSUER,
        "aud": _AUDIENCE,
        "sub": _MIRA.person_id,
        "iat": now,
        "exp": now + timedelta(hours=1),
        "email": _MIRA.email,
        "groups": sorted(_MIRA.groups),
    }


def _keys(folder: Path, membership: Membership, stack: contextlib.ExitStack) -> tuple[KeyAccess, str, str]:
    store, pepper = KeyStore(in_folder(folder)), lambda: bytes(range(32))
    access = KeyAccess(
        store=store,
        pepper=pepper,
        membership=membership,
        on_change=lambda _: None,
        today=lambda: utc_now().date(),
    )
    stack.enter_context(contextlib.closing(access))
    ring = KeyRing(store=store, pepper=pepper, now=utc_now, operator_may_audit=lambda: False, settle=access.settle)
    until = utc_now().date() + timedelta(days=30)
    by_itself = ring.make(KeyWish("dashboard", [ASK], until, ["staff"]), by="bench").secret
    return access, by_itself, ring.make(KeyWish("slack", [ASK, ACT_FOR], until), by="bench").secret


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
