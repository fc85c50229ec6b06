"""Local mode: one person on their own machine, who holds every role, recognised by a random token.

The token is made at the first start and kept in `var/token` (mode 0600). Whoever can read that file can already read
the library, so the token guards against other people and pages on the same machine, not against the machine's owner.
"""

import contextlib
import hmac
import ipaddress
import os
import secrets
import stat
from pathlib import Path

from indexes.standing import EVERYBODY
from service.access.errors import NotSignedInError, TokenError
from service.access.principals import Principal, Role

TOKEN_FILE = "token"  # noqa: S105  (a file's name)
_TOKEN_BYTES = 32
_LEAST_GIVEN_CHARS = 8  # of a token that the operator chose; only this machine can try to guess it
_LEAST_MADE_CHARS = 43  # of one made here: 32 random bytes in base64


class LocalAccess:
    """Recognises the one person of local mode by their token."""

    def __init__(self, *, token: str, groups: frozenset[str]) -> None:
        """Take the token and the groups the person is in besides everybody's."""
        self._token = token.encode()
        self._principal = Principal(
            principal_id="local",
            groups=groups | {EVERYBODY},
            roles=frozenset(Role),
            auth="local-token",
        )

    def principal(self, token: str | None) -> Principal:
        """Return who a token belongs to.

        Raises:
            NotSignedInError: there is no token, or another one.
        """
        if token is None or not hmac.compare_digest(token.encode(errors="replace"), self._token):
            raise NotSignedInError("expected the token of this installation, as Authorization: Bearer")
        return self._principal

    def owner(self) -> Principal:
        """Return the person who runs the command line here, who could read the token anyway."""
        return self._principal


def local_token(state: Path, given: str | None) -> str:
    """Return the token of this installation: the one given by configuration, else the kept one, made if need be.

    Args:
        state: the folder that holds `token`.
        given: the value of `GREENLIT_TOKEN`, if any.

    Raises:
        TokenError: the given one is too short, or the file cannot be made, read, or is open to others.
    """
    if given is not None:
        if len(given) < _LEAST_GIVEN_CHARS:
            raise TokenError(f"GREENLIT_TOKEN: expected at least {_LEAST_GIVEN_CHARS} characters, got {len(given)}")
        return given
    path = state / TOKEN_FILE
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.suppress(FileExistsError):
            _make(path)
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise TokenError(f"{path} can be read by others: run chmod 600 {path}, or remove it to get a new one")
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise TokenError(f"{path} cannot be made or read: {error}") from error
    if len(token) < _LEAST_MADE_CHARS:
        raise TokenError(f"{path} holds no token: remove it to get a new one")
    return token


def _make(path: Path) -> None:
    """Write a new token beside, then link it into place: a crash never leaves half a token."""
    if path.exists():
        return
    beside = path.with_name(f".token-{secrets.token_hex(8)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(_TOKEN_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(beside, path)
    finally:
        beside.unlink()


def is_loopback(host: str) -> bool:
    """Tell whether an address to listen on can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
