"""From settings to what decides who is recognised: sessions, the provider, the directory, API keys, the local token."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from indexes.clock import utc_now
from indexes.errors import DatabaseError, SettingsError
from service.access.directory import DIRECTORY_FILE
from service.access.key_ring import KeyRing
from service.access.key_store import KeyChange, KeyStore
from service.access.local import LocalAccess
from service.access.openid.provider_settings import ProviderSettings
from service.access.opening import (
    PEPPER_FILE,
    AccessSettings,
    OpenAccess,
    Recording,
    one_may_be_both,
    open_access,
)
from service.access.private_database import Keep
from service.access.private_file import in_folder
from service.access.rules import ACCESS_FILE
from service.access.sessions import Lasting
from service.audit.events import api_key_created, api_key_revoked
from service.audit.keys.key_files import load_or_create_key
from service.audit.opening import OpenLog
from service.settings import Settings

if TYPE_CHECKING:
    from service.answering.follow import Follower  # loads what answers: whoever only reads the log needs none of it

CHAT_KEY_FILE = "chat-names.key"
_MINUTE_S, _HOUR_S = 60.0, 3600.0


def access_settings(settings: Settings) -> AccessSettings:
    """Return what decides who is recognised."""
    secret = settings.oidc_client_secret
    provider = ProviderSettings(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=secret.get_secret_value() if secret else None,
        public_url=settings.public_url,
        audience=settings.oidc_audience,
        person_claim=settings.oidc_person_claim,
        groups_claim=settings.oidc_groups_claim,
        email_claim=settings.oidc_email_claim,
        scopes=settings.oidc_scopes,
        hosts=settings.provider_hosts(),
    )
    return AccessSettings(
        state=settings.state,
        keep=keeping(settings),
        library=settings.library,
        lasting=_lasting(settings),
        directory=settings.directory or settings.state / DIRECTORY_FILE,
        keep_s=settings.directory_hours * _HOUR_S,
        provider=provider if settings.auth == "oidc" else None,
        token=settings.given_token(),
        local_groups=settings.groups(),
    )


def keeping(settings: Settings) -> Keep:
    """Return where sessions, API keys and pushed people are kept: in the database, where one is set, else in files.

    Raises:
        SettingsError: the address of the database cannot be read, or what it needs is not installed.
    """
    if not (url := settings.database()):
        return in_folder(settings.state)
    try:
        from service.access.private_tables import in_database  # noqa: PLC0415 - what it needs is an extra
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("service", "indexes"):
            raise
        missing = error.name
    else:
        try:
            return in_database(url, state=settings.state)
        except DatabaseError as error:
            raise SettingsError(str(error)) from None
    raise SettingsError(f"expected what GREENLIT_DATABASE_URL needs, found no {missing}: pip install -e '.[postgres]'")


def key_ring(settings: Settings) -> KeyRing:
    """Return what makes, lists and revokes API keys beside a running service, which takes up what changed."""
    return KeyRing(
        store=KeyStore(keeping(settings)),
        pepper=lambda: pepper(settings),
        now=utc_now,
        operator_may_audit=lambda: one_may_be_both(settings.library / ACCESS_FILE),
    )


def pepper(settings: Settings) -> bytes:
    """Return the secret with which API keys are kept, made at the first use."""
    return load_or_create_key(settings.keys_folder(), PEPPER_FILE)


def chat_key(settings: Settings) -> bytes:
    """Return the secret with which the names that clients give their chats are kept apart from ours."""
    return load_or_create_key(settings.keys_folder(), CHAT_KEY_FILE)


def _lasting(settings: Settings) -> Lasting:
    """In local mode one signs in by a link, so a session lasts to its end whether it is used or not."""
    most_s = round(settings.session_hours * _HOUR_S)
    idle_s = round(settings.session_idle_minutes * _MINUTE_S)
    seen_s = round(settings.directory_hours * _HOUR_S)
    return Lasting(most_s=most_s, idle_s=most_s if settings.auth == "local" else idle_s, seen_s=seen_s)


def local_access(settings: Settings) -> LocalAccess:
    """Return what recognises the one person of local mode.

    Raises:
        TokenError: the token of this installation cannot be read or made.
    """
    return LocalAccess.open(
        state=settings.state, keep=keeping(settings), given=settings.given_token(), groups=settings.groups()
    )


def access_opened(
    settings: Settings, opened: OpenLog, follower: "Follower", notice: Callable[[str], None]
) -> OpenAccess:
    """Return what recognises callers of a service; what changes about keys and rules is put on record before it acts.

    Raises:
        TokenError: the token of this installation cannot be read or made.
        ProviderError: the identity provider's address is none that may be reached.
    """

    def key_changed(change: KeyChange) -> None:
        key = change.key
        if change.kind == "created":
            expires = key.expires.isoformat()
            scopes = sorted(key.scopes)
            made = api_key_created(change.by, key_id=key.key_id, name=key.name, scopes=scopes, expires=expires)
            opened.log.note(made)
        else:
            opened.log.note(api_key_revoked(change.by, key_id=key.key_id, name=key.name))

    return open_access(
        access_settings(settings),
        pepper=lambda: pepper(settings),
        recording=Recording(rules=lambda rules: follower.access_changed(rules.sha256), key=key_changed),
        notice=notice,
    )
